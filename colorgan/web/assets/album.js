// Leafing through the photos: next, previous, back to where the grid was. Runs after zoom.js.
let gridAt = 0;
let leftFrom = '';

// Only where nothing else wants the key: no field, slider, dialog, and no photo that arrows point at.
const wantsKeys = (part) => part.closest('input:not([type=checkbox]), textarea, select, [contenteditable], dialog, .palette, .board, .panels, .crop, [role=listbox]');

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !element.querySelector('.viewer[data-several]')) return;
  if (event.key === 'Escape' && !element.dataset.asking && !element.querySelector('.crop')) return trigger('overview', {});
  const value = { ArrowRight: 1, ArrowLeft: -1, PageDown: 1, PageUp: -1 }[event.key];
  if (!value || wantsKeys(event.target)) return;
  event.preventDefault();
  trigger('arrange', { what: 'step', value });
});

element.addEventListener('click', (event) => {
  if (event.target.closest('[data-large]')) large(!element.classList.contains('large'));
});

// As much of the window for the photo as there is.
function large(is) {
  element.classList.toggle('large', is);
  element.querySelector('[data-large]')?.setAttribute('aria-pressed', is);
}

document.addEventListener('scroll', () => { if (element.querySelector('.grid')) gridAt = scrollY; }, { passive: true });
watch('value', () => {
  const photo = element.querySelector('.viewer[data-photo]')?.dataset.photo || '';
  if (photo === '' && leftFrom !== '' && element.querySelector('.grid')) {
    const at = gridAt;
    const tile = element.querySelector(`.tile button[data-event=show][data-index="${leftFrom}"]`);
    requestAnimationFrame(() => {
      scrollTo({ top: at, behavior: 'instant' });
      tile?.focus({ preventScroll: true });
    });
  } else if (photo !== '' && leftFrom === '') scrollTo({ top: 0, behavior: 'instant' });
  leftFrom = photo;
  large(element.classList.contains('large'));
  if (element.querySelector('[data-unlooked]')) lookAround();
});

// Which way up it is, asked for when all else is done.
const LOOK_MS = 2500;
let looking = null;
function lookAround() {
  clearTimeout(looking);
  looking = setTimeout(() => {
    if (!element.querySelector('[data-unlooked]')) return;
    const busy = element.dataset.asking || document.activeElement.matches('#controls input');
    if (busy || element.querySelector('[data-settle], [data-undrawn], .crop')) return lookAround();
    trigger('arrange', { what: 'look_around', value: 0 });
  }, LOOK_MS);
}
