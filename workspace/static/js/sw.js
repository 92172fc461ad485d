// The service worker: shows that there is something to read, and opens the product. It fetches and keeps no page.
self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data.json() ?? {};
  } catch {
    // What cannot be read says as much as what can.
  }
  const shown = { body: said.body || "Du har något att läsa.", tag: "nytt", lang: "sv", data: { url: said.url } };
  event.waitUntil(self.registration.showNotification(said.title || "Samverkansrum", shown));
});

// A page that is open is shown as it is: it may hold a form half written, and its bell has the news.
async function show(url) {
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = open.find((one) => one.visibilityState === "visible") || open[0];
  if (page) return page.focus();
  const there = new URL(url || "/handelser/", self.location.origin);
  return self.clients.openWindow(there.origin === self.location.origin ? there.href : "/handelser/");
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data?.url));
});
