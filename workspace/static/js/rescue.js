// Text being typed survives when its place goes away. Before that happens, "samverkan:ending" is sent from the element that goes;
// what was typed in it and has no field any more is then shown in a note after its region, where later refreshes do not reach.
(() => {
  const texts = (within) => [...within.querySelectorAll("textarea:not([readonly])")].filter((area) => area.value !== area.defaultValue && area.value.trim());

  document.addEventListener("samverkan:ending", ({ target }) => {
    const typed = texts(target);
    const region = target.closest("[data-live]") ?? target;
    // When it has gone.
    if (typed.length) queueMicrotask(() => rescue(typed, document.getElementById(region.id) ?? region));
  });

  function rescue(areas, region) {
    const standing = texts(region).map((area) => area.value);
    const typed = areas.filter((area) => !standing.includes(area.value));
    if (!typed.length) return;
    const note = document.createElement("div");
    note.className = "note sheet stack tight";
    const line = document.createElement("p");
    line.id = `rescued-${Date.now()}`;
    line.textContent = "Det du skrev finns här. Ingen annan har läst det.";
    const copies = typed.map((area) => {
      const copy = document.createElement("textarea");
      copy.className = "ds-input";
      copy.readOnly = true;
      copy.rows = Math.max(3, area.rows);
      copy.setAttribute("aria-labelledby", line.id);
      copy.defaultValue = area.value; // the default, so that it never counts as something changed
      return copy;
    });
    note.append(line, ...copies);
    region.after(note);
  }
})();
