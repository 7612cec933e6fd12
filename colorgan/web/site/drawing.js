// The noise that a drawing is drawn by: `WordHead.noise` of colorgan/networks/word_head.py, from the same random numbers.
import { MODEL, SITE } from './constants.js';
import { between, mapOf, pooled } from './upsampling.js';
import { normals, seeded, uniforms } from './random.js';

// Gumbel noise (blocks x words), alike in the blocks of one thing. tints: the words' mean ab of each block.
export function drawnNoise({ pad, grid: [rows, columns] }, tints, seed) {
  const { noise: N, vocabulary, block, drawing } = MODEL.words;
  const words = vocabulary.length;
  const blocks = rows * columns;
  const places = N.lattice ** 2;
  const light = standardized(pad.planes[0].map((value) => value / 50 - 1), N.flat);
  const layout = means(light, pad, N.layout);
  const random = seeded(SITE.drawingSeeds[seed % SITE.drawingSeeds.length]);
  const waves = normals(random, layout.length * N.fields);
  const phase = uniforms(random, N.fields).map((share) => share * 2 * Math.PI);
  const raw = phase.map((one, field) => Math.cos(one + layout.reduce((sum, value, cell) => sum + value * waves[cell * N.fields + field], 0)));
  const length = Math.hypot(...raw);
  const fields = normals(random, N.fields * places * words);
  const drawn = new Float32Array(places * words);
  for (let field = 0; field < N.fields; field += 1) {
    const by = raw[field] / length;
    for (let at = 0; at < drawn.length; at += 1) drawn[at] += by * fields[field * drawn.length + at];
  }
  const shares = sharesOfThings(pooled(light, pad.width, pad.height, block), tints, rows, columns, drawing.reach, N);
  const around = lattice(N.lattice, rows, columns);
  const made = new Float32Array(blocks * words);
  for (let one = 0; one < blocks; one += 1) {
    const share = new Float32Array(places);
    for (let other = 0; other < blocks; other += 1) for (const [place, weight] of around[other]) share[place] += shares[one * blocks + other] * weight;
    const norm = Math.hypot(...share);
    for (let place = 0; place < places; place += 1) {
      const weight = share[place] / norm;
      if (weight) for (let word = 0; word < words; word += 1) made[one * words + word] += weight * drawn[place * words + word];
    }
  }
  return made.map((value) => -Math.log(-Math.log(Math.min(Math.max(normalShare(value), 1e-6), 1 - 1e-6))));
}

function standardized(plane, least) {
  const mean = plane.reduce((sum, value) => sum + value, 0) / plane.length;
  const spread = Math.sqrt(plane.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (plane.length - 1));
  return plane.map((value) => (value - mean) / Math.max(spread, least));
}

// Means of count x count cells of the photo: torch's adaptive_avg_pool2d.
function means(plane, { width, height }, count) {
  const cells = [];
  const edges = (side, cell) => [Math.floor((cell * side) / count), Math.ceil(((cell + 1) * side) / count)];
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      const [top, bottom] = edges(height, row);
      const [left, right] = edges(width, column);
      let sum = 0;
      for (let y = top; y < bottom; y += 1) for (let x = left; x < right; x += 1) sum += plane[y * width + x];
      cells.push(sum / ((bottom - top) * (right - left)));
    }
  }
  return cells;
}

// For each block the places of the lattice that it lies between, [place, weight].
function lattice(side, rows, columns) {
  const [down, across] = [between(side, rows), between(side, columns)];
  const pairs = (axis, at) => [[axis.before[at], 1 - axis.share[at]], [Math.min(axis.before[at] + 1, side - 1), axis.share[at]]];
  const around = [];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      around.push(pairs(down, row).flatMap(([y, tall]) => pairs(across, column).map(([x, wide]) => [y * side + x, tall * wide])).filter(([, weight]) => weight));
    }
  }
  return around;
}

// How much each block has in common with each, rows that sum to 1: `shares_of_things`.
function sharesOfThings(light, tints, rows, columns, reach, { tones, tints: tint, shifts }) {
  const blocks = rows * columns;
  let seen = Array.from({ length: blocks }, (_, one) => [light[one] / tones, tints[2 * one] / tint, tints[2 * one + 1] / tint]);
  const shares = new Float32Array(blocks * blocks);
  for (let turn = 0; turn <= shifts; turn += 1) {
    const moved = [];
    for (let one = 0; one < blocks; one += 1) {
      const row = shares.subarray(one * blocks, (one + 1) * blocks);
      const [x, y] = [one % columns, Math.floor(one / columns)];
      let sum = 0;
      const mean = [0, 0, 0];
      for (let other = 0; other < blocks; other += 1) {
        const far = ((other % columns) - x) ** 2 + (Math.floor(other / columns) - y) ** 2;
        const unlike = (seen[one][0] - seen[other][0]) ** 2 + (seen[one][1] - seen[other][1]) ** 2 + (seen[one][2] - seen[other][2]) ** 2;
        row[other] = Math.exp(-unlike / 2 - far / (2 * reach ** 2)); // of a block and itself it is 1: the greatest
        sum += row[other];
      }
      for (let other = 0; other < blocks; other += 1) {
        row[other] /= sum;
        for (let axis = 0; axis < 3; axis += 1) mean[axis] += row[other] * seen[other][axis];
      }
      moved.push(mean);
    }
    seen = moved;
  }
  return shares;
}

// The share of a normal distribution below a value; Numerical Recipes' erfc (third edition, section 6.2.2).
function normalShare(value) {
  const z = Math.abs(value) / Math.SQRT2;
  const t = 2 / (2 + z);
  const terms = [-1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277];
  const erfc = t * Math.exp(-z * z + terms.reduceRight((sum, term) => sum * t + term, 0));
  return value > 0 ? 1 - erfc / 2 : erfc / 2;
}
