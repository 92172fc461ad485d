// Alt + Shift + H goes to the bell from any page, but never out of a field that somebody writes in. By `code`: with Alt held
// the key's letter is another on some computers. Told to the reader by aria-keyshortcuts on the bell and on the page of notices.
document.addEventListener("keydown", (event) => {
  if (event.code !== "KeyH" || !event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  const bell = document.getElementById("bell-link");
  if (!bell) return;
  event.preventDefault();
  bell.focus();
});
