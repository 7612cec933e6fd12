// The vote page: consent, practice with feedback, pairs without, score. The server decides what comes next; a reload
// or a broken connection at any moment goes on with the trial that is out.
import { ask, breathe, choose, consent, fillScore, fit, frameAt, paint, picture, seenBefore, sendAnswer, show, showUntilGo, sideBySide, start, tell, watchFocus } from './study.js';

const FIXATION_MS = 900;
const BLANK_MS = 600;
const BETWEEN_MS = 350; // as long as fetching a photo may take without being noticed
const SIDES = ['left', 'right'];
const QUESTION = 'Which one had computer-generated colours?';

async function main() {
  const { status, content: study } = await ask();
  if (status !== 200) return show('closed');
  if (study.finished) return showScore();
  if (!study.open) return show('closed');
  if (study.started) await showUntilGo('resume');
  else if (!(await begin(study.consent_version))) return;
  await play();
}

async function begin(version) {
  const form = await consent();
  const status = await start({ version, vision: form.get('vision') || null, timed: form.get('timed') === 'yes' });
  if (status === 200) return true;
  show(status === 409 && (await ask()).content.open ? 'none-left' : 'closed');
  return false;
}

async function play() {
  let practised = false;
  show('trial');
  for (;;) {
    const { status, content } = await ask('/trial');
    if (status !== 200) return show(status === 403 ? 'no-cookie' : 'closed');
    const trial = content.trial;
    if (!trial) return showScore();
    if (practised && !trial.practice) await showUntilGo('ready');
    practised = trial.practice;
    const bitmap = await picture(trial);
    if (bitmap) await run(trial, bitmap);
    paint('nothing');
    bitmap?.close();
  }
}

async function run(trial, bitmap) {
  await fit();
  place(trial);
  const lostFocus = watchFocus();
  const again = seenBefore(trial);
  const shown = trial.timed ? await sequence(trial, bitmap) : await both(bitmap);
  const { index, time } = await choose(QUESTION, shown.labels);
  if (trial.timed) paint('nothing');
  const { status, content } = await sendAnswer({
    trial_id: trial.trial_id,
    chosen_side: SIDES[index],
    response_ms: Math.max(0, Math.round(time - shown.at)),
    shown_left_ms: shown.left,
    shown_right_ms: shown.right,
    lost_focus: lostFocus() || again,
  });
  if (content.fake_side) await feedback(bitmap, SIDES.indexOf(content.fake_side), index, shown.names);
  else {
    paint('nothing');
    if (status === 410) await tell('More than ten minutes went by. Here is the next pair.');
    await breathe(BETWEEN_MS);
  }
}

function place(trial) {
  document.querySelector('#place').textContent = `${trial.practice ? 'Practice ' : ''}${trial.position} of ${trial.of}`;
}

// Fixation, left half, nothing, right half, at the same place; then the question. How long each was there, in ms.
async function sequence(trial, bitmap) {
  paint('fixation');
  const start = await frameAt();
  const left = await frameAt(start + FIXATION_MS);
  paint('left', bitmap);
  const leftGone = await frameAt(left + trial.exposure_ms);
  paint('nothing');
  const right = await frameAt(leftGone + BLANK_MS);
  paint('right', bitmap);
  const at = await frameAt(right + trial.exposure_ms);
  paint('nothing');
  const names = ['first', 'second'];
  return { at, left: Math.round(leftGone - left), right: Math.round(at - right), names, labels: ['The first', 'The second'] };
}

// Untimed: both halves until the answer.
async function both(bitmap) {
  paint('fixation');
  await frameAt((await frameAt()) + FIXATION_MS);
  const names = sideBySide(bitmap) ? ['left', 'right'] : ['upper', 'lower'];
  paint('pair', bitmap);
  return { at: await frameAt(), left: null, right: null, names, labels: names.map((name) => `The ${name}`) };
}

async function feedback(bitmap, fake, chosen, names) {
  paint('pair', bitmap, [0, 1].map((index) => (index === fake ? 'The computer’s colours' : 'Its own colours')));
  await tell(`${fake === chosen ? 'Right' : 'Not quite'}: it was the ${names[fake]} one.`);
}

async function showScore() {
  const { score } = (await ask('/score')).content;
  if (!score) return show('closed');
  fillScore(score);
  return show('score');
}

main();
