// The stage of the Colorize and Compare pages: choosing, dropping and pasting photos, and the before/after divider. What
// is shown comes from the server as HTML (templates/colorize.html, compare.html). `element`, `props`, `trigger`, `upload` and
// `watch` are Gradio's own (gr.HTML's js_on_load). Events that the server knows: 'bring', 'sample', 'show', 'overview',
// 'pick', 'restart', 'settle', 'arrange' (arranging.py), and 'refer' of a chooser that says so.
const SETTLE_MS = 300; // without a change, after which the full size is asked for
const UPLOADS_AT_ONCE = 3;
const own = document.createElement('p'); // outside of what the server replaces
own.className = 'sending';
own.setAttribute('role', 'status');
own.hidden = true;
element.after(own);
let uploading = ''; // the stage while a photo is on its way
let preview = null;
let settling = null;

async function add(files, event = 'bring') {
  if (!files.length) return;
  const limit = Number(element.querySelector('[data-max-bytes]').dataset.maxBytes);
  if (event === 'bring' && files.length === 1 && files[0].size <= limit) await showPreview(files[0]);
  own.hidden = false;
  const queue = files.map((file, index) => ({ file, index }));
  const sent = [];
  let done = 0;
  const say = () => (own.textContent = files.length > 1 ? `Sending photo ${Math.min(done + 1, files.length)} of ${files.length}…` : 'Sending the photo…');
  say();
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      sent[next.index] = { name: next.file.name, ...(await send(next.file, limit)) };
      done += 1;
      say();
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, worker));
  own.hidden = true;
  trigger(event, { files: sent });
}

async function send(file, limit) {
  if (file.size > limit) return { problem: 'large' };
  const suffix = (file.name.match(/\.[a-z0-9]{1,5}$/i) || [''])[0];
  // A name of its own on the server: the same photo may be under way from somewhere else, and each is moved once.
  const name = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  try {
    return { path: (await upload(new File([file], name + suffix, { type: file.type }))).path };
  } catch (error) {
    const said = /\b413\b:?\s*(.*)/s.exec(String(error?.message ?? error)); // the server's own line
    return said ? { problem: 'refused', reason: said[1] } : { problem: 'lost' };
  }
}

// The gray photo is on the screen before it has left the phone, where the browser can show its format.
async function showPreview(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
  } catch {
    URL.revokeObjectURL(image.src);
    return;
  }
  const holder = document.createElement('div');
  holder.innerHTML = uploading;
  holder.querySelector('figure').style.setProperty('--ratio', image.naturalWidth / image.naturalHeight);
  holder.querySelector('figure img').src = preview = image.src;
  holder.querySelector('.name').textContent = file.name;
  props.value = holder.innerHTML;
  afterChange();
}

function afterChange() {
  uploading = element.querySelector('template')?.innerHTML || uploading;
  if (preview && !element.innerHTML.includes(preview)) {
    setTimeout(URL.revokeObjectURL, 10000, preview); // the browser may still be reading it
    preview = null;
  }
  const heading = document.querySelector('#masthead h1').textContent;
  const photo = element.querySelector('.viewer:not([data-sending]) .name')?.textContent;
  document.title = [photo, heading, 'colorgan'].filter(Boolean).join(' · ');
  sayDivider();
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
element.addEventListener('change', (event) => {
  if (event.target.dataset.change) return trigger('arrange', { what: event.target.dataset.change, value: Number(event.target.value) });
  if (event.target.type !== 'file') return;
  add([...event.target.files], event.target.dataset.event);
  event.target.value = '';
});
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
