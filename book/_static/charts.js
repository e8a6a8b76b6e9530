/* Draws the charts of a page. Each figure.lsr-chart holds its drawing as Vega-Lite data;
 * generated/vega.js (Vega, Vega-Lite, Vega-Embed) stands in the book itself. Nothing is
 * fetched, no code is made from text (Vega's expressions are interpreted), and text in a
 * drawing is text: SVG text nodes here, escaped in the tooltip by vega-tooltip. */
(function () {
  "use strict";

  /* Neutral colours of the drawings (analysis_lib/charts/theme.py) and the custom
   * properties of the style sheet that take their place, so that light, dark and print
   * are a matter of the style sheet and need no second drawing. */
  var NEUTRALS = {
    "#1c2430": "var(--lsr-ink)",
    "#566170": "var(--lsr-quiet)",
    "#868f9a": "var(--lsr-line)",
    "#dfe3e8": "var(--lsr-grid)",
    "#ffffff": "var(--lsr-surface)"
  };

  var OPTIONS = {
    mode: "vega-lite",
    renderer: "svg",
    actions: false,
    ast: true,
    defaultStyle: false,
    tooltip: { disableDefaultStyle: true }
  };

  function themed(value, key) {
    if (typeof value === "string") return NEUTRALS[value] || value;
    if (value === null || typeof value !== "object" || key === "datasets") return value;
    if (Array.isArray(value)) return value.map(function (item) { return themed(item); });
    var result = {};
    Object.keys(value).forEach(function (name) { result[name] = themed(value[name], name); });
    return result;
  }

  function read(figure, name) {
    var script = figure.querySelector("script." + name);
    return script ? themed(JSON.parse(script.textContent)) : null;
  }

  function fail(figure, drawing) {
    drawing.textContent =
      "This drawing could not be made here. Its numbers are in the table below.";
    drawing.classList.add("lsr-failed");
    drawing.removeAttribute("role");
    var details = figure.querySelector("details");
    if (details) details.open = true;
  }

  /* Vega names the element it draws in a document of its own; here it stays a picture
   * with the name the page gave it. */
  function keepName(drawing, name) {
    drawing.setAttribute("role", "img");
    drawing.setAttribute("aria-label", name);
    drawing.removeAttribute("aria-roledescription");
    var svg = drawing.querySelector("svg");
    if (svg) svg.setAttribute("aria-hidden", "true");
  }

  function draw(figure) {
    var drawing = figure.querySelector(".lsr-drawing");
    var name = drawing.getAttribute("aria-label");
    var threshold = Number(figure.dataset.narrowBelow) || 0;
    var shown = null;
    var view = null;

    function isNarrow() { return drawing.clientWidth < threshold; }

    function redraw() {
      if (drawing.clientWidth === 0) return; /* inside a closed box: drawn when it opens */
      var narrow = isNarrow();
      if (shown === narrow) return;
      shown = narrow;
      if (view) view.finalize();
      view = null;
      try {
        var spec = (narrow && read(figure, "lsr-spec-narrow")) || read(figure, "lsr-spec");
        window.vegaEmbed(drawing, spec, OPTIONS).then(
          function (result) {
            view = result;
            keepName(drawing, name);
            figure.dataset.drawn = narrow ? "narrow" : "wide";
          },
          function () { fail(figure, drawing); }
        );
      } catch (error) {
        fail(figure, drawing);
      }
    }

    redraw();
    new ResizeObserver(function () {
      redraw();
      /* vega listens to the window only; a sidebar changes the width without it */
      if (view && drawing.clientWidth) view.view.width(drawing.clientWidth).runAsync();
    }).observe(drawing);
  }

  function start() {
    document.querySelectorAll("figure.lsr-chart").forEach(draw);
  }

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", start);
  } else {
    start();
  }
})();
