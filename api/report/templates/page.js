"use strict";
// The page without the map: language, sorting, long tables.
var Page = (function () {
  var root = document.documentElement, listeners = [];
  function lang() { return root.dataset.lang; }
  function pick(pair) { return pair[lang() === "zh" ? 0 : 1]; }
  function safe(text) { var el = document.createElement("i"); el.textContent = text; return el.innerHTML; }
  function spans(pair) {
    return pair[0] === pair[1] ? safe(pair[0]) : '<span class="zh">' + safe(pair[0]) + '</span><span class="en">' + safe(pair[1]) + "</span>";
  }
  function count(n) { return Math.round(n).toLocaleString("en-US"); }
  function set(name) {
    root.dataset.lang = name;
    root.lang = name === "zh" ? "zh-CN" : "en";
    document.querySelectorAll("[data-label-zh]").forEach(function (el) {
      el.setAttribute("aria-label", el.getAttribute("data-label-" + name));
    });
    document.querySelectorAll("[data-set]").forEach(function (b) { b.setAttribute("aria-pressed", b.dataset.set === name); });
    listeners.forEach(function (f) { f(); });
  }
  document.querySelectorAll("[data-set]").forEach(function (b) {
    b.addEventListener("click", function () {
      set(b.dataset.set);
      try { history.replaceState(null, "", "#" + b.dataset.set); } catch (e) { /* a viewer without history */ }
    });
  });
  document.querySelectorAll(".more[data-table]").forEach(function (b) {
    b.addEventListener("click", function () { document.getElementById(b.dataset.table).classList.add("all"); b.remove(); });
  });
  // Brings an element into sight: opens what folds it away, shows the rows of a long table.
  function reveal(id) {
    var goal = document.getElementById(id), up = goal;
    if (!goal) return;
    for (; up; up = up.parentElement) {
      if (up.tagName === "DETAILS") up.open = true;
      if (up.tagName === "TABLE" && goal.tagName === "TR") up.show ? up.show() : up.classList.add("all");
    }
    goal.scrollIntoView({ block: "center" });
    goal.classList.add("told");
  }
  document.querySelectorAll("a[href^='#']:not(.skip)").forEach(function (a) {
    a.addEventListener("click", function (e) { e.preventDefault(); reveal(a.getAttribute("href").slice(1)); });
  });
  // The other page of the run opens in the language of this one.
  document.querySelectorAll("a.beside").forEach(function (a) {
    a.addEventListener("click", function () { a.hash = lang(); });
  });
  document.querySelectorAll("th button").forEach(function (b) {
    b.addEventListener("click", function () {
      var th = b.parentNode, body = th.closest("table").tBodies[0], k = th.cellIndex;
      var down = th.getAttribute("aria-sort") === "ascending" || (th.classList.contains("num") && !th.hasAttribute("aria-sort"));
      th.parentNode.querySelectorAll("th").forEach(function (other) { other.removeAttribute("aria-sort"); });
      th.setAttribute("aria-sort", down ? "descending" : "ascending");
      var rows = Array.prototype.slice.call(body.rows), hidden = rows.map(function (r) { return r.className; });
      rows.sort(function (a, b) {
        var x = a.cells[k].dataset.v, y = b.cells[k].dataset.v, nx = parseFloat(x), ny = parseFloat(y);
        var order = isNaN(nx) || isNaN(ny) ? String(x).localeCompare(String(y), "zh-CN") : nx - ny;
        return down ? -order : order;
      });
      rows.forEach(function (r, i) { r.className = hidden[i]; body.appendChild(r); });
    });
  });
  addEventListener("DOMContentLoaded", function () { set(lang()); });
  return { pick: pick, reveal: reveal, safe: safe, spans: spans, count: count, onLanguage: function (f) { listeners.push(f); f(); } };
})();
