// The page script of resight's maps: reads the page's data, draws the layers folium asks for, writes the lists.
// Every word of a record goes through say(), which makes text nodes; nothing here turns data into markup.
"use strict";

const resight = (() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const data = read("resight-data");
  const words = data.words;
  const BLUE = "#0072b2", ORANGE = "#e69f00", INK = "#1c2430", GREY = "#5b6570";

  // --- small parts ------------------------------------------------------------------------------------------

  /** An element; attributes with a value of null are left out, children are nodes. */
  function make(tag, attributes = {}, ...children) {
    const svg = ["svg", "path", "circle", "rect", "text"].includes(tag);
    const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== false) element.setAttribute(name, value);
    }
    element.append(...children.flat().filter((child) => child !== null));
    return element;
  }

  /** Text from the data, each part isolated so that its writing direction stays its own. */
  function say(value) {
    const parts = Array.isArray(value) ? value : [value];
    return parts.flatMap((part, index) => {
      const own = make("bdi");
      own.textContent = part;
      return index ? [" ", own] : [own];
    });
  }

  /** The same for an attribute, where nothing can be isolated: controls of writing direction are left out. */
  function plain(value) {
    return (Array.isArray(value) ? value.join(" ") : value).replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
  }

  const fixed = (text, tag = "span", name = null) => {
    const element = make(tag, { class: name });
    element.textContent = text;
    return element;
  };

  function webLink(url, content) {
    if (!/^https?:\/\//.test(url)) return make("span", {}, content);
    return make("a", { href: url, rel: "noreferrer noopener" }, content);
  }

  const recordLink = (id, content) => make("a", { href: `#record-${id}` }, content);

  // Each sign has a shape of its own; colour only repeats what the shape says.
  const GLYPHS = {
    now: () => [make("circle", { cx: 10, cy: 10, r: 6.5, fill: BLUE, stroke: INK, "stroke-width": 1.5 })],
    then: () => [make("path", { d: "M10 3 17 16.5H3Z", fill: ORANGE, stroke: INK, "stroke-width": 1.5 })],
    other: () => [make("path", { d: "M10 3 17 10 10 17 3 10Z", fill: "#b8bec5", stroke: INK, "stroke-width": 1.5 })],
    nothing: () => [
      make("circle", { cx: 10, cy: 10, r: 6.5, fill: "#fff", stroke: INK, "stroke-width": 1.8 }),
      make("path", { d: "M5.4 14.6 14.6 5.4", stroke: INK, "stroke-width": 1.8 }),
    ],
    absent: () => [
      make("circle", { cx: 10, cy: 10, r: 6.5, fill: "#fff", stroke: INK, "stroke-width": 1.5, "stroke-dasharray": "3 2" }),
      make("path", { d: "M5.4 14.6 14.6 5.4", stroke: INK, "stroke-width": 1.5 }),
    ],
    unclear: () => [
      make("rect", { x: 3.5, y: 3.5, width: 13, height: 13, fill: "#fff", stroke: INK, "stroke-width": 1.5, "stroke-dasharray": "3 2" }),
      make("path", { d: "M7.8 8.2a2.3 2.3 0 1 1 3.4 2c-.8.5-1.2.9-1.2 1.8M10 14v.9", fill: "none", stroke: INK, "stroke-width": 1.6 }),
    ],
    background: () => [make("path", { d: "M4 6h12M4 10h12M4 14h12", stroke: GREY, "stroke-width": 2.2 })],
    matched: () => [
      make("circle", { cx: 10, cy: 10, r: 8.6, fill: "none", stroke: "#000", "stroke-width": 2.2 }),
      make("circle", { cx: 10, cy: 10, r: 4.6, fill: BLUE, stroke: INK }),
    ],
    link: () => [make("path", { d: "M1 10h18", stroke: "#000", "stroke-width": 2, "stroke-dasharray": "4 3" })],
    badge: () => [make("rect", { x: 1.5, y: 4.5, width: 17, height: 11, rx: 2, fill: "#fff", stroke: INK, "stroke-width": 2 })],
    neighbour: () => [make("rect", { x: 1.5, y: 4.5, width: 17, height: 11, rx: 2, fill: "#fff", stroke: GREY })],
    uncertainty: () => [make("circle", { cx: 10, cy: 10, r: 8, fill: "none", stroke: INK, "stroke-dasharray": "3 2.5" }), make("circle", { cx: 10, cy: 10, r: 2.2, fill: INK })],
    footprint: () => [make("rect", { x: 2, y: 3, width: 16, height: 14, rx: 6, fill: "#7a5195", "fill-opacity": 0.14, stroke: "#7a5195", "stroke-width": 1.5 })],
    runway: () => [make("path", { d: "M3 16 17 4", stroke: "#4a4f57", "stroke-width": 3.5 })],
  };
  const glyph = (name) => make("svg", { class: "glyph", viewBox: "0 0 20 20", width: 20, height: 20, "aria-hidden": "true" }, GLYPHS[name]());

  // --- the map ----------------------------------------------------------------------------------------------

  /** The Leaflet map, with a pane for each depth. */
  function newMap(id, { view, ...options }) {
    L.Icon.Default.mergeOptions(read("resight-icons"));
    delete L.Icon.Default.prototype._getIconUrl;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const map = L.map(id, { ...options, zoomAnimation: !still, fadeAnimation: !still, inertia: !still });
    for (const [name, depth] of [["sea", 210], ["land", 220], ["lines", 230], ["area", 240], ["leaders", 590]]) {
      map.createPane(name).style.zIndex = depth;
      map.getPane(name).style.pointerEvents = "none";
    }
    L.control.zoom({ position: "topleft", zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    map.labels = new Labels(map);
    // The first view of a map is never slid to; folium's own fitting, after a first view, would be.
    return map.fitBounds(view, { padding: [24, 24] });
  }

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
    const style = (pane, more) => ({ pane, interactive: false, smoothFactor: 0.6, ...more });
    if (box) {
      const [west, south, east, north] = box;
      const bounds = L.latLngBounds([south, west], [north, east]);
      map.options.maxBounds = bounds.pad(0.35);
      L.rectangle(bounds, style("sea", { stroke: false, fillColor: "#d3e1ea", fillOpacity: 1 })).addTo(group);
    }
    const area = (kind, color) => base[kind].forEach((part) =>
      L.polygon(part.lines.map(unpacked), style("land", { stroke: false, fillColor: color, fillOpacity: 1, fillRule: "evenodd" })).addTo(group));
    const lines = (kind, more) => base[kind].forEach((part) => L.polyline(part.lines.map(unpacked), style("lines", more)).addTo(group));
    area("land", "#f3f0e6");
    area("lake", "#d3e1ea");
    lines("border", { color: "#8c7f9c", weight: 1.2, dashArray: "6 3 1 3" });
    lines("coastline", { color: "#5d7482", weight: 1 });
    for (const part of base.runway) {
      const more = { color: "#4a4f57", weight: part.area ? 1 : 3, fillColor: "#4a4f57", fillOpacity: 0.9 };
      (part.area ? L.polygon : L.polyline)(part.lines.map(unpacked), style("lines", more)).addTo(group);
    }
    return group;
  }

  function places(map) {
    const group = L.layerGroup();
    for (const place of data.map.base.place) {
      const text = make("span", { class: "place" }, say(place.name));
      const dot = L.circleMarker(latLng(place.at), { pane: "lines", radius: 1.8, color: GREY, weight: 1, fillOpacity: 1, interactive: false });
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
      L.polygon(rings, { ...still, smoothFactor: 0, color: "#7a5195", weight: 1.5, fillColor: "#7a5195", fillOpacity: 0.1 }).addTo(group);
    }
    if (reach) L.circle(latLng(at), { ...still, radius: reach, color: INK, weight: 1.3, dashArray: "5 4", fill: false }).addTo(group);
    return group;
  }

  /** The outline of the page's site, which its own box keeps clear of where there is room. */
  function outline() {
    const rings = data.map.site.footprint;
    return rings.length ? L.latLngBounds(rings.flat().map(latLng)) : null;
  }

  /** Boxes that stand for a site's records without being a pin for any of them. */
  function badges(map) {
    const group = L.layerGroup();
    for (const badge of data.map.badges) {
      const counts = make("span", { class: "counts" });
      for (const [sign, number, inWords] of badge.counts) {
        if (number === "0" && !["now", "then"].includes(sign)) continue;
        counts.append(make("span", { title: inWords }, glyph(sign), number));
      }
      const unplaced = badge.unplaced ? [fixed(badge.unplaced, "span", "caption")] : [];
      const caption = badge.caption ? [fixed(badge.caption, "span", "caption")] : [counts, ...unplaced];
      const inWords = badge.caption || [...badge.counts.map((count) => count[2]), ...(badge.unplaced ? [badge.unplaced] : [])].join(", ");
      const name = `${badge.href ? words.open_page + " " : ""}${plain(badge.name)}: ${inWords}`;
      const look = `badge${badge.own || badge.watched ? " strong" : ""}${data.kind === "overview" ? " many" : ""}`;
      const inside = [make("span", { class: "name" }, say(badge.short)), ...caption];
      const box = badge.href
        ? make("a", { class: look, href: badge.href, "aria-label": name }, inside)
        : make("button", { class: look, type: "button", "aria-label": name, "aria-haspopup": "dialog" }, inside);
      const at = latLng(badge.at);
      if (!badge.href) box.addEventListener("click", () => open(map, at, box, badgeContent(badge)));
      const dot = L.circleMarker(at, { pane: "lines", radius: 4, color: "#fff", weight: 1.5, fillColor: INK, fillOpacity: 1, interactive: false });
      map.labels.add(group, { at, element: box, dot, stays: badge.own, clearOf: badge.own ? outline() : null });
    }
    return group;
  }

  function badgeContent(badge) {
    const content = [make("h3", {}, say(badge.name))];
    if (badge.where) content.push(make("p", {}, say(badge.where)));
    if (badge.caption) content.push(fixed(badge.caption, "p"));
    else content.push(make("ul", { class: "signs" }, badge.counts.map(([sign, , inWords]) => make("li", {}, glyph(sign), " ", inWords))));
    if (badge.listing.length) content.push(fixed(words.not_pinned, "p"));
    for (const { title, records } of badge.listing) {
      content.push(fixed(title, "h4"), make("ul", { class: "signs" }, records.map((record) =>
        make("li", {}, glyph(record.glyph), " ", recordLink(record.id, [...say(record.when), ": ", ...say(record.what)])))));
    }
    return content;
  }

  /** Marks of the records whose position is given. */
  function marks(map, period) {
    const group = L.layerGroup();
    for (const mark of data.map.marks.filter((one) => one.period === period)) {
      const shape = L.geoJSON(mark.geometry, {
        interactive: false,
        style: { color: INK, weight: 2, fillOpacity: 0.15 },
        pointToLayer: (_, at) => L.circle(at, { radius: mark.uncertainty_m || 1, color: INK, weight: 1, dashArray: "2 3", fillOpacity: 0.06, interactive: false }),
      });
      // A circle knows its bounds only on a map; a plain layer of the same geometry knows them at once.
      const at = L.geoJSON(mark.geometry).getBounds().getCenter();
      const said = mark.outcome ? [fixed(mark.outcome, "span", "caption")] : [];
      const button = make("button", {
        class: `mark${mark.matched.length ? " matched" : ""}`, type: "button",
        "aria-label": plain([`${mark.when}:`, ...mark.what]), "aria-haspopup": "dialog",
      }, glyph(mark.glyph), said);
      button.addEventListener("click", () => open(map, at, button, markContent(mark)));
      L.DomEvent.disableClickPropagation(button);
      shape.addTo(group);
      L.marker(at, { icon: L.divIcon({ className: "holder", html: button, iconSize: [0, 0] }), interactive: false, keyboard: false }).addTo(group);
      mark.at = at;
    }
    return group;
  }

  function markContent(mark) {
    return [
      make("h3", {}, say(mark.what)),
      make("p", {}, glyph(mark.glyph), " ", say(mark.when)),
      mark.matched.length ? make("p", {}, glyph("matched"), " ", words.matched) : null,
      make("p", {}, recordLink(mark.id, fixed(words.to_record))),
    ];
  }

  function links() {
    const group = L.layerGroup();
    const byId = new Map(data.map.marks.map((mark) => [mark.id, mark]));
    for (const mark of data.map.marks.filter((one) => one.period === "now")) {
      for (const other of mark.matched.map((id) => byId.get(id)).filter(Boolean)) {
        L.polyline([mark.at, other.at], { color: "#000", weight: 2, dashArray: "6 5", interactive: false }).addTo(group);
      }
    }
    return group;
  }

  /** A box on the map that takes the focus and gives it back. */
  function open(map, at, from, content) {
    const box = make("div", { class: "box", role: "dialog", tabindex: "-1", "aria-label": plain(from.getAttribute("aria-label")) }, content);
    const { x: width, y: height } = map.getSize();
    const popup = L.popup({
      maxWidth: Math.min(340, width - 60), minWidth: Math.min(220, width - 60), maxHeight: Math.max(160, height - 130),
      closeButton: false, autoPanPadding: [12, 12],
    });
    const close = make("button", { type: "button", class: "close" }, words.close);
    close.addEventListener("click", () => map.closePopup(popup));
    box.append(close);
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") map.closePopup(popup);
    });
    box.addEventListener("click", (event) => {
      if (event.target.closest("a")) from = null;
    });
    // On a narrow map the controls would lie over the box.
    popup.on("remove", () => {
      map.getContainer().classList.remove("reading");
      from?.focus({ preventScroll: true });
    });
    map.closePopup();
    map.getContainer().classList.add("reading");
    popup.setLatLng(at).setContent(box).openOn(map);
    box.focus({ preventScroll: true });
  }

  // --- labels that do not cover each other --------------------------------------------------------------------

  /** Puts each label beside its point where nothing else stands; names of places give way to sites. */
  class Labels {
    constructor(map) {
      this.map = map;
      this.labels = [];
      map.on("moveend zoomend resize layeradd layerremove", () => {
        cancelAnimationFrame(this.waiting);
        this.waiting = requestAnimationFrame(() => this.arrange());
      });
    }

    add(group, label) {
      label.group = group;
      label.line = L.polyline([], { pane: "leaders", color: INK, weight: 1, interactive: false });
      const icon = L.divIcon({ className: "holder", html: label.element, iconSize: [0, 0] });
      L.DomEvent.disableClickPropagation(label.element);
      [L.marker(label.at, { icon, interactive: false, keyboard: false }), label.dot, label.line].forEach((part) => part.addTo(group));
      this.labels.push(label);
    }

    boxOf(bounds) {
      const [a, b] = [bounds.getNorthWest(), bounds.getSouthEast()].map((corner) => this.map.latLngToContainerPoint(corner));
      return [a.x, a.y, b.x, b.y];
    }

    arrange() {
      const size = this.map.getSize();
      const frame = this.map.getContainer().getBoundingClientRect();
      const shown = this.labels.filter((label) => this.map.hasLayer(label.group));
      shown.sort((a, b) => Boolean(a.mayHide) - Boolean(b.mayHide)); // sites first, each kind in its own order
      const taken = [...this.map.getContainer().querySelectorAll(".leaflet-control, .mark")].map((element) => {
        const box = element.getBoundingClientRect();
        return [box.left - frame.left - 4, box.top - frame.top - 4, box.right - frame.left + 4, box.bottom - frame.top + 4];
      });
      for (const label of shown) {
        const { x, y } = this.map.latLngToContainerPoint(label.at);
        label.point = [x, y];
        taken.push([x - 5, y - 5, x + 5, y + 5]);
      }
      for (const label of shown) {
        const [x, y] = label.point;
        const [w, h] = [label.element.offsetWidth, label.element.offsetHeight];
        const fits = (more) => ([dx, dy]) => {
          const box = [x + dx, y + dy, x + dx + w, y + dy + h];
          const inside = x < 0 || y < 0 || x > size.x || y > size.y || (box[0] > 2 && box[1] > 2 && box[2] < size.x - 2 && box[3] < size.y - 2);
          return inside && ![...taken, ...more].some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]);
        };
        const choices = offsets(w, h, label.mayHide);
        const free = (label.clearOf && choices.find(fits([this.boxOf(label.clearOf)]))) || choices.find(fits([]));
        // A site's dot always stays, and its own box; without its label a town is nothing to a reader.
        const shows = Boolean(free || label.stays);
        label.element.style.visibility = shows ? "" : "hidden";
        if (label.mayHide) label.dot.setStyle({ opacity: Number(shows), fillOpacity: Number(shows) });
        const [dx, dy] = free || [8, -h / 2];
        label.element.style.transform = `translate(${Math.round(dx)}px, ${Math.round(dy)}px)`;
        if (shows) taken.push([x + dx - 3, y + dy - 3, x + dx + w + 3, y + dy + h + 3]);
        // A label that stands off its point is tied to it.
        const near = [Math.max(dx, Math.min(0, dx + w)), Math.max(dy, Math.min(0, dy + h))];
        const apart = shows && !label.mayHide && Math.hypot(...near) > 12;
        label.line.setLatLngs(apart ? [label.at, this.map.containerPointToLatLng([x + near[0], y + near[1]])] : []);
      }
    }
  }

  /** Where a label may stand, nearest first: right, left, above, below; a site's box also further out, all round. */
  function offsets(w, h, near) {
    const gap = near ? 5 : 9;
    const found = [[gap, -h / 2], [-w - gap, -h / 2], [-w / 2, -h - gap], [-w / 2, gap]];
    if (near) return found;
    for (const far of [14, 30, 50, 75, 105, 140, 180, 225]) {
      for (let turn = 0; turn < 16; turn++) {
        const [cos, sin] = [Math.cos((turn * Math.PI) / 8), Math.sin((turn * Math.PI) / 8)];
        found.push([cos * (far + w / 2) - w / 2, sin * (far + h / 2) - h / 2]);
      }
    }
    return found;
  }

  const layers = { ground, places, site, badges, links };
  const layer = (map, key) => (layers[key] ? layers[key](map) : marks(map, key));

  // --- around the map ---------------------------------------------------------------------------------------

  function head() {
    const names = data.names.map(([language, name]) => make("span", { lang: language }, say(name)));
    document.getElementById("head").append(
      make("h1", {}, say(data.title), names.length ? make("small", {}, names) : null),
      make("p", { class: "lead" }, say(data.lead)),
      ...data.findings.map(finding),
      ...data.asides.map((aside) => make("p", { class: "aside" }, say(aside))),
    );
    if (data.report) {
      document.getElementById("head").append(make("p", {}, make("a", { href: data.report }, words.report)));
    }
  }

  /** One match in a sentence; its two halves lead to their records where these are on the page. */
  function finding(one) {
    const half = (id, text) => (data.groups ? recordLink(id, say(text)) : make("span", {}, say(text)));
    return make("p", { class: "match" }, half(one.now_id, one.now), ` ${one.verb} `, half(one.then_id, one.then), ": ", say(one.grounds), ".");
  }

  function beside() {
    const legend = make("ul", { class: "signs" }, data.legend.map(([sign, text]) => make("li", {}, glyph(sign), " ", make("span", {}, say(text)))));
    const notes = [data.map.missing, ...data.map.fineprint].filter(Boolean);
    document.getElementById("beside").append(
      fixed(words.legend, "h3"), legend,
      ...notes.map((note) => fixed(note, "p", "fine")),
      fixed([...data.credits].join(" · "), "p", "fine"),
    );
  }

  function section(id, title, ...content) {
    return make("section", { id, "aria-labelledby": `${id}-title` }, make("h2", { id: `${id}-title` }, title), content);
  }

  /** Label and value lines. */
  function lines(pairs) {
    return make("dl", {}, pairs.flatMap(([label, ...parts]) => [fixed(label, "dt"), make("dd", {}, say(parts))]));
  }

  function recordArticle(record) {
    const title = make("h3", {}, glyph(record.glyph), " ", make("span", { class: "when" }, say(record.when)), " ", say(record.what));
    const chips = make("ul", { class: "chips" }, record.chips.map((chip) => make("li", {}, say(chip))));
    const relations = record.relations.map((relation) => make("p", {}, `${relation.how} `, reference(relation)));
    return make("article", { id: `record-${record.id}`, class: `record ${record.glyph}${record.matches.some((match) => !match.caution) ? " matched" : ""}`, tabindex: "-1" },
      title, chips, record.matches.map(matchBlock), lines(record.fields), relations, sources(record),
      record.note ? make("details", {}, fixed(words.note, "summary"), make("p", { class: "written" }, say(record.note))) : null);
  }

  const reference = ({ to, linked }) => (linked ? recordLink(to, say(to)) : make("span", {}, say(to)));

  function matchBlock(match) {
    const sentence = make("p", { class: "sentence" }, match.caution ? [...say(match.caution), " – "] : [], `${match.verb} `, reference(match));
    sentence.append(...say(match.rest));
    const block = make("div", { class: `match${match.caution ? " candidate" : ""}` }, sentence);
    if (match.why.length) {
      const rows = match.why.map(([factor, agreement, bits, why]) =>
        make("tr", {}, make("th", { scope: "row" }, say(factor)), make("td", {}, say(agreement)), make("td", { class: "number" }, bits), make("td", {}, say(why))));
      rows.push(make("tr", {}, make("th", { scope: "row" }, words.total), make("td"), make("td", { class: "number" }, match.total), make("td")));
      block.append(make("details", {}, fixed(words.why, "summary"), make("div", { class: "wide", tabindex: "0" }, make("table", {}, make("tbody", {}, rows)))));
    }
    return block;
  }

  function sources(record) {
    const shown = record.sources.map((source) => make("li", {},
      source.url ? webLink(source.url, say(source.text)) : say(source.text),
      source.details.length ? [", ", ...say(source.details)] : []));
    if (record.withheld) shown.push(make("li", {}, `${record.withheld} ${words.withheld}`));
    if (!shown.length) shown.push(make("li", {}, words.no_source));
    return make("div", { class: "sources" }, fixed(words.sources, "h4"), make("ul", {}, shown));
  }

  function groups() {
    return data.groups.filter((group) => group.key !== "other" || group.records.length).map((group) => {
      const count = ` (${group.records.length})`;
      const list = group.records.length ? group.records.map(recordArticle) : [make("p", {}, say(data.empty))];
      const title = [...say(group.title), make("small", {}, ` ${group.role}${count}`)];
      if (group.key !== "other") return make("section", { class: `group ${group.key}`, "aria-labelledby": `group-${group.key}` }, make("h3", { id: `group-${group.key}`, class: "year" }, glyph(group.key), " ", title), list);
      return make("details", { class: "group other" }, make("summary", {}, title), list);
    });
  }

  function card(entry) {
    const name = entry.href ? make("a", { href: entry.href }, say(entry.name)) : make("span", {}, say(entry.name));
    return make("article", { class: `card${entry.watched ? " watched" : ""}` },
      make("h3", {}, name, entry.watched ? make("small", {}, ` ${entry.watched}`) : null),
      make("p", { class: "sentence" }, say(entry.lead)),
      entry.findings.map(finding),
      entry.lines.length ? lines(entry.lines) : null);
  }

  function below() {
    const parts = [];
    if (data.groups) parts.push(section("records", words.records, make("div", { class: "groups" }, groups())));
    if (data.cards) parts.push(section("sites", words.sites, make("div", { class: "cards" }, data.cards.map(card)), data.silent ? make("p", {}, say(data.silent)) : null));
    if (data.about.length) parts.push(section("about", words.about, lines(data.about)));
    const facts = data.facts.flatMap(([label, value, whole]) => [fixed(label, "dt"), make("dd", { title: whole || null }, say(value))]);
    parts.push(section("data", words.data, make("dl", {}, facts)));
    document.getElementById("below").append(...parts);
  }

  /** A link to a record opens what hides it. */
  function reveal() {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target) return;
    for (let node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
    }
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "start" });
  }

  /** Everything but the map, once its layers are there. */
  function begin(map) {
    head();
    beside();
    below();
    document.getElementById("map-title").textContent = words.map;
    const container = map.getContainer();
    container.setAttribute("role", "group");
    container.setAttribute("aria-label", `${words.map}: ${plain(data.title)}. ${words.map_help}`);
    settle(map);
    addEventListener("hashchange", reveal);
    reveal();
    onPaper(map);
  }

  /** The view as it stays: bounds set any earlier would slide the map under the reader's finger after the first frame. */
  function settle(map) {
    map.invalidateSize({ animate: false });
    const bounds = map.options.maxBounds;
    if (bounds) map.panInsideBounds(bounds, { animate: false }).setMaxBounds(bounds);
    map.labels.arrange();
  }

  /** For print: nothing folded away, and the same piece of the map on a sheet's width. */
  function onPaper(map) {
    let closed = [], bounds = null;
    const fit = (paper) => {
      map.getContainer().classList.toggle("paper", paper);
      map.invalidateSize({ animate: false });
      map.fitBounds(bounds, { animate: false });
      map.labels.arrange();
    };
    addEventListener("beforeprint", () => {
      closed = [...document.querySelectorAll("details:not([open])")];
      closed.forEach((element) => (element.open = true));
      map.closePopup();
      bounds = map.getBounds();
      fit(true);
    });
    addEventListener("afterprint", () => {
      closed.forEach((element) => (element.open = false));
      fit(false);
    });
  }

  return { map: newMap, layer, begin };
})();
