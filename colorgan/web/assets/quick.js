// The quick page: one photo at a time, real or fake, without an end; the score after every ten.
import { ask, breathe, choose, consent, fill, fillScore, fit, frameAt, paint, picture, seenBefore, sendAnswer, show, showUntilGo, start, tell, watchFocus } from './study.js';

const BLOCK = 10;
const BETWEEN_MS = 250;
const SIDES = ['none', 'whole']; // real, fake

async function main() {
  const { status, content: study } = await ask();
  if (status !== 200 || !study.open) return show('closed');
  if (study.started) await showUntilGo('resume');
  else {
    await consent();
    if ((await start({ version: study.consent_version, vision: null, timed: true })) !== 200) return show('closed');
  }
  await play();
}

async function play() {
  show('trial');
  for (;;) {
    const { status, content } = await ask('/trial');
    if (status !== 200) return show(status === 403 ? 'no-cookie' : 'closed');
    const trial = content.trial;
    if (!trial) return finish();
    const bitmap = await picture(trial);
    if (bitmap && (await run(trial, bitmap)) && trial.position % BLOCK === 0) await pauseForScore();
    paint('nothing');
    bitmap?.close();
  }
}

async function run(trial, bitmap) {
  await fit();
  document.querySelector('#place').textContent = `Photo ${trial.position}`;
  const lostFocus = watchFocus();
  const again = seenBefore(trial);
  paint('whole', bitmap);
  const at = await frameAt();
  const { index, time } = await choose('Are these colours real or fake?', ['Real', 'Fake']);
  const { status } = await sendAnswer({
    trial_id: trial.trial_id,
    chosen_side: SIDES[index],
    response_ms: Math.max(0, Math.round(time - at)),
    shown_left_ms: null,
    shown_right_ms: null,
    lost_focus: lostFocus() || again,
  });
  paint('nothing');
  if (status === 410) await tell('More than ten minutes went by. Here is the next photo.');
  await breathe(BETWEEN_MS);
  return status === 200;
}

async function pauseForScore() {
  const { score } = (await ask('/score')).content;
  fillScore(score);
  await showUntilGo('score');
  show('trial');
}

async function finish() {
  const { score } = (await ask('/score')).content;
  fill({ total: score?.trials ? `You were right in ${score.right} of ${score.trials}.` : '' });
  show('finished');
}

main();
