// Saying what colour it was: marks on the photo, the palette of a place, strokes, lasso and brush, by mouse, finger and
// keyboard. Runs after zoom.js. What was said is the server's (history.py); what is shown comes from it as HTML
// (templates/hints.html, palette.html). `server` is Gradio's own: palette, preview and doubt answer at once, past the
// queue. Events: 'tell', 'forget', 'draw', and 'undo', 'redo' by keys.
const ARROW_STEP = 0.02; // of the photo's width; a fifth of it with Shift
const DRAG_PX = 6; // below it a press is a click
const SPACING = 1 / 30; // of the longer side, from one place of a stroke to the next
const MOST_PLACES = 60; // of a stroke or lasso
const IDLE_MS = 1200; // without a change, after which the drawings are asked for
const NUDGE_MS = 500; // after the last arrow key, until a mark that was moved is told

const palette = Object.assign(document.createElement('section'), { className: 'palette', hidden: true });
palette.setAttribute('role', 'dialog');
palette.setAttribute('aria-label', 'What colour was it?');
const spoken = Object.assign(document.createElement('p'), { className: 'unseen' });
spoken.setAttribute('role', 'status');
element.after(palette, spoken); // outside of what the server replaces

let tool = 'point';
let lasso = null; // corners, until the next mark
let open = null; // the palette: { edit, back: who had the focus, stays }
let press = null; // a pointer that is down on the photo
let pen = null; // places of a stroke that keys draw
let cross = [0.5, 0.5];
let drawing = null;
let divided = 0; // where the line was before the last click
let nudge = null; // a mark under way by keys: { mark, across, down, timer }

const board = () => element.querySelector('.board');
const size = () => [Number(board().dataset.width), Number(board().dataset.height)];
const token = () => element.querySelector('[data-token]').dataset.token;
const number = (mark) => Number(mark.dataset.mark);

function placeAt(x, y) {
  const box = board().getBoundingClientRect();
  const [width, height] = size();
  const inside = (share, side) => Math.min(Math.max(share, 0), 0.9999) * side;
  return [inside((x - box.left) / box.width, width), inside((y - box.top) / box.height, height)];
}

function onScreen([x, y]) {
  const box = board().getBoundingClientRect();
  const [width, height] = size();
  return [box.left + (x / width) * box.width, box.top + (y / height) * box.height];
}

// The picture follows ---------------------------------------------------------------------------------------------------

// One request at a time; of those that come meanwhile only the last counts. What nobody waits for uses the pauses.
const previews = new Map(); // pictures by edit, as long as nothing is told
let wish = null;
let shown = null;
let spare = [];
let busy = false;

function follow(edit) {
  shown = JSON.stringify(edit);
  if (previews.has(shown)) return put(previews.get(shown));
  wish = shown;
  work();
}

function unfollow() {
  shown = wish = null;
  const after = element.querySelector('.after');
  if (after && after.getAttribute('src') !== after.dataset.src) after.src = after.dataset.src;
}

function put(picture) {
  const after = element.querySelector('.after');
  if (after && picture) after.src = picture;
}

async function work() {
  if (busy) return;
  busy = true;
  while (wish || spare.length) {
    const key = wish || spare.shift();
    wish = null;
    if (!previews.has(key)) {
      const edge = Math.round(Math.max(board()?.clientWidth || 0, board()?.clientHeight || 0) * Math.min(devicePixelRatio, 2) * view.zoom);
      const picture = await ask('preview', { edit: JSON.parse(key), edge });
      if (picture.picture) previews.set(key, picture.picture);
    }
    if (shown === key) put(previews.get(key));
  }
  busy = false;
}

async function ask(what, fields) {
  try {
    return (await server[what]({ token: token(), ...fields })) || {};
  } catch {
    return {}; // the picture stays as it is
  }
}

function tell(edit) {
  spare = [];
  wish = shown = null;
  trigger('tell', { edit });
}

function forget(...marks) {
  shut();
  trigger('forget', { marks });
}

// The palette -----------------------------------------------------------------------------------------------------------

async function ponder(edit, at, { byKey = false, byTouch = false } = {}) {
  shut();
  if (lasso && !edit.mark) edit.lasso = lasso;
  open = { edit, back: document.activeElement, stays: byTouch };
  element.dataset.asking = 'yes';
  divide(0);
  palette.innerHTML = '<p class="quiet" role="status">Looking…</p>';
  palette.hidden = false;
  beside(at);
  const mine = open;
  const middle = edit.places ? edit.places[Math.floor(edit.places.length / 2)] : placeAt(...at);
  putCross(middle.map((side, index) => side / size()[index]));
  const { html } = await ask('palette', { x: middle[0], y: middle[1], mark: edit.mark || 0 });
  if (open !== mine) return;
  if (!html) return shut();
  palette.innerHTML = html;
  prepareFree();
  beside(at);
  if (byKey) palette.querySelector('.swatch').focus();
  spare = [...palette.querySelectorAll('.swatches:not(.small) .swatch')].map((swatch) => JSON.stringify(said(swatch)));
  work();
}

function shut(giveBack = false) {
  if (!open) return;
  const { back } = open;
  open = null;
  spare = [];
  delete element.dataset.asking;
  palette.hidden = true;
  unfollow();
  draft([]);
  if (giveBack) (back?.isConnected && back !== document.body ? back : board())?.focus({ preventScroll: true });
  idle();
}

function said(swatch) {
  const { colour, kind } = swatch.dataset;
  return { ...open.edit, colour, ...(kind ? { kind } : {}) };
}

function take(edit) {
  lasso = null;
  if (open.stays) open.taken = true;
  const giveBack = palette.contains(document.activeElement);
  const { stays } = open;
  tell(edit);
  if (!stays) {
    const after = element.querySelector('.after').src;
    shut(giveBack);
    put(after); // until the server's is there
  }
}

function beside([x, y]) {
  const room = { width: document.documentElement.clientWidth, height: innerHeight };
  if (room.width <= 560) { // along the lower edge: the place must not lie under it
    palette.style.left = palette.style.top = '';
    const hidden = y - (room.height - palette.offsetHeight - 32);
    if (hidden > 0) scrollBy({ top: hidden, behavior: 'instant' });
    return;
  }
  // Beside the photo where the place is near its edge, so that the colours can be seen; else beside the place.
  const { offsetWidth: width, offsetHeight: height } = palette;
  const photo = element.querySelector('.frame').getBoundingClientRect();
  const sides = [photo.right + 12, photo.left - 12 - width].filter((left) => left >= 8 && left + width + 8 <= room.width);
  const near = sides.filter((left) => Math.abs(left + width / 2 - x) < width * 1.6);
  const [left] = [...near, x + 28 + width < room.width ? x + 28 : Math.max(8, x - 28 - width)];
  palette.style.left = `${left}px`;
  palette.style.top = `${Math.min(Math.max(8, y - height / 3), Math.max(8, room.height - height - 8))}px`;
}

// Hue and strength at the photo's own lightness: the colours there are come from the server.
function prepareFree() {
  const wheel = palette.querySelector('.free').dataset.wheel.split(';').map((row) => row.split(','));
  const parts = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const [red, green, blue] = parts(palette.querySelector('.swatch').dataset.colour);
  let best = [0, 0, Infinity];
  wheel.forEach((row, hue) => row.forEach((colour, strength) => {
    const [r, g, b] = parts(colour);
    const distance = (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2;
    if (distance < best[2]) best = [hue, strength, distance];
  }));
  palette.querySelector('.hue').value = best[0];
  palette.querySelector('.strength').value = best[1];
  palette.querySelector('[data-dropper]').hidden = !('EyeDropper' in window);
  open.wheel = wheel;
  dress();
}

function dress() {
  const [hue, strength] = ['.hue', '.strength'].map((name) => Number(palette.querySelector(name).value));
  const strong = open.wheel.map((row) => row[Math.max(strength, 4)]);
  palette.style.setProperty('--hues', strong.concat(strong[0]).join(', '));
  palette.style.setProperty('--strengths', open.wheel[hue].join(', '));
  palette.querySelector('.chosen').style.background = palette.querySelector('.hex').value;
}

function choose(colour, fromText = false) {
  if (!fromText) palette.querySelector('.hex').value = colour;
  dress();
  follow({ ...open.edit, colour });
}

palette.addEventListener('pointerover', (event) => {
  const swatch = event.target.closest('.swatch');
  if (open && swatch && event.pointerType !== 'touch') follow(said(swatch));
});
palette.addEventListener('pointerout', (event) => {
  if (event.target.closest('.swatch') && event.pointerType !== 'touch' && !event.relatedTarget?.closest?.('.swatch')) unfollow();
});
palette.addEventListener('focusin', (event) => { if (open && event.target.matches('.swatch:focus-visible')) follow(said(event.target)); });
palette.addEventListener('focusout', (event) => { if (event.target.matches('.swatch') && open && !open.taken) unfollow(); });
palette.addEventListener('click', async (event) => {
  const button = event.target.closest('button');
  if (!button || !open) return;
  if (button.matches('.swatch')) take(said(button));
  else if ('close' in button.dataset) shut(true);
  else if ('remove' in button.dataset) forget(Number(button.dataset.remove));
  else if ('take' in button.dataset) takeText();
  else if ('dropper' in button.dataset) {
    const picked = await new EyeDropper().open().catch(() => null); // the person may think better of it
    if (picked && open) choose(picked.sRGBHex);
  }
});
function takeText() {
  const colour = palette.querySelector('.hex').value.trim();
  if (/^#[0-9a-f]{6}$/i.test(colour)) take({ ...open.edit, colour });
  else palette.querySelector('.hex').focus();
}
palette.addEventListener('input', (event) => {
  if (event.target.matches('.hex')) {
    if (/^#[0-9a-f]{6}$/i.test(event.target.value.trim())) choose(event.target.value.trim(), true);
  } else choose(open.wheel[Number(palette.querySelector('.hue').value)][Number(palette.querySelector('.strength').value)]);
});
palette.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && event.target.matches('input')) takeText();
  if (event.target.matches('.swatch') && event.key.startsWith('Arrow')) {
    const all = [...palette.querySelectorAll('.swatch')];
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    all[(all.indexOf(event.target) + by + all.length) % all.length].focus();
  } else if (event.key === 'Tab') { // stays inside, as in any dialog
    const all = [...palette.querySelectorAll('button, input')].filter((part) => part.checkVisibility());
    const at = all.indexOf(document.activeElement) + (event.shiftKey ? -1 : 1);
    all[(at + all.length) % all.length].focus();
  } else return;
  event.preventDefault();
});

// On the photo ----------------------------------------------------------------------------------------------------------

function divide(percent) {
  element.style.setProperty('--divider', `${percent}%`);
  const divider = element.querySelector('.divider');
  if (divider) divider.value = percent;
}

function draft(places) {
  board()?.querySelector('.draft').setAttribute('points', places.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' '));
}

// The places of a stroke, one every so often, the ends with them.
function thinned(places) {
  const step = Math.max(...size()) * SPACING;
  const far = (one, other) => Math.hypot(one[0] - other[0], one[1] - other[1]);
  const kept = [places[0]];
  for (const place of places) if (far(place, kept[kept.length - 1]) >= step) kept.push(place);
  const last = places[places.length - 1];
  if (kept.length > 1 && far(last, kept[kept.length - 1]) > step / 2) kept.push(last);
  const every = Math.ceil(kept.length / MOST_PLACES);
  return kept.filter((_, index) => index % every === 0);
}

function finish(places, at, how) {
  const kind = tool;
  const stroke = thinned(places);
  if (kind === 'lasso') {
    draft([]);
    if (stroke.length < 3) return say('Draw around something with the lasso.');
    lasso = stroke;
    use('point');
    draft([...lasso, lasso[0]]);
    say('The next hint stays inside the outline.');
  } else if (kind === 'kept') {
    draft([]);
    tell({ kind: 'kept', places: stroke });
  } else {
    ponder({ kind: stroke.length > 1 ? 'stroke' : 'point', places: stroke }, at, how);
    draft(stroke.length > 1 ? places : stroke);
  }
}

element.addEventListener('pointerdown', (event) => {
  const mark = event.target.closest('.mark');
  if (!event.target.closest('.board') || event.button) return;
  if (press) { // a second finger: both look closer (zoom.js)
    press = null;
    draft([]);
    return;
  }
  const free = event.pointerType !== 'touch' || tool !== 'point'; // one finger scrolls the page
  press = { id: event.pointerId, mark, at: [event.clientX, event.clientY], places: [placeAt(event.clientX, event.clientY)], free, moved: false };
  if (mark || free) (mark || board()).setPointerCapture(event.pointerId);
});
element.addEventListener('pointermove', (event) => {
  if (!press || event.pointerId !== press.id) return;
  if (!press.moved && Math.hypot(event.clientX - press.at[0], event.clientY - press.at[1]) < DRAG_PX) return;
  press.moved = true;
  const here = placeAt(event.clientX, event.clientY);
  if (press.mark) {
    const edit = { mark: number(press.mark), across: here[0] - press.places[0][0], down: here[1] - press.places[0][1] };
    press.edit = edit;
    shut();
    press.mark.style.translate = `${(event.clientX - press.at[0]) / view.zoom}px ${(event.clientY - press.at[1]) / view.zoom}px`;
    follow(edit);
  } else if (press.free) {
    for (const one of event.getCoalescedEvents?.() || [event]) press.places.push(placeAt(one.clientX, one.clientY));
    draft(press.places);
  }
});
element.addEventListener('pointerup', (event) => {
  if (!press || event.pointerId !== press.id) return;
  const done = press;
  press = null;
  const how = { byTouch: event.pointerType === 'touch' };
  if (done.mark && done.moved) tell(done.edit);
  else if (done.mark) ponder({ mark: number(done.mark) }, [event.clientX, event.clientY], how);
  else if (!done.moved || done.free) finish(done.places, [event.clientX, event.clientY], how);
});
element.addEventListener('pointercancel', (event) => { if (press?.id === event.pointerId) { press = null; draft([]); unfollow(); } });
element.addEventListener('dblclick', (event) => {
  if (!event.target.closest('.board') || event.target.closest('.mark') || tool !== 'point') return;
  shut();
  divide(divided > 0 ? 0 : 100);
});
// The first of two clicks opens a palette, and with it shows all in colour: what counts is what was there before.
element.addEventListener('mousedown', (event) => { if (event.detail === 1) divided = Number(element.querySelector('.divider')?.value); });
document.addEventListener('pointerdown', (event) => {
  if (open && !palette.contains(event.target) && !event.target.closest?.('.board')) shut();
}, true);

element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  const { tool: named, forget: marks, change } = button.dataset;
  if (named) use(named);
  else if (marks) forget(...marks.split(' ').map(Number));
  else if (change) {
    const mark = board().querySelector(`[data-mark="${change}"]`).getBoundingClientRect();
    ponder({ mark: Number(change) }, [mark.x + mark.width / 2, mark.y + mark.height / 2], { byKey: event.detail === 0 });
  } else if ('unsure' in button.dataset) {
    element.classList.toggle('unsure');
    dressStage();
  } else if (button.matches('.mark') && event.detail === 0) { // Enter; a pointer's click was handled when it went up
    const box = button.getBoundingClientRect();
    ponder({ mark: number(button) }, [box.x + box.width / 2, box.y + box.height / 2], { byKey: true });
  }
});

function use(name) {
  tool = name;
  pen = null;
  draft([]);
  if (name !== 'point') lasso = null;
  dressStage();
}

function say(text) {
  spoken.textContent = text;
}

// By keyboard -----------------------------------------------------------------------------------------------------------

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

element.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const mark = event.target.closest('.mark');
  const arrow = ARROWS[event.key];
  if (mark && ['Delete', 'Backspace'].includes(event.key)) {
    board().focus({ preventScroll: true });
    forget(number(mark));
  } else if (mark && arrow) push(mark, arrow, event.shiftKey);
  else if (event.target.matches('.board') && arrow) step(arrow, event.shiftKey);
  else if (event.target.matches('.board') && ['Enter', ' '].includes(event.key)) act();
  else return;
  event.preventDefault();
});

function step([right, below], fine) {
  const [width, height] = size();
  const by = ARROW_STEP / (fine ? 5 : 1) / view.zoom;
  cross = [cross[0] + right * by, cross[1] + (below * by * width) / height].map((share) => Math.min(Math.max(share, 0), 0.9999));
  putCross(cross);
  reveal(...cross);
  if (pen) {
    pen.push([cross[0] * width, cross[1] * height]);
    draft(pen);
  }
}

function putCross(shares) {
  cross = shares;
  element.style.setProperty('--cross-x', `${cross[0] * 100}%`);
  element.style.setProperty('--cross-y', `${cross[1] * 100}%`);
}

function act() {
  const [width, height] = size();
  const place = [cross[0] * width, cross[1] * height];
  if (tool === 'point') return ponder({ kind: 'point', places: [place] }, onScreen(place), { byKey: true });
  if (!pen) {
    pen = [place];
    return say('Drawing: arrow keys go on, Enter ends.');
  }
  const places = pen;
  pen = null;
  finish(places, onScreen(place), { byKey: true });
}

function push(mark, [right, below], fine) {
  const [width] = size();
  const by = (ARROW_STEP / (fine ? 5 : 1) / view.zoom) * width;
  if (nudge?.edit.mark !== number(mark)) nudge = { edit: { mark: number(mark), across: 0, down: 0 } };
  nudge.edit.across += right * by;
  nudge.edit.down += below * by;
  const scale = board().clientWidth / width;
  mark.style.translate = `${nudge.edit.across * scale}px ${nudge.edit.down * scale}px`;
  follow(nudge.edit);
  clearTimeout(nudge.timer);
  nudge.timer = setTimeout(() => { const { edit } = nudge; nudge = null; tell(edit); }, NUDGE_MS);
}

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && (open || lasso || pen)) {
    const wasOpen = open;
    shut(true);
    if (!wasOpen) { lasso = pen = null; draft([]); }
    return;
  }
  if (!(event.ctrlKey || event.metaKey) || event.altKey || !board()) return;
  if (event.target.matches?.('input:not([type=range]):not([type=checkbox]), textarea')) return;
  const key = event.key.toLowerCase();
  const wanted = key === 'y' || (key === 'z' && event.shiftKey) ? 'redo' : key === 'z' ? 'undo' : '';
  if (!wanted) return;
  event.preventDefault();
  shut();
  trigger(wanted, {});
});

// After every change ----------------------------------------------------------------------------------------------------

async function dressStage() {
  for (const button of element.querySelectorAll('[data-tool]')) button.setAttribute('aria-pressed', button.dataset.tool === tool);
  element.dataset.tool = tool;
  const unsure = element.classList.contains('unsure');
  element.querySelector('[data-unsure]')?.setAttribute('aria-pressed', unsure);
  if (!board() || !unsure) return;
  const { picture } = await ask('doubt', {});
  if (picture) element.style.setProperty('--doubt', `url(${picture})`);
}

function idle() {
  clearTimeout(drawing);
  if (element.querySelector('[data-undrawn]')) drawing = setTimeout(() => (open || press ? idle() : trigger('draw', {})), IDLE_MS);
}

watch('value', () => {
  previews.clear();
  for (const mark of element.querySelectorAll('.mark')) mark.style.translate = '';
  if (!board()) shut();
  if (open?.taken) { // a finger may try another colour for the mark that it has just put
    const marks = [...element.querySelectorAll('.mark')].map(number);
    open.edit = { mark: open.edit.mark || Math.max(...marks) };
    open.taken = false;
  }
  if (lasso) draft([...lasso, lasso[0]]);
  dressStage();
  idle();
});
putCross(cross);
if (board()) dressStage();
