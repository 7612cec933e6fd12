// Saying what colour it was: marks on the photo, strokes, lasso and brush, by mouse, finger and keyboard. Runs after
// palette.js. What was said is the server's (history.py); what is shown comes from it as HTML (templates/hints.html).
// Events: 'draw', and 'undo', 'redo' by keys.
const ARROW_STEP = 0.02; // of the photo's width; a fifth of it with Shift
const DRAG_PX = 6; // below it a press is a click
const SPACING = 1 / 30; // of the longer side, from one place of a stroke to the next
const MOST_PLACES = 60; // of a stroke or lasso
const IDLE_MS = 1200; // without a change, after which the drawings are asked for
const NUDGE_MS = 500; // after the last arrow key, until a mark that was moved is told

const spoken = Object.assign(document.createElement('p'), { className: 'unseen' });
spoken.setAttribute('role', 'status');
palette.after(spoken); // outside of what the server replaces

let tool = 'point';
let lasso = null; // corners, until the next mark
let press = null; // a pointer that is down on the photo
let pen = null; // places of a stroke that keys draw
let cross = [0.5, 0.5];
let drawing = null;
let divided = 0; // where the line was before the last click
let nudge = null; // a mark under way by keys: { mark, across, down, timer }

const number = (mark) => Number(mark.dataset.mark);

function placeAt(x, y) {
  const box = board().getBoundingClientRect();
  const [width, height] = size();
  return [inside((x - box.left) / box.width, width), inside((y - box.top) / box.height, height)];
}

function inside(share, side) { // to a hundredth of a pixel, as what is said is kept
  return Math.min(Math.max(share * side, 0), side - 0.01);
}

function onScreen([x, y]) {
  const box = board().getBoundingClientRect();
  const [width, height] = size();
  return [box.left + (x / width) * box.width, box.top + (y / height) * box.height];
}

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
// The handle of the line between gray and colour lies over the photo: to press it without pulling means what is below.
let handle = [0, 0];
element.addEventListener('pointerdown', (event) => { if (event.target.matches('.divider')) handle = [event.clientX, event.clientY]; });
element.addEventListener('pointerup', (event) => { // a finger's has no click
  if (!board() || !event.target.matches('.divider') || Math.hypot(event.clientX - handle[0], event.clientY - handle[1]) >= DRAG_PX) return;
  finish([placeAt(...handle)], handle, { byTouch: event.pointerType === 'touch' });
});
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
    pen.push([inside(cross[0], width), inside(cross[1], height)]);
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
  const place = [inside(cross[0], width), inside(cross[1], height)];
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
  if (!board()) { // what was begun on one photo does not go on with another
    shut();
    lasso = pen = null;
    tool = 'point';
    putCross([0.5, 0.5]);
    element.classList.remove('unsure');
  }
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
