// Cutting a photo: a frame over it with a handle at each corner, by mouse, finger and keyboard. Runs after zoom.js.
const LEAST = 0.02; // of a side
const CROP_STEP = 0.01;
let box = null; // left, top, right, bottom, as shares of the photo's sides
let crop = null; // the frame, as long as it is open

const within = (share, low, high) => Math.min(Math.max(share, low), high);

function openCrop() {
  whole();
  box = [0.05, 0.05, 0.95, 0.95];
  crop = Object.assign(document.createElement('div'), { className: 'crop' });
  crop.setAttribute('role', 'group');
  crop.setAttribute('aria-label', 'What of the photo stays');
  const corners = ['upper left', 'upper right', 'lower left', 'lower right'];
  crop.innerHTML = `<div class="kept"></div>${corners.map((name, corner) => `<button type="button" class="corner" data-corner="${corner}" aria-label="The ${name} corner: arrow keys move it"></button>`).join('')}
<span class="actions"><button type="button" class="button" data-crop="close">Cancel</button><button type="button" class="button primary" data-crop="take">Cut</button></span>`;
  element.querySelector('.frame').append(crop);
  dressCrop();
  crop.scrollIntoView({ block: 'nearest' }); // the button lies below the photo
  crop.querySelector('.corner').focus({ preventScroll: true });
  element.dataset.asking = 'yes'; // nothing is shown anew meanwhile that can wait
}

function closeCrop() {
  crop?.remove();
  crop = null;
  delete element.dataset.asking;
  element.querySelector('[data-crop=open]')?.focus({ preventScroll: true });
}

function dressCrop() {
  ['left', 'top', 'right', 'bottom'].forEach((side, index) => crop.style.setProperty(`--${side}`, `${box[index] * 100}%`));
}

function moveCorner(corner, x, y) {
  if (corner % 2) box[2] = within(x, box[0] + LEAST, 1);
  else box[0] = within(x, 0, box[2] - LEAST);
  if (corner > 1) box[3] = within(y, box[1] + LEAST, 1);
  else box[1] = within(y, 0, box[3] - LEAST);
  dressCrop();
}

function moveBox(across, down) {
  const x = within(across, -box[0], 1 - box[2]);
  const y = within(down, -box[1], 1 - box[3]);
  box = [box[0] + x, box[1] + y, box[2] + x, box[3] + y];
  dressCrop();
}

element.addEventListener('click', (event) => {
  const { crop: asked } = event.target.closest('[data-crop]')?.dataset || {};
  if (asked === 'open') openCrop();
  else if (asked === 'close') closeCrop();
  else if (asked === 'take') {
    closeCrop();
    trigger('arrange', { what: 'cut', value: box });
  }
});
element.addEventListener('pointerdown', (event) => {
  const part = event.target.closest('.crop .corner, .crop .kept');
  if (!part) return;
  event.preventDefault();
  part.setPointerCapture(event.pointerId);
  let last = place(crop, event.clientX, event.clientY);
  const follow = (moved) => {
    const now = place(crop, moved.clientX, moved.clientY);
    if (part.matches('.corner')) moveCorner(Number(part.dataset.corner), ...now);
    else moveBox(now[0] - last[0], now[1] - last[1]);
    last = now;
  };
  part.addEventListener('pointermove', follow);
  part.addEventListener('lostpointercapture', () => part.removeEventListener('pointermove', follow), { once: true });
});
document.addEventListener('keydown', (event) => {
  if (!crop) return;
  const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] || [0, 0];
  const { corner } = event.target.dataset || {};
  if (event.key === 'Escape') closeCrop();
  else if ((x || y) && corner) moveCorner(Number(corner), box[corner % 2 ? 2 : 0] + x * CROP_STEP, box[corner > 1 ? 3 : 1] + y * CROP_STEP);
  else return;
  event.preventDefault();
  event.stopImmediatePropagation(); // or Escape would lead to the grid as well
}, true);
// What the server shows anew has no frame of its own.
let focused = null;
element.addEventListener('focusin', (event) => { focused = event.target.closest('.crop') && event.target; });
watch('value', () => {
  if (!crop || crop.isConnected) return;
  const frame = element.querySelector('.viewer[data-ready] .frame');
  if (!frame) return closeCrop();
  frame.append(crop);
  focused?.focus({ preventScroll: true });
});
