// The panels of the Compare page: one magnification and one place for all of them. Runs after stage.js, which brings
// photos in. All panels read the same three custom properties of the stage (compare.css), so they cannot come apart.
const MOST = 12; // times
const STEP = 1.5; // of a button or a key
const view = { zoom: 1, x: 0.5, y: 0.5 }; // x, y: the place of the photo in the middle of the panels, as shares
const fingers = new Map();
let seen = '';

function look() {
  view.zoom = Math.min(Math.max(view.zoom, 1), MOST);
  for (const axis of ['x', 'y']) view[axis] = Math.min(Math.max(view[axis], 0.5 / view.zoom), 1 - 0.5 / view.zoom);
  for (const name of ['zoom', 'x', 'y']) element.style.setProperty(`--${name}`, view[name]);
  element.toggleAttribute('data-zoomed', view.zoom > 1);
  const scale = element.querySelector('.scale');
  if (scale) scale.textContent = `${Number(view.zoom.toFixed(1))}×`;
}

// Magnify by a factor around a place of a panel (shares of its width and height), which stays where it is.
function zoom(factor, across = 0.5, down = 0.5) {
  const before = view.zoom;
  view.zoom = Math.min(Math.max(before * factor, 1), MOST);
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

function place(pane, x, y) {
  const box = pane.getBoundingClientRect();
  return [(x - box.left) / box.width, (y - box.top) / box.height];
}

element.addEventListener('wheel', (event) => {
  const pane = event.target.closest('.pane');
  if (!pane || (view.zoom === 1 && event.deltaY > 0 && !event.ctrlKey)) return; // the page scrolls
  event.preventDefault();
  const pixels = event.deltaY * [1, 33, 400][event.deltaMode];
  zoom(Math.exp(-Math.min(Math.max(pixels, -240), 240) * (event.ctrlKey ? 0.01 : 0.0025)), ...place(pane, event.clientX, event.clientY));
}, { passive: false });

element.addEventListener('pointerdown', (event) => {
  const pane = event.target.closest('.pane');
  if (!pane || event.button) return;
  fingers.set(event.pointerId, { pane, x: event.clientX, y: event.clientY });
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
  } else if (view.zoom > 1) {
    move((was.x - finger.x) / box.width, (was.y - finger.y) / box.height);
  }
});
for (const end of ['pointerup', 'pointercancel']) document.addEventListener(end, (event) => fingers.delete(event.pointerId));
// Two fingers are for the photo, one scrolls the page as long as the whole photo is there (touch-action in compare.css).
for (const kind of ['touchstart', 'touchmove']) {
  element.addEventListener(kind, (event) => { if (event.touches.length > 1 && event.target.closest('.pane')) event.preventDefault(); }, { passive: false });
}
element.addEventListener('dblclick', (event) => { if (event.target.closest('.pane')) whole(); });

element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-zoom]');
  if (button) ({ in: () => zoom(STEP), out: () => zoom(1 / STEP), whole })[button.dataset.zoom]();
});
element.addEventListener('keydown', (event) => {
  if (!event.target.closest('.panels, .zoom') || event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = {
    '+': () => zoom(STEP), '=': () => zoom(STEP), '-': () => zoom(1 / STEP), '0': whole,
    ArrowLeft: () => move(-0.1, 0), ArrowRight: () => move(0.1, 0), ArrowUp: () => move(0, -0.1), ArrowDown: () => move(0, 0.1),
  };
  if (!keys[event.key] || (view.zoom === 1 && event.key.startsWith('Arrow'))) return; // arrows scroll the page
  event.preventDefault();
  keys[event.key]();
});

// Another photo is seen whole at first; other models are seen where one was looking.
watch('value', () => {
  const photo = element.querySelector('.panels img')?.getAttribute('src') || '';
  if (photo !== seen && !photo.startsWith('blob:')) {
    seen = photo;
    whole();
  } else look();
});
look();
