// Back after a withdrawal shows nothing: a page the browser kept in memory is fetched anew.
addEventListener("pageshow", (event) => event.persisted && location.reload());
