// When the server must decide again what this page is: it is fetched anew. Listens to "samverkan:anew".
// A form or a link that the reader has just pressed goes first: a reload would cancel it, and its answer is a new page anyway.
(() => {
  const ANSWERED_WITHIN = 10000; // a download leaves no page; after this the reload is not held up by one
  let leaving = -ANSWERED_WITHIN;
  addEventListener("beforeunload", () => (leaving = performance.now()));
  document.addEventListener("samverkan:anew", () => {
    setTimeout(() => location.reload(), Math.max(0, leaving + ANSWERED_WITHIN - performance.now()));
  });
  // Back after a withdrawal shows nothing: a page the browser kept in memory is fetched anew.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
})();
