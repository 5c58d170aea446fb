// The signs: each has a shape of its own; colour only repeats what the shape says, and stands in the style sheet, where
// light and dark are switched.
resight.glyphs = (() => {
  const { make } = resight.parts;

  const GLYPHS = {
    now: () => [make("circle", { cx: 10, cy: 10, r: 6.5, class: "now" })],
    then: () => [make("path", { d: "M10 3 17 16.5H3Z", class: "then" })],
    other: () => [make("path", { d: "M10 3 17 10 10 17 3 10Z", class: "other" })],
    nothing: () => [
      make("circle", { cx: 10, cy: 10, r: 6.5, class: "hollow", "stroke-width": 1.8 }),
      make("path", { d: "M5.4 14.6 14.6 5.4", class: "stroke", "stroke-width": 1.8 }),
    ],
    absent: () => [
      make("circle", { cx: 10, cy: 10, r: 6.5, class: "hollow", "stroke-dasharray": "3 2" }),
      make("path", { d: "M5.4 14.6 14.6 5.4", class: "stroke" }),
    ],
    unclear: () => [
      make("rect", { x: 3.5, y: 3.5, width: 13, height: 13, class: "hollow", "stroke-dasharray": "3 2" }),
      make("path", { d: "M7.8 8.2a2.3 2.3 0 1 1 3.4 2c-.8.5-1.2.9-1.2 1.8M10 14v.9", class: "stroke", "stroke-width": 1.6 }),
    ],
    background: () => [make("path", { d: "M4 6h12M4 10h12M4 14h12", class: "stroke soft", "stroke-width": 2.2 })],
    matched: () => [
      make("circle", { cx: 10, cy: 10, r: 8.6, class: "stroke strong", "stroke-width": 2.2 }),
      make("circle", { cx: 10, cy: 10, r: 4.6, class: "now", "stroke-width": 1 }),
    ],
    link: () => [make("path", { d: "M1 10h18", class: "stroke strong", "stroke-width": 2, "stroke-dasharray": "4 3" })],
    badge: () => [make("rect", { x: 1.5, y: 4.5, width: 17, height: 11, rx: 2, class: "hollow", "stroke-width": 2 })],
    neighbour: () => [make("rect", { x: 1.5, y: 4.5, width: 17, height: 11, rx: 2, class: "hollow soft", "stroke-width": 1 })],
    uncertainty: () => [make("circle", { cx: 10, cy: 10, r: 8, class: "stroke", "stroke-width": 1, "stroke-dasharray": "3 2.5" }), make("circle", { cx: 10, cy: 10, r: 2.2, class: "solid" })],
    reach: () => [make("circle", { cx: 10, cy: 10, r: 8, class: "stroke area", "stroke-width": 1, "stroke-dasharray": "2 2" })],
    drawn: () => [make("path", { d: "M3 15 6 4 17 6 14 17Z", class: "stroke area", "stroke-width": 1.6 })],
    footprint: () => [make("rect", { x: 2, y: 3, width: 16, height: 14, rx: 6, class: "outline", "fill-opacity": 0.14 })],
    runway: () => [make("path", { d: "M3 16 17 4", class: "stroke runway", "stroke-width": 3.5 })],
    north: () => [make("path", { d: "M10 1.5 14.5 11 10 8.6 5.5 11Z", class: "solid" }), make("path", { d: "M7 19V13L13 19V13", class: "stroke", "stroke-width": 1.6 })],
  };
  const glyph = (name) => make("svg", { class: "glyph", viewBox: "0 0 20 20", width: 20, height: 20, "aria-hidden": "true" }, GLYPHS[name]());

  /** Colours of what is drawn on a canvas, where no style sheet reaches. */
  function tint(name) {
    if (!tints.has(name)) tints.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
    return tints.get(name);
  }

  const SHAPES = {
    circle: (path, at) => path.arc(at("cx"), at("cy"), at("r"), 0, 7),
    rect: (path, at) => path.roundRect(at("x"), at("y"), at("width"), at("height"), at("rx")),
    path: (path, at, part) => path.addPath(new Path2D(part.getAttribute("d"))),
  };
  const sprites = new Map(), tints = new Map();

  /** A sign as a small image for a canvas, `side` pixels wide, as the style sheet colours it. */
  function sprite(name, side) {
    const key = `${name} ${side} ${devicePixelRatio}`;
    if (!sprites.has(key)) sprites.set(key, painted(name, side));
    return sprites.get(key);
  }

  function painted(name, side) {
    const dense = devicePixelRatio || 1, canvas = make("canvas", { width: side * dense, height: side * dense }), pen = canvas.getContext("2d");
    const sign = document.body.appendChild(glyph(name));
    pen.scale((side * dense) / 20, (side * dense) / 20);
    for (const part of sign.children) {
      const style = getComputedStyle(part), path = new Path2D();
      SHAPES[part.tagName](path, (attribute) => Number(part.getAttribute(attribute)), part);
      Object.assign(pen, { fillStyle: style.fill, strokeStyle: style.stroke, lineWidth: parseFloat(style.strokeWidth) });
      pen.setLineDash(style.strokeDasharray === "none" ? [] : style.strokeDasharray.split(/[ ,]+/).map(parseFloat));
      if (style.fill !== "none") pen.fill(path);
      if (style.stroke !== "none") pen.stroke(path);
    }
    sign.remove();
    return canvas;
  }

  /** The colours have changed: light to dark, or screen to paper. */
  function forget() {
    sprites.clear();
    tints.clear();
  }

  return { glyph, sprite, tint, forget };
})();
