"use strict";
// Areas by one figure at a time, sites and blocks over them.
var SHAPE = {
  disc: '<circle cx="12" cy="12" r="10.5" fill="C" stroke="#fff" stroke-width="1.4"/>',
  ring: '<circle cx="12" cy="12" r="9" fill="#fff" stroke="C" stroke-width="3.6"/>',
  square: '<rect x="2" y="2" width="20" height="20" rx="2" fill="C" stroke="#fff" stroke-width="1.4"/>',
  diamond: '<path d="M12 .8L23.2 12L12 23.2L.8 12Z" fill="C" stroke="#fff" stroke-width="1.4"/>',
  triangle: '<path d="M12 1.2L23.4 22H.6Z" fill="C" stroke="#fff" stroke-width="1.4"/>',
  cross: '<rect x="2" y="2" width="20" height="20" rx="2" fill="C" stroke="#fff" stroke-width="1.4"/><path d="M7 7l10 10M17 7L7 17" stroke="#fff" stroke-width="3"/>',
  star: '<path d="M12 .8l3.3 7.3 7.9.8-5.9 5.3 1.7 7.8-7-4-7 4 1.7-7.8L.8 8.9l7.9-.8Z" fill="C" stroke="#fff" stroke-width="1.2"/>'
};
function plannerIcon(kind, size) {
  var light = kind.shape === "ring", text = "", box = { triangle: [18.8, 10], diamond: [15.8, 10.5], ring: [15.6, 10] }[kind.shape] || [16.6, 13];
  if (kind.letter) {
    text = ["zh", "en"].map(function (side, k) {
      return '<text class="' + side + '" x="12" y="' + box[0] + '" text-anchor="middle" font-size="' + box[1] + '" fill="' +
        (light ? kind.colour : "#fff") + '">' + Page.safe(kind.letter[k]) + "</text>";
    }).join("");
  }
  return '<svg width="' + size + '" height="' + size + '" viewBox="0 0 24 24" aria-hidden="true">' +
    SHAPE[kind.shape].split("C\"").join(kind.colour + '"') + text + "</svg>";
}
// Dots by the hundred or thousand: one canvas for all of them; the shape says what the colour says.
function plannerDot(at, kind, size, renderer) {
  var hollow = kind.shape === "ring" || kind.shape === "cross";
  return L.circleMarker(at, { renderer: renderer, pane: "spots", radius: (kind.shape === "cross" ? 3.4 : 2.6) + 2.5 * size, color: hollow ? kind.colour : "#fff",
    weight: hollow ? 2 : 0.6, fillColor: hollow ? (kind.shape === "cross" ? kind.colour : "#fff") : kind.colour, fillOpacity: 0.9 });
}

function plannerMap(map, groups, data) {
  var svg = L.svg({ pane: "areas", padding: 0.3 }), canvas = L.canvas({ pane: "spots", padding: 0.3 }), names = L.layerGroup().addTo(map);
  var shown = L.layerGroup().addTo(map), theme = null, level = null, w = data.words;
  L.control.scale({ imperial: false }).addTo(map);
  function more(ref) { return ref ? '<p><a href="#' + Page.safe(ref) + '">' + Page.spans(w.more) + "</a></p>" : ""; }
  function popup(title, lines, ref) {
    return "<b>" + Page.spans(title) + "</b>" + lines.map(function (line) { return "<div>" + Page.spans(line) + "</div>"; }).join("") + more(ref);
  }
  function picked(name) {
    var box = document.querySelector('.planner input[name="' + name + '"]:checked');
    return box ? box.value : document.getElementById(name).value;
  }
  data.areas.forEach(function (a) {
    a.shape = L.polygon(a.rings, { renderer: svg, pane: "areas", color: "#2b3640", weight: 1.8, opacity: 0.9, fillOpacity: 0.82 });
    a.shape.bindPopup(function () { return popup(a.name, a.lines, a.ref); }, { maxWidth: 320 });
    a.label = L.marker(a.at, { interactive: false, keyboard: false, zIndexOffset: 2000, icon: L.divIcon({ className: "place value", html: "", iconSize: [0, 0] }) });
  });
  function draw() {
    theme = data.themes.filter(function (t) { return t.key === picked("theme"); })[0];
    level = picked("level");
    shown.clearLayers();
    data.areas.forEach(function (a) {
      if (a.level !== level) return;
      var pick = theme.picks[a.row];
      a.shape.setStyle({ fillColor: pick < 0 ? "#e9ecee" : "url(#p-" + theme.key + "-" + pick + ")" });
      a.shape.addTo(shown);
    });
    document.querySelectorAll("[data-theme]").forEach(function (ul) { ul.hidden = ul.dataset.theme !== theme.key; });
    label();
  }
  // Where a label of an area covers the fewest marks: its own place, or one near it and inside of the area.
  function free(a, wide, high) {
    var own = map.latLngToLayerPoint(a.at), best = own, least = Infinity, marks = [];
    Object.keys(groups).forEach(function (key) {
      if (!data.layers[key].dots && map.hasLayer(groups[key])) data.layers[key].spots.forEach(function (s) { marks.push(map.latLngToLayerPoint([s[0], s[1]])); });
    });
    for (var dy = -60; dy <= 60; dy += 15) for (var dx = -75; dx <= 75; dx += 15) {
      var p = L.point(own.x + dx, own.y + dy);
      if ((dx || dy) && !inside(map.layerPointToLatLng(p), a.rings)) continue;
      var covered = marks.filter(function (m) { return Math.abs(m.x - p.x) < wide / 2 + 9 && Math.abs(m.y - p.y) < high / 2 + 9; }).length;
      var cost = covered + Math.hypot(dx, dy) / 1000;
      if (cost < least) { least = cost; best = p; }
    }
    return map.layerPointToLatLng(best);
  }
  function inside(at, rings) {
    var odd = false;
    rings.forEach(function (part) {
      (Array.isArray(part[0][0]) ? part : [part]).forEach(function (ring) {
        for (var i = 0, j = ring.length - 1; i < ring.length; j = i++) {
          var p = ring[i], q = ring[j];
          if (p[0] > at.lat !== q[0] > at.lat && at.lng < (q[1] - p[1]) * (at.lat - p[0]) / (q[0] - p[0]) + p[1]) odd = !odd;
        }
      });
    });
    return odd;
  }
  // The value stands on every area that is wide enough for it; its name joins where there is room for that too.
  function label() {
    names.clearLayers();
    data.areas.forEach(function (a) {
      if (a.level !== level) return;
      var box = a.shape.getBounds(), east = map.latLngToLayerPoint(box.getNorthEast()), west = map.latLngToLayerPoint(box.getSouthWest());
      var wide = east.x - west.x, value = theme.told[a.row], long = Math.max(value[0].length, value[1].length);
      if (wide < 8 * long || west.y - east.y < 16) return;
      var english = document.documentElement.dataset.lang === "en", needed = english ? 7 * a.name[1].length : 13 * a.name[0].length;
      var name = wide > needed + 12 && west.y - east.y > 42 ? Page.spans(a.name) + "<br>" : "";
      a.label.setIcon(L.divIcon({ className: "place value", html: "<span>" + name + "<b>" + Page.spans(value) + "</b></span>", iconSize: [0, 0] }));
      a.label.setLatLng(free(a, Math.max(8 * long, name ? needed : 0) + 10, name ? 38 : 22));
      a.label.addTo(names);
    });
  }
  Object.keys(groups).forEach(function (key) {
    var layer = data.layers[key];
    layer.spots.forEach(function (s) {
      var kind = layer.kinds[s[2]], at = [s[0], s[1]], size = Math.round((kind.letter ? 22 : 15) + 11 * s[3]);
      var mark = layer.dots ? plannerDot(at, kind, s[3], canvas) : L.marker(at, { alt: s[4].join(" "), keyboard: true,
        icon: L.divIcon({ html: plannerIcon(kind, size), className: "site", iconSize: [size, size], iconAnchor: [size / 2, size / 2] }) });
      mark.bindPopup(function () { return popup(s[4], s[5], s[6]); }, { maxWidth: 320 });
      mark.addTo(groups[key]);
    });
  });
  document.querySelectorAll("[data-kind]").forEach(function (el) {
    el.innerHTML = plannerIcon(data.layers[el.dataset.layer].kinds[+el.dataset.kind], 18);
  });
  document.querySelectorAll('.planner input[type="radio"]').forEach(function (box) { box.addEventListener("change", draw); });
  // Where there are many marks they start small and grow as the map is drawn nearer.
  var marks = Object.keys(groups).reduce(function (n, key) { return n + (data.layers[key].dots ? 0 : data.layers[key].spots.length); }, 0), start = null;
  function scale() {
    var least = Math.max(0.45, Math.min(map.getSize().x < 500 ? 0.72 : 1, Math.sqrt(200 / Math.max(marks, 1))));
    if (start === null) start = map.getZoom();
    map.getContainer().style.setProperty("--marks", Math.min(1, least * Math.pow(2, (map.getZoom() - start) / 2)).toFixed(2));
  }
  map.on("zoomend", function () { scale(); label(); });
  // A link in a popup opens what hides its goal.
  map.getContainer().addEventListener("click", function (e) {
    var link = e.target.closest && e.target.closest('a[href^="#"]');
    if (link && link.getAttribute("href").length > 1) { e.preventDefault(); Page.reveal(link.getAttribute("href").slice(1)); }
  });
  Page.onLanguage(function () {
    if (theme) label();
    document.querySelectorAll(".leaflet-control-zoom a").forEach(function (a) {
      var word = Page.pick(a.classList.contains("leaflet-control-zoom-in") ? w.zoom_in : w.zoom_out);
      a.title = word; a.setAttribute("aria-label", word);
    });
  });
  map.fitBounds(data.bounds, { padding: [8, 8], animate: false });
  start = null; scale();
  draw();
}
