// The time filter: how the years lie over each other, and two handles that narrow map, strip and table together.
resight.filter = (() => {
  const { words, make, fixed, say } = resight.parts;
  const { axis } = resight;

  /** The days shown, in words: of the axis, and of each year that is moved to lie there. */
  function inWords([first, last]) {
    if (axis.way() === "season") return `${axis.inWords(first, false)} ${words.to} ${axis.inWords(last, false)}`;
    const stretch = (move) => `${axis.inWords(first - move)} ${words.to} ${axis.inWords(last - move)}`;
    const moved = axis.way() === "shift" ? axis.time.years.filter((year) => year.shift) : [];
    return [stretch(0), ...moved.map((year) => `${words.of} ${year.year}: ${stretch(year.shift.at)}`)].join("; ");
  }

  function filter() {
    const ends = ["from", "until"].map((end) => make("input", { type: "range", step: 1, "aria-label": words[end] }));
    const [from, until] = ends;
    const said = make("output", {}), whole = make("button", { type: "button", class: "plain" }, words.whole);
    const caution = fixed(axis.time.caution, "p", "fine");

    /** Handles at the ends of the axis: nothing is left out. */
    function reset() {
      const [low, high] = axis.domain();
      ends.forEach((end, index) => Object.assign(end, { min: low, max: high, value: [low, high][index] }));
      tell();
    }

    function tell() {
      const days = ends.map((end) => Number(end.value)), all = String(days) === String(axis.domain());
      said.replaceChildren(`${words.shown}: `, all ? words.whole_period : inWords(days));
      ends.forEach((end) => end.setAttribute("aria-valuetext", axis.inWords(Number(end.value), axis.way() !== "season")));
      whole.hidden = all;
      caution.hidden = axis.way() !== "shift";
      return all ? null : days;
    }

    ends.forEach((end) => end.addEventListener("input", () => {
      // One handle stops at the other.
      if (Number(from.value) > Number(until.value)) end.value = end === from ? until.value : from.value;
      axis.show(tell());
    }));
    whole.addEventListener("click", () => {
      reset();
      axis.show(null);
      from.focus();
    });

    const ways = axis.time.ways.map(([name, text], index) => {
      const choice = make("input", { type: "radio", name: "way", value: name, checked: index ? null : "" });
      choice.addEventListener("change", () => {
        axis.layBy(name);
        reset();
        resight.strip.slide();
      });
      return make("label", {}, choice, " ", say(text));
    });
    reset();
    // What is said of the days stands under the strip: more lines of it must not move the handles under a finger.
    const over = [
      make("fieldset", { class: "ways" }, fixed(words.ways, "legend"), ways),
      axis.time.note ? make("p", { class: "fine" }, say(axis.time.note)) : null,
      caution,
      make("div", { class: "range", role: "group", "aria-label": words.range }, ends),
    ].filter(Boolean);
    return { over, under: [make("div", { class: "over" }, said, whole)] };
  }

  return { filter };
})();
