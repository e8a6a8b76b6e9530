/* Choosing and linked highlighting on the explorer. The page is complete without it: this
 * shows the selects, hides rows and marks that were not chosen, and highlights a row and its
 * marks together. A mark knows its row by the number "row" in its data. */
(function () {
  "use strict";

  var LIT = "lsr-lit";
  var AWAY = "lsr-away";

  function rowOf(element) {
    /* Vega's SVG renderer binds each element to the item it draws. */
    var datum = element.__data__ && element.__data__.datum;
    return datum && typeof datum.row === "number" ? datum.row : null;
  }

  function start() {
    var form = document.getElementById("explorer-choices");
    var source = document.getElementById("explorer-rows");
    if (!form || !source) return;
    var choices = JSON.parse(source.textContent);
    var rows = document.querySelectorAll(".lsr-explorer-table tbody tr");
    var drawings = document.querySelectorAll(".lsr-explorer-pictures .lsr-drawing");
    var status = form.querySelector(".lsr-explorer-status");
    var chosen = choices.map(function () { return true; });
    var lit = null;

    function fits(choice, data) {
      if (data.getAll("group").indexOf(choice.group) < 0) return false;
      return ["outcome", "era", "level", "primary", "decision"].every(function (name) {
        var wanted = data.get(name);
        return !wanted || [].concat(choice[name]).indexOf(wanted) >= 0;
      });
    }

    function marks(visit) {
      drawings.forEach(function (drawing) {
        drawing.querySelectorAll("svg path, svg line").forEach(function (mark) {
          var row = rowOf(mark);
          if (row !== null) visit(mark, row, drawing);
        });
      });
    }

    function paint() {
      drawings.forEach(function (drawing) { drawing.classList.remove("lsr-some-lit"); });
      marks(function (mark, row, drawing) {
        mark.classList.add("lsr-mark");
        mark.classList.toggle(AWAY, !chosen[row]);
        mark.classList.toggle(LIT, row === lit);
        if (row === lit) drawing.classList.add("lsr-some-lit");
      });
      rows.forEach(function (tr, row) { tr.classList.toggle(LIT, row === lit); });
    }

    function choose() {
      var data = new FormData(form);
      var shown = 0;
      choices.forEach(function (choice, row) {
        chosen[row] = fits(choice, data);
        rows[row].hidden = !chosen[row];
        if (chosen[row]) shown += 1;
      });
      status.textContent =
        shown + " of " + status.dataset.total + " figures of arms shown. Exploratory.";
      paint();
    }

    function light(row) {
      if (row === lit) return;
      lit = row;
      paint();
    }

    rows.forEach(function (tr, row) {
      tr.addEventListener("mouseenter", function () { light(row); });
      tr.addEventListener("mouseleave", function () { light(null); });
      tr.addEventListener("focusin", function () { light(row); });
      tr.addEventListener("focusout", function () { light(null); });
    });

    drawings.forEach(function (drawing) {
      drawing.addEventListener("mouseover", function (event) { light(rowOf(event.target)); });
      drawing.addEventListener("mouseleave", function () { light(null); });
      drawing.addEventListener("click", function (event) {
        var row = rowOf(event.target);
        var link = row === null ? null : rows[row].querySelector("a");
        if (link) link.focus();
      });
      /* The charts are drawn later, and anew when the width crosses a threshold. */
      new MutationObserver(function (changes) {
        if (changes.some(function (change) { return change.addedNodes.length; })) paint();
      }).observe(drawing, { childList: true, subtree: true });
    });

    form.querySelectorAll("[hidden]").forEach(function (element) { element.hidden = false; });
    form.addEventListener("change", choose);
    form.addEventListener("submit", function (event) { event.preventDefault(); });
    form.addEventListener("reset", function () { setTimeout(choose, 0); });
    document.documentElement.classList.add("lsr-explorer-live");
    var answers = document.querySelector(".lsr-explorer-answers details");
    if (answers && window.matchMedia("(max-width: 48rem)").matches) answers.open = false;
    choose(); /* a browser may keep choices when a page is loaded again */
  }

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", start);
  } else {
    start();
  }
})();
