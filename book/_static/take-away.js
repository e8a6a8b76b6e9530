/* What a reader takes away: each chart as SVG, PNG and CSV, each table as CSV. Files are made
 * here from what the page shows, so that they cannot say something else; nothing is fetched. */
(function () {
  "use strict";

  /* A file is read on white paper whatever the page's mode; analysis_lib/charts/theme.py. */
  var ON_PAPER = {
    "var(--lsr-ink)": "#1c2430",
    "var(--lsr-quiet)": "#566170",
    "var(--lsr-line)": "#868f9a",
    "var(--lsr-grid)": "#dfe3e8",
    "var(--lsr-surface)": "#ffffff"
  };
  var SVG = "http://www.w3.org/2000/svg";
  var PIXELS_PER_POINT = 3;
  var NUMBER = /^[-+−]?[\d.,\s]+%?$/;

  function clean(text) { return text.replace(/\s+/g, " ").trim(); }

  /* A spreadsheet takes a cell that begins like a formula for one: an apostrophe says it is text. */
  function field(text) {
    var value = clean(text);
    if (/^[=+\-@]/.test(value) && !NUMBER.test(value)) value = "'" + value;
    return /[",\n]/.test(value) ? '"' + value.replace(/"/g, '""') + '"' : value;
  }

  function cellText(cell) {
    var copy = cell.cloneNode(true);
    copy.querySelectorAll(".lsr-number-card").forEach(function (card) { card.remove(); });
    return copy.textContent;
  }

  function csv(table) {
    var rows = Array.prototype.filter.call(table.rows, function (row) { return !row.hidden; });
    return "\ufeff" + rows.map(function (row) {
      return Array.prototype.map.call(row.cells, function (cell) {
        return field(cellText(cell));
      }).join(",");
    }).join("\r\n") + "\r\n";
  }

  function source() {
    var version = document.querySelector('meta[name="citation_version"]');
    return document.title + (version ? ", " + version.content : "");
  }

  function paper(figure) {
    var drawn = figure.querySelector(".lsr-drawing svg");
    if (!drawn) return null;
    var copy = drawn.cloneNode(true);
    var box = drawn.getBoundingClientRect();
    copy.setAttribute("xmlns", SVG);
    copy.setAttribute("width", box.width);
    copy.setAttribute("height", box.height);
    copy.removeAttribute("aria-hidden");
    copy.querySelectorAll("*").forEach(function (element) {
      ["fill", "stroke"].forEach(function (name) {
        var paint = element.getAttribute(name);
        if (ON_PAPER[paint]) element.setAttribute(name, ON_PAPER[paint]);
      });
    });
    var about = [["desc", clean(figure.querySelector(".lsr-about").textContent) + " " + source()],
      ["title", clean(figure.querySelector("figcaption").textContent)]];
    about.forEach(function (pair) {
      var element = document.createElementNS(SVG, pair[0]);
      element.textContent = pair[1];
      copy.insertBefore(element, copy.firstChild);
    });
    var sheet = document.createElementNS(SVG, "rect");
    sheet.setAttribute("width", "100%");
    sheet.setAttribute("height", "100%");
    sheet.setAttribute("fill", "#ffffff");
    copy.insertBefore(sheet, copy.children[2]);
    return { text: new XMLSerializer().serializeToString(copy), box: box };
  }

  function save(blob, name) {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
  }

  function savePng(drawing, name) {
    var image = new Image();
    image.onload = function () {
      var canvas = document.createElement("canvas");
      canvas.width = Math.round(drawing.box.width * PIXELS_PER_POINT);
      canvas.height = Math.round(drawing.box.height * PIXELS_PER_POINT);
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(function (blob) { save(blob, name); }, "image/png");
    };
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(drawing.text);
  }

  function saveText(text, type, name) { save(new Blob([text], { type: type }), name); }

  function button(label, what, run) {
    var made = document.createElement("button");
    made.type = "button";
    made.textContent = label;
    made.setAttribute("aria-label", label + ": " + what);
    made.addEventListener("click", run);
    return made;
  }

  function row(what, buttons) {
    var line = document.createElement("p");
    line.className = "lsr-take";
    line.append("Download ");
    buttons.forEach(function (one) { line.append(one, " "); });
    return line;
  }

  function stem(id) {
    var page = location.pathname.split("/").pop().replace(/\.html$/, "") || "index";
    return page + "-" + id;
  }

  function offerChart(figure) {
    var title = clean(figure.querySelector("figcaption").textContent);
    var name = stem(figure.id.replace(/^figure-/, ""));
    var table = figure.querySelector("details table");
    var line = row(title, [
      button("SVG", title, function () {
        var drawing = paper(figure);
        if (drawing) saveText(drawing.text, "image/svg+xml", name + ".svg");
      }),
      button("PNG", title, function () {
        var drawing = paper(figure);
        if (drawing) savePng(drawing, name + ".png");
      }),
      button("CSV", title, function () { saveText(csv(table), "text/csv", name + ".csv"); })
    ]);
    figure.querySelector("details").before(line);
  }

  function slug(text) {
    return clean(text).toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60);
  }

  function offerTable(holder) {
    var table = holder.querySelector("table");
    // The numbers behind a chart have a button below its drawing.
    if (!table || holder.closest("figure.lsr-chart > details")) return;
    var caption = table.caption ? clean(table.caption.textContent) : "table";
    var name = stem(slug(caption));
    holder.append(row(caption, [
      button("CSV", caption, function () { saveText(csv(table), "text/csv", name + ".csv"); })
    ]));
  }

  function start() {
    document.querySelectorAll("figure.lsr-chart").forEach(offerChart);
    document.querySelectorAll(".lsr-table").forEach(offerTable);
  }

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", start);
  } else {
    start();
  }
})();
