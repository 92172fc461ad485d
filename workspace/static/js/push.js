// «Avisera i den här webbläsaren»: <section data-push data-key data-worker> with a form [data-push-on], whose hidden fields
// are filled with what the browser gives, rows [data-push-row] with the digest of a browser's address, and sentences
// [data-push-say] of which one is shown. Nothing is asked of the reader before the press.
(() => {
  const section = document.querySelector("[data-push]");
  if (!section) return;
  const form = section.querySelector("[data-push-on]");
  const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  function say(word) {
    for (const one of section.querySelectorAll("[data-push-say]")) one.hidden = one.dataset.pushSay !== word;
    form.hidden = !["off", "failed", "dismissed"].includes(word);
  }

  async function digest(text) {
    const found = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return [...new Uint8Array(found)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async function subscription() {
    const worker = await navigator.serviceWorker.getRegistration("/");
    return (await worker?.pushManager.getSubscription()) || null;
  }

  // The row of this browser, while its leave is bound to the key that is used now.
  async function ownRow() {
    const found = await subscription();
    if (!found || base64(found.options.applicationServerKey) !== section.dataset.key) return null;
    return section.querySelector(`[data-push-row="${await digest(found.endpoint)}"]`);
  }

  async function begin() {
    if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window && crypto.subtle)) return say("none");
    const row = await ownRow();
    if (row) row.querySelector("[data-push-here]").hidden = false;
    if (Notification.permission === "denied") return say("denied");
    say(row ? "on" : "off");
  }

  async function turnOn() {
    const leave = await Notification.requestPermission();
    if (leave !== "granted") return say(leave === "denied" ? "denied" : "dismissed");
    await navigator.serviceWorker.register(section.dataset.worker, { scope: "/" });
    const worker = await navigator.serviceWorker.ready;
    await (await worker.pushManager.getSubscription())?.unsubscribe(); // it may be bound to another key, or another person
    const found = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: section.dataset.key });
    form.elements.address.value = found.endpoint;
    form.elements.public_key.value = base64(found.getKey("p256dh"));
    form.elements.secret.value = base64(found.getKey("auth"));
    form.submit();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    say("asking");
    turnOn().catch(() => say("failed"));
  });

  // Whoever takes this browser away takes its leave with it.
  section.addEventListener("submit", (event) => {
    const row = event.target.closest("[data-push-row]");
    if (!row || !event.target.matches("[data-push-off]")) return;
    event.preventDefault();
    ownRow().then((own) => own === row && subscription()).then((found) => found && found.unsubscribe()).catch(() => null).finally(() => event.target.submit());
  });

  begin().catch(() => say("none"));
})();
