// What lies under the records: land and sea, place names, the outline of the site.
resight.ground = (() => {
  const { data, make, say } = resight.parts;

  const latLng = ([lon, lat]) => L.latLng(lat, lon);

  /** A line of the basemap: whole steps from one position to the next. */
  function unpacked(steps) {
    const line = [];
    let x = 0, y = 0;
    for (let i = 0; i < steps.length; i += 2) {
      x += steps[i];
      y += steps[i + 1];
      line.push([y / data.map.base.scale, x / data.map.base.scale]);
    }
    return line;
  }

  function ground(map) {
    const { base, window: box } = data.map;
    const group = L.layerGroup();
    // The colours stand in the style sheet, where light and dark are switched.
    const style = (pane, className, more) => ({ pane, className, interactive: false, smoothFactor: 0.6, ...more });
    if (box) {
      const [west, south, east, north] = box;
      const bounds = L.latLngBounds([south, west], [north, east]);
      map.options.maxBounds = bounds.pad(0.35);
      L.rectangle(bounds, style("sea", "sea", { stroke: false, fillOpacity: 1 })).addTo(group);
    }
    const area = (kind, className) => base[kind].forEach((part) =>
      L.polygon(part.lines.map(unpacked), style("land", className, { stroke: false, fillOpacity: 1, fillRule: "evenodd" })).addTo(group));
    const lines = (kind, more) => base[kind].forEach((part) => L.polyline(part.lines.map(unpacked), style("lines", kind, more)).addTo(group));
    area("land", "land");
    area("lake", "sea");
    lines("border", { weight: 1.2, dashArray: "6 3 1 3" });
    lines("coastline", { weight: 1 });
    for (const part of base.runway) {
      const more = { weight: part.area ? 1 : 3, fillOpacity: 0.9 };
      (part.area ? L.polygon : L.polyline)(part.lines.map(unpacked), style("lines", "runway", more)).addTo(group);
    }
    return group;
  }

  function places(map) {
    const group = L.layerGroup();
    for (const place of data.map.base.place) {
      const text = make("span", { class: "place" }, say(place.name));
      const dot = L.circleMarker(latLng(place.at), { pane: "lines", className: "dot", radius: 1.8, weight: 1, fillOpacity: 1, interactive: false });
      map.labels.add(group, { at: latLng(place.at), element: text, dot, mayHide: true });
    }
    return group;
  }

  function site() {
    const { at, uncertainty_m: reach, footprint } = data.map.site;
    const group = L.layerGroup();
    const still = { pane: "area", interactive: false };
    if (footprint.length) {
      const rings = footprint.map((ring) => ring.map(latLng));
      L.polygon(rings, { ...still, className: "outline", smoothFactor: 0, weight: 1.5, fillOpacity: 0.1 }).addTo(group);
    }
    if (reach) L.circle(latLng(at), { ...still, className: "inked", radius: reach, weight: 1.3, dashArray: "5 4", fill: false }).addTo(group);
    return group;
  }

  /** The outline of the page's site, which its own box keeps clear of where there is room. */
  function outline() {
    const rings = data.map.site.footprint;
    return rings.length ? L.latLngBounds(rings.flat().map(latLng)) : null;
  }

  return { latLng, ground, places, site, outline };
})();
