// What the vote page and the quick page share: requests that do not give up, screens, and photos on a canvas.
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
const REQUEST_MS = 15000; // a request that takes longer is tried again
const LARGEST_SCALE = 2; // more would only blow up the pixels
const NARROWEST_PX = 280;
const GAP_PX = 16;
const CAPTION_PX = 28;
const FRAME_SLACK_MS = 4; // a frame this near to its time is the one that was meant

export const game = document.querySelector('#game');
const find = (selector) => game.querySelector(selector);
const root = `study/${game.dataset.study}`; // relative: the server may stand below any path
const stage = find('#stage');
const canvas = find('#photo');
const captions = [...game.querySelectorAll('.caption')];
const pen = canvas.getContext('2d');
const statusLine = find('#status');

// Links to the other game, where there is one.
for (const name of ['quick', 'pairs']) for (const link of game.querySelectorAll(`[data-to-${name}]`)) link.hidden = !game.dataset[name];

// Requests -----------------------------------------------------------------------------------------------------------

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// The answer of the server, whatever it takes: a connection that broke is tried again, longer and longer apart.
async function request(address, options = {}) {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    let trouble = 'Connection lost, trying again';
    try {
      const reply = await fetch(address, { cache: 'no-store', signal: AbortSignal.timeout(REQUEST_MS), ...options });
      const content = reply.ok && options.picture ? await reply.blob() : await reply.json();
      if (reply.status !== 429 && reply.status < 500) {
        say('');
        return { status: reply.status, content };
      }
      trouble = reply.status === 429 ? 'Many people are taking part, one moment' : 'The study does not answer, trying again';
      wait = Math.max(wait, 1000 * Number(reply.headers.get('Retry-After') || 0));
    } catch {
      // No network, or half a reply.
    }
    say(trouble);
    await Promise.race([pause(wait), new Promise((done) => addEventListener('online', done, { once: true }))]);
  }
}

export const ask = (path = '') => request(root + path);

export const send = (path, values) =>
  request(root + path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(values) });

// The picture of a trial, decoded; null when the trial is no longer out.
export async function picture(trial) {
  const { status, content } = await request(trial.image, { picture: true });
  return status === 200 ? createImageBitmap(content) : null;
}

// Screens ------------------------------------------------------------------------------------------------------------

// Exactly one screen is there; on calm ones there is nothing else on the page, and the ground stays that of a trial.
export function show(name) {
  for (const screen of game.querySelectorAll('[data-screen]')) screen.hidden = screen.dataset.screen !== name;
  const current = find(`[data-screen='${name}']`);
  document.documentElement.classList.toggle('playing', 'calm' in current.dataset);
  const title = current.querySelector('h1');
  if (title) {
    scrollTo(0, 0);
    title.focus({ preventScroll: true });
  } else if (current.id === 'trial') layOut();
}

// Show a screen until its button is pressed.
export async function showUntilGo(name) {
  show(name);
  await new Promise((done) => find(`[data-screen='${name}'] [data-go]`).addEventListener('click', done, { once: true }));
}

// The consent form -> its values, once it is sent.
export async function consent() {
  show('consent');
  const form = find('form');
  await new Promise((done) =>
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      done();
    }),
  );
  return new FormData(form);
}

export function fill(values) {
  for (const [name, text] of Object.entries(values)) for (const part of game.querySelectorAll(`[data-${name}]`)) part.textContent = text;
}

export const say = (text) => {
  if (statusLine.textContent !== text) statusLine.textContent = text;
};

// The participant's score, in words and as bars.
export function fillScore({ right, trials, others_right_share: others }) {
  const known = others !== null;
  const line = known ? `Others were right in ${Math.round(100 * others)} of 100.` : 'How others did is shown once ten people have finished.';
  fill({ right, trials, others: line });
  for (const [name, share] of Object.entries({ you: right / trials, others, guessing: 0.5 })) {
    const bar = find(`[data-bar=${name}]`);
    bar.hidden = bar.previousElementSibling.hidden = share === null;
    bar.style.setProperty('--share', share);
  }
}

export function deviceClass() {
  if (!matchMedia('(pointer: coarse)').matches) return 'desktop';
  return Math.min(screen.width, screen.height) < 600 ? 'phone' : 'tablet';
}

// The page is to be seen and wide enough to judge a photo.
export async function fit() {
  while (document.hidden || innerWidth < NARROWEST_PX) {
    if (innerWidth < NARROWEST_PX) show('narrow');
    await new Promise((done) => {
      const look = () => {
        removeEventListener('resize', look);
        document.removeEventListener('visibilitychange', look);
        done();
      };
      addEventListener('resize', look);
      document.addEventListener('visibilitychange', look);
    });
  }
  show('trial');
}

// Photos -------------------------------------------------------------------------------------------------------------

let painted = { what: 'nothing' };

// `what`: nothing, fixation, whole, left, right (the halves of a pair, at the same place), or pair (both at once).
export function paint(what, bitmap = null, texts = ['', '']) {
  painted = { what, bitmap, texts };
  draw();
}

// Whether both halves stand beside each other when both are shown, or one above the other.
export const sideBySide = (bitmap) => pairScale(bitmap, true) >= pairScale(bitmap, false);

function pairScale({ width, height }, beside) {
  const [wide, high] = beside ? [width, height] : [width / 2, 2 * height];
  const [gapWide, gapHigh] = beside ? [GAP_PX, CAPTION_PX] : [0, GAP_PX + 2 * CAPTION_PX];
  return Math.min((stage.clientWidth - gapWide) / wide, (stage.clientHeight - gapHigh) / high, LARGEST_SCALE);
}

function layOut() {
  const ratio = devicePixelRatio;
  canvas.width = Math.round(stage.clientWidth * ratio);
  canvas.height = Math.round(stage.clientHeight * ratio);
  draw();
}

function draw() {
  const { what, bitmap, texts = ['', ''] } = painted;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  pen.imageSmoothingQuality = 'high';
  captions.forEach((caption) => (caption.textContent = ''));
  const [wide, high] = [stage.clientWidth, stage.clientHeight];
  if (what === 'fixation') {
    pen.fillRect(Math.round(wide / 2) - 12, Math.round(high / 2) - 1, 24, 2);
    pen.fillRect(Math.round(wide / 2) - 1, Math.round(high / 2) - 12, 2, 24);
  } else if (what === 'pair') drawPair(bitmap, texts, wide, high);
  else if (what !== 'nothing') {
    const width = what === 'whole' ? bitmap.width : bitmap.width / 2;
    const scale = Math.min(wide / width, high / bitmap.height, LARGEST_SCALE);
    put(bitmap, what === 'right' ? width : 0, width, (wide - width * scale) / 2, (high - bitmap.height * scale) / 2, scale);
  }
}

function drawPair(bitmap, texts, wide, high) {
  const beside = sideBySide(bitmap);
  const scale = pairScale(bitmap, beside);
  const [width, height] = [(bitmap.width / 2) * scale, bitmap.height * scale];
  const left = (wide - (beside ? 2 * width + GAP_PX : width)) / 2;
  const top = (high - (beside ? height + CAPTION_PX : 2 * (height + CAPTION_PX) + GAP_PX)) / 2;
  captions.forEach((caption, index) => {
    const x = left + (beside ? index * (width + GAP_PX) : 0);
    const y = top + (beside ? 0 : index * (height + GAP_PX + CAPTION_PX));
    caption.textContent = texts[index];
    caption.style.left = `${x}px`;
    caption.style.top = `${y}px`;
    caption.style.width = `${width}px`;
    put(bitmap, (index * bitmap.width) / 2, bitmap.width / 2, x, y + CAPTION_PX, scale);
  });
}

function put(bitmap, from, width, x, y, scale) {
  const align = (length) => Math.round(length * devicePixelRatio) / devicePixelRatio;
  pen.drawImage(bitmap, from, 0, width, bitmap.height, align(x), align(y), align(width * scale), align(bitmap.height * scale));
}

addEventListener('resize', layOut);

// Time ---------------------------------------------------------------------------------------------------------------

const frame = () => new Promise(requestAnimationFrame);

// The first frame at or after a time, in ms of the page's clock; what is painted then is seen from then on.
export async function frameAt(time = 0) {
  let now;
  do now = await frame();
  while (now < time - FRAME_SLACK_MS);
  return now;
}

// Whether the page lost focus since it was asked to watch.
export function watchFocus() {
  let lost = document.hidden;
  const note = () => (lost = true);
  const events = [[window, 'blur'], [document, 'visibilitychange'], [window, 'pagehide']];
  for (const [target, event] of events) target.addEventListener(event, note);
  return () => {
    for (const [target, event] of events) target.removeEventListener(event, note);
    return lost;
  };
}

// A trial that is shown a second time, after a reload, is no first look. In the frame of another site a browser may
// refuse to keep which one was shown: there the first trial after a reload counts as seen.
let reloaded = performance.getEntriesByType('navigation')[0]?.type === 'reload';
export function seenBefore(trial) {
  try {
    const seen = sessionStorage.getItem('colorgan-trial') === trial.trial_id;
    sessionStorage.setItem('colorgan-trial', trial.trial_id);
    return seen;
  } catch {
    const seen = reloaded;
    reloaded = false;
    return seen;
  }
}

// Answers ------------------------------------------------------------------------------------------------------------

// Put a question with two choices -> which one (0 or 1) and when, in ms of the page's clock.
export function choose(question, labels) {
  const asking = find('.asking');
  const choice = find('#choice');
  const buttons = [...choice.children];
  find('#question').textContent = question;
  buttons.forEach((button, index) => (button.textContent = labels[index]));
  asking.hidden = false;
  choice.focus({ preventScroll: true });
  return new Promise((done) => {
    const finish = (index, time) => {
      choice.onclick = choice.onkeydown = null;
      asking.hidden = true;
      done({ index, time });
    };
    choice.onclick = (event) => {
      const index = buttons.indexOf(event.target);
      if (index >= 0) finish(index, event.timeStamp);
    };
    choice.onkeydown = (event) => {
      const index = { ArrowLeft: 0, ArrowUp: 0, ArrowRight: 1, ArrowDown: 1 }[event.key];
      if (index === undefined || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      finish(index, event.timeStamp);
    };
  });
}

// Say something under the photo until "Next" is pressed.
export async function tell(text) {
  const telling = find('.telling');
  find('#told').textContent = text;
  telling.hidden = false;
  const next = find('#next');
  next.focus({ preventScroll: true });
  await new Promise((done) => next.addEventListener('click', done, { once: true }));
  telling.hidden = true;
}

// Send an answer until the server has it -> { status, content }; an answer it already has is as good as sent.
export async function sendAnswer(values) {
  for (;;) {
    const reply = await send('/answer', values);
    if (reply.status !== 425) return reply;
    await pause(200); // by the server's clock the photos cannot have been seen yet
  }
}

// The server cannot know below which path its pages are, nor that they are in a frame; its cookie depends on both.
export async function start(values) {
  const where = new URLSearchParams({ folder: new URL('.', location.href).pathname });
  if (self !== top) where.set('framed', '');
  const consented = { consent_version: values.version, device_class: deviceClass(), colour_vision: values.vision, timed: values.timed };
  return (await send(`/session?${where}`, consented)).status;
}

export const breathe = pause;
