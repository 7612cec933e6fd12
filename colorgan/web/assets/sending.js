// Photos on their way to the server. Runs before stage.js. `element`, `props`, `trigger`, `upload` and `watch` are Gradio's
// own (gr.HTML's js_on_load). Events: 'bring', and 'refer' of a chooser that says so.
const UPLOADS_AT_ONCE = 3;
const own = document.createElement('p'); // outside of what the server replaces
own.className = 'sending';
own.setAttribute('role', 'status');
own.hidden = true;
element.after(own);
let uploading = ''; // the stage while a photo is on its way
let preview = null;

async function add(files, event = 'bring') {
  if (!files.length) return;
  const stage = element.querySelector('[data-max-bytes]');
  if (!stage) return; // a page that takes none
  const limit = Number(stage.dataset.maxBytes);
  const noun = stage.dataset.noun || 'photo';
  if (uploading && event === 'bring' && files.length === 1 && files[0].size <= limit) await showPreview(files[0]);
  own.hidden = false;
  const queue = files.map((file, index) => ({ file, index }));
  const sent = [];
  let done = 0;
  const say = () => (own.textContent = files.length > 1 ? `Sending ${noun === 'film' ? 'file' : noun} ${Math.min(done + 1, files.length)} of ${files.length}…` : `Sending the ${noun}…`);
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
  keepSending();
  afterChange();
}

function keepSending() {
  uploading = element.querySelector('template')?.innerHTML || uploading;
  if (preview && !element.innerHTML.includes(preview)) {
    setTimeout(URL.revokeObjectURL, 10000, preview); // the browser may still be reading it
    preview = null;
  }
}
watch('value', keepSending);
keepSending();
