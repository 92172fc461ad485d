// <form data-autosave="/address/">: the draft is posted 1.5 s after typing stops, one request at a time, and the server's sentence is shown
// in [data-autosave-status]. The element is not a live region: the status line alone speaks to screen readers.
(() => {
  const QUIET = 1500;
  const AGAIN = 15000;
  const FAILED = "Utkastet är inte sparat än. Det du skriver finns kvar här.";

  function watch(form) {
    const status = form.querySelector("[data-autosave-status]") ?? document.querySelector("[data-autosave-status]");
    let timer = 0;
    let request = null;
    let waiting = false; // typed while a request was under way
    let done = false;

    const tell = (text) => status && (status.textContent = text);
    function plan(wait) {
      clearTimeout(timer);
      if (!done) timer = setTimeout(save, wait);
    }

    async function save() {
      if (request) return (waiting = true);
      request = new AbortController();
      waiting = false;
      try {
        const answer = await fetch(form.dataset.autosave, {
          method: "POST",
          body: new FormData(form),
          headers: { "X-Autosave": "1" },
          credentials: "same-origin",
          redirect: "error", // a redirect is the sign-in page: not saved
          signal: request.signal,
        });
        if (!answer.ok && answer.status !== 409) throw new Error(answer.status);
        tell((await answer.text()).trim()); // 409: somebody else changed the draft, and the server says so
      } catch {
        if (done) return;
        tell(FAILED);
        plan(AGAIN);
      } finally {
        request = null;
      }
      if (waiting) plan(QUIET);
    }

    form.addEventListener("input", () => plan(QUIET));
    form.addEventListener("change", () => plan(QUIET));
    // A late draft must not land on top of what the reader just sent.
    form.addEventListener("submit", () => {
      done = true;
      clearTimeout(timer);
      request?.abort();
    });
  }

  document.querySelectorAll("form[data-autosave]").forEach(watch);
})();
