// <form data-presence action="/moten/12/rum/har/">: says every 25 s that somebody has the page open, and that they leave when they do.
// The server counts nobody as here 75 s after the last word, so a browser that dies is gone by itself.
(() => {
  const form = document.querySelector("form[data-presence]");
  if (!form) return;
  const EVERY = 25000;
  const AGAIN = 3000; // after a reload the old page's "leaving" may come in after the new page's first word
  let stays = false; // the next page is the room too

  function say(leaving) {
    const body = new FormData(form);
    body.delete("once"); // a script's word, answered with nothing
    if (leaving) body.set("leaving", "1");
    fetch(form.action, { method: "POST", body, credentials: "same-origin", redirect: "error", keepalive: leaving }).catch(() => {});
  }

  document.addEventListener("submit", () => (stays = true));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (link) stays = link.pathname === location.pathname;
  });
  addEventListener("pagehide", () => stays || say(true));
  addEventListener("online", () => say(false));
  setTimeout(() => say(false), AGAIN);
  setInterval(() => say(false), EVERY);
  say(false);
})();
