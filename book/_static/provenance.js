/* Cards: the hint of a number's link, shown on hover and on focus, also by keyboard.
 * Without this script the browser shows the same words as the link's title. */
(function () {
  "use strict";
  var card = null;
  var owner = null;

  function hide() {
    if (card) card.remove();
    if (owner) owner.removeAttribute("aria-describedby");
    card = owner = null;
  }

  function place(link) {
    var box = link.getBoundingClientRect();
    var room = document.documentElement.clientWidth;
    var left = Math.max(8, Math.min(box.left, room - card.offsetWidth - 8));
    var below = box.bottom + 6 + card.offsetHeight < window.innerHeight;
    card.style.left = left + "px";
    card.style.top = (below ? box.bottom + 6 : box.top - card.offsetHeight - 6) + "px";
  }

  function show(link) {
    hide();
    owner = link;
    card = document.createElement("div");
    card.id = "lsr-card-of-number";
    card.className = "lsr-number-card";
    card.setAttribute("role", "tooltip");
    card.textContent = link.dataset.card;
    document.body.appendChild(card);
    link.setAttribute("aria-describedby", card.id);
    place(link);
  }

  function start() {
    document.querySelectorAll(".bd-article a[href][title]").forEach(function (link) {
      link.dataset.card = link.title;
      link.removeAttribute("title");
      link.addEventListener("mouseenter", function () { show(link); });
      link.addEventListener("focus", function () { show(link); });
      link.addEventListener("mouseleave", hide);
      link.addEventListener("blur", hide);
    });
    document.addEventListener("keydown", function (event) {
      if (event.key === "Escape") hide();
    });
    window.addEventListener("scroll", hide, { passive: true, capture: true });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
