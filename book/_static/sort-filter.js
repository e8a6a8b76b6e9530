/* Sorting and filtering of tables of class lsr-sortable. Without this script the table is
 * complete; with it each column head is a button, and the controls appear. */
(function () {
  "use strict";

  const text = (cell) => cell.textContent.trim();

  /* Words of a phrase in any order, without regard to case and accents. */
  function plain(words) {
    const bare = words.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
    return bare.toLowerCase().replace(/ß/g, "ss");
  }

  /* Unknown numbers stand last in either direction. */
  function compare(a, b, numeric, direction) {
    if (!numeric) return direction * a.localeCompare(b, "en", { numeric: true });
    const [x, y] = [a, b].map((value) => parseFloat(value.replace(/,/g, "")));
    if (isNaN(x) || isNaN(y)) return isNaN(x) - isNaN(y);
    return direction * (x - y);
  }

  function sortable(box) {
    const table = box.querySelector("table");
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    const rows = [...body.rows];
    const controls = box.querySelector(".lsr-controls");
    const shown = box.querySelector(".lsr-shown");
    const search = controls.querySelector("input");
    const selects = [...controls.querySelectorAll("select")];
    const columnOf = (name) => heads.findIndex((head) => text(head) === name);
    const filters = selects.map((select) => [select, columnOf(select.dataset.column)]);
    const said = new Map(rows.map((row) => [row, plain(row.textContent)]));

    function filter() {
      const words = plain(search.value).split(/\s+/).filter(Boolean);
      let left = 0;
      for (const row of rows) {
        const fits =
          words.every((word) => said.get(row).includes(word)) &&
          filters.every(([select, column]) => {
            const held = text(row.cells[column]).split("; ");
            return !select.value || held.includes(select.value);
          });
        row.hidden = !fits;
        left += fits;
      }
      shown.textContent = `${left} of ${rows.length} ${box.dataset.noun}`;
    }

    function sort(column, direction) {
      const numeric = "numeric" in heads[column].dataset;
      const key = (row) => text(row.cells[column]);
      rows.sort((a, b) => compare(key(a), key(b), numeric, direction));
      body.append(...rows);
      heads.forEach((head) => head.removeAttribute("aria-sort"));
      heads[column].setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      order.value = String(column);
    }

    function turn(column) {
      const ascending = heads[column].getAttribute("aria-sort") === "ascending";
      sort(column, ascending ? -1 : 1);
    }

    /* On a phone the heads are out of sight: a box does what they do. */
    const order = document.createElement("select");
    heads.forEach((head, column) => {
      order.add(new Option(text(head), String(column)));
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => turn(column));
      head.append(button);
    });
    const label = document.createElement("label");
    label.className = "lsr-order";
    label.append("Sort by", order);
    controls.insertBefore(label, controls.querySelector("button"));
    order.addEventListener("change", () => sort(Number(order.value), 1));

    search.addEventListener("input", filter);
    selects.forEach((select) => select.addEventListener("change", filter));
    controls.querySelector("button").addEventListener("click", () => {
      search.value = "";
      selects.forEach((select) => (select.value = ""));
      filter();
      search.focus();
    });
    controls.hidden = false;
    filter();
  }

  document.addEventListener("DOMContentLoaded", () =>
    document.querySelectorAll(".lsr-sortable").forEach(sortable)
  );
})();
