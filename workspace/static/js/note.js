// <form data-note action="/moten/punkt/5/anteckning/"> in a region: the note is saved 1.2 s after typing stops, and at Ctrl+S. One request at a time.
// Each save names the version it began from. 409: another text came first, and this one is kept aside on the server, where it goes on growing.
// Without contact the text stays in the field, the status says so, and it is sent again. The browser keeps nothing: leaving is warned about instead.
(() => {
  const QUIET = 1200;
  const AGAIN = 5000;
  const UNSAVED = "Inte sparat än. Texten finns kvar här.";
  const notes = new Map(); // form → {timer, busy, more, sent}

  const area = (form) => form.querySelector("textarea");
  const isTyped = (form) => area(form).value !== area(form).defaultValue;
  const stateOf = (form) => notes.get(form) ?? notes.set(form, { timer: 0, busy: false, more: false, sent: false }).get(form);

  function tell(form, text, unsaved, link) {
    const status = form.closest("[data-live]")?.querySelector("[data-note-status]");
    if (!status) return;
    status.classList.toggle("unsaved", unsaved);
    status.textContent = text;
    if (!link) return;
    const merge = document.createElement("a");
    merge.href = link;
    merge.textContent = "Slå ihop";
    status.append(" ", merge);
  }

  function plan(form, wait) {
    const state = stateOf(form);
    clearTimeout(state.timer);
    state.timer = setTimeout(() => save(form), wait);
  }

  function saved(form, text, answer) {
    form.elements.base_version.value = answer.version;
    // What is saved is no longer something the page must guard: the region may be refreshed when the writer has left it.
    area(form).defaultValue = text;
    const region = form.closest("[data-live]");
    if (region) region.dataset.live = region.dataset.live.replace(/sett=[^&]*/, `sett=${answer.seen}`);
    tell(form, isTyped(form) ? UNSAVED : `Sparad ${answer.saved}`, isTyped(form));
  }

  async function save(form) {
    const state = stateOf(form);
    clearTimeout(state.timer);
    if (state.sent || !isTyped(form)) return;
    if (state.busy) return (state.more = true);
    state.busy = true;
    state.more = false;
    const text = area(form).value;
    const body = new FormData(form);
    body.delete("once"); // every save is a new one
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body,
        headers: { "X-Autosave": "1" },
        credentials: "same-origin",
        redirect: "error", // a redirect is the sign-in page: not saved
      });
      if (answer.ok) saved(form, text, await answer.json());
      else if (answer.status === 409) {
        const { waiting, merge } = await answer.json();
        form.elements.waiting.value = waiting;
        area(form).defaultValue = text; // it lies on the server
        tell(form, "Någon annan hann före. Din text är sparad bredvid.", true, merge);
      } else if (answer.status === 422) tell(form, (await answer.json()).says, true);
      else if (answer.status === 403 && answer.headers.get("Content-Type")?.startsWith("text/plain")) tell(form, await answer.text(), true);
      else throw new Error(answer.status);
    } catch {
      tell(form, UNSAVED, true);
      plan(form, AGAIN);
    } finally {
      state.busy = false;
    }
    if (state.more) plan(form, QUIET);
  }

  const noteOf = (event) => event.target.closest?.("form[data-note]");
  document.addEventListener("input", (event) => {
    const form = noteOf(event);
    if (!form) return;
    tell(form, UNSAVED, true);
    plan(form, QUIET);
  });
  document.addEventListener("submit", (event) => {
    const form = noteOf(event);
    if (!form) return;
    stateOf(form).sent = true; // the form itself goes: a late save must not land on top of it
    clearTimeout(stateOf(form).timer);
  });
  document.addEventListener("keydown", (event) => {
    const form = noteOf(event);
    if (!form || event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    save(form);
  });
  document.addEventListener("samverkan:ending", ({ target }) => target.querySelectorAll("form[data-note]").forEach(save));
  addEventListener("online", () => document.querySelectorAll("form[data-note]").forEach(save));
  addEventListener("beforeunload", (event) => {
    for (const form of document.querySelectorAll("form[data-note]")) {
      if (!stateOf(form).sent && isTyped(form)) event.preventDefault();
    }
  });
})();
