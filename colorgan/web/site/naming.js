// Colours in words, as colorgan/web/describing.py says them.
import { SITE } from './constants.js';
import { bytesOf, labOf } from './colour.js';

const named = Object.entries(SITE.colourNames).map(([name, hex]) => [name, labOf(bytesOf(hex))]);

export function colourName(hex) {
  const lab = labOf(bytesOf(hex));
  const far = ([, one]) => Math.hypot(...one.map((value, axis) => value - lab[axis]));
  return named.reduce((best, one) => (far(one) < far(best) ? one : best))[0];
}

// Of colours to choose from: those of one name have their "#rrggbb" behind it.
export function colourNames(colours) {
  const names = colours.map(colourName);
  return names.map((name, at) => (names.filter((other) => other === name).length > 1 ? `${name} ${colours[at]}` : name));
}

// Why a hint's colour is not the one that was asked for; empty where it is.
export function whyOther({ colour, exact, onBorder }, hint) {
  if (onBorder) return 'This is the border of the photo, which stays gray.';
  if (exact || !hint.colour) return '';
  const [there, asked] = [colour, hint.colour].map((one) => labOf(bytesOf(one)));
  if (Math.hypot(there[1] - asked[1], there[2] - asked[2]) < SITE.seen) return '';
  const tones = there[0] > asked[0] ? 'bright' : 'dark';
  const [wanted, becomes] = [hint.colour, colour].map(colourName);
  const what = wanted === becomes ? `so strong a colour: it becomes a paler ${becomes}` : `${wanted}: it becomes ${becomes}`;
  return `The photo is too ${tones} here for ${what}.`;
}

export function placeName(x, y, [width, height]) {
  const down = ['upper', '', 'lower'][Math.min(Math.trunc((3 * y) / height), 2)];
  const across = ['left', '', 'right'][Math.min(Math.trunc((3 * x) / width), 2)];
  if (down && !across) return { upper: 'top', lower: 'bottom' }[down];
  return `${down} ${across}`.trim() || 'middle';
}
