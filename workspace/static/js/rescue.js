// Text being typed survives when its place goes away. Before that happens, "samverkan:ending" is sent from the element that goes;
// what was typed in it is then shown in a note after its region, where later refreshes do not reach.
(() => {
  document.addEventListener("samverkan:ending", ({ target }) => {
    const typed = [...target.querySelectorAll("textarea:not([readonly])")].filter((area) => area.value !== area.defaultValue && area.value.trim());
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
    (target.closest("[data-live]") ?? target).after(note);
  });
})();
