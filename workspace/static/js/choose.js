// Choosing rows of a list: <form data-choose> with check boxes, a link [data-choose-all] that ticks them all, and [data-chosen] that says how many.
// The link leads to the same page with everything ticked, so it works without this file; data-none is its name when all are.
(() => {
  const boxes = (form) => [...form.querySelectorAll("input[type=checkbox]")];
  const names = new WeakMap();

  function tell(form) {
    const all = boxes(form);
    const number = all.filter((box) => box.checked).length;
    const said = form.querySelector("[data-chosen]");
    said.textContent = number === 0 ? "Ingen vald" : number === 1 ? "1 vald" : `${number} valda`;
    const link = form.querySelector("[data-choose-all]");
    if (!names.has(link)) names.set(link, link.textContent);
    link.textContent = number === all.length ? link.dataset.none : names.get(link);
  }

  document.addEventListener("change", ({ target }) => {
    const form = target.closest("form[data-choose]");
    if (form && target.type === "checkbox") tell(form);
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-choose-all]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const form = link.closest("form[data-choose]");
    const all = boxes(form);
    const wanted = all.some((box) => !box.checked);
    for (const box of all) box.checked = wanted;
    tell(form);
    // What is ticked is something the reader has done: the page must not be swapped away under it.
    all[0]?.dispatchEvent(new Event("change", { bubbles: true }));
  });
})();
