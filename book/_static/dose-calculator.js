/* BED and EQD2 in the page: the formulas of analysis_lib/dose, held against them by a test.
 * Limits, half-lives and ratios come from the page's own data. Nothing is stored or sent. */
(function () {
  "use strict";

  var SMALL = 0.01; /* below this a series replaces a difference of nearly equal numbers */
  var EQUAL = 1e-5; /* rates (times time) this near count as equal */
  var REFERENCE_FRACTION = 2; /* Gy, of EQD2 */

  /* --- the formulas ------------------------------------------------------------- */

  function rate(halfTime) { return Math.LN2 / halfTime; }

  function decayedTime(constant, hours) {
    return constant === 0 ? hours : -Math.expm1(-constant * hours) / constant;
  }

  function dividedDifference(first, second, hours) {
    if (Math.abs(second - first) * hours >= EQUAL) {
      return (decayedTime(first, hours) - decayedTime(second, hours)) / (second - first);
    }
    var middle = (first + second) / 2;
    var lost = middle * hours;
    if (lost < SMALL) {
      return hours * hours * (1 / 2 - lost / 3 + Math.pow(lost, 2) / 8
        - Math.pow(lost, 3) / 30 + Math.pow(lost, 4) / 144);
    }
    return (1 - (1 + lost) * Math.exp(-lost)) / (middle * middle);
  }

  function protraction(repair, decay, hours) {
    var lost = repair * hours;
    if (decay === 0 && lost < SMALL) {
      return 1 - lost / 3 + Math.pow(lost, 2) / 12 - Math.pow(lost, 3) / 60
        + Math.pow(lost, 4) / 360;
    }
    return 2 * dividedDifference(2 * decay, repair + decay, hours)
      / Math.pow(decayedTime(decay, hours), 2);
  }

  /* Total dose and the dose that acts as if given at once (G times D), by kind. */
  function doses(kind, given) {
    if (kind === "radiosurgery" || kind === "fractionated") {
      var dose = given.dose_per_fraction_gy;
      var fractions = kind === "fractionated" ? given.fractions : 1;
      return { total: dose * fractions, effective: dose, perFraction: dose };
    }
    var repair = rate(given.repair_half_time_hours);
    var decay = given.half_life_days ? rate(given.half_life_days * 24) : 0;
    if (kind === "permanent") {
      return {
        total: given.total_dose_gy,
        effective: decay / (decay + repair) * given.total_dose_gy,
        perFraction: null
      };
    }
    var total = given.initial_dose_rate_gy_per_hour * decayedTime(decay, given.duration_hours);
    return {
      total: total,
      effective: protraction(repair, decay, given.duration_hours) * total,
      perFraction: null
    };
  }

  function biological(found, ratio) {
    var bed = found.total * (1 + found.effective / ratio);
    return { bed: bed, eqd2: bed / (1 + REFERENCE_FRACTION / ratio) };
  }

  /* --- reading a number --------------------------------------------------------- */

  /* A text as a number or what is wrong with it. A comma is a decimal sign only where it can
   * be nothing else: before three digits it may part thousands. */
  function readNumber(text, limits) {
    var written = text.trim();
    var name = limits.name;
    var unit = limits.unit ? " " + limits.unit : "";
    if (written === "") return { wrong: "Enter the " + name + "." };
    if (/^[+-]?\d*,\d{3,}$/.test(written) || /,.*[,.]|\..*[,.]/.test(written)) {
      return {
        wrong: "It is not clear what the comma or point means. Write " + name
          + " with one point as the decimal sign."
      };
    }
    if (!/^[+-]?(\d+([.,]\d*)?|[.,]\d+)$/.test(written)) {
      return { wrong: "The " + name + " must be a plain number such as 1.5." };
    }
    var value = Number(written.replace(",", "."));
    if (limits.whole && value !== Math.floor(value)) {
      return { wrong: "The " + name + " must be a whole number." };
    }
    if (!(value >= limits.low && value <= limits.high)) {
      return {
        wrong: "The " + name + " must be " + limits.low + " to " + limits.high + unit
          + "; " + written + " is outside."
      };
    }
    return { value: value };
  }

  /* Up to two decimals, half away from zero as readers do: 31.25, 42. */
  function shown(value) {
    return String(Number(Math.round(Number(value.toPrecision(12) + "e2")) + "e-2"));
  }

  window.lsrDose = { doses: doses, biological: biological, readNumber: readNumber, shown: shown };

  /* --- the form ------------------------------------------------------------------ */

  function element(tag, text, properties) {
    var made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    Object.keys(properties || {}).forEach(function (name) {
      made.setAttribute(name, properties[name]);
    });
    return made;
  }

  function start() {
    var form = document.getElementById("dose-form");
    var source = document.getElementById("dose-data");
    var result = document.getElementById("dose-result");
    if (!form || !source || !result) return;
    var data = JSON.parse(source.textContent);
    var asked = false; /* after the first press the result follows every change */

    function kind() { return form.querySelector('[name="kind"]:checked').value; }

    function arrange() {
      var fields = data.kinds[kind()].fields.concat("alpha_beta_gy");
      form.querySelectorAll("[data-field]").forEach(function (field) {
        field.hidden = fields.indexOf(field.dataset.field) < 0;
      });
    }

    function say(name, wrong) {
      var input = form.elements[name];
      document.getElementById("wrong-" + name).textContent = wrong || "";
      if (wrong) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }

    /* The inputs as numbers; fields with a fault are named in "wrong". */
    function read() {
      var given = {};
      var wrong = [];
      function fault(name, text) { wrong.push(name); say(name, text); }
      data.kinds[kind()].fields.concat("alpha_beta_gy").forEach(function (name) {
        var text = form.elements[name].value;
        say(name);
        if (name === "isotope" || name === "source") {
          if (text) given.half_life_days = data.isotopes[text];
          else if (name === "isotope") fault(name, "Choose the isotope.");
          return;
        }
        if (name === "alpha_beta_gy" && text.trim() === "") return;
        var found = readNumber(text, data.ranges[name]);
        if (found.wrong) fault(name, found.wrong);
        else given[name] = found.value;
      });
      return { given: given, wrong: wrong };
    }

    function ratios(given) {
      var own = given.alpha_beta_gy;
      var known = data.ratios.some(function (ratio) { return ratio.value === own; });
      return own && !known ? data.ratios.concat({ value: own, what: "your value" }) : data.ratios;
    }

    function table(found, given) {
      var outside = found.perFraction !== null && found.perFraction > data.largestFractionInRange;
      var made = element("table");
      made.appendChild(element("caption", "Result (" + data.purpose + "): " + told(found, given)));
      var head = element("tr");
      ["α/β", "BED", "EQD2"].forEach(function (name) {
        head.appendChild(element("th", name, { scope: "col" }));
      });
      made.appendChild(element("thead")).appendChild(head);
      var body = made.appendChild(element("tbody"));
      ratios(given).forEach(function (ratio) {
        var value = biological(found, ratio.value);
        var row = body.appendChild(element("tr"));
        row.appendChild(element("th", "α/β " + ratio.value + " Gy (" + ratio.what + ")",
          { scope: "row" }));
        [["BED", value.bed], ["EQD2", value.eqd2]].forEach(function (pair) {
          var cell = row.appendChild(element("td", undefined, { "data-label": pair[0] }));
          var link = element("a", shown(pair[1]) + " Gy", { href: "#" + data.kinds[kind()].formula });
          cell.appendChild(link);
          if (outside) cell.appendChild(element("span", data.outside, { class: "lsr-dose-outside" }));
        });
      });
      return made;
    }

    function told(found, given) {
      var said = ["total dose " + shown(found.total) + " Gy"];
      if (found.perFraction !== null) said.push(shown(found.perFraction) + " Gy a fraction");
      if (given.half_life_days) said.push("half-life " + given.half_life_days + " days");
      if (given.repair_half_time_hours && found.perFraction === null) {
        said.push("repair half-time " + given.repair_half_time_hours + " h");
      }
      return said.join(", ");
    }

    function compute(focus) {
      var input = read();
      var found = input.wrong.length ? null : doses(kind(), input.given);
      var limits = data.ranges.total_dose_gy;
      if (found && !(found.total >= limits.low && found.total <= limits.high)) {
        /* Each value alone is possible, together they are not. */
        var last = kind() === "temporary" ? "duration_hours" : "fractions";
        input.wrong.push(last);
        say(last, "Together this is a total dose of " + shown(found.total) + " Gy; it must be "
          + limits.low + " to " + limits.high + " Gy.");
      }
      result.textContent = "";
      result.hidden = false;
      if (input.wrong.length) {
        result.appendChild(element("p", "No result: see the message at "
          + (input.wrong.length === 1 ? "the field." : input.wrong.length + " fields.")));
        if (focus) form.elements[input.wrong[0]].focus();
        return;
      }
      result.appendChild(table(found, input.given));
    }

    form.addEventListener("submit", function (event) {
      event.preventDefault();
      asked = true;
      compute(true);
    });
    form.addEventListener("input", function (event) {
      if (event.target.name === "kind") {
        /* Another kind asks other things: nothing is wrong before it was asked. */
        asked = false;
        result.hidden = true;
        form.querySelectorAll("[aria-invalid]").forEach(function (input) { say(input.name); });
        arrange();
      } else if (asked) {
        compute(false);
      }
    });
    arrange();
    form.hidden = false;
    form.parentNode.querySelector(".lsr-dose-without").hidden = true;
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
