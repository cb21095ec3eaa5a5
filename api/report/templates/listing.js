"use strict";
// Tables with filters: choices, a word to look for, and only the first rows until more are asked for.
document.querySelectorAll("table.listing").forEach(function (table) {
  var bar = document.querySelector('.filters[data-table="' + table.id + '"]'), rest = document.querySelector('[data-rest="' + table.id + '"]');
  var all = false, most = bar ? +bar.dataset.shown : 15;
  var boxes = bar ? Array.prototype.slice.call(bar.querySelectorAll("select")) : [], word = bar && bar.querySelector("input");
  function fits(row) {
    var text = word ? word.value.trim().toLowerCase() : "";
    return boxes.every(function (box) { return !box.value || row.getAttribute("data-f-" + box.dataset.facet) === box.value; }) &&
      (!text || row.textContent.toLowerCase().indexOf(text) >= 0);
  }
  function apply() {
    var found = 0;
    Array.prototype.forEach.call(table.tBodies[0].rows, function (row) {
      var ok = fits(row);
      found += ok ? 1 : 0;
      row.hidden = !ok || (!all && found > most && !row.classList.contains("told"));
    });
    if (rest) rest.hidden = all || found <= most;
    var out = bar && bar.querySelector("output");
    if (out) out.textContent = found + " / " + table.tBodies[0].rows.length;
  }
  boxes.forEach(function (box) { box.addEventListener("change", apply); });
  if (word) word.addEventListener("input", apply);
  if (rest) rest.addEventListener("click", function () { all = true; apply(); });
  table.querySelectorAll("th button").forEach(function (b) { b.addEventListener("click", apply); });
  table.show = function () {
    boxes.forEach(function (box) { box.value = ""; });
    if (word) word.value = "";
    all = true; apply();
  };
  Page.onLanguage(function () {
    boxes.forEach(function (box) {
      Array.prototype.forEach.call(box.options, function (o) { o.textContent = Page.pick([o.dataset.zh, o.dataset.en]); });
    });
  });
  apply();
});
