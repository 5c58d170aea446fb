// The strip under the map: one row a year on one axis of days, bars as long as the date is vague, ticks for looks.
resight.strip = (() => {
  const { words, make, say, plain } = resight.parts;
  const { glyph } = resight.glyphs;
  const { records, axis } = resight;
  /** Pixels: either side of the axis, month names, the most its lanes take, one lane, its looks. */
  const SIDE = 14, HEAD = 20, LANES = 112, LANE = 16, THINNEST = 3, LOOKS = 20, GAP = 10;
  /** Lines drawn between what resembles or repeats what; records up to which a change of the axis is slid to, and each is drawn. */
  const LINKS = 100, SLID = 1500;

  const box = make("div", { class: "strip" }), said = make("p", { class: "readout", role: "status" });
  const cursor = make("button", { type: "button", class: "cursor" });
  let svg = make("svg"), items = [], current = null, chosen = null, scale = null, onAxis = null, ordered = null;

  /** What is drawn in the lanes of a year; the rest stands on its line of looks. */
  const inLanes = (record) => !["nothing", "absent", "unclear"].includes(record.glyph);
  const isDay = (record) => record.days[0] === record.days[1];
  const matched = (record) => record.matches.some((match) => !match.caution);

  /** Each record in the first lane that is free when it begins; `room` is the least of days one needs. */
  function laid(all, room, most) {
    const free = [], lanes = new Map();
    for (const item of all) {
      const [first, last] = item.days;
      let lane = free.findIndex((end) => end < first);
      if (lane < 0) lane = free.length < most ? free.length : lanes.size % most;
      free[lane] = Math.max(last, first + room);
      lanes.set(item, lane);
    }
    return { lanes, number: Math.max(1, free.length) };
  }

  /** The records of the years under comparison, in order of where they lie on the axis. */
  function inOrder() {
    if (ordered?.way === axis.way()) return ordered.items;
    const years = new Map(axis.time.years.map((year) => [year.year, year]));
    const found = records.all.filter((record) => record.period !== "other")
      .map((record) => ({ record, year: years.get(axis.yearOf(record.first)), days: axis.moved(record.days) }));
    found.sort((a, b) => a.days[0] - b.days[0] || a.days[1] - b.days[1] || a.record.index - b.record.index);
    ordered = { way: axis.way(), items: found };
    return found;
  }

  /** Of more records than can be drawn one by one: how many may lie on each day, and how many of them match something. */
  function heaped(own, [low, high]) {
    const days = high - low + 1, all = new Int32Array(days + 1), alike = new Int32Array(days + 1);
    for (const { record, days: [first, last] } of own) {
      if (!inLanes(record)) continue;
      const [a, b] = [Math.max(0, first - low), Math.min(days, last - low + 1)];
      for (const heap of matched(record) ? [all, alike] : [all]) {
        heap[a]++;
        heap[b]--;
      }
    }
    for (const heap of [all, alike]) heap.forEach((_, day) => day && (heap[day] += heap[day - 1]));
    return { all, alike, most: Math.max(1, ...all) };
  }

  /** A heap as the outline of a hill that stands on its floor. */
  function hill(heap, most, { low }, floor) {
    const height = (number) => floor - (number / most) * (LANES - 4);
    let d = `M${r2(scale(low))} ${r2(floor)}`;
    for (let day = 0; day < heap.length - 1; day++) d += `V${r2(height(heap[day]))}H${r2(scale(low + day + 1))}`;
    return `${d}V${r2(floor)}z`;
  }

  /** A year's title takes a second line where there is no room for one. */
  const isNarrow = (width) => width < 620;

  /** Where everything stands, but for the slide from one axis to the next. */
  function plan(width) {
    const [low, high] = axis.domain(), days = high - low + 1, room = (13 * days) / (width - 2 * SIDE), title = isNarrow(width) ? 38 : 22;
    const shown = inOrder().filter(({ record }) => records.passes(record, axis.byStretch));
    const rows = [];
    let top = HEAD;
    for (const year of axis.time.years) {
      const own = shown.filter((item) => item.year === year);
      if (shown.length > SLID) {
        const looksAt = top + title + LANES + LOOKS / 2;
        for (const item of own) rows.push(Object.assign(item, { y: inLanes(item.record) ? top + title + LANES / 2 : looksAt, r: 5.5 }));
        Object.assign(year, { top, looksAt, bottom: looksAt + LOOKS / 2, heap: heaped(own, [low, high]), floor: top + title + LANES });
        top = year.bottom + GAP;
        continue;
      }
      const { lanes, number } = laid(own.filter(({ record }) => inLanes(record)), room, Math.floor(LANES / THINNEST));
      const lane = Math.max(THINNEST, Math.min(LANE, LANES / number));
      const looksAt = top + title + number * lane + LOOKS / 2;
      for (const item of own) {
        const y = inLanes(item.record) ? top + title + (lanes.get(item) + 0.5) * lane : looksAt;
        rows.push(Object.assign(item, { y, r: inLanes(item.record) ? Math.min(5.5, lane / 2 - 0.5) : 5.5 }));
      }
      Object.assign(year, { top, looksAt, bottom: looksAt + LOOKS / 2, heap: null });
      top = year.bottom + GAP;
    }
    const numbers = new Map();
    for (const { year } of rows) numbers.set(year, (numbers.get(year) ?? 0) + 1);
    return { low, high, width, height: top, items: rows, numbers };
  }

  /** Where an item begins and ends, kept on the axis. */
  const ends = (item) => [onAxis(scale(item.at[0])), onAxis(scale(item.at[1] + 1))];

  const r2 = (number) => Math.round(number * 100) / 100;
  const circle = (x, y, r) => `M${r2(x - r)} ${r2(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
  const square = (x, y, r) => `M${r2(x - r)} ${r2(y - r)}h${2 * r}v${2 * r}h${-2 * r}z`;
  const bar = (x0, x1, y, r) => `M${r2(x0)} ${r2(y - r)}H${r2(Math.max(x1, x0 + 3))}V${r2(y + r)}H${r2(x0)}z`;
  const SHAPES = {
    now: circle,
    then: (x, y, r) => `M${r2(x)} ${r2(y - r)}l${r} ${1.8 * r}h${-2 * r}z`,
    nothing: (x, y, r) => `${circle(x, y, r)}M${r2(x - 0.7 * r)} ${r2(y + 0.7 * r)}l${1.4 * r} ${-1.4 * r}`,
    absent: circle,
    unclear: (x, y, r) => `${square(x, y, r)}M${r2(x - 1.8)} ${r2(y - 1.4)}a1.9 1.9 0 1 1 2.8 1.6c-.7.4-1 .7-1 1.5M${r2(x)} ${r2(y + 3.2)}v.9`,
    background: (x, y, r) => square(x, y, r * 0.7),
  };

  /** One path for all that looks alike: thousands of marks are a few elements. */
  function marks(planned, days) {
    const paths = new Map();
    const add = (name, d) => paths.set(name, (paths.get(name) ?? "") + d);
    const ticked = new Set();
    for (const item of items) {
      const [first, last] = days(item), { record, y, r } = item;
      item.at = [first, last];
      if (item.year.heap) {
        const key = item.year.year * 1e6 + first + last;
        if (record.look && !ticked.has(key)) add("tick", `M${r2((scale(first) + scale(last + 1)) / 2)} ${item.year.looksAt - 8}v16`);
        if (record.look) ticked.add(key);
        continue;
      }
      const [x0, x1] = ends(item);
      if (record.look) add("tick", `M${r2((x0 + x1) / 2)} ${item.year.looksAt - 8}v16`);
      const name = `${record.glyph}${isDay(record) ? "" : " vague"}${matched(record) ? " matched" : ""}`;
      add(name, isDay(record) ? SHAPES[record.glyph]((x0 + x1) / 2, y, r) : bar(x0, x1, y, Math.min(r, 4.5)));
    }
    for (const year of axis.time.years) {
      if (!year.heap) continue;
      add(`${year.year === axis.time.year ? "now" : "then"} heap`, hill(year.heap.all, year.heap.most, planned, year.floor));
      add("matched heap", hill(year.heap.alike, year.heap.most, planned, year.floor));
    }
    const order = (name) => (name === "tick" ? 0 : name.includes("vague") ? 1 : name.includes("matched") ? 3 : 2);
    return [...paths].sort(([a], [b]) => order(a) - order(b)).map(([name, d]) => make("path", { class: `bar ${name}`, d }));
  }

  function links() {
    if (axis.time.years.some((year) => year.heap)) return [];
    const at = new Map(items.map((item) => [item.record.id, item]));
    const lines = items.filter((item) => item.record.period === "now").flatMap((item) =>
      item.record.matches.filter((match) => !match.caution).map((match) => [item, at.get(match.to)])).filter(([, other]) => other);
    // From a day straight to the nearest that the other can lie.
    const reach = (end, other) => Math.max(ends(end)[0], Math.min(ends(end)[1], middle(other)));
    const d = lines.slice(0, LINKS).map(([a, b]) => `M${r2(reach(a, b))} ${r2(a.y)}L${r2(reach(b, a))} ${r2(b.y)}`).join("");
    return d ? [make("path", { class: "tie", d })] : [];
  }

  /** Month names and lines, every so many months as there is room for. */
  function months({ low, high, height }) {
    const parts = [], wide = scale(low + 30) - scale(low), date = axis.dateOf(low);
    const step = wide > 34 ? 1 : wide > 17 ? 2 : wide > 11 ? 3 : wide > 5.7 ? 6 : 12 * Math.ceil(34 / wide / 12);
    // Of months that lie closer than lines can, only the named ones have a line.
    const every = wide > 2 ? 1 : step;
    for (let month = every > 1 ? 0 : date.getUTCMonth(), day; ; month += every) {
      day = axis.dayOf(date.getUTCFullYear(), month, 1);
      if (day > high) return parts;
      if (day < low) continue;
      const x = scale(day), isYear = month % 12 === 0;
      parts.push(make("path", { class: isYear ? "month year" : "month", d: `M${r2(x)} ${HEAD - 4}V${height}` }));
      const name = isYear && (axis.way() === "date" || step > 11) ? String(axis.yearOf(day)) : axis.time.months[month % 12].slice(0, 3);
      if (month % step === 0 && x < scale(high + 1) - 20) parts.push(make("text", { class: "name", x: r2(x + 3), y: HEAD - 7 }, name));
    }
  }

  function year({ low, high, width, numbers }, row) {
    const seen = numbers.get(row) ?? 0;
    const title = make("text", { class: "title", x: SIDE, y: row.top + 14 });
    const number = make("tspan", { class: "number" }, String(row.year));
    const looks = row.heap ? `${words.heap} ${row.heap.most} · ${row.looks}` : row.looks;
    const role = axis.way() === "shift" && row.shift ? row.shift.moved : row.role;
    title.append(number, ` ${role}: ${seen ? `${seen} ${words.on_file}` : words.nothing_logged}${isNarrow(width) ? "" : ` · ${looks}`}`);
    if (isNarrow(width)) title.append(make("tspan", { x: SIDE, dy: 16 }, looks));
    const hatched = row.gaps.map((days) => axis.moved(days)).map(([a, b]) => [Math.max(a, low), Math.min(b, high)]).filter(([a, b]) => a < b)
      .map(([a, b]) => make("path", { class: "gap", d: bar(scale(a), scale(b + 1), row.looksAt, LOOKS / 2 - 2) }));
    return { ground: [make("path", { class: "ground", d: bar(SIDE, width - SIDE, (row.top + row.bottom) / 2, (row.bottom - row.top) / 2) }), ...hatched], title };
  }

  /** What the stretch of days leaves out lies in the shade. */
  function shade({ low, high, height }) {
    const stretch = axis.stretch();
    if (!stretch) return [];
    return [[low, stretch[0] - 1], [stretch[1] + 1, high]].filter(([a, b]) => a <= b)
      .map(([a, b]) => make("path", { class: "out", d: `M${r2(scale(a))} ${HEAD}H${r2(scale(b + 1))}V${height}H${r2(scale(a))}z` }));
  }

  /** A pattern for the gaps: hatching is seen without colour. */
  const hatching = () => make("defs", {}, make("pattern", { id: "hatching", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    make("path", { class: "hatch", d: "M0 0V6" })));

  let sliding = 0;

  /** Draw the strip; marks slide from where they were to where the axis now puts them. */
  function draw({ slide = false } = {}) {
    cancelAnimationFrame(sliding);
    const width = Math.max(280, box.clientWidth || 680), before = new Map(slide ? items.map((item) => [item.record, item.at]) : []);
    const planned = plan(width), from = scale;
    items = planned.items;
    scale = (day) => SIDE + ((day - planned.low) / (planned.high - planned.low + 1)) * (width - 2 * SIDE);
    onAxis = (x) => Math.max(SIDE, Math.min(width - SIDE, x));
    const begun = performance.now(), still = !slide || !from || items.length > SLID || matchMedia("(prefers-reduced-motion: reduce)").matches;
    const step = () => {
      const part = still ? 1 : Math.min(1, (performance.now() - begun) / 700), eased = part * part * (3 - 2 * part);
      const days = (item) => (still ? item.days : item.days.map((day, end) => day * eased + (before.get(item.record) ?? item.days)[end] * (1 - eased)));
      const drawn = marks(planned, days);
      const label = `${words.strip_label} ${axis.time.years.map((one) => `${one.year}: ${planned.numbers.get(one) ?? 0}`).join(", ")}.`;
      const rows = axis.time.years.map((row) => year(planned, row));
      const next = make("svg", { width, height: planned.height, viewBox: `0 0 ${width} ${planned.height}`, role: "img", "aria-label": label },
        hatching(), rows.map((row) => row.ground), months(planned), links(), rows.map((row) => row.title), drawn, shade(planned), ring());
      svg.replaceWith(next);
      svg = next;
      put();
      if (part < 1) sliding = requestAnimationFrame(step);
    };
    step();
  }

  /** Let the marks slide to where another way of laying the years puts them; the rest of the page hears of it first. */
  function slide() {
    const from = [items.map(({ record, at }) => ({ record, at })), scale];
    axis.show(null);
    [items, scale] = from;
    draw({ slide: true });
  }

  /** A frame round the chosen record. */
  function ring() {
    const item = items.find((one) => one.record === chosen);
    return item ? make("rect", { class: "chosen", x: r2(ends(item)[0] - 7), y: r2(item.y - 9), width: r2(Math.max(ends(item)[1] - ends(item)[0], 1) + 14), height: 18, rx: 4 }) : null;
  }

  const inside = () => items.filter((item) => records.passes(item.record));
  const middle = (item) => (ends(item)[0] + ends(item)[1]) / 2;
  const name = (record) => [`${record.when}:`, ...record.what];

  /** The one button that walks from record to record lies where the current one is drawn. */
  function put() {
    const all = inside();
    const item = all.find((one) => one.record === current) ?? all[0];
    cursor.hidden = !item;
    current = item?.record;
    if (!item) return;
    cursor.style.transform = `translate(${Math.round(Math.min(middle(item), ends(item)[0] + 200) - 14)}px, ${Math.round(item.y - 14)}px)`;
    cursor.setAttribute("aria-label", plain([...name(current), ...(matched(current) ? current.matches.map((match) => `– ${match.verb} ${match.to}`) : [])]));
  }

  function tell(record) {
    said.replaceChildren(...(record ? [glyph(record.glyph), " ", ...say(name(record))] : [words.strip_help]));
  }

  function walk(event) {
    const all = inside(), at = all.findIndex((item) => item.record === current);
    if (at < 0) return;
    const row = all.filter((item) => item.year === all[at].year), place = row.indexOf(all[at]);
    const years = [...new Set(all.map((item) => item.year))].sort((a, b) => a.top - b.top), up = years.indexOf(all[at].year);
    const nearest = (year) => all.filter((item) => item.year === year).reduce((a, b) => (Math.abs(middle(b) - middle(all[at])) < Math.abs(middle(a) - middle(all[at])) ? b : a));
    const steps = {
      ArrowRight: () => row[place + 1], ArrowLeft: () => row[place - 1], Home: () => row[0], End: () => row.at(-1),
      ArrowUp: () => years[up - 1] && nearest(years[up - 1]), ArrowDown: () => years[up + 1] && nearest(years[up + 1]),
    };
    if (!steps[event.key]) return;
    event.preventDefault();
    current = steps[event.key]()?.record ?? current;
    put();
    tell(current);
  }

  /** The record under a finger or pointer: the nearest within reach. */
  function under(event) {
    const place = svg.getBoundingClientRect(), [x, y] = [event.clientX - place.left, event.clientY - place.top];
    let best = null, least = 20;
    for (const item of inside()) {
      const [x0, x1] = ends(item), heaped = item.year.heap && y > item.year.top && y < item.year.bottom;
      const far = Math.hypot(Math.max(x0 - x, 0, x - x1), heaped ? 0 : item.y - y);
      if (far < least) [best, least] = [item, far];
    }
    return best?.record;
  }

  function strip() {
    box.append(svg, cursor);
    cursor.addEventListener("keydown", walk);
    cursor.addEventListener("focus", () => tell(current));
    cursor.addEventListener("blur", () => tell(null));
    cursor.addEventListener("click", () => records.choose(current.id, cursor));
    box.addEventListener("mousemove", (event) => tell(under(event)));
    box.addEventListener("mouseleave", () => tell(null));
    box.addEventListener("click", (event) => {
      const record = event.target !== cursor && under(event);
      if (!record) return;
      current = record;
      put();
      records.choose(record.id, cursor);
    });
    records.onChosen((record) => {
      chosen = record;
      if (items.some((item) => item.record === record)) current = record;
      // All else stands as it was.
      svg.querySelector(".chosen")?.remove();
      svg.append(...[ring()].filter(Boolean));
      put();
    });
    records.onNarrowed(() => box.isConnected && draw());
    new ResizeObserver(() => box.clientWidth !== svg.width.baseVal.value && draw()).observe(box);
    tell(null);
    const elsewhere = records.all.filter((record) => record.period === "other").length;
    return [box, said, elsewhere ? make("p", { class: "fine" }, `${words.not_drawn}: ${elsewhere}`) : null].filter(Boolean);
  }

  return { strip, draw, slide };
})();
