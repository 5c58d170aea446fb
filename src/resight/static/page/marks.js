// Marks of the records whose position is given, drawn on one canvas: their signs, how sure the place is, what was drawn
// there, and lines to what they match. A pointer finds a mark by its place; the keyboard walks from one to the next.
resight.marks = (() => {
  const { words, make, plain, data } = resight.parts;
  const { sprite, tint, forget } = resight.glyphs;
  const { records, popup } = resight;
  /** Pixels: how near a pointer must come, and how near marks lie that cannot be told apart. */
  const REACH = 20, SAME = 7, APART = 17;
  /** Pixels that a digit of a mark's number takes. */
  const DIGIT = 9;
  const FONT = "12px system-ui, sans-serif";
  /** Pixels across the smallest sign, and how near its like must lie to stand for it. */
  const SMALL = 10, CELL = 4;
  /** How much of its ink an area is filled with. */
  const FAINT = 0.1;
  /** Up to so many marks in view: large signs, middling ones; words under looks; circles of uncertainty; boxes for labels to avoid. */
  const LARGE = 400, MIDDLING = 4000, CAPTIONED = 6, CIRCLED = 1000, AVOIDED = 300;
  /** What lies on top is drawn last. */
  const ORDER = ["other", "background", "unclear", "absent", "nothing", "then", "now"];

  /** Layers that are switched off: the table and the strip leave out their records as well. */
  const off = new Set();
  const byPeriod = records.narrowBy((record) => !off.has(record.period));
  let map = null, surface = null, marks = [], ofRecord = new Map(), inView = [], chosen = null, current = null;

  const cursor = make("button", { type: "button", class: "cursor", hidden: "" });

  /** A layer of one period, or of the lines between what matches, that the reader can switch. */
  function layer(key) {
    const group = L.layerGroup();
    const change = (on) => () => {
      off[on ? "delete" : "add"](key);
      if (surface) byPeriod.changed();
    };
    return group.on("add", change(true)).on("remove", change(false));
  }

  const isMatched = (record) => record.matches.some((match) => !match.caution);
  const shown = (mark) => mark.records.filter((record) => records.passes(record));

  /** One mark for all records of one sign on one spot; marks of several signs on a spot stand side by side. */
  function gathered() {
    const spots = new Map();
    for (const record of records.all) {
      const at = record.at;
      if (!at) continue;
      const key = `${at.lat} ${at.lng}`;
      if (!spots.has(key)) spots.set(key, { at, signs: new Map() });
      const { signs } = spots.get(key);
      if (!signs.has(record.glyph)) signs.set(record.glyph, []);
      signs.get(record.glyph).push(record);
    }
    const found = [];
    for (const { at, signs } of spots.values()) {
      const world = map.project(at, 0), most = Math.max(...[...signs.values()].map((all) => all.length));
      // So far from each other that their numbers do not touch.
      const apart = Math.max(APART, DIGIT * String(most).length + 4);
      [...signs].forEach(([glyph, all], place) => {
        const mark = { at, glyph, records: all, matched: all.some(isMatched), wx: world.x, wy: world.y, aside: apart * (place - (signs.size - 1) / 2) };
        all.forEach((record) => ofRecord.set(record, mark));
        found.push(mark);
      });
    }
    return found.sort((a, b) => a.matched - b.matched || ORDER.indexOf(a.glyph) - ORDER.indexOf(b.glyph));
  }

  /** A canvas that Leaflet moves and zooms with the map. */
  const Surface = L.Renderer.extend({
    options: { padding: 0.15, pane: "marks" },
    _initContainer() {
      this._container = make("canvas", { "aria-hidden": "true" });
    },
    _update() {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      const size = this._bounds.getSize(), dense = window.devicePixelRatio || 1;
      L.DomUtil.setPosition(this._container, this._bounds.min);
      Object.assign(this._container, { width: size.x * dense, height: size.y * dense });
      Object.assign(this._container.style, { width: `${size.x}px`, height: `${size.y}px` });
      this.draw();
    },
    draw() {
      if (this._bounds) draw(this._container.getContext("2d"), this._bounds);
    },
  });

  function draw(pen, bounds) {
    const dense = window.devicePixelRatio || 1, zoom = map.getZoom(), scale = 2 ** zoom, origin = map.getPixelOrigin();
    pen.setTransform(dense, 0, 0, dense, -bounds.min.x * dense, -bounds.min.y * dense);
    pen.clearRect(bounds.min.x, bounds.min.y, bounds.max.x - bounds.min.x, bounds.max.y - bounds.min.y);
    inView = [];
    for (const mark of marks) {
      const x = mark.wx * scale - origin.x, y = mark.wy * scale - origin.y;
      if (x < bounds.min.x - 9 || x > bounds.max.x + 9 || y < bounds.min.y - 9 || y > bounds.max.y + 9) continue;
      const number = mark.records.length > 1 ? shown(mark).length : Number(records.passes(mark.records[0]));
      if (number) inView.push(Object.assign(mark, { x: x + mark.aside, y, number, caption: null }));
    }
    const point = ([lon, lat]) => map.latLngToLayerPoint([lat, lon]);
    for (const [record, geometry] of records.shapes()) if (records.passes(record)) outline(pen, geometry, point);
    if (inView.length <= CIRCLED) inView.forEach((mark) => circles(pen, mark, scale));
    if (!off.has("links")) links(pen);
    signs(pen, bounds);
    const mark = ofRecord.get(chosen);
    if (mark?.number && inView.includes(mark)) ring(pen, mark, tint("focus"), 15);
  }

  /** What was drawn as more than a point; rings of a polygon inside another are holes. */
  function outline(pen, geometry, point) {
    const { type, coordinates } = geometry;
    const lines = { MultiPoint: () => [], LineString: () => [coordinates], MultiPolygon: () => coordinates.flat() }[type]?.() ?? coordinates;
    const path = new Path2D();
    for (const line of lines) {
      line.forEach((place, index) => {
        const { x, y } = point(place);
        path[index ? "lineTo" : "moveTo"](x, y);
      });
    }
    if (type === "MultiPoint") {
      for (const { x, y } of coordinates.map(point)) {
        path.moveTo(x + 4, y);
        path.arc(x, y, 4, 0, 7);
      }
    }
    Object.assign(pen, { lineWidth: 2, strokeStyle: tint("ink"), fillStyle: tint("ink"), globalAlpha: FAINT });
    if (type.endsWith("Polygon")) pen.fill(path, "evenodd");
    pen.globalAlpha = 1;
    pen.stroke(path);
  }

  /** How far from its mark a record may lie. */
  function circles(pen, mark, scale) {
    const metre = (scale * 256) / (40075016.686 * Math.cos((mark.at.lat * Math.PI) / 180));
    const [x, y] = [mark.x - mark.aside, mark.y];
    Object.assign(pen, { lineWidth: 1, strokeStyle: tint("ink"), fillStyle: tint("ink") });
    pen.setLineDash([2, 3]);
    for (const reach of new Set(shown(mark).map((record) => record.uncertainty))) {
      if (!(reach * metre > 6)) continue;
      pen.beginPath();
      pen.arc(x, y, reach * metre, 0, 7);
      pen.globalAlpha = FAINT;
      pen.fill();
      pen.globalAlpha = 1;
      pen.stroke();
    }
    pen.setLineDash([]);
  }

  function links(pen) {
    Object.assign(pen, { lineWidth: 2, strokeStyle: tint("strong") });
    pen.setLineDash([6, 5]);
    pen.beginPath();
    for (const [a, b] of joined()) {
      pen.moveTo(a.x, a.y);
      pen.lineTo(b.x, b.y);
    }
    pen.stroke();
    pen.setLineDash([]);
  }

  /** Pairs of marks in view whose records match. */
  function joined() {
    const alike = inView.filter((mark) => mark.matched), seen = new Set(alike), pairs = [];
    for (const mark of alike.filter(({ glyph }) => glyph === "now")) {
      for (const record of shown(mark)) {
        for (const match of record.matches.filter((one) => !one.caution)) {
          const other = records.byId.get(match.to);
          const end = other && records.passes(other) && ofRecord.get(other);
          if (end && seen.has(end)) pairs.push([mark, end]);
        }
      }
    }
    return pairs;
  }

  function signs(pen, bounds) {
    const side = inView.length <= LARGE ? 22 : inView.length <= MIDDLING ? 16 : SMALL;
    const told = inView.filter((mark) => data.captions[mark.glyph]), room = told.length <= CAPTIONED ? inView.map((mark) => around(mark)) : null;
    const cell = (at, least) => Math.round((at - least) / CELL), wide = cell(bounds.max.x, bounds.min.x) + 1;
    const of = new Map(ORDER.map((glyph) => [glyph, { image: sprite(glyph, side), taken: new Set() }])), tie = tint("strong");
    pen.textAlign = "center";
    for (const mark of inView) {
      const { x, y, glyph, number } = mark;
      const { image, taken } = of.get(glyph);
      // Where thousands lie, a sign that all but covers its like is there to be pointed at, but not drawn again.
      if (side === SMALL && number === 1 && !mark.matched) {
        const place = cell(y, bounds.min.y) * wide + cell(x, bounds.min.x);
        if (taken.has(place)) continue;
        taken.add(place);
      }
      pen.drawImage(image, x - side / 2, y - side / 2, side, side);
      if (mark.matched && shown(mark).some(isMatched)) ring(pen, mark, tie, side / 2 + 2);
      // Among thousands a pair is no news.
      if (number > (side === SMALL ? 9 : 1)) write(pen, String(number), x, y - side / 2 - 4, "bold ");
    }
    if (room) told.forEach((mark) => caption(pen, mark, room));
  }

  /** Words under the sign of a look, where they cover no other mark and no other words. */
  function caption(pen, mark, room) {
    pen.font = FONT;
    const half = pen.measureText(data.captions[mark.glyph]).width / 2 + 3, { x, y } = mark;
    const own = [x - half, y + 13, x + half, y + 30];
    if (room.some((other) => own[0] < other[2] && own[2] > other[0] && own[1] < other[3] && own[3] > other[1])) return;
    write(pen, data.captions[mark.glyph], x, y + 24, "");
    mark.caption = own;
    room.push(own);
  }

  /** The box of a mark and its number. */
  const around = ({ x, y, number }) => [x - 12, y - (number > 1 ? 26 : 12), x + 12, y + 12];

  function ring(pen, { x, y }, colour, radius) {
    Object.assign(pen, { lineWidth: 2.5, strokeStyle: colour });
    pen.beginPath();
    pen.arc(x, y, radius, 0, 7);
    pen.stroke();
  }

  function write(pen, text, x, y, weight) {
    Object.assign(pen, { font: weight + FONT, lineWidth: 4, lineJoin: "round", strokeStyle: tint("paper"), fillStyle: tint("ink") });
    pen.strokeText(text, x, y);
    pen.fillText(text, x, y);
  }

  /** The marks under a pointer: the nearest within reach, and those that cannot be told from it. */
  function under({ x, y }) {
    let best = null, least = REACH;
    for (const mark of inView) {
      const far = Math.hypot(mark.x - x, mark.y - y);
      if (far <= least) [best, least] = [mark, far];
    }
    return best ? [best, ...inView.filter((mark) => mark !== best && Math.hypot(mark.x - best.x, mark.y - best.y) < SAME)] : [];
  }

  /** Open the record under a pointer, or the list of those there. */
  function open(found) {
    if (!found.length) return;
    current = found[0];
    put();
    const all = found.flatMap(shown);
    if (all.length === 1) records.choose(all[0].id, cursor);
    else popup.open(map, found[0].at, cursor, name(found), popup.listContent(all, cursor));
  }

  function name(found) {
    const all = found.flatMap(shown);
    if (all.length !== 1) return `${all.length} ${words.records_here}`;
    const [record] = all;
    return plain([`${record.when}:`, ...record.what, ...record.matches.filter((one) => !one.caution).map((match) => `– ${match.verb} ${match.to}`)]);
  }

  /** The one button that walks from mark to mark stands on the current one. */
  function put() {
    const inSight = (mark) => map.getBounds().contains(mark.at);
    if (!current?.number || !inView.includes(current) || !inSight(current)) current = inView.find(inSight) ?? null;
    cursor.hidden = !current;
    if (!current) return;
    L.DomUtil.setPosition(cursor, L.point(current.x - 14, current.y - 14).round());
    cursor.setAttribute("aria-label", name([current]));
  }

  /** The nearest mark in a direction, or the first and last of the records. */
  function towards(key) {
    const inTime = () => [...inView].sort((a, b) => a.records[0].index - b.records[0].index);
    if (key === "Home") return inTime()[0];
    if (key === "End") return inTime().at(-1);
    const [dx, dy] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key];
    let best = null, least = Infinity;
    for (const mark of inView) {
      const [x, y] = [mark.x - current.x, mark.y - current.y], along = x * dx + y * dy, aside = Math.abs(x * dy + y * dx);
      const far = along + 2 * aside;
      if (along > 0.5 && far < least) [best, least] = [mark, far];
    }
    return best;
  }

  function walk(event) {
    if (!["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
    // The map would pan by the same keys.
    event.preventDefault();
    event.stopPropagation();
    current = towards(event.key) ?? current;
    map.panInside(current.at, { padding: [30, 30], animate: false });
    put();
  }

  /** Boxes that labels keep clear of, as [left, top, right, bottom] in the map; none where marks are too many. */
  function boxes() {
    if (inView.length > AVOIDED) return [];
    const { x, y } = map.layerPointToContainerPoint([0, 0]), wide = 4;
    const taken = inView.flatMap((mark) => [around(mark), mark.caption].filter(Boolean));
    return taken.map(([left, top, right, bottom]) => [left + x - wide, top + y - wide, right + x + wide, bottom + y + wide]);
  }

  function redraw() {
    surface.draw();
    put();
  }

  /** Put the marks on the map, once the records are there. */
  function begin(on) {
    map = on;
    if (!records.all.some((record) => !record.unplaced)) return;
    marks = gathered();
    surface = new Surface().addTo(map);
    map.getPane("marks").append(cursor);
    map.on("moveend zoomend", put);
    map.on("click", (event) => open(under(event.layerPoint)));
    map.on("mousemove", (event) => map.getContainer().classList.toggle("pointing", under(event.layerPoint).length > 0));
    cursor.addEventListener("keydown", walk);
    L.DomEvent.disableClickPropagation(cursor);
    cursor.addEventListener("click", () => current && open([current, ...inView.filter((mark) => mark !== current && mark.x === current.x && mark.y === current.y)]));
    records.onNarrowed(redraw);
    for (const change of ["(prefers-color-scheme: dark)", "print"]) {
      matchMedia(change).addEventListener("change", () => {
        forget();
        redraw();
      });
    }
    records.onChosen((record) => {
      chosen = record;
      current = ofRecord.get(record) ?? current;
      redraw();
    });
    redraw();
  }

  return { layer, begin, boxes, redraw, joined, inView: () => inView };
})();
