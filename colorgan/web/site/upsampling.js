// Chroma from the view to the photo's full size along the edges of its lightness: colorgan/upsampling.py, whose numbers
// are in constants.js. A map is { width, height, planes: one Float32Array each }.
import { MODEL } from './constants.js';

export function mapOf(width, height, planes) {
  return { width, height, planes };
}

// exp(-x) for x in [0, FARTHEST), of which a picture wants hundreds of thousands; beyond that nothing is left.
const STEPS = 256;
const FARTHEST = 16;
const falling = Float64Array.from({ length: STEPS * FARTHEST + 2 }, (_, step) => Math.exp(-step / STEPS));

// Even out colours where lightness (a plane) is even.
export function smoothWithinEdges(lightness, map, levels, contrast = MODEL.picture.contrast) {
  const { width, height } = map;
  const planes = map.planes.map((plane) => plane.slice());
  const norm = new Float32Array(width * height);
  const weights = new Float32Array(width * height);
  const held = new Float32Array(width * height);
  for (let level = 0; level < levels; level += 1) {
    const step = 2 ** level;
    for (const [side, far, rows, columns] of [[width, step, height, width - step], [height, step * width, height - step, width]]) {
      if (side <= step) continue;
      weigh(lightness, far, rows, columns, width, contrast, weights, norm);
      for (const plane of planes) evenOut(plane, held, weights, norm, far, rows, columns, width);
    }
  }
  return mapOf(width, height, planes);
}

// What each pixel and the one `far` after it have in common; and the sum of it, with 1 for the pixel itself.
function weigh(lightness, far, rows, columns, width, contrast, weights, norm) {
  const scale = STEPS / contrast ** 2;
  const last = STEPS * FARTHEST;
  norm.fill(1);
  for (let row = 0; row < rows; row += 1) {
    for (let at = row * width, end = at + columns; at < end; at += 1) {
      const difference = lightness[at + far] - lightness[at];
      const place = difference * difference * scale;
      let weight = 0;
      if (place < last) {
        const step = place | 0;
        weight = falling[step] + (falling[step + 1] - falling[step]) * (place - step);
      }
      weights[at] = weight;
      norm[at] += weight;
      norm[at + far] += weight;
    }
  }
}

function evenOut(plane, held, weights, norm, far, rows, columns, width) {
  held.set(plane);
  for (let row = 0; row < rows; row += 1) {
    for (let at = row * width, end = at + columns; at < end; at += 1) {
      plane[at] += weights[at] * held[at + far];
      plane[at + far] += weights[at] * held[at];
    }
  }
  for (let at = 0; at < plane.length; at += 1) plane[at] /= norm[at];
}

// The view's L (a plane) and ab (a map of two) -> lines: two slopes, two offsets, a map of four.
export function fitLines(lightness, ab, { radius, regularization } = MODEL.picture) {
  const { width, height } = ab;
  const mean = (plane) => box(plane, width, height, radius);
  const meanL = mean(lightness);
  const varied = mean(product(lightness, lightness));
  for (let at = 0; at < varied.length; at += 1) varied[at] += regularization - meanL[at] * meanL[at];
  const fits = ab.planes.map((plane) => {
    const offset = mean(plane);
    const slope = mean(product(lightness, plane));
    for (let at = 0; at < slope.length; at += 1) {
      slope[at] = (slope[at] - meanL[at] * offset[at]) / varied[at];
      offset[at] -= slope[at] * meanL[at];
    }
    return [mean(slope), mean(offset)];
  });
  return mapOf(width, height, [0, 1].flatMap((part) => fits.map((fit) => fit[part])));
}

function product(one, other) {
  const made = new Float32Array(one.length);
  for (let at = 0; at < made.length; at += 1) made[at] = one[at] * other[at];
  return made;
}

// Mean over (2 radius + 1) squares; windows at the border average what they have.
function box(plane, width, height, radius) {
  return boxDown(boxAcross(plane, width, height, radius), width, height, radius);
}

function boxAcross(plane, width, height, radius) {
  const reach = Math.min(radius, (width - 1) >> 1);
  const made = new Float32Array(plane.length);
  for (let start = 0; start < plane.length; start += width) {
    let sum = 0;
    for (let place = 0; place < reach; place += 1) sum += plane[start + place];
    for (let place = 0; place < width; place += 1) {
      if (place + reach < width) sum += plane[start + place + reach];
      if (place > reach) sum -= plane[start + place - reach - 1];
      made[start + place] = sum / (Math.min(place, reach) + 1 + Math.min(width - 1 - place, reach));
    }
  }
  return made;
}

function boxDown(plane, width, height, radius) {
  const reach = Math.min(radius, (height - 1) >> 1);
  const made = new Float32Array(plane.length);
  const sums = new Float64Array(width);
  for (let row = -reach; row < height; row += 1) {
    const enters = (row + reach) * width;
    const leaves = (row - reach - 1) * width;
    if (enters < plane.length) for (let x = 0; x < width; x += 1) sums[x] += plane[enters + x];
    if (leaves >= 0) for (let x = 0; x < width; x += 1) sums[x] -= plane[leaves + x];
    if (row < 0) continue;
    const share = 1 / (Math.min(row, reach) + 1 + Math.min(height - 1 - row, reach));
    for (let x = 0, at = row * width; x < width; x += 1, at += 1) made[at] = sums[x] * share;
  }
  return made;
}

// Where each of `large` pixels lies between `small` ones: the one before it, and the share of the next.
export function between(small, large) {
  const before = new Int32Array(large);
  const share = new Float32Array(large);
  for (let at = 0; at < large; at += 1) {
    const centre = ((at + 0.5) * small) / large - 0.5;
    before[at] = Math.min(Math.max(Math.floor(centre), 0), small - 1);
    share[at] = Math.min(Math.max(centre - before[at], 0), 1);
  }
  return { before, share };
}

// Bilinear, as torch's align_corners=False.
export function enlarged(map, width, height) {
  const columns = between(map.width, width);
  const rows = between(map.height, height);
  return mapOf(width, height, map.planes.map((plane) => taller(wider(plane, map, columns), width, map.height, rows)));
}

function wider(plane, { width, height }, { before, share }) {
  const made = new Float32Array(before.length * height);
  for (let row = 0, to = 0; row < height; row += 1) {
    for (let x = 0; x < before.length; x += 1, to += 1) {
      const left = plane[row * width + before[x]];
      const right = plane[row * width + Math.min(before[x] + 1, width - 1)];
      made[to] = left + (right - left) * share[x];
    }
  }
  return made;
}

function taller(plane, width, height, { before, share }) {
  const made = new Float32Array(width * before.length);
  for (let row = 0, to = 0; row < before.length; row += 1) {
    const upper = before[row] * width;
    const lower = Math.min(before[row] + 1, height - 1) * width;
    for (let x = 0; x < width; x += 1, to += 1) made[to] = plane[upper + x] + (plane[lower + x] - plane[upper + x]) * share[row];
  }
  return made;
}

// Bilinear with a filter as wide as the scale: torch's antialias=True.
export function fittedTo(map, width, height) {
  const across = map.planes.map((plane) => tent(plane, map.width, map.height, width, 1, map.width, 1, width));
  return mapOf(width, height, across.map((plane) => tent(plane, map.height, width, height, width, 1, width, 1)));
}

function tent(plane, side, lines, size, step, line, toStep, toLine) {
  const scale = side / size;
  const spread = Math.max(scale, 1);
  const made = new Float32Array(size * lines);
  for (let place = 0; place < size; place += 1) {
    const centre = (place + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - spread + 0.5));
    const to = Math.min(side, Math.trunc(centre + spread + 0.5));
    const weights = Array.from({ length: to - from }, (_, index) => Math.max(0, 1 - Math.abs((index + from - centre + 0.5) / spread)));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let other = 0; other < lines; other += 1) {
      let sum = 0;
      for (let index = 0; index < weights.length; index += 1) sum += plane[(from + index) * step + other * line] * weights[index];
      made[place * toStep + other * toLine] = sum / total;
    }
  }
  return made;
}

export function cropped(map, width, height) {
  if (map.width === width && map.height === height) return map;
  const planes = map.planes.map((plane) => {
    const made = new Float32Array(width * height);
    for (let y = 0; y < height; y += 1) made.set(plane.subarray(y * map.width, y * map.width + width), y * width);
    return made;
  });
  return mapOf(width, height, planes);
}

// Means of squares of `step` pixels.
export function pooled(plane, width, height, step) {
  const small = width / step;
  const made = new Float32Array(small * (height / step));
  for (let y = 0; y < height; y += 1) {
    const row = Math.floor(y / step) * small;
    for (let x = 0; x < width; x += 1) made[row + ((x / step) | 0)] += plane[y * width + x] / (step * step);
  }
  return made;
}
