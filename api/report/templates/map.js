"use strict";
// The drill on the map: one clock moves water, warnings, shelters, underpasses and closed roads.
var MARKS = {{ marks }}, LETTERS = {{ letters }}, SITE = {{ site_colours }}, PIPES = {{ pipes }};

function siteIcon(kind, share, size) {
  var c = SITE[kind], r = 9, round = 2 * Math.PI * r, body;
  if (kind === "flooded" || kind === "dark") {
    body = '<rect x="2" y="2" width="20" height="20" rx="2" fill="' + c + '"/><path d="M7 7l10 10M17 7L7 17" stroke="#fff" stroke-width="3"/>';
  } else if (kind === "out") {
    body = '<circle cx="12" cy="12" r="10" fill="#fff" stroke="' + c + '" stroke-width="2"/><path d="M5.5 18.5L18.5 5.5" stroke="' + c + '" stroke-width="2.4"/>';
  } else if (kind === "full") {
    body = '<circle cx="12" cy="12" r="11" fill="' + c + '"/><circle cx="12" cy="12" r="5" fill="#fff"/><circle cx="12" cy="12" r="2.6" fill="' + c + '"/>';
  } else {
    body = '<circle cx="12" cy="12" r="11" fill="#fff" stroke="#46535e" stroke-width=".8"/><circle cx="12" cy="12" r="' + r +
      '" fill="none" stroke="#dfe5e8" stroke-width="3.6"/><circle cx="12" cy="12" r="' + r + '" fill="none" stroke="' + c +
      '" stroke-width="3.6" stroke-dasharray="' + (share * round).toFixed(1) + " " + round.toFixed(1) +
      '" transform="rotate(-90 12 12)"/>' + (kind === "part" ? '<circle cx="12" cy="12" r="3" fill="' + c + '"/>' : "");
  }
  return '<svg width="' + size + '" height="' + size + '" viewBox="0 0 24 24" aria-hidden="true">' + body + "</svg>";
}
function underpassIcon(shut) {
  return '<svg width="22" height="20" viewBox="0 0 24 22" aria-hidden="true"><path d="M12 1L23 21H1Z" fill="' + (shut ? "#8c1d5b" : "#fff") +
    '" stroke="' + (shut ? "#fff" : "#46535e") + '" stroke-width="1.4"/>' +
    (shut ? '<path d="M8.2 15.5H15.8" stroke="#fff" stroke-width="3"/>' : '<path d="M8 17.5v-3a4 4 0 0 1 8 0v3" fill="none" stroke="#46535e" stroke-width="1.6"/>') + "</svg>";
}
function levelIcon(level) {
  var m = MARKS[level], small = level === 2;
  return '<svg width="26" height="26" viewBox="-1 -1 26 26" aria-hidden="true"><path d="' + m.shape + '" fill="' + m.fill +
    '" stroke="#fff" stroke-width="1.2"/>' + ["zh", "en"].map(function (side) {
      return '<text class="' + side + '" x="12" y="' + (small ? 19.4 : 16.6) + '" text-anchor="middle" font-size="' + (small ? 11.5 : 12.5) +
        '" fill="' + m.ink + '">' + LETTERS[side][level] + "</text>";
    }).join("") + "</svg>";
}
var LACKING = '<svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true"><circle cx="9" cy="9" r="7.5" fill="#fff" stroke="#b3161b" stroke-width="2"/><path d="M9 4.2V10" stroke="#b3161b" stroke-width="2.4"/><circle cx="9" cy="13" r="1.5" fill="#b3161b"/></svg>';
var SEWER = {
  manhole: '<circle cx="7" cy="7" r="5.2" fill="#fff" stroke="#9c1f24" stroke-width="2"/><path d="M7 10V4.6M4.6 6.8L7 4.2L9.4 6.8" fill="none" stroke="#9c1f24" stroke-width="1.5"/>',
  drowned: '<rect x="1.5" y="1.5" width="11" height="11" fill="#0b3f86" stroke="#fff"/><path d="M3.5 5.5q1.75-2 3.5 0t3.5 0M3.5 9q1.75-2 3.5 0t3.5 0" fill="none" stroke="#fff" stroke-width="1.3"/>',
  outfall: '<rect x="2.5" y="2.5" width="9" height="9" fill="#fff" stroke="#46535e" stroke-width="1.6"/>'
};
function sewerIcon(kind) { return '<svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">' + SEWER[kind] + "</svg>"; }
function divIcon(html, size, kind) {
  return L.divIcon({ html: html, className: kind, iconSize: [size, size], iconAnchor: [size / 2, size / 2] });
}

function ronganMap(map, layers, data) {
  var frames = data.frames, now = data.start, timer = null, w = data.words;
  var slider = document.getElementById("slider"), clock = document.getElementById("clock"), play = document.getElementById("play");
  var pictures = frames.map(function (f) { var image = new Image(); image.src = f.image; return image; });
  document.querySelectorAll("[data-site]").forEach(function (el) { el.innerHTML = siteIcon(el.dataset.site, el.dataset.site === "part" ? 0.6 : 0, 20); });
  document.querySelectorAll("[data-underpass]").forEach(function (el) { el.innerHTML = underpassIcon(el.dataset.underpass === "shut"); });

  document.querySelectorAll("[data-sewer]").forEach(function (el) { el.innerHTML = sewerIcon(el.dataset.sewer); });
  document.querySelectorAll("[data-lacking]").forEach(function (el) { el.innerHTML = LACKING; });
  L.control.scale({ imperial: false }).addTo(map);

  // Shelters
  var biggest = Math.max.apply(null, data.sites.map(function (s) { return s.capacity; }).concat([1]));
  var sites = data.sites.map(function (s) {
    s.size = 13 + Math.round(13 * Math.sqrt(s.capacity / biggest));
    s.marker = L.marker(s.at, { icon: divIcon("", s.size, "site"), title: "", alt: s.name.join(" "), keyboard: true });
    s.marker.bindTooltip(function () {
      var inside = s.inside[now], state = siteState(s, now);
      var words = { full: "site_full", flooded: "site_flooded", dark: "site_dark", empty: "site_empty" }[state];
      if (state === "out") return "<b>" + Page.spans(s.name) + "</b><br>" + Page.spans(w.site_out) + "<br>" + Page.spans(s.out);
      return "<b>" + Page.spans(s.name) + "</b><br>" + Page.spans(w.inside) + " " + Page.count(inside) + " / " + Page.spans(w.capacity) + " " +
        Page.count(s.capacity) + (words ? "<br>" + Page.spans(w[words]) : "");
    }, { direction: "top" });
    s.marker.on("click keypress", function () { s.marker.openTooltip(); });
    s.marker.addTo(layers.shelters);
    return s;
  });
  function siteState(s, k) {
    if (s.out) return "out";
    if (s.closed !== null && frames[k].t >= s.closed) return s.dark ? "dark" : "flooded";
    if (s.inside[k] >= s.capacity && s.inside[k] > 0) return "full";
    return s.inside[k] > 0 ? "part" : "empty";
  }

  // Warnings in force: pattern, border and a badge with letter and shape
  var hatch = L.svg({ pane: "hatch", padding: 0.4 }), border = L.svg({ pane: "warnings", padding: 0.4 });
  data.warnings.forEach(function (v) {
    var parts = v.rings.map(function (ring) { return [ring]; }), colour = MARKS[v.level].fill;
    var line = L.polygon(parts, { renderer: border, pane: "warnings", interactive: false, color: colour, weight: v.wide ? 4 : 2, opacity: 0.9, fill: false });
    var area = v.wide ? line : L.layerGroup([line, L.polygon(parts, {
      renderer: hatch, pane: "hatch", interactive: false, stroke: false, fillColor: "url(#warn-" + v.level + ")", fillOpacity: 1
    })]);
    var badge = L.marker(v.at, { icon: divIcon(levelIcon(v.level), 26, "mark-icon"), keyboard: false, zIndexOffset: v.wide ? 900 : 500 });
    badge.bindTooltip(Page.spans(v.name) + " · " + Page.spans(w["level" + v.level]), { direction: "top" });
    v.group = L.layerGroup([area, badge]);
  });

  var underpasses = data.underpasses.map(function (u) {
    u.marker = L.marker(u.at, { icon: divIcon("", 22, "mark-icon"), alt: u.name.join(" "), zIndexOffset: 300 }).addTo(layers.underpasses);
    u.marker.bindTooltip(function () {
      return "<b>" + Page.spans(u.name) + "</b><br>" + Page.spans(w[shut(u, now) ? "underpass_shut" : "underpass_open"]) + " · max " + u.depth.toFixed(2) + " m";
    }, { direction: "top" });
    return u;
  });
  function shut(u, k) { return u.from !== null && frames[k].t >= u.from && (u.until === null || frames[k].t < u.until); }

  // The plan: width by persons
  var most = Math.max.apply(null, data.flows.map(function (f) { return f.persons; }).concat([1]));
  data.flows.forEach(function (f) {
    L.polyline([f.from, f.to], { pane: "flows", interactive: false, color: "#0f6b4d", opacity: 0.6, weight: 1 + 7 * Math.sqrt(f.persons / most) }).addTo(layers.flows);
    L.circleMarker(f.from, { pane: "flows", interactive: false, radius: 2.5, color: "#0f6b4d", weight: 1, fillColor: "#fff", fillOpacity: 1 }).addTo(layers.flows);
  });
  data.unserved.forEach(function (b) {
    L.marker([b[0], b[1]], { icon: divIcon(LACKING, 18, "mark-icon"), keyboard: false }).bindTooltip(Page.count(b[2]) + " " + Page.spans(w.people)).addTo(layers.unserved);
  });
  if (data.sewers) {
    Object.keys(PIPES).forEach(function (state) {
      L.polyline(data.sewers.pipes[state], { pane: "pipes", interactive: false, color: PIPES[state][0], weight: PIPES[state][1], opacity: 0.95 }).addTo(layers.pipes);
    });
    data.sewers.manholes.forEach(function (m) {
      L.marker([m[0], m[1]], { icon: divIcon(sewerIcon("manhole"), 14, "mark-icon"), keyboard: false, zIndexOffset: -400 })
        .bindTooltip("<b>" + Page.safe(m[2]) + "</b> " + Page.spans(w.manhole_full) + " +" + m[3].toFixed(2) + " m").addTo(layers.manholes);
    });
    data.sewers.outfalls.forEach(function (o) {
      L.marker([o[0], o[1]], { icon: divIcon(sewerIcon(o[3] ? "drowned" : "outfall"), 14, "mark-icon"), keyboard: false, zIndexOffset: -300 })
        .bindTooltip("<b>" + Page.safe(o[2]) + "</b> " + Page.spans(o[3] ? w.outfall_drowned : w.outfall)).addTo(layers.manholes);
    });
  }
  var closed = L.polyline([], { pane: "closed", interactive: false, color: "#8c1d5b", weight: 1.5, opacity: 0.9 }).addTo(layers.closed);
  data.labels.forEach(function (a) {
    L.marker(a.at, { icon: L.divIcon({ className: "place", html: "<span>" + Page.spans(a.name) + "</span>", iconSize: [0, 0] }), interactive: false, keyboard: false, zIndexOffset: 200 }).addTo(map);
  });

  function show(k) {
    now = k;
    var f = frames[k];
    layers.depth.setUrl(pictures[k].src);
    data.warnings.forEach(function (v) {
      var on = f.t >= v.from && f.t < v.until;
      if (on !== layers.warnings.hasLayer(v.group)) layers.warnings[on ? "addLayer" : "removeLayer"](v.group);
    });
    sites.forEach(function (s) {
      var state = siteState(s, k), share = Math.min(s.inside[k] / Math.max(s.capacity, 1), 1), key = state + share.toFixed(2);
      if (key !== s.key) {
        var idle = state === "empty" || state === "out", size = idle ? Math.max(9, Math.round(0.55 * s.size)) : s.size;
        s.key = key; s.marker.setIcon(divIcon(siteIcon(state, share, size), size, "site")); s.marker.setZIndexOffset(idle ? -300 : 0);
      }
    });
    underpasses.forEach(function (u) {
      var on = shut(u, k);
      if (on !== u.on) { u.on = on; u.marker.setIcon(divIcon(underpassIcon(on), 22, "mark-icon")); }
    });
    closed.setLatLngs(data.roads.frames[k].map(function (i) { return data.roads.lines[i]; }));
    slider.value = k;
    slider.setAttribute("aria-valuetext", f.clock);
    clock.textContent = f.clock;
    document.getElementById("now-rain").textContent = f.rain.toFixed(0);
    ["danger", "moving", "sheltered"].forEach(function (name) { document.getElementById("now-" + name).textContent = Page.count(f[name]); });
    document.querySelectorAll(".chart").forEach(function (svg) {
      var d = svg.dataset, x = +d.x0 + (f.t - d.t0) / (d.t1 - d.t0) * (d.x1 - d.x0), line = svg.querySelector(".cursor");
      line.setAttribute("x1", x); line.setAttribute("x2", x);
    });
  }
  function stop() { clearInterval(timer); timer = null; label(); }
  function label() { play.textContent = Page.pick(timer ? w.pause : w.play); }
  play.addEventListener("click", function () {
    if (timer) { stop(); return; }
    if (now === frames.length - 1) show(0);
    timer = setInterval(function () { if (now + 1 < frames.length) show(now + 1); else stop(); }, 600);
    label();
  });
  slider.addEventListener("input", function () { if (timer) stop(); show(+slider.value); });
  if (frames.length < 2) { play.disabled = true; slider.disabled = true; }

  function far() { map.getContainer().classList.toggle("far", map.getZoom() < near); }
  var box = map.getContainer(), near = 0;
  function fit() { map.invalidateSize(); map.fitBounds(layers.depth.getBounds(), { animate: false }); near = box.clientWidth < 700 ? map.getZoom() + 1 : map.getZoom() - 0.1; far(); }
  fit();
  map.on("zoomend", far);
  map.on("click focus", function () { map.scrollWheelZoom.enable(); });
  map.on("mouseout", function () { map.scrollWheelZoom.disable(); });
  if (box.clientWidth < 700) { layers.control.remove(); layers.control.options.collapsed = true; layers.control.addTo(map); }
  addEventListener("beforeprint", function () { map.invalidateSize(); });
  Page.onLanguage(function () {
    label();
    ["in", "out"].forEach(function (way) {
      var el = box.querySelector(".leaflet-control-zoom-" + way), words = Page.pick(w["zoom_" + way]);
      if (el) { el.title = words; el.setAttribute("aria-label", words); }
    });
    var toggle = box.querySelector(".leaflet-control-layers-toggle");
    if (toggle) toggle.title = "";
  });
  show(now);
}
