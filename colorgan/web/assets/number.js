// The boxes beside Gradio's sliders can be typed in: what is typed counts once it is finished, and within its limits.
// Gradio takes every letter for a value of its own, and refuses what is too large. Runs after stage.js.
const isBox = (part) => part.matches?.('#controls input[type=number]');
let finished = false;

document.addEventListener('input', (event) => { if (isBox(event.target) && !finished) event.stopImmediatePropagation(); }, true);
document.addEventListener('change', (event) => {
  if (!isBox(event.target)) return;
  event.stopImmediatePropagation();
  commit(event.target);
}, true);
document.addEventListener('focusout', (event) => { if (isBox(event.target)) commit(event.target); }, true);
document.addEventListener('keydown', (event) => { if (isBox(event.target) && event.key === 'Enter') commit(event.target); }, true);

// What a screen reader says of a slider, in place of a bare number.
function sayPercents() {
  for (const slider of document.querySelectorAll('#controls input[type=range]')) slider.setAttribute('aria-valuetext', `${slider.value} %`);
}
document.addEventListener('input', (event) => { if (event.target.matches?.('#controls input[type=range]')) sayPercents(); });
watch('value', () => setTimeout(sayPercents, 100)); // Gradio sets the sliders after the stage

function commit(box) {
  const slider = box.closest('.block').querySelector('input[type=range]');
  const number = box.value === '' ? NaN : Number(box.value);
  const value = Number.isNaN(number) ? slider.value : String(Math.round(Math.min(Math.max(number, slider.min), slider.max)));
  if (box.value !== value) box.value = value;
  if (value === slider.value) return;
  finished = true;
  box.dispatchEvent(new Event('input', { bubbles: true }));
  finished = false;
  setTimeout(sayPercents, 100);
}
