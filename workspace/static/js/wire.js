// Lägesraden: the one place where the page speaks. Listens to "samverkan:wire" events; nobody else writes in #wire.
// detail.kind: lost {time} · unsent · back {count} · found · poll · news {text, url, time} · held {act} (act null: nothing is held any more)
(() => {
  const row = document.getElementById("wire");
  if (!row) return;
  const PAUSE = 5000; // a screen reader hears at most one sentence per five seconds; the latest wins
  const words = row.querySelector("p");
  const icon = row.querySelector(".i");
  const clock = row.querySelector("[data-wire-time]");
  const server = { state: row.dataset.wire, icon: icon.className, nodes: [...words.childNodes], time: clock.textContent };
  const CALM = { state: "ok", icon: "i i-check", nodes: ["Allt är med. Sidan uppdateras av sig själv."], time: "" };
  let said = server; // what stands when nothing is lost or held
  let lost = null;
  let owed = null; // the word that contact is back: said in its turn, before what is held
  let held = null;
  let shown = server;
  let spokenAt = -PAUSE;
  let timer = 0;
  let newest = words.querySelector("a") ? key(words.querySelector("a").getAttribute("href"), clock.textContent) : "";

  function key(url, time) {
    return `${url} ${time}`;
  }

  function strong(text) {
    const node = document.createElement("strong");
    node.textContent = text;
    return node;
  }

  function link(text, url) {
    const node = document.createElement("a");
    node.href = url;
    node.textContent = text;
    return node;
  }

  function button(text, act) {
    const node = document.createElement("button");
    node.type = "button";
    node.textContent = text;
    node.addEventListener("click", () => {
      document.querySelector("main")?.focus({ preventScroll: true }); // the button is about to go
      act();
      show(); // the answer to the reader's own press does not wait its turn
    });
    return node;
  }

  function show() {
    clearTimeout(timer);
    timer = 0;
    const next = lost ?? owed ?? held ?? said;
    if (next === shown) return;
    if (row.contains(document.activeElement)) return later(1000); // never take a button from under the keyboard
    shown = next;
    spokenAt = performance.now();
    row.dataset.wire = next.state;
    icon.className = next.icon;
    words.replaceChildren(...next.nodes);
    clock.textContent = next.time;
    if (next !== owed) return;
    owed = null;
    later(PAUSE);
  }

  function later(wait) {
    if (!timer) timer = setTimeout(show, wait);
  }

  const kinds = {
    lost: ({ time }) => {
      const nodes = [strong(`Ingen anslutning, visar läget ${time}.`), " Det du skriver finns kvar."];
      lost = { state: "lost", icon: "i i-off", nodes, time: "" };
      owed = null;
    },
    unsent: () => {
      const nodes = [strong("Ingen anslutning, så det skickades inte."), " Det du har skrivit finns kvar. Försök igen när anslutningen är tillbaka."];
      lost = { state: "lost", icon: "i i-off", nodes, time: "" };
      show(); // the answer to the reader's own press
    },
    back: ({ count }) => {
      // Lost contact that was never said needs no "back".
      const unsaid = lost && shown !== lost;
      lost = null;
      if (unsaid) return;
      const came = count === 1 ? " 1 händelse har kommit in." : count > 1 ? ` ${count} händelser har kommit in.` : "";
      said = owed = { ...CALM, nodes: [`Anslutningen är tillbaka.${came}`] };
    },
    poll: () => {
      lost = null;
      said = { ...CALM, nodes: ["Sidan hämtas på nytt varje minut."] };
    },
    found: () => {
      said = CALM; // a socket after all, on a page that had told the reader it was only polling
    },
    news: ({ text, url, time }) => {
      if (key(url, time) === newest) return;
      newest = key(url, time);
      said = { state: "news", icon: "i i-bell", nodes: [strong("Nyss:"), ` ${text} `, link("Visa", url)], time };
    },
    held: ({ act }) => {
      if (!act) held = null;
      else held ??= { state: "news", icon: "i i-bell", nodes: [strong("Nyss:"), " sidan har ändrats. ", button("Visa", act)], time: "" };
    },
  };

  document.addEventListener("samverkan:wire", ({ detail }) => {
    kinds[detail.kind](detail);
    later(Math.max(0, spokenAt + PAUSE - performance.now()));
  });
})();
