// The stage of the Colorize, Film and Compare pages: choosing, dropping and pasting photos, and the before/after divider. Runs
// after what defines `add(files, event)`: sending.js, or on the static site its own. What is shown is HTML
// (templates/colorize.html, compare.html). `element`, `trigger` and `watch` are Gradio's own (gr.HTML's js_on_load), or the
// static site's. Events: 'sample', 'show', 'overview', 'pick', 'restart', 'settle', 'arrange' (arranging.py).
const SETTLE_MS = 300; // without a change, after which the full size is asked for
let settling = null;

function afterChange() {
  const heading = document.querySelector('#masthead h1').textContent;
  const photo = element.querySelector('.viewer:not([data-sending]) .name')?.textContent;
  document.title = [photo, heading, 'colorgan'].filter(Boolean).join(' · ');
  sayDivider();
  listenToChoosers();
  clearTimeout(settling);
  if (element.querySelector('[data-settle]')) settling = setTimeout(settle, SETTLE_MS);
  // Whatever had the focus may be gone: a keyboard goes on from the heading of what came instead.
  if (document.activeElement === document.body && element.dataset.focused) element.querySelector('[tabindex="-1"]')?.focus({ preventScroll: true });
  const controls = document.querySelector('#controls');
  if (controls) controls.inert = !element.querySelector('[data-ready]');
}

// Not while a palette is open: the picture has to follow the pointer then.
function settle() {
  if (element.dataset.asking) settling = setTimeout(settle, SETTLE_MS);
  else trigger('settle', {});
}

element.addEventListener('focusin', () => (element.dataset.focused = 'yes'));
document.addEventListener('focusin', (event) => { if (!element.contains(event.target)) delete element.dataset.focused; });
element.addEventListener('change', ({ target }) => {
  if (target.dataset.change) trigger('arrange', { what: target.dataset.change, value: Number(target.value) });
});
// Each chooser answers for itself: the stage may be made anew while somebody looks for a file, and what is chosen then
// comes to a chooser that is no part of the page any more.
function listenToChoosers() {
  for (const chooser of element.querySelectorAll('input[type=file]')) {
    chooser.onchange = () => {
      const files = [...chooser.files];
      chooser.value = ''; // or the same file, chosen again, would be no change
      add(files, chooser.dataset.event);
    };
  }
}
// What a screen reader says of the line, in place of a bare number.
function sayDivider() {
  const divider = element.querySelector('.divider');
  divider?.setAttribute('aria-valuetext', `${divider.value} % black and white`);
}

element.addEventListener('input', (event) => {
  if (!event.target.matches('.divider')) return;
  sayDivider();
  element.style.setProperty('--divider', `${event.target.value}%`);
});
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-event]');
  if (!button) return;
  const { event: name, index, what, value } = button.dataset;
  trigger(name, what ? { what, value: JSON.parse(value) } : { index: Number(index || 0) });
});

// Photos can be dropped anywhere on the page: beside the target, a browser would leave the page to show the file.
const carriesFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes('Files');
let depth = 0;
const over = (change) => { depth = Math.max(0, depth + change); element.classList.toggle('over', depth > 0); };
document.addEventListener('dragenter', (event) => { if (carriesFiles(event)) over(1); });
document.addEventListener('dragleave', (event) => { if (carriesFiles(event)) over(-1); });
document.addEventListener('dragover', (event) => { if (carriesFiles(event)) event.preventDefault(); });
document.addEventListener('drop', (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  over(-depth);
  add([...event.dataTransfer.files]);
});
document.addEventListener('paste', (event) => {
  const files = [...(event.clipboardData?.files || [])];
  if (!files.length) return;
  event.preventDefault();
  add(files);
});
watch('value', afterChange);
afterChange();
