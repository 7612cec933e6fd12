// What Gradio is to the shared scripts of the page (stage.js, zoom.js, album.js, follow.js, palette.js, hints.js): the place
// where the stage is, events, and answers. Here all of it stays in the browser; a worker (worker.js) computes.
const element = document.querySelector('#stage > div');
const watchers = [];
const watch = (_, then) => watchers.push(then);
const changed = () => watchers.forEach((then) => then());
const events = {}; // name -> what answers it
const server = {}; // likewise, at the speed of the pointer

function trigger(name, fields) {
  const item = itemNow();
  const isThere = () => !item || site.items.includes(item); // nobody needs to hear what went wrong with a photo that is gone
  Promise.resolve(events[name]?.(fields)).catch((error) => isThere() && complain(error.message));
}

const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
const asked = new Map(); // number -> { resolve, reject, told }
let requests = 0;

// told(news) hears of the stages on the way.
function request(what, fields, told = () => {}) {
  requests += 1;
  const id = requests;
  worker.postMessage({ id, what, fields });
  return new Promise((resolve, reject) => { asked.set(id, { resolve, reject, told }); });
}

worker.addEventListener('message', ({ data }) => {
  const one = asked.get(data.id);
  if (data.news) return one?.told(data.news);
  asked.delete(data.id);
  if (data.failed) one?.reject(new Error(data.failed));
  else one?.resolve(data.done);
});
worker.addEventListener('error', () => {
  for (const one of asked.values()) one.reject(new Error('The browser has stopped the computation: there was too little memory, or it is too old. Reload the page, and try a smaller photo.'));
  asked.clear();
});

// Pictures as addresses, which are given back once nothing shows them.
function addressOf(blob) {
  return URL.createObjectURL(blob);
}

function release(address) {
  if (address) setTimeout(URL.revokeObjectURL, 10000, address); // the browser may still be reading it
}
