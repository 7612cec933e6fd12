// The service worker: the page again without a network, and isolated from other sites (which threads want) also where the
// server does not say so. Workers get their policy, which no page can give them. What it keeps are the site's own files,
// under the name of this version.
const { cache: CACHE, files: FILES, workerPolicy: WORKER_POLICY } = self.SITE;
const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((kept) => kept.addAll(FILES)).then(() => self.skipWaiting()));
});
self.addEventListener('activate', (event) => {
  const old = (names) => names.filter((name) => name.startsWith('colorgan-') && name !== CACHE);
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))).then(() => self.clients.claim()));
});
self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return;
  event.respondWith(answer(request));
});

async function answer(request) {
  const kept = await caches.open(CACHE);
  const address = request.mode === 'navigate' ? new URL('./', self.registration.scope) : request;
  const response = (await kept.match(address, { ignoreSearch: request.mode === 'navigate' })) || (await fetch(request));
  if (response.status !== 200 || response.type === 'opaque') return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATED)) headers.set(name, value);
  if (request.destination === 'worker') headers.set('Content-Security-Policy', WORKER_POLICY);
  return new Response(response.body, { status: 200, headers });
}
