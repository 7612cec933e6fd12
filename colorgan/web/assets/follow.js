// The picture follows what is about to be said, at the speed of the pointer. Runs after zoom.js. `server` is Gradio's own:
// what it is asked it answers at once, past the queue of events. Events: 'tell' and 'forget', once it is said.
const board = () => element.querySelector('.board');
const size = () => [Number(board().dataset.width), Number(board().dataset.height)];
const token = () => element.querySelector('[data-token]').dataset.token;

// One request at a time; of those that come meanwhile only the last counts. What nobody waits for uses the pauses.
const previews = new Map(); // what the server says of edits, as long as nothing is told
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
  explain('');
}

function put(preview) {
  const after = element.querySelector('.after');
  if (!after || !preview?.picture) return;
  after.src = preview.picture;
  explain(preview.why);
}

async function work() {
  if (busy) return;
  busy = true;
  while (wish || spare.length) {
    const key = wish || spare.shift();
    wish = null;
    if (!previews.has(key)) {
      const edge = Math.round(Math.max(board()?.clientWidth || 0, board()?.clientHeight || 0) * Math.min(devicePixelRatio, 2) * view.zoom);
      const preview = await ask('preview', { edit: JSON.parse(key), edge });
      if (preview.picture) previews.set(key, preview);
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
