// Labels that do not cover each other.
resight.labels = (() => {
  /** Puts each label beside its point where nothing else stands; names of places give way to sites. */
  class Labels {
    constructor(map) {
      this.map = map;
      this.labels = [];
      /** Boxes of what else stands on the map. */
      this.obstacles = () => [];
      map.on("moveend zoomend resize layeradd layerremove", () => {
        cancelAnimationFrame(this.waiting);
        this.waiting = requestAnimationFrame(() => this.arrange());
      });
    }

    add(group, label) {
      label.group = group;
      label.line = L.polyline([], { pane: "leaders", className: "inked", weight: 1, interactive: false });
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
      const taken = [...this.map.getContainer().querySelectorAll(".leaflet-control")].map((element) => {
        const box = element.getBoundingClientRect();
        return [box.left - frame.left - 4, box.top - frame.top - 4, box.right - frame.left + 4, box.bottom - frame.top + 4];
      });
      taken.push(...this.obstacles());
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

  return { Labels };
})();
