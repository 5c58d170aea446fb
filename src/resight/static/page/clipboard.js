// The clipboard: text into it, also where a page opened from a file may not have it.
resight.clipboard = (() => {
  const { make } = resight.parts;

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // A marked text field always copies; the focus it takes is given back.
      const area = make("textarea", { class: "unseen", "aria-hidden": "true" }), from = document.activeElement;
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      from?.focus({ preventScroll: true });
    }
  }

  return { copy };
})();
