// data-expires-at="2026-12-01T00:00:00+01:00": at that moment the element is emptied, whatever else happens, and the page asks what is true now.
(() => {
  const LONGEST = 60 * 60 * 1000; // setTimeout overflows after 24 days and sleeps with the computer: look again every hour
  const waiting = new Map(); // element → timer

  function end(element) {
    element.dispatchEvent(new CustomEvent("samverkan:ending", { bubbles: true }));
    const line = document.createElement("p");
    line.className = "ended";
    line.textContent = "Du har inte längre tillgång till det här.";
    // A row of a table may only hold cells.
    if (element.matches("tr")) {
      const cell = document.createElement("td");
      cell.colSpan = 99;
      cell.append(line);
      element.replaceChildren(cell);
    } else element.replaceChildren(line);
    element.removeAttribute("data-expires-at");
    document.dispatchEvent(new CustomEvent("samverkan:refresh", { detail: { bell: false, force: true } }));
  }

  function look(element) {
    clearTimeout(waiting.get(element));
    waiting.delete(element);
    if (!element.isConnected) return;
    const left = Date.parse(element.dataset.expiresAt) - Date.now();
    if (left <= 0) return end(element);
    if (left > 0) waiting.set(element, setTimeout(() => look(element), Math.min(left, LONGEST)));
  }

  const lookAtAll = () => document.querySelectorAll("[data-expires-at]").forEach(look);
  document.addEventListener("htmx:load", lookAtAll); // what a refresh brought in
  document.addEventListener("visibilitychange", lookAtAll); // a computer that slept past the moment
  lookAtAll();
})();
