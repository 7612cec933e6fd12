// A closer look: one magnification and one place for all pictures of a stage, the panels of the Compare page (.pane) or the
// photo of the Colorize page (.frame). Runs after stage.js. All pictures read the same three custom properties (page.css,
// compare.css), so they cannot come apart.
const PANES = '.pane, .frame';
const MOST_ZOOM = 12; // times
const ZOOM_STEP = 1.5; // of a button or a key
const view = { zoom: 1, x: 0.5, y: 0.5 }; // x, y: the place of the photo in the middle of the panels, as shares
const fingers = new Map();
let seen = '';

function look() {
  view.zoom = Math.min(Math.max(view.zoom, 1), MOST_ZOOM);
  for (const axis of ['x', 'y']) view[axis] = Math.min(Math.max(view[axis], 0.5 / view.zoom), 1 - 0.5 / view.zoom);
  for (const name of ['zoom', 'x', 'y']) element.style.setProperty(`--${name}`, view[name]);
  element.toggleAttribute('data-zoomed', view.zoom > 1);
  const scale = element.querySelector('.scale');
  if (scale) scale.textContent = `${Number(view.zoom.toFixed(1))}×`;
}

// Magnify by a factor around a place of a panel (shares of its width and height), which stays where it is.
function zoom(factor, across = 0.5, down = 0.5) {
  const before = view.zoom;
  view.zoom = Math.min(Math.max(before * factor, 1), MOST_ZOOM);
  view.x += (across - 0.5) * (1 / before - 1 / view.zoom);
  view.y += (down - 0.5) * (1 / before - 1 / view.zoom);
  look();
}

function move(across, down) {
  view.x += across / view.zoom;
  view.y += down / view.zoom;
  look();
}

function whole() {
  Object.assign(view, { zoom: 1, x: 0.5, y: 0.5 });
  look();
}

// Bring a place of the photo (shares of its sides) into sight.
function reveal(across, down) {
  const margin = 0.45 / view.zoom;
  view.x = Math.min(Math.max(view.x, across - margin), across + margin);
  view.y = Math.min(Math.max(view.y, down - margin), down + margin);
  look();
}

function place(pane, x, y) {
  const box = pane.getBoundingClientRect();
  return [(x - box.left) / box.width, (y - box.top) / box.height];
}

element.addEventListener('wheel', (event) => {
  const pane = event.target.closest(PANES);
  const turns = pane?.matches('.pane') || event.ctrlKey; // the wheel alone; over the one photo it scrolls
  if (!pane || (view.zoom === 1 && (!turns || (event.deltaY > 0 && !event.ctrlKey)))) return; // the page scrolls
  event.preventDefault();
  const scale = [1, 33, 400][event.deltaMode];
  if (!turns) return move((event.deltaX * scale) / pane.clientWidth, (event.deltaY * scale) / pane.clientHeight);
  const pixels = event.deltaY * scale;
  zoom(Math.exp(-Math.min(Math.max(pixels, -240), 240) * (event.ctrlKey ? 0.01 : 0.0025)), ...place(pane, event.clientX, event.clientY));
}, { passive: false });

element.addEventListener('pointerdown', (event) => {
  const pane = event.target.closest(PANES);
  const middle = event.button === 1 && event.pointerType === 'mouse';
  if (!pane || (event.button && !middle) || (pane.matches('.frame') && event.pointerType !== 'touch' && !middle)) return; // a mouse points
  fingers.set(event.pointerId, { pane, x: event.clientX, y: event.clientY, pans: middle });
  if (event.pointerType === 'mouse') pane.setPointerCapture(event.pointerId);
});
element.addEventListener('pointermove', (event) => {
  const finger = fingers.get(event.pointerId);
  if (!finger) return;
  const other = [...fingers].find(([id, one]) => id !== event.pointerId && one.pane === finger.pane)?.[1];
  const box = finger.pane.getBoundingClientRect();
  const was = { x: finger.x, y: finger.y };
  Object.assign(finger, { x: event.clientX, y: event.clientY });
  if (other) {
    const middle = place(finger.pane, (finger.x + other.x) / 2, (finger.y + other.y) / 2);
    zoom(Math.hypot(finger.x - other.x, finger.y - other.y) / Math.max(1, Math.hypot(was.x - other.x, was.y - other.y)), ...middle);
    move((was.x - finger.x) / 2 / box.width, (was.y - finger.y) / 2 / box.height);
  } else if (view.zoom > 1 && (finger.pans || (!event.target.closest('.mark, .divider') && [undefined, 'point'].includes(element.dataset.tool)))) {
    move((was.x - finger.x) / box.width, (was.y - finger.y) / box.height);
  }
});
// The middle button moves the photo; a browser would begin to scroll by itself.
element.addEventListener('mousedown', (event) => { if (event.button === 1 && view.zoom > 1 && event.target.closest(PANES)) event.preventDefault(); });
for (const end of ['pointerup', 'pointercancel']) document.addEventListener(end, (event) => fingers.delete(event.pointerId));
// Two fingers are for the photo, one scrolls the page as long as the whole photo is there (touch-action in compare.css).
for (const kind of ['touchstart', 'touchmove']) {
  element.addEventListener(kind, (event) => { if (event.touches.length > 1 && event.target.closest(PANES)) event.preventDefault(); }, { passive: false });
}
element.addEventListener('dblclick', (event) => { if (event.target.closest('.pane')) whole(); });

element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-zoom]');
  if (button) ({ in: () => zoom(ZOOM_STEP), out: () => zoom(1 / ZOOM_STEP), whole })[button.dataset.zoom]();
});
element.addEventListener('keydown', (event) => {
  if (!event.target.closest('.panels, .zoom, .board') || event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = {
    '+': () => zoom(ZOOM_STEP), '=': () => zoom(ZOOM_STEP), '-': () => zoom(1 / ZOOM_STEP), '0': whole,
    ArrowLeft: () => move(-0.1, 0), ArrowRight: () => move(0.1, 0), ArrowUp: () => move(0, -0.1), ArrowDown: () => move(0, 0.1),
  };
  const arrow = event.key.startsWith('Arrow');
  if (!keys[event.key] || (arrow && (view.zoom === 1 || event.target.closest('.board')))) return; // arrows scroll the page
  event.preventDefault();
  keys[event.key]();
});

// Another photo is seen whole at first; other models are seen where one was looking.
watch('value', () => {
  const photo = element.querySelector('.panels img')?.getAttribute('src') || element.querySelector('[data-photo]')?.dataset.photo || '';
  if (photo !== seen && !photo.startsWith('blob:')) {
    seen = photo;
    whole();
  } else look();
});
look();
