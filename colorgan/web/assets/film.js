// The Film page: how far the film is, asked again and again while it is made; and both films, which play as one. Runs after
// stage.js. `server` is Gradio's own (gr.HTML's server_functions). Events: 'resume', 'go_on', 'restart'.
const FILM_TOKEN = 'colorgan-film'; // in the tab: a reload goes on
const LOOK_MS = 1000;
const APART_S = 0.08; // from which the films are put together again
let looking = null;
const memory = {
  get: () => { try { return sessionStorage.getItem(FILM_TOKEN); } catch { return null; } },
  set: (token) => { try { token ? sessionStorage.setItem(FILM_TOKEN, token) : sessionStorage.removeItem(FILM_TOKEN); } catch { /* a reload begins anew */ } },
};
const film = () => element.querySelector('[data-film]');
const goesOn = () => ['waiting', 'working'].includes(film()?.dataset.film);

async function ask(what) {
  const { token } = film().dataset;
  try {
    const told = (await server[what]({ token })) || {};
    if (film()?.dataset.token !== token) return;
    if (told.state !== film().dataset.film) return trigger('resume', { token, quiet: false });
    show(told);
  } catch { /* the server is busy or away: the next look tells */ }
}

function show({ line, share, picture }) {
  const hand = film().querySelector('.hand');
  if (hand && picture) Object.assign(hand, { src: picture, hidden: false });
  film().querySelector('.progress')?.style.setProperty('--share', share ?? 0);
  const said = film().querySelector('.line');
  if (said && said.textContent !== line) said.textContent = line;
}

async function look() {
  clearTimeout(looking);
  if (!goesOn()) return;
  await ask('look');
  if (goesOn()) looking = setTimeout(look, LOOK_MS);
}

element.addEventListener('click', async (event) => {
  const cancel = event.target.closest('[data-cancel]');
  if (cancel) {
    cancel.disabled = true;
    film().querySelector('.line').textContent = 'Cancelling…';
    await ask('cancel');
    look();
  }
  if (event.target.closest('[data-event="restart"]')) memory.set('');
});

// The film in colour has the controls and the sound; the other one follows. One that the browser does not play is shown by
// the coloured one, in gray.
function pair() {
  const [before, after] = ['before', 'after'].map((kind) => element.querySelector(`video.${kind}`));
  if (!before || before.dataset.paired) return;
  before.dataset.paired = 'yes';
  const follow = () => { if (Math.abs(before.currentTime - after.currentTime) > APART_S) before.currentTime = after.currentTime; };
  for (const kind of ['seeking', 'seeked', 'pause', 'timeupdate']) after.addEventListener(kind, follow);
  after.addEventListener('play', () => { follow(); before.play().catch(() => {}); });
  for (const kind of ['pause', 'waiting', 'ended']) after.addEventListener(kind, () => before.pause());
  after.addEventListener('playing', () => { if (before.paused) before.play().catch(() => {}); });
  after.addEventListener('ratechange', () => (before.playbackRate = after.playbackRate));
  const replace = () => {
    if (before.classList.contains('grayed')) return;
    before.classList.add('grayed');
    before.src = after.src;
    element.querySelector('.unplayed').hidden = false;
  };
  before.addEventListener('error', replace);
  before.addEventListener('loadedmetadata', () => { if (!before.videoWidth) replace(); }); // its sound alone is played
  if (before.error) replace();
}

function changed() {
  const token = film()?.dataset.token;
  if (token) memory.set(token);
  pair();
  look();
}

watch('value', changed);
if (!film() && memory.get()) trigger('resume', { token: memory.get(), quiet: true });
changed();
