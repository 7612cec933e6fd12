// The photos of this visit: brought, coloured one after another, shown, forgotten.
const DRAWINGS = site.drawings;
const TILE_EDGE = 480; // of a thumbnail's longer side, in pixels
const DRAWING_EDGE = 288;
const FINER = 1.15; // times more pixels, from which on a picture is made anew for a closer look
const FINER_MS = 250;
let keys = 0;
let pumping = false;
let refreshing = null;
let wanted = false;

const itemNow = () => site.items[site.at];

function complain(message) {
  site.error = /[.!?]$/.test(message) ? message : `${message}.`;
  render();
}

async function add(files, event = 'bring') {
  site.error = '';
  if (event === 'refer') return;
  const isHints = (file) => file.name.toLowerCase().endsWith('.json');
  for (const file of files.filter((one) => !isHints(one))) {
    keys += 1;
    site.items.push({ key: `photo${keys}`, file, name: file.name || 'photo', state: 'waiting', vividness: 100, turns: 0 });
  }
  if (site.items.length === 1) site.at = 0;
  else if (files.some((one) => !isHints(one))) site.at = -1;
  if (!site.items.length) return complain('What was said of a photo needs the photo as well: bring both');
  render();
  for (const item of site.at < 0 ? site.items : []) if (item.state === 'done' && !item.thumbnail) await makeThumbnail(item); // it was alone
  await pump();
  for (const file of files.filter(isHints)) await bringHints(file);
}

// One photo after another; one bad file never stops the rest.
async function pump() {
  if (pumping) return;
  pumping = true;
  for (let item = nextWaiting(); item; item = nextWaiting()) {
    try {
      await colour(item);
    } catch (error) {
      Object.assign(item, { state: 'failed', failure: error.message });
      if (site.items.includes(item)) render();
    }
  }
  pumping = false;
}

const nextWaiting = () => site.items.find((item) => item.state === 'waiting');

async function colour(item) {
  const began = performance.now();
  item.state = 'working';
  const isOpen = item === itemNow();
  if (isOpen && !item.turns) item.before = URL.createObjectURL(item.file); // on the screen before the worker has read it
  render();
  // All at once, for the worker to go from one to the next while the page shows the gray photo.
  const edge = screenEdge();
  const opening = request('open', { key: item.key, file: item.file, turns: item.turns, edge: isOpen ? edge : TILE_EDGE, isOpen });
  const colouring = request('colour', { key: item.key });
  const { vividness } = item;
  const painting = isOpen ? request('picture', { key: item.key, told: wordsOf(NOTHING), vividness: vividness / 100, edge }) : null;
  for (const later of [colouring, painting]) later?.catch(() => {}); // where opening fails, that alone is said
  const { size, before } = await opening;
  if (before) {
    release(item.before);
    item.before = addressOf(before);
  }
  Object.assign(item, { size, history: new History(size), edge, marks: [] });
  if (item === itemNow() || site.at < 0) render();
  await colouring;
  if (!site.items.includes(item)) return;
  if (site.items.length > 1) await makeThumbnail(item);
  if (site.at < 0 || item !== itemNow()) item.state = 'done';
  else {
    await refresh(item, vividness === item.vividness ? painting : null);
    item.state = 'done';
  }
  item.seconds = (performance.now() - began) / 1000;
  render();
  const { carried } = item;
  item.carried = null;
  if (!carried) return;
  item.history.numbers = Math.max(0, ...carried.marks.map(({ number }) => number));
  item.history.tell(carried);
  await retold(item);
}

function screenEdge() {
  return Math.round(Math.min(2048, Math.max(640, Math.max(element.clientWidth, innerHeight) * devicePixelRatio)));
}

// The open photo's picture as it is told now; of several wishes that come meanwhile the last alone counts. `begun`
// is one that was asked for before.
async function refresh(item = itemNow(), begun = null) {
  if (!item?.history) return;
  if (refreshing) {
    wanted = true;
    return refreshing;
  }
  refreshing = (async () => {
    let asked = begun;
    do {
      wanted = false;
      const { picture } = await (asked ?? request('picture', { key: item.key, told: wordsOf(item.history.told), vividness: item.vividness / 100, edge: item.edge }));
      asked = null;
      const address = addressOf(picture);
      await decoded(address);
      release(item.after);
      item.after = address;
      if (item === itemNow() && item.state === 'done') render();
    } while (wanted && item === itemNow());
  })().finally(() => { refreshing = null; });
  return refreshing;
}

function decoded(address) {
  const image = new Image();
  image.src = address;
  return image.decode().catch(() => {});
}

async function makeThumbnail(item) {
  const { picture } = await request('picture', { key: item.key, told: wordsOf(item.history.told), vividness: item.vividness / 100, edge: TILE_EDGE });
  release(item.thumbnail);
  item.thumbnail = addressOf(picture);
}

// A closer look wants more pixels than there were on the screen at first.
let finer = null;
function sharpen() {
  clearTimeout(finer);
  finer = setTimeout(async () => {
    const item = itemNow();
    const frame = element.querySelector('[data-ready] .frame');
    if (!item?.size || !frame) return;
    const needed = Math.min(Math.max(...item.size), Math.max(frame.clientWidth, frame.clientHeight) * devicePixelRatio * view.zoom);
    if (needed < item.edge * FINER || item.edge >= Math.max(...item.size)) return;
    item.edge = Math.round(needed);
    const { picture } = await request('original', { key: item.key, edge: item.edge });
    release(item.before);
    item.before = addressOf(picture);
    await refresh(item);
  }, FINER_MS);
}
for (const kind of ['wheel', 'pointerup', 'click', 'keyup']) element.addEventListener(kind, sharpen, { passive: true });
addEventListener('resize', sharpen);

async function show(index) {
  const item = site.items[index];
  if (!item || item.state === 'failed') return;
  const left = itemNow();
  site.at = index;
  site.error = '';
  if (left && left !== item) rest(left);
  if (item.state !== 'done' && !item.turns) item.before ??= URL.createObjectURL(item.file);
  else if (item.state === 'done' && !item.before) item.before = addressOf((await request('original', { key: item.key, edge: item.edge })).picture);
  if (item.state === 'done' && !item.after) await refresh(item);
  render();
}

// Of a photo that is not open only its thumbnail stays: a browser keeps the pixels of each picture that it has shown.
function rest(item) {
  if (site.items.length < 2) return;
  for (const address of [item.before, item.after, ...(item.tiles || [])]) release(address);
  Object.assign(item, { before: null, after: null, tiles: null });
}

// By quarters, clockwise. A photo that was turned is another one to the network; what was said of it goes along.
async function turn(item, quarters) {
  if (item?.state !== 'done') return;
  const { size, history } = item;
  const marks = history.told.marks.map((mark) => turned(mark, size, quarters));
  drop(item);
  Object.assign(item, { state: 'waiting', turns: (item.turns + quarters) % 4, before: null, after: null, thumbnail: null, tiles: null });
  Object.assign(item, { size: quarters % 2 ? [size[1], size[0]] : size, carried: { ...history.told, marks } });
  await pump();
}

function drop(item) {
  for (const address of [item.before, item.after, item.thumbnail, ...(item.tiles || [])]) release(address);
  request('forget', { key: item.key });
}

async function bringHints(file) {
  const stem = file.name.replace(/\.hints\.json$|\.json$/i, '');
  const there = site.items.filter((item) => item.history);
  const item = there.find((one) => one.name.replace(/\.\w+$/, '') === stem) || itemNow() || (there.length === 1 ? there[0] : null);
  try {
    if (!item) throw new Error('it says what colours a photo had: open or bring that photo as well');
    takeSidecar(item, await file.text());
    await retold(item);
  } catch (error) {
    complain(`${file.name}: ${error.message}`);
  }
}

Object.assign(events, {
  bring: ({ files }) => add(files),
  show: ({ index }) => show(Number(index)),
  async overview() {
    const item = itemNow();
    site.at = -1;
    if (item) {
      if (item.state === 'done') await makeThumbnail(item);
      rest(item);
    }
    render();
  },
  async sample({ index }) {
    const picture = element.querySelectorAll('.examples img')[index];
    const content = await (await fetch(picture.src)).blob();
    await add([new File([content], picture.src.split('/').pop(), { type: content.type })]);
  },
  restart() {
    for (const item of site.items) drop(item);
    Object.assign(site, { items: [], at: -1, error: '' });
    render();
  },
  async arrange({ what, value }) {
    if (what === 'step') return show((site.at + value + site.items.length) % site.items.length);
    if (what === 'turn') return turn(itemNow(), value);
    if (what !== 'remove') return null;
    const [item] = site.items.splice(site.at >= 0 ? site.at : value, 1);
    drop(item);
    site.at = site.items.length === 1 && site.items[0].state === 'done' ? 0 : -1;
    return site.at === 0 ? show(0) : render();
  },
});

// "Start over" asks first.
const asking = Object.assign(document.createElement('dialog'), { className: 'asking' });
asking.setAttribute('aria-label', 'Start over?');
asking.innerHTML = `<h2>Start over?</h2><p>All photos leave this page. They were nowhere else.</p>
<p class="actions"><button type="button" class="button" data-no>Stay</button> <button type="button" class="button primary" data-yes>Start over</button></p>`;
element.after(asking);
element.addEventListener('click', (event) => { if (event.target.closest('[data-restart]')) asking.showModal(); });
asking.addEventListener('click', (event) => {
  if (event.target === asking || event.target.closest('button')) asking.close();
  if (event.target.closest('[data-yes]')) trigger('restart', {});
});
