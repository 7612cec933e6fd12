// Flat borders round a picture, found in the view's lightness and left without colour: colorgan/borders.py, whose numbers
// are in constants.js and whose comments say why.
import { MODEL } from './constants.js';
import { fittedTo, mapOf } from './upsampling.js';

const B = MODEL.border;

// The view's L (a plane) -> { mask, box, seen }, or null where it has no border.
export function findBorder(lightness, width, height) {
  if (Math.min(width, height) < B.smallest) return null;
  const flat = withoutShading(lightness, width, height);
  const mask = new Uint8Array(width * height);
  let box = { top: 0, bottom: height, left: 0, right: width };
  for (let frame = 0; frame < B.most_frames; frame += 1) {
    const found = inside(flat, width, box);
    if (!found) break;
    const outer = box;
    ({ box } = found);
    each(outer, width, (at) => { mask[at] = 1; });
    const reachedIn = isWide(outer, box) ? reached(likeness(flat, width, box, found.level), box) : null;
    let number = 0;
    each(box, width, (at) => { mask[at] = reachedIn ? reachedIn[number] : 0; number += 1; });
  }
  if (!mask.some(Boolean)) return null;
  const seen = {
    top: box.top + (box.top > 0), left: box.left + (box.left > 0),
    bottom: box.bottom - (box.bottom < height), right: box.right - (box.right < width),
  };
  return { width, height, mask, box, seen };
}

// What is seen of a photo with a border: left, top, right, bottom in its pixels.
export function insideOf({ width, height, seen }, photo) {
  const across = photo.width / width;
  const down = photo.height / height;
  return [seen.left * across, seen.top * down, seen.right * across, seen.bottom * down];
}

// A map of what was seen -> of the whole view, 0 in the border.
export function around({ width, height, mask, box, seen }, map) {
  const small = fittedTo(map, seen.right - seen.left, seen.bottom - seen.top);
  const planes = small.planes.map((plane) => {
    const whole = new Float32Array(width * height);
    for (let y = box.top; y < box.bottom; y += 1) {
      const row = Math.min(Math.max(y - seen.top, 0), small.height - 1) * small.width;
      for (let x = box.left; x < box.right; x += 1) {
        if (!mask[y * width + x]) whole[y * width + x] = plane[row + Math.min(Math.max(x - seen.left, 0), small.width - 1)];
      }
    }
    return whole;
  });
  return mapOf(width, height, planes);
}

function each({ top, bottom, left, right }, width, use) {
  for (let y = top; y < bottom; y += 1) for (let at = y * width + left, end = y * width + right; at < end; at += 1) use(at);
}

function withoutShading(lightness, width, height) {
  const ring = [];
  const rows = [B.ring, height - 1 - B.ring];
  const columns = [B.ring, width - 1 - B.ring];
  const along = (at, side) => at / (side - 1) - 0.5;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (rows.includes(y) || columns.includes(x)) ring.push([along(y, height), along(x, width), lightness[y * width + x]]);
    }
  }
  let near = ring;
  let plane = [0, 0, 0];
  for (let turn = 0; turn < 3; turn += 1) {
    plane = fitPlane(near);
    near = ring.filter(([down, across, value]) => Math.abs(plane[0] + plane[1] * down + plane[2] * across - value) < B.flat);
    if (near.length / ring.length < B.flat_share) return lightness;
  }
  const slope = Math.abs(plane[1]) + Math.abs(plane[2]);
  if (!(slope > B.flat && slope < B.shading)) return lightness;
  return lightness.map((value, at) => value - plane[1] * along(Math.floor(at / width), height) - plane[2] * along(at % width, width));
}

// Least squares: [constant, down, across].
function fitPlane(points) {
  const rows = [0, 1, 2].map(() => [0, 0, 0, 0]);
  for (const [down, across, value] of points) {
    const known = [1, down, across];
    for (let i = 0; i < 3; i += 1) {
      for (let j = 0; j < 3; j += 1) rows[i][j] += known[i] * known[j];
      rows[i][3] += known[i] * value;
    }
  }
  for (let i = 0; i < 3; i += 1) {
    for (let other = 0; other < 3; other += 1) {
      if (other === i) continue;
      const by = rows[other][i] / rows[i][i];
      for (let j = i; j < 4; j += 1) rows[other][j] -= by * rows[i][j];
    }
  }
  return rows.map((row, i) => row[3] / row[i]);
}

const SIDES = ['top', 'bottom', 'left', 'right'];

// Rows as they are seen from a side, the outermost first, as (row, place) -> value.
function seenFrom(side, lightness, width, { top, bottom, left, right }) {
  const depth = side === 'top' || side === 'bottom' ? bottom - top : right - left;
  const length = side === 'top' || side === 'bottom' ? right - left : bottom - top;
  const at = {
    top: (row, place) => (top + row) * width + left + place,
    bottom: (row, place) => (bottom - 1 - row) * width + left + place,
    left: (row, place) => (top + place) * width + left + row,
    right: (row, place) => (top + place) * width + right - 1 - row,
  }[side];
  return { depth, length, row: (row) => Float32Array.from({ length }, (_, place) => lightness[at(row, place)]) };
}

function inside(lightness, width, box) {
  const found = Object.fromEntries(SIDES.map((side) => [side, flatRows(seenFrom(side, lightness, width, box))]));
  const flat = SIDES.filter((side) => found[side].depth);
  if (flat.length < 2) return null;
  const alike = (level) => flat.filter((side) => Math.abs(found[side].level - level) < B.flat).length;
  let { level } = found[flat[0]];
  for (const side of flat) if (alike(found[side].level) > alike(level)) level = found[side].level;
  const kept = Object.fromEntries(SIDES.map((side) => [side, flat.includes(side) && Math.abs(found[side].level - level) < B.flat ? found[side].depth : 0]));
  const inner = shrunk(box, kept);
  if (!inner) return null;
  const isSharp = (side) => {
    if (!kept[side]) return false;
    const { length, depth, row } = seenFrom(side, lightness, width, inner);
    const ends = Array.from({ length: Math.min(3, depth) }, (_, number) => row(number));
    let unlike = 0;
    for (let place = 0; place < length; place += 1) unlike += ends.some((values) => Math.abs(values[place] - level) > B.edge);
    return unlike / length >= B.edge_share;
  };
  const sharp = Object.fromEntries(SIDES.map((side) => [side, isSharp(side)]));
  const filled = () => {
    const reachedIn = reached(likeness(lightness, width, inner, level), inner);
    return 1 - reachedIn.reduce((sum, one) => sum + one, 0) / reachedIn.length;
  };
  if (SIDES.every((side) => kept[side]) && (SIDES.filter((side) => sharp[side]).length >= 3 || filled() >= B.opening_share)) return { box: inner, level };
  const rest = Object.fromEntries(SIDES.map((side) => [side, sharp[side] ? kept[side] : 0]));
  const smaller = shrunk(box, rest);
  return smaller && SIDES.filter((side) => rest[side]).length >= 2 ? { box: smaller, level } : null;
}

function median(values) {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : Math.fround((sorted[middle - 1] + sorted[middle]) / 2);
}

function flatRows(side) {
  let most = 0;
  let best = { depth: 0, level: 0 };
  for (let start = 0; start <= Math.min(B.blend, side.depth - 1); start += 1) {
    const first = side.row(start);
    const level = median(first);
    if (!isFlat(first, level)) continue;
    const count = depthOf((row) => isFlat(side.row(start + row), level), side.depth - start);
    if (count > most) {
      most = count;
      best = { depth: start + count, level };
    }
  }
  return best;
}

function isFlat(values, level) {
  let sum = 0;
  let near = 0;
  for (let at = 0; at < values.length; at += 1) {
    sum += values[at] - (at >= B.grain ? values[at - B.grain] : 0);
    if (at >= B.grain - 1) near += Math.abs(sum / B.grain - level) < B.flat;
  }
  return near / (values.length - B.grain + 1) >= B.flat_share;
}

// How many rows from the first one on are flat, each of them or after a line.
function depthOf(flatAt, count) {
  const known = [];
  const flat = (row) => (known[row] ??= flatAt(row));
  let depth = 0;
  while (depth < count) {
    if (!flat(depth)) {
      let after = depth;
      while (after <= depth + B.line && after < count && !flat(after)) after += 1;
      if (after > depth + B.line || after >= count) break;
      let run = 0;
      for (let row = after; row < Math.min(after + B.line, count); row += 1) run += flat(row);
      if (run < B.line) break;
      depth = after;
    }
    depth += 1;
  }
  return depth;
}

function shrunk(box, depths) {
  const inner = { top: box.top + depths.top, bottom: box.bottom - depths.bottom, left: box.left + depths.left, right: box.right - depths.right };
  return Math.min(inner.bottom - inner.top, inner.right - inner.left) >= B.smallest ? inner : null;
}

function isWide(outer, inner) {
  return Math.min(inner.top - outer.top, outer.bottom - inner.bottom, inner.left - outer.left, outer.right - inner.right) >= B.ragged;
}

function likeness(lightness, width, box, level) {
  const like = [];
  each(box, width, (at) => like.push(Math.abs(lightness[at] - level) < B.flat));
  return like;
}

// Where a border goes on inside its rectangle: what is like it in a straight run from an edge, and wide.
function reached(like, box) {
  const width = box.right - box.left;
  const height = box.bottom - box.top;
  const run = new Uint8Array(width * height);
  for (const [lines, line, side, step] of [[width, 1, height, width], [height, width, width, 1]]) {
    for (let number = 0; number < lines; number += 1) {
      const start = number * line;
      for (let at = 0; at < side && like[start + at * step]; at += 1) run[start + at * step] = 1;
      for (let at = side - 1; at >= 0 && like[start + at * step]; at -= 1) run[start + at * step] = 1;
    }
  }
  const half = B.ragged >> 1;
  const narrowed = window(run, width, height, half, 1, Math.min); // the border itself is outside
  const kept = window(narrowed, width, height, half, 0, Math.max);
  return run.map((one, at) => one && kept[at]);
}

// The least or greatest of (2 half + 1) squares, where `outside` is what lies beyond the edges.
function window(values, width, height, half, outside, choose) {
  let from = values;
  for (const [side, step, lines, line] of [[width, 1, height, width], [height, width, width, 1]]) {
    const made = new Uint8Array(from.length);
    for (let number = 0; number < lines; number += 1) {
      for (let at = 0; at < side; at += 1) {
        let chosen = from[number * line + at * step];
        for (let other = at - half; other <= at + half; other += 1) chosen = choose(chosen, other >= 0 && other < side ? from[number * line + other * step] : outside);
        made[number * line + at * step] = chosen;
      }
    }
    from = made;
  }
  return from;
}
