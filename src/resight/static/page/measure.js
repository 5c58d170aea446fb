// Measuring: points set on the map by click, tap or Enter, and how far it is along them.
resight.measure = (() => {
  const { words, make, fixed } = resight.parts;
  const { geodesy } = resight;

  function measure(map) {
    const box = map.getContainer(), drawn = L.layerGroup().addTo(map), points = [];
    const pane = map.createPane("measure");
    pane.style.zIndex = 620;
    pane.style.pointerEvents = "none";
    const button = (text, act) => {
      const made = make("button", { type: "button", class: "plain" }, text);
      made.addEventListener("click", act);
      return made;
    };
    const begin = button(words.measure, () => turn(!on)), back = button(words.measure_undo, undo), clear = button(words.measure_clear, () => put([]));
    const legs = make("ol", { class: "legs" }), said = fixed("", "p", "measured");
    said.setAttribute("role", "status");
    let on = false;

    const told = ({ metres, bearing }) => geodesy.length(metres) + (bearing === null ? "" : `, ${words.bearing} ${geodesy.angle(bearing)}`);
    const still = { pane: "measure", interactive: false, smoothFactor: 0.5 };

    function draw() {
      const ways = points.slice(1).map((point, index) => geodesy.way(points[index], point));
      const stop = (at, index) => L.marker(at, { icon: L.divIcon({ className: "holder stop", html: fixed(String(index + 1)), iconSize: [0, 0] }), pane: "measure", zIndexOffset: 10000, interactive: false, keyboard: false });
      drawn.clearLayers();
      [L.polyline(ways, { ...still, className: "casing" }), L.polyline(ways, { ...still, className: "measuring-line" }), ...points.map(stop)].forEach((part) => part.addTo(drawn));
      const measured = points.slice(1).map((point, index) => geodesy.leg(points[index], point));
      legs.replaceChildren(...measured.map((leg, index) => make("li", {}, `${index + 1}–${index + 2}: ${told(leg)}`)));
      const total = measured.length ? `${words.measure_total}: ${geodesy.length(measured.reduce((sum, leg) => sum + leg.metres, 0))}` : points.length ? words.measure_first : "";
      const last = measured.length > 1 ? `${words.measure_last}: ${told(measured.at(-1))}. ` : "";
      said.textContent = [last + total, on && points.length < 2 ? words.measure_help : ""].filter(Boolean).join(" ");
      begin.setAttribute("aria-pressed", on);
      back.hidden = clear.hidden = !points.length;
    }

    function put(now) {
      // A button that goes away gives the focus to the one that stays.
      if (!now.length && [back, clear].includes(document.activeElement)) begin.focus();
      points.splice(0, points.length, ...now);
      draw();
    }

    function undo() {
      put(points.slice(0, -1));
    }

    /** Switched off, a click means again what it meant; what was measured stays until it is cleared. */
    function turn(now) {
      on = now;
      box.classList.toggle("measuring", on);
      map.doubleClickZoom[on ? "disable" : "enable"]();
      if (on) {
        map.closePopup();
        box.focus({ preventScroll: true });
        box.scrollIntoView({ block: "nearest" });
      } else if (document.activeElement === box) begin.focus({ preventScroll: true });
      draw();
    }

    // Before anything on the map hears the click: while measuring, a mark is a place like any other.
    box.addEventListener("click", (event) => {
      // Enter on a mark is no click on a place, and has no clicks to count.
      if (!on || !event.detail || event.target.closest(".leaflet-control, .leaflet-popup")) return;
      event.stopPropagation();
      if (event.detail === 1 && !map.dragging.moved()) put([...points, map.mouseEventToLatLng(event)]);
    }, true);
    const keys = { Enter: () => put([...points, map.getCenter()]), Backspace: undo, Escape: () => turn(false) };
    box.addEventListener("keydown", (event) => {
      if (!on || event.target !== box || !keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
    });
    const control = make("div", { class: "measure" }, begin, back, clear, said, legs);
    control.addEventListener("keydown", (event) => event.key === "Escape" && on && turn(false));
    draw();
    return control;
  }

  return { measure };
})();
