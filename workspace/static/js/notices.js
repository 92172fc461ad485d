// The list of notices: «Markera som läst» and «oläst» act in place, and J, K and the arrows go between its rows while the reader stands in it.
// <form data-mark> is sent without leaving the page; [data-row] [data-open] is what Enter opens in a row.
(() => {
  const list = () => document.getElementById("handelser");

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches?.("form[data-mark]")) return;
    event.preventDefault();
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        credentials: "same-origin",
        redirect: "error",
        headers: { "HX-Request": "true" },
      });
      if (!answer.ok) throw new Error("refused");
      document.dispatchEvent(new CustomEvent("samverkan:refresh", { detail: { bell: true, rest: false, force: true } }));
    } catch {
      form.submit(); // the server decides what this page is now; without contact the browser says so
    }
  });

  const openings = () =>
    [...list().querySelectorAll("[data-row] [data-open]")].filter((one) => one.matches("summary") || !one.closest("details:not([open])"));

  document.addEventListener("keydown", (event) => {
    const here = document.activeElement;
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || !list()?.contains(here) || here.matches("input, textarea, select")) return;
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const all = openings();
    const row = here.closest("[data-row]")?.querySelector("[data-open]");
    const at = all.indexOf(here.matches("[data-open]") ? here : row);
    const next = at < 0 ? all[0] : all[at + step];
    event.preventDefault();
    next?.focus();
  });
})();
