// The service worker. It keeps the page for when the server is out of reach, and nothing else: what people
// wrote and earned stays on the server. A page's alarms are shown as notifications through it.
const CACHE = "shell-{{ version }}";
const OFFLINE = {{ offline|tojson }};
const SHELL = {{ shell|tojson }};
const AWAY = [502, 503, 504];

self.addEventListener("install", (event) => {
  event.waitUntil(fill().then(() => self.skipWaiting()));
});

async function fill() {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL.map((url) => new Request(url, { cache: "reload" })));
}

// A new version takes over at once: open pages do not depend on what the old one kept.
self.addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});

async function takeOver() {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(visit(event));
  else if (SHELL.includes(url.pathname + url.search)) event.respondWith(kept(request));
});

async function visit(event) {
  try {
    const answer = (await event.preloadResponse) || (await fetch(event.request));
    if (!AWAY.includes(answer.status)) return answer;
  } catch {
    // out of reach
  }
  return (await caches.match(OFFLINE, { cacheName: CACHE })) || Response.error();
}

async function kept(request) {
  return (await caches.match(request, { cacheName: CACHE })) || fetch(request);
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.url || "/agent/chats"));
});

async function open(url) {
  const pages = await self.clients.matchAll({ type: "window" });
  const page = pages.find((each) => new URL(each.url).pathname === url) || pages[0];
  if (!page) return self.clients.openWindow(url);
  await page.focus();
  return new URL(page.url).pathname === url ? page : page.navigate(url);
}
