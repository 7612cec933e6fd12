// The last step: pixels and lines in, sRGB pixels out; colorgan/painting.py in a loop of its own.
import { MODEL } from './constants.js';
import { LUMINANCE, fromLinear, root } from './colour.js';
import { between } from './upsampling.js';

const ROOTS = 1 << 12;
const GAMMAS = 1 << 14;
const roots = Float64Array.from({ length: ROOTS + 2 }, (_, step) => root(Math.min(step / ROOTS, 1)));
const gammas = Uint8Array.from({ length: GAMMAS + 1 }, (_, step) => Math.round(255 * fromLinear(step / GAMMAS)));
// Of each gray, as most pixels are: luminance, and its root.
const grays = Float64Array.from({ length: 256 }, (_, byte) => Math.min(LUMINANCE.reduce((sum, values) => sum + values[byte], 0), 1));
const rootsOfGray = grays.map(root);

// All of them and the numbers of colours, as engine.c wants them.
function tables() {
  const { delta, xyz_over_white_to_rgb: [[rx, , rz], [gx, , gz], [bx, , bz]] } = MODEL.color;
  const padded = Float64Array.from({ length: ROOTS + 4 }, (_, step) => roots[Math.min(step, ROOTS + 1)]);
  return [Float32Array.of(...LUMINANCE.flatMap((plane) => [...plane]), ...grays, ...rootsOfGray, ...padded, delta, rx, rz, gx, gz, bx, bz, 0), gammas];
}
let kept = null;

// Lines of a and b over L, times a vividness -> lines of f(X) and f(Z) over f(Y), as a view of theirs:
// `color.cube_root_lines`.
function rootLines(lines, vividness) {
  const field = lines.planes.map((plane) => new Float32Array(plane.length));
  for (const [axis, by] of [[0, 500], [1, -200]]) {
    const [slopes, offsets] = [lines.planes[axis], lines.planes[axis + 2]];
    for (let at = 0; at < slopes.length; at += 1) {
      field[axis][at] = 1 + (116 * slopes[at] * vividness) / by;
      field[axis + 2][at] = ((offsets[at] - 16 * slopes[at]) * vividness) / by;
    }
  }
  return field;
}

// A painter of a photo of width x height: strip(pixels, top, painted) paints RGBA bytes of whole rows, in place or to
// where `painted` is, four bytes at a time. engine: does so in less time, where there is one.
export function painter(lines, width, height, vividness = 1, engine = null) {
  const field = rootLines(lines, vividness);
  const rows = between(lines.height, height);
  const columns = between(lines.width, width);
  if (engine && width >= 4) {
    kept ??= tables();
    return (pixels, top, painted = pixels) => engine.paint(field, lines, rows, columns, kept, pixels, top, painted);
  }
  const stretches = stretchesOf(columns);
  const mixed = field.map(() => new Float64Array(lines.width + 1));
  return (pixels, top, painted = pixels) => {
    const [from, to] = [pixels, painted].map(({ buffer, byteOffset, length }) => new Int32Array(buffer, byteOffset, length / 4));
    for (let row = 0; row < from.length / width; row += 1) {
      mixRow(field, lines, rows, top + row, mixed);
      paintRow(from, to, row * width, stretches, mixed);
    }
  };
}

// A row's pixels that lie between the same two of the lines: where each such stretch begins, what it is after, its first
// share of the next, and how that grows from pixel to pixel.
function stretchesOf({ before, share }) {
  const starts = [];
  for (let x = 0; x < before.length; x += 1) {
    const isNew = !x || before[x] !== before[x - 1] || (share[x - 1] === 0) !== (share[x] === 0);
    if (isNew) starts.push(x);
  }
  const growth = starts.map((x, number) => (x + 1 < (starts[number + 1] ?? before.length) ? share[x + 1] - share[x] : 0));
  return {
    count: starts.length,
    starts: Int32Array.from([...starts, before.length]),
    before: Int32Array.from(starts, (x) => before[x]),
    share: Float64Array.from(starts, (x) => share[x]),
    growth: Float64Array.from(growth),
  };
}

function mixRow(field, { width, height }, rows, row, mixed) {
  const upper = rows.before[row] * width;
  const lower = Math.min(rows.before[row] + 1, height - 1) * width;
  const share = rows.share[row];
  for (let part = 0; part < 4; part += 1) {
    const plane = field[part];
    const line = mixed[part];
    for (let x = 0; x < width; x += 1) line[x] = plane[upper + x] + (plane[lower + x] - plane[upper + x]) * share;
    line[width] = line[width - 1]; // the last column is its own neighbour
  }
}

function paintRow(pixels, painted, start, { count, starts, before, share, growth }, [slopesX, slopesZ, offsetsX, offsetsZ]) {
  const [reds, greens, blues] = LUMINANCE;
  const { delta, xyz_over_white_to_rgb: [[rx, , rz], [gx, , gz], [bx, , bz]] } = MODEL.color;
  const line = 3 * delta * delta;
  const foot = (2 * delta) / 3;
  for (let stretch = 0; stretch < count; stretch += 1) {
    const left = before[stretch];
    const part = share[stretch];
    const grows = growth[stretch];
    let growsX = slopesX[left + 1] - slopesX[left];
    let growsZ = slopesZ[left + 1] - slopesZ[left];
    let shiftsX = offsetsX[left + 1] - offsetsX[left];
    let shiftsZ = offsetsZ[left + 1] - offsetsZ[left];
    let slopeX = slopesX[left] + growsX * part;
    let slopeZ = slopesZ[left] + growsZ * part;
    let offsetX = offsetsX[left] + shiftsX * part;
    let offsetZ = offsetsZ[left] + shiftsZ * part;
    growsX *= grows;
    growsZ *= grows;
    shiftsX *= grows;
    shiftsZ *= grows;
    for (let at = start + starts[stretch], end = start + starts[stretch + 1]; at < end; at += 1) {
      const pixel = pixels[at]; // alpha, blue, green, red
      const byte = pixel & 255;
      let y = grays[byte];
      let fy = rootsOfGray[byte];
      if ((pixel & 0xffffff) !== byte * 0x010101) {
        y = Math.min(reds[byte] + greens[(pixel >> 8) & 255] + blues[(pixel >> 16) & 255], 1);
        const place = y * ROOTS;
        const step = place | 0;
        fy = roots[step] + (roots[step + 1] - roots[step]) * (place - step);
      }
      const fx = slopeX * fy + offsetX;
      const fz = slopeZ * fy + offsetZ;
      slopeX += growsX;
      slopeZ += growsZ;
      offsetX += shiftsX;
      offsetZ += shiftsZ;
      const dx = (fx > delta ? fx * fx * fx : line * (fx - foot)) - y;
      const dz = (fz > delta ? fz * fz * fz : line * (fz - foot)) - y;
      // Linear RGB: the gray of the same luminance, and what it differs from it by; and the places of gammas for both.
      const red = rx * dx + rz * dz;
      const green = gx * dx + gz * dz;
      const blue = bx * dx + bz * dz;
      const base = y * GAMMAS + 0.5;
      let toRed = (base + red * GAMMAS) | 0;
      let toGreen = (base + green * GAMMAS) | 0;
      let toBlue = (base + blue * GAMMAS) | 0;
      if ((toRed | toGreen | toBlue) & ~(GAMMAS - 1)) { // one at least is none that sRGB has, or white
        const fits = GAMMAS * fitting(y, red, green, blue);
        toRed = (base + red * fits) | 0;
        toGreen = (base + green * fits) | 0;
        toBlue = (base + blue * fits) | 0;
      }
      painted[at] = (pixel & 0xff000000) | (gammas[toBlue] << 16) | (gammas[toGreen] << 8) | gammas[toRed];
    }
  }
}

// The share of what a colour differs from gray by that sRGB can show: `color.desaturate`.
function fitting(y, red, green, blue) {
  const tiny = 1e-7;
  const over = Math.max(1 - y, red, green, blue);
  const under = Math.max(y, -red, -green, -blue);
  return Math.min((1 - y + tiny) / (over + tiny), (y + tiny) / (under + tiny));
}
