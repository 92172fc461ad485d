// The socket. It says only "I have seen up to N" and hears only hints; what changed is fetched as fragments, where the rules are asked again.
// <body data-socket="/ws/?topic=…" data-epoch data-seq data-poll>, all absent when signed out. Protocol: docs/wire.md.
(() => {
  const { socket: address, epoch, poll } = document.body.dataset;
  if (!address) return;
  const SIGNED_OUT = 4401;
  const LOST_AFTER = 2000;
  const FIRST_WAIT = 500;
  const LONGEST_WAIT = 15000;
  const ANSWER_WITHIN = 5000;
  const SELDOM = 5; // while the socket hears everybody, each fifth poll fetches

  let socket = null;
  let last = Number(document.body.dataset.seq);
  let wait = FIRST_WAIT;
  let retryTimer = 0;
  let lostTimer = 0;
  let answerTimer = 0;
  let opened = false; // a socket has been open at some time on this page
  let asking = false; // "seen" is sent and "live" has not come
  let replayed = 0;
  let behind = false; // this connection follows a lost one
  let lost = false; // the reader has been told so
  let polling = false; // the reader has been told that the page is only polled
  let contactAt = new Date();
  let alone = false; // the socket's process hears no other just now
  let polls = 0;

  const wire = (detail) => document.dispatchEvent(new CustomEvent("samverkan:wire", { detail }));
  const refresh = (detail) => document.dispatchEvent(new CustomEvent("samverkan:refresh", { detail }));
  const startAnew = () => document.dispatchEvent(new CustomEvent("samverkan:anew"));
  const clock = (date) => `${date.getHours()}`.padStart(2, "0") + "." + `${date.getMinutes()}`.padStart(2, "0");

  function sendSeen() {
    asking = true;
    replayed = 0;
    socket.send(JSON.stringify({ type: "seen", epoch, seq: last }));
    clearTimeout(answerTimer);
    // A socket that slept with the computer looks open and is dead: only an answer proves it.
    answerTimer = setTimeout(() => drop(), ANSWER_WITHIN);
  }

  const hears = {
    "notification.created": ({ seq }) => {
      if (seq <= last) return; // shown already
      if (seq > last + 1) {
        if (!asking) sendSeen(); // a gap; while asking, the replay brings it
        return;
      }
      last = seq;
      if (asking) replayed += 1;
      else refresh({ bell: true });
    },
    live: (hint) => {
      clearTimeout(answerTimer);
      asking = false;
      if (String(hint.epoch) !== epoch) return startAnew();
      alone = Boolean(hint.alone);
      const missed = replayed > 0 || hint.seq > last;
      last = Math.max(last, hint.seq);
      wait = FIRST_WAIT;
      if (missed || behind) refresh({ bell: true });
      if (lost) wire({ kind: "back", count: replayed });
      else if (polling) wire({ kind: "found" });
      behind = lost = polling = false;
      clearTimeout(lostTimer);
      lostTimer = 0;
    },
    changed: ({ topic, part }) => refresh(topic === "bell" ? { bell: true, rest: false } : { bell: false, part }),
    reload: startAnew,
  };

  function connect() {
    clearTimeout(retryTimer);
    if (socket && socket.readyState <= WebSocket.OPEN) return;
    const url = new URL(address, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const mine = new WebSocket(url);
    socket = mine;
    mine.onopen = () => {
      opened = true;
      sendSeen();
    };
    mine.onmessage = (event) => {
      if (socket !== mine) return;
      contactAt = new Date();
      const hint = JSON.parse(event.data);
      hears[hint.type]?.(hint); // a hint of a later version is not ours
    };
    mine.onclose = (event) => {
      if (socket === mine) closed(event.code);
    };
  }

  function closed(code) {
    socket = null;
    clearTimeout(answerTimer);
    asking = false;
    if (code === SIGNED_OUT) return startAnew();
    behind = true;
    if (!lostTimer && !polling) {
      lostTimer = setTimeout(() => {
        lost = true;
        wire({ kind: "lost", time: clock(contactAt) });
      }, LOST_AFTER);
    }
    clearTimeout(retryTimer);
    retryTimer = setTimeout(connect, wait * (1 + Math.random() / 2)); // jitter: after a restart, not everybody at once
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }

  function drop() {
    const dead = socket;
    if (!dead) return;
    dead.onclose = null;
    dead.close();
    closed(1006);
  }

  function wake() {
    wait = FIRST_WAIT;
    if (socket?.readyState === WebSocket.OPEN) {
      if (!asking) sendSeen();
    } else connect();
  }
  addEventListener("online", wake);
  addEventListener("offline", drop);
  document.addEventListener("visibilitychange", () => document.hidden || wake());

  // A form sent without a network leaves the page for the browser's own, and takes what is typed along.
  document.addEventListener(
    "submit",
    (event) => {
      if (navigator.onLine || !lost) return;
      event.preventDefault();
      event.stopPropagation();
      wire({ kind: "unsent" });
    },
    true,
  );

  // Where sockets never get through, the poll is contact enough, and saying "no contact" would be untrue.
  document.addEventListener("samverkan:refreshed", () => {
    if (socket?.readyState === WebSocket.OPEN) return;
    contactAt = new Date();
    if (opened || polling) return;
    polling = true;
    lost = false;
    clearTimeout(lostTimer);
    lostTimer = 0;
    wire({ kind: "poll" });
  });
  setInterval(() => {
    const open = socket?.readyState === WebSocket.OPEN;
    polls += 1;
    if (!open || alone || polls % SELDOM === 0) refresh({ bell: true });
    if (open && !asking) sendSeen();
  }, (Number(poll) || 60) * 1000);

  connect();
})();
