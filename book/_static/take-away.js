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
  var FONT = '"Helvetica Neue", Arial, "DejaVu Sans", sans-serif';
  var LEADING = 1.35;
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

  function shape(name, attributes, text) {
    var made = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    if (text) made.textContent = text;
    return made;
  }

  /* Words in lines of at most `width`, as an element; a drawing does not break lines itself. */
  function lines(text, width, style) {
    var ruler = document.createElement("canvas").getContext("2d");
    ruler.font = style.weight + " " + style.size + "px " + FONT;
    var found = [""];
    text.split(" ").forEach(function (word) {
      var longer = (found[found.length - 1] + " " + word).trim();
      if (ruler.measureText(longer).width <= width) found[found.length - 1] = longer;
      else found.push(word);
    });
    var block = shape("g", { "font-family": FONT, "font-size": style.size,
      "font-weight": style.weight, fill: style.fill });
    found.forEach(function (line, index) {
      block.append(shape("text", { x: 0, y: (index + 1) * style.size * LEADING }, line));
    });
    return { block: block, height: (found.length + 0.5) * style.size * LEADING };
  }

  /* The drawing with its title above and where it is from below: on a slide it stands alone. */
  function paper(figure) {
    var drawn = figure.querySelector(".lsr-drawing svg");
    if (!drawn) return null;
    var copy = drawn.cloneNode(true);
    var box = drawn.getBoundingClientRect();
    var title = clean(figure.querySelector("figcaption").textContent);
    var above = lines(title, box.width, { size: 15, weight: "bold", fill: ON_PAPER["var(--lsr-ink)"] });
    var below = lines(source() + ". CC BY 4.0.", box.width,
      { size: 11, weight: "normal", fill: ON_PAPER["var(--lsr-quiet)"] });
    var size = { width: box.width, height: above.height + box.height + below.height };
    copy.setAttribute("y", above.height);
    copy.setAttribute("width", box.width);
    copy.setAttribute("height", box.height);
    copy.removeAttribute("aria-hidden");
    copy.querySelectorAll("*").forEach(function (element) {
      ["fill", "stroke"].forEach(function (name) {
        var paint = element.getAttribute(name);
        if (ON_PAPER[paint]) element.setAttribute(name, ON_PAPER[paint]);
      });
    });
    below.block.setAttribute("transform", "translate(0," + (above.height + box.height) + ")");
    var whole = shape("svg", size);
    whole.setAttribute("viewBox", "0 0 " + size.width + " " + size.height);
    whole.append(
      shape("title", {}, title),
      shape("desc", {}, clean(figure.querySelector(".lsr-about").textContent) + " " + source()),
      shape("rect", { width: "100%", height: "100%", fill: "#ffffff" }),
      above.block, copy, below.block
    );
    return { text: new XMLSerializer().serializeToString(whole), box: size };
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
