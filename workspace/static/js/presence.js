// <form data-presence action="/moten/12/rum/har/">: says every 25 s that somebody has the page open, and that they leave when they do.
// The server counts nobody as here 75 s after the last word, so a browser that dies is gone by itself. Where it answers with an element,
// that element takes its place; data-left="48" on it: what it says holds for so many seconds unless it is said again.
(() => {
  const form = document.querySelector("form[data-presence]");
  if (!form) return;
  const EVERY = 25000;
  const AGAIN = 3000; // after a reload the old page's "leaving" may come in after the new page's first word
  let stays = false; // the next page is the room too
  const ending = new WeakSet(); // elements whose time has been set: each answer is an element of its own

  function hold() {
    for (const shown of document.querySelectorAll("[data-left][id]")) {
      if (!ending.has(shown)) setTimeout(() => shown.replaceChildren(), Number(shown.dataset.left) * 1000);
      ending.add(shown);
    }
  }

  function show(words) {
    const told = new DOMParser().parseFromString(words, "text/html").body.firstElementChild;
    const shown = told && document.getElementById(told.id);
    if (!shown) return;
    shown.replaceWith(told);
    hold();
  }

  function say(leaving) {
    const body = new FormData(form);
    body.delete("once"); // a script's word
    if (leaving) body.set("leaving", "1");
    fetch(form.action, { method: "POST", body, credentials: "same-origin", redirect: "error", keepalive: leaving })
      .then(async (answer) => answer.status === 200 && show(await answer.text()))
      .catch(() => {});
  }

  document.addEventListener("submit", () => (stays = true));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (link) stays = link.pathname === location.pathname;
  });
  document.addEventListener("htmx:load", hold); // what a hint brought in
  addEventListener("pagehide", () => stays || say(true));
  addEventListener("online", () => say(false));
  setTimeout(() => say(false), AGAIN);
  setInterval(() => say(false), EVERY);
  hold();
  say(false);
})();
