// The map of a drainage network: parts, findings, the ground below.
function networkMap(map, data) {
  var words = data.words, colours = data.colours, by = "size";
  map.createPane("ground").style.zIndex = 310;
  ["links", "parts", "findings"].forEach(function (name, k) { map.createPane(name).style.zIndex = 400 + 20 * k; });
  var draw = { links: L.canvas({ pane: "links", tolerance: 4 }), parts: L.canvas({ pane: "parts", tolerance: 3 }), findings: L.canvas({ pane: "findings", tolerance: 3 }) };
  var layers = {}, bounds = L.latLngBounds([]);
  ["rivers", "areas", "links", "nodes", "outfalls", "inlets", "findings"].forEach(function (name) { layers[name] = L.layerGroup(); });
  function ground(name, style) { if (data[name]) L.geoJSON(data[name], { style: style, pane: "ground", interactive: false }).addTo(layers[name]); }
  ground("rivers", { color: "#7f9cb0", weight: 1, fillColor: "#cfdbe3", fillOpacity: 1 });
  ground("areas", { color: "#5b6670", weight: 1, opacity: 0.65, dashArray: "4 4" });
  function escaped(text) { var box = document.createElement("i"); box.textContent = text; return box.innerHTML; }
  function number(value, unit, digits) { return value === null ? "–" : value.toFixed(digits) + " " + unit; }
  function row(word, value) { return "<tr><td>" + Page.spans(words[word]) + "</td><td>" + value + "</td></tr>"; }
  function colourOf(l) {
    if (l[1] !== "conduit") return colours.other;
    if (by === "grade") return l[8] ? colours.grade[l[8] - 1] : colours.unknown;
    if (by === "blocked") return !l[8] ? colours.unknown : colours.blocked[l[9] <= 0 ? 0 : l[9] < 0.5 ? 1 : 2];
    if (l[3] === null) return colours.unknown;
    var k = 0;
    while (k < colours.size[0].length && l[3] >= colours.size[0][k]) k += 1;
    return colours.size[1][k];
  }
  function head(kind, name) { return "<strong>" + escaped(name) + "</strong> " + Page.spans(words[kind]) + "<table>"; }
  var lines = data.links.map(function (l) {
    var line = L.polyline(l[2], { renderer: draw.links, color: colourOf(l), weight: l[3] === null ? 2 : Math.min(1.5 + 2 * l[3], 7), dashArray: l[1] === "conduit" ? null : "5 4" });
    bounds.extend(line.getBounds());
    line.bindPopup(function () {
      var size = l[3] === null ? l[10] : l[10] + " " + (l[10] === "CIRCULAR" || l[4] === null ? l[3].toFixed(2) : l[3].toFixed(2) + " × " + l[4].toFixed(2)) + " m";
      var text = head(l[1], l[0]);
      if (l[1] === "conduit") text += row("size", escaped(size)) + row("length", number(l[5], "m", 1)) + row("full_flow", number(l[7], "m³/s", 3));
      text += row("fall", number(l[6], "m", 2));
      if (l[8]) text += row("grade", l[8]) + row("blocked", Math.round(100 * l[9]) + "%");
      return text + "</table>";
    });
    return line.addTo(layers.links);
  });
  function mark(n, style) {
    var at = [n[2], n[3]];
    bounds.extend(at);
    return L.circleMarker(at, Object.assign({ renderer: draw.parts, color: "#14202a", weight: 1, fillOpacity: 1 }, style)).bindPopup(function () {
      return head(n[1], n[0]) + row("invert", number(n[4], "m", 2)) + row("rim", number(n[5], "m", 2)) + "</table>";
    });
  }
  data.nodes.forEach(function (n) {
    if (n[1] === "outfall" || n[1] === "storage") {
      bounds.extend([n[2], n[3]]);
      L.marker([n[2], n[3]], { icon: L.divIcon({ className: "", html: '<i class="sign ' + n[1] + '"></i>', iconSize: [12, 12] }), alt: n[0] }).bindPopup(function () {
        return head(n[1], n[0]) + row("invert", number(n[4], "m", 2)) + "</table>";
      }).addTo(layers.outfalls);
    } else mark(n, { fillColor: "#fff", weight: 0.8 }).addTo(layers.nodes);
  });
  data.inlets.forEach(function (i) {
    L.circleMarker([i[2], i[3]], { renderer: draw.parts, radius: 1.6, color: "#0f6b4d", weight: 1, fillColor: i[4] > 0 ? "#e0812e" : "#bfe3d3", fillOpacity: 1 })
      .bindPopup(function () { return head("inlet", i[0]) + row("blocked", Math.round(100 * i[4]) + "%") + "</table>"; }).addTo(layers.inlets);
  });
  data.findings.forEach(function (f) {
    var bad = f[0] === "error";
    L.circleMarker([f[1], f[2]], { renderer: draw.findings, radius: bad ? 6 : 4.5, color: bad ? "#fff" : "#8a6d00", weight: 1.2, fillColor: bad ? "#b3161b" : "#f5c400", fillOpacity: 0.95 })
      .bindPopup(function () { return "<strong>" + Page.spans(f[3].map(escaped)) + "</strong><br>" + escaped(f[4]) + "<br>" + escaped(f[5]); }).addTo(layers.findings);
  });
  var shown = {};
  Object.keys(layers).forEach(function (name) {
    if (!layers[name].getLayers().length) return;
    shown[Page.spans(data.labels[name])] = layers[name];
    if (name !== "inlets") layers[name].addTo(map);
  });
  L.control.layers(null, shown, { collapsed: window.innerWidth < 700 }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  function recolour(name) {
    by = name;
    lines.forEach(function (line, k) { line.setStyle({ color: colourOf(data.links[k]) }); });
    document.querySelectorAll(".bands").forEach(function (list) { list.classList.toggle("shown", list.dataset.of === name); });
  }
  document.querySelectorAll("input[name=colour]").forEach(function (input) {
    input.addEventListener("change", function () { recolour(input.value); });
  });
  recolour("size");
  function fit() { map.invalidateSize(); if (bounds.isValid()) map.fitBounds(bounds, { animate: false, padding: [12, 12], maxZoom: 18 }); }
  fit();
  ["load", "resize"].forEach(function (event) { addEventListener(event, fit); });
  function manholes() {
    var radius = map.getZoom() < 15 ? 0.7 : map.getZoom() < 17 ? 1.6 : 3;
    layers.nodes.eachLayer(function (m) { m.setStyle({ radius: radius, opacity: radius < 1 ? 0.5 : 1 }); });
  }
  map.on("zoomend", manholes);
  manholes();
  map.on("click focus", function () { map.scrollWheelZoom.enable(); });
  map.on("mouseout", function () { map.scrollWheelZoom.disable(); });
}
