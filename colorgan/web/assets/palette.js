// The palette of a place, beside it or along the lower edge of a phone. Runs after follow.js. Its colours come from the
// server as HTML (templates/palette.html).
const palette = Object.assign(document.createElement('section'), { className: 'palette', hidden: true });
palette.setAttribute('role', 'dialog');
palette.setAttribute('aria-label', 'What colour was it?');
element.after(palette); // outside of what the server replaces
let open = null; // the palette: { edit, back: who had the focus, stays }

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
  for (const swatch of palette.querySelectorAll('[data-look]')) swatch.style.background = swatch.dataset.look;
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
    const picture = element.querySelector('.after').src;
    shut(giveBack);
    put({ picture }); // until the server's is there
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
  // Beside the photo where there is room, so that all of it can be seen to follow; else beside the place.
  const { offsetWidth: width, offsetHeight: height } = palette;
  const photo = element.querySelector('.frame').getBoundingClientRect();
  const right = Math.min(photo.right + 12, room.width - 8 - width);
  const sides = [...(right >= photo.right ? [right] : []), ...(photo.left - 8 - width >= 8 ? [photo.left - 8 - width] : [])];
  const nearest = sides.sort((one, other) => Math.abs(one + width / 2 - x) - Math.abs(other + width / 2 - x));
  const [left] = [...nearest, x + 28 + width < room.width ? x + 28 : Math.max(8, x - 28 - width)];
  palette.style.left = `${left}px`;
  palette.style.top = `${Math.min(Math.max(8, y - height / 3), Math.max(8, room.height - height - 8))}px`;
}

// Hue and strength at the photo's own lightness: the colours there are come from the server.
function prepareFree() {
  const wheel = palette.querySelector('.free').dataset.wheel.split(';').map((row) => row.split(','));
  palette.querySelector('[data-dropper]').hidden = !('EyeDropper' in window);
  open.wheel = wheel;
  slide(palette.querySelector('.swatch').dataset.colour);
  dress();
}

// Hue and strength go to where the wheel is nearest to a colour.
function slide(colour) {
  const parts = (one) => [1, 3, 5].map((at) => parseInt(one.slice(at, at + 2), 16));
  const [red, green, blue] = parts(colour);
  let best = [0, 0, Infinity];
  open.wheel.forEach((row, hue) => row.forEach((one, strength) => {
    const [r, g, b] = parts(one);
    const distance = (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2;
    if (distance < best[2]) best = [hue, strength, distance];
  }));
  palette.querySelector('.hue').value = best[0];
  palette.querySelector('.strength').value = best[1];
}

function dress() {
  const [hue, strength] = ['.hue', '.strength'].map((name) => Number(palette.querySelector(name).value));
  const strong = open.wheel.map((row) => row[Math.max(strength, 4)]);
  palette.style.setProperty('--hues', strong.concat(strong[0]).join(', '));
  palette.style.setProperty('--strengths', open.wheel[hue].join(', '));
  const { value } = palette.querySelector('.hex');
  palette.querySelector('.chosen').style.background = value;
  palette.querySelector('.hue').setAttribute('aria-valuetext', value); // for who hears it, in place of a bare number
  palette.querySelector('.strength').setAttribute('aria-valuetext', `${Math.round((100 * strength) / (open.wheel[0].length - 1))} %`);
}

function choose(colour, fromText = false) {
  if (fromText) slide(colour);
  else palette.querySelector('.hex').value = colour;
  dress();
  follow({ ...open.edit, colour });
}

// Why a colour is not quite the one that was asked for.
function explain(why = '') {
  const line = palette.querySelector('.why');
  if (line) line.textContent = why;
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
    if (picked && open) {
      slide(picked.sRGBHex);
      choose(picked.sRGBHex);
    }
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
