// The network begins to come when the page does; the first photo waits for it if it must.
const sayBackend = (text) => { document.querySelector('.backend').textContent = text; };

async function load() {
  sayBackend('Getting the colours ready…');
  const { provider, threads } = await request('load', { isolated: crossOriginIsolated, cores: navigator.hardwareConcurrency || 1 }, ({ share }) => {
    sayBackend(`Getting the colours ready: ${Math.round(100 * share)} %`);
    for (const item of site.items) if (item.state === 'working') item.stage = `Getting the colours ready: ${Math.round(100 * share)} %, once for all photos`;
    const item = itemNow();
    if (item?.state === 'working') element.querySelector('[role=status]').textContent = item.stage;
  });
  for (const item of site.items) item.stage = '';
  const count = threads === 1 ? '1 thread' : `${threads} threads`;
  site.backend = provider === 'webgpu' ? 'your graphics card (WebGPU)' : `your processor (WebAssembly, ${count})`;
  sayBackend(`Computed here: ${provider === 'webgpu' ? 'WebGPU' : `WebAssembly, ${count}`}`);
}

site.loading = load();
site.loading.catch(() => sayBackend('The colours could not be fetched: reload the page to try again.'));
render();
if ('serviceWorker' in navigator) navigator.serviceWorker.register('./offline.js').catch(() => {}); // a private window may refuse: all works but for offline
