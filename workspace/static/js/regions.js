// Regions: elements with an id and data-live="/fragment/address", swapped whole by htmx when the page is told that something changed.
// A region is left alone while the reader is in it; the status line then says so, and the swap waits until the reader has left.
// Listens to "samverkan:refresh" {bell: notifications too, force: whatever the reader does, part: only regions whose data-live-part
// names one of these words, and those that name none}. Sends "samverkan:refreshed", "samverkan:wire".
(() => {
  const hovering = matchMedia("(hover: hover)"); // on touch, :hover stays behind after a tap and means nothing
  const asked = new Map(); // region id → {force, apply} of the request under way
  const held = new Set(); // ids of regions whose news waits
  const unseen = new Set(); // ids of rows that came in and have not been on the screen yet
  let queued = null;

  const wire = (detail) => document.dispatchEvent(new CustomEvent("samverkan:wire", { detail }));
  const isBell = (region) => region.dataset.liveOn === "bell";

  function isChanged(field) {
    if (field.type === "hidden" || field.readOnly) return false;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.tagName === "SELECT") {
      const options = [...field.options];
      if (!field.multiple && !options.some((option) => option.defaultSelected)) return field.selectedIndex > 0;
      return options.some((option) => option.selected !== option.defaultSelected);
    }
    return "defaultValue" in field && field.value !== field.defaultValue;
  }

  const fieldsOf = (region) => [...region.querySelectorAll("input, textarea, select")];
  const isTypedIn = (region) => fieldsOf(region).some(isChanged);
  const placeOf = (field) => [field.form?.getAttribute("action"), field.name, /radio|checkbox/.test(field.type) && field.value].join(" ");

  /** What a reader would find changed: words, where links and forms lead, hidden answers. Not a form's one-time keys, and not what
   *  says of itself that it is no news (data-quiet), such as who has read the page: the reader just has. */
  function gist(shown) {
    const region = shown.cloneNode(true);
    for (const quiet of region.querySelectorAll("[data-quiet]")) quiet.remove();
    const parts = region.querySelectorAll("a[href], form[action], input[type=hidden]:not([name=csrfmiddlewaretoken], [name=once])");
    const leads = [...parts].map((part) => part.getAttribute("href") ?? part.getAttribute("action") ?? part.value);
    return [region.textContent.replace(/\s+/g, " "), ...leads].join(" ");
  }
  const isSame = (region, html) => {
    const came = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
    return came !== null && gist(came) === gist(region);
  };
  // Under the pointer only a list would move what is about to be pressed; other regions hold still by their shape.
  const isOccupied = (region) => region.contains(document.activeElement) || (region.matches("[data-live-list]") && hovering.matches && region.matches(":hover"));
  const isBusy = (region) => isOccupied(region) || isTypedIn(region);

  function fetchRegion(region, { force = false, apply = false } = {}) {
    // A hint that comes while the reader's own request is under way must not take away that the reader asked.
    const before = asked.get(region.id);
    const own = { force: force || Boolean(before?.force), apply: apply || Boolean(before?.apply) };
    asked.set(region.id, own);
    if (force) htmx.trigger(region, "htmx:abort"); // an answer under way was written before the right ended
    // A lost request is not news: the next hint or poll asks again.
    const lost = () => asked.get(region.id) === own && asked.delete(region.id);
    htmx.ajax("GET", region.dataset.live, { source: region, target: region, swap: "outerHTML", headers: { "X-Visible": document.hidden ? "0" : "1" } }).catch(lost);
  }

  const wordsOf = (part) => part?.split(" ").filter(Boolean) ?? [];
  const isMeant = (region, parts) => !parts || !region.dataset.livePart || wordsOf(region.dataset.livePart).some((word) => parts.has(word));

  /** `parts`: the words of the regions that are meant; null for all. */
  function refresh({ bell = true, rest = true, force = false, parts = null } = {}) {
    for (const region of document.querySelectorAll("[data-live][id]")) {
      if (isBell(region) ? bell : rest && isMeant(region, parts)) fetchRegion(region, { force });
    }
  }

  // Hints come in bursts: one refresh answers them all. Force does not wait.
  document.addEventListener("samverkan:refresh", ({ detail }) => {
    if (detail.force) return refresh(detail);
    const { bell = true, rest = true, part } = detail;
    const parts = part ? new Set(wordsOf(part)) : null;
    if (queued) {
      // Of two hints for parts, both parts; of one for all, all. A hint for the bell alone says nothing of the rest.
      if (rest) queued.parts = queued.rest && queued.parts && parts ? new Set([...queued.parts, ...parts]) : queued.rest ? null : parts;
      queued.bell ||= bell;
      queued.rest ||= rest;
    } else {
      queued = { bell, rest, parts };
      setTimeout(() => {
        const now = queued;
        queued = null;
        refresh(now);
      }, 150);
    }
  });

  function hold(region) {
    held.add(region.id);
    if (!isBell(region)) wire({ kind: "held", act: () => release({ asked: true }) });
  }

  function letGo(id) {
    held.delete(id);
    const waiting = [...held].some((other) => document.getElementById(other) && !isBell(document.getElementById(other)));
    if (!waiting) wire({ kind: "held", act: null });
  }

  /** Fetch what was held back: all of it when the reader asks, else what the reader has left. The rules are asked again, nothing was kept. */
  function release({ asked: byReader = false } = {}) {
    for (const id of [...held]) {
      const region = document.getElementById(id);
      if (!region) letGo(id);
      else if (byReader || !isBusy(region)) {
        letGo(id);
        fetchRegion(region, { apply: byReader });
      }
    }
  }
  for (const sign of ["pointerover", "focusout", "input", "change"]) {
    // After the event, so that :hover and activeElement have moved on.
    document.addEventListener(sign, () => held.size && setTimeout(release), { passive: true });
  }
  document.documentElement.addEventListener("pointerleave", () => held.size && setTimeout(release));

  const rowIds = (region) => [...region.querySelectorAll("[data-row][id]")].map((row) => row.id);
  const detailsKey = (details) => details.id || details.querySelector("summary")?.textContent.trim();

  function remember(region) {
    const at = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
    const focus = region.contains(document.activeElement) && document.activeElement !== region ? document.activeElement : null;
    const steady = at && !region.contains(at) ? at : at?.closest("[id]");
    return {
      rows: new Set(rowIds(region)),
      open: new Map([...region.querySelectorAll("details")].map((details) => [detailsKey(details), details.open])),
      focus: focus && { id: focus.id, row: focus.closest("[data-row]")?.id, at: rowIds(region).indexOf(focus.closest("[data-row]")?.id) },
      // Only an element inside the same region has to be found again by its id.
      steady: steady && { element: steady, id: region.contains(steady) && steady !== region ? steady.id : null, top: steady.getBoundingClientRect().top },
    };
  }

  const typedIn = (region) => fieldsOf(region).filter(isChanged).map((field) => ({ place: placeOf(field), value: field.value, checked: field.checked, chosen: [...(field.selectedOptions ?? [])].map((option) => option.value) }));

  /** What was typed, to the same fields of the same forms where they still are. (rescue.js sees to the rest.) */
  function giveBackTyped(id, typed) {
    const region = document.getElementById(id);
    if (!region || !typed.length) return;
    const fields = new Map(fieldsOf(region).map((field) => [placeOf(field), field]));
    for (const { place, value, checked, chosen } of typed) {
      const field = fields.get(place);
      if (!field || field.readOnly) continue;
      if (field.type === "checkbox" || field.type === "radio") field.checked = checked;
      else if (field.tagName === "SELECT") for (const option of field.options) option.selected = chosen.includes(option.value);
      else field.value = value;
      for (let around = field.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
    }
  }

  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting && !document.hidden) unseen.delete(target.id);
  });

  /** After the swap: new rows get their edge, opened details stay open, and what the reader looks at stays where it was. */
  function settle(id, before) {
    const region = document.getElementById(id);
    if (!region) return;
    for (const row of rowIds(region)) if (!before.rows.has(row)) unseen.add(row);
    for (const row of region.querySelectorAll("[data-row][id]")) {
      if (!unseen.has(row.id)) continue;
      row.classList.add("live-new");
      seen.observe(row);
    }
    for (const details of region.querySelectorAll("details")) {
      if (before.open.has(detailsKey(details))) details.open = before.open.get(detailsKey(details));
    }
    const steady = before.steady?.id ? document.getElementById(before.steady.id) : before.steady?.element;
    if (steady?.isConnected) scrollBy({ top: steady.getBoundingClientRect().top - before.steady.top, behavior: "instant" });
    if (before.focus && document.activeElement === document.body) giveBack(region, before.focus);
    if (region.id === "bell") tellBell(region);
  }

  /** Focus that the swap took: to the same element, the same row, else the row that has come in its place. */
  function giveBack(region, { id, row, at }) {
    const rows = rowIds(region);
    const near = document.getElementById(row) ?? document.getElementById(rows[Math.min(at, rows.length - 1)]);
    const to = (id && document.getElementById(id)) || near?.querySelector("[data-open], a, button, summary") || document.querySelector("main");
    to?.focus({ preventScroll: true });
  }

  function tellBell(bell) {
    const unread = Number(bell.dataset.unread);
    document.title = (unread ? `(${unread}) ` : "") + document.title.replace(/^\(\d+\) /, "");
    const news = bell.querySelector("template[data-wire-news]");
    if (news) wire({ kind: "news", text: news.content.textContent.trim(), url: news.dataset.url, time: news.dataset.time });
  }

  // htmx reads no answer of its own accord here: every answer to a region is judged first.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { detail, target: region } = event;
    if (!region.matches?.("[data-live][id]") || detail.requestConfig.elt !== region) return;
    const { force = false, apply = false } = asked.get(region.id) ?? {};
    asked.delete(region.id);
    const { xhr } = detail;
    const moved = xhr.responseURL && new URL(xhr.responseURL).pathname !== new URL(region.dataset.live, location.href).pathname;
    // The right, or the session, is gone: the server decides what this page is now.
    if ([401, 403, 404].includes(xhr.status) || moved) {
      detail.shouldSwap = false;
      document.dispatchEvent(new CustomEvent("samverkan:anew"));
      return;
    }
    if (!detail.shouldSwap && xhr.status !== 204) return; // the server is unwell: keep what is shown
    document.dispatchEvent(new CustomEvent("samverkan:refreshed"));
    if (xhr.status === 204) return letGo(region.id);
    const ended = xhr.getResponseHeader("X-Access-Ended") === "1";
    if (!ended && !force && !apply && isBusy(region)) {
      detail.shouldSwap = false;
      return isSame(region, detail.serverResponse) ? letGo(region.id) : hold(region);
    }
    const typed = typedIn(region);
    queueMicrotask(() => giveBackTyped(region.id, typed)); // first: what has its place again needs no rescue
    if (ended || force || apply) region.dispatchEvent(new CustomEvent("samverkan:ending", { bubbles: true }));
    letGo(region.id);
    const before = remember(region);
    queueMicrotask(() => settle(region.id, before)); // htmx swaps in this same turn
  });
})();
