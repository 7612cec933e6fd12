// A photo, read in strips -> the small view that the network is shown, as Pillow resizes it: first by whole steps
// (`reducing_gap`), then by cubic interpolation wide enough for the scale, each pass rounded to bytes.
const BICUBIC = -0.5;
const SUPPORT = 2; // of the cubic filter, in pixels
const GAP = 3; // how many times larger than the view the photo stays after whole steps
const BITS = 22; // of a weight's fraction: sums of bytes still are whole numbers that a register holds
const STRIP_PIXELS = 1 << 20; // that are held of the photo at a time
const WHOLE_PIXELS = 1 << 21; // of a photo that is held whole, as photo.js has it

export function roundEven(value) { // as Python rounds
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}

// photo: { width, height, strip(top, rows) -> RGBA bytes }; inside: left, top, right, bottom in its pixels; engine: does
// the same in less time, where there is one.
// -> RGB bytes of width x height.
export function resized(photo, width, height, inside = [0, 0, photo.width, photo.height], engine = null) {
  const scales = [(inside[2] - inside[0]) / width, (inside[3] - inside[1]) / height];
  const factors = scales.map((scale) => Math.floor(scale / GAP) || 1);
  const grown = factors[0] > 1 || factors[1] > 1;
  const reach = scales.map((scale) => (SUPPORT - 0.5) * scale);
  const box = grown
    ? [Math.max(0, Math.trunc(inside[0] - reach[0])), Math.max(0, Math.trunc(inside[1] - reach[1])),
      Math.min(photo.width, Math.ceil(inside[2] + reach[0])), Math.min(photo.height, Math.ceil(inside[3] + reach[1]))]
    : [0, 0, photo.width, photo.height];
  const reduced = wholeGray(photo, grown, engine) ?? reduce(photo, factors, box);
  const within = inside.map((edge, index) => (edge - box[index % 2]) / factors[index % 2]);
  const small = reduced.planes.map((plane) => {
    const [across, down] = [filterOf(reduced.width, width, within[0], within[2]), filterOf(reduced.height, height, within[1], within[3])];
    if (engine && across && down) return engine.resized(plane, reduced.width, reduced.height, across, down);
    return lowered(narrowed(plane, reduced.width, reduced.height, across), width, reduced.height, down);
  });
  return interleaved(small, width * height);
}

function interleaved(planes, length) {
  const pixels = new Uint8ClampedArray(3 * length);
  for (let channel = 0; channel < 3; channel += 1) {
    const plane = planes[channel % planes.length];
    for (let at = 0, to = channel; at < length; at += 1, to += 3) pixels[to] = plane[at];
  }
  return pixels;
}

// A photo that is small enough to be read at once, and gray, as one plane; else null.
function wholeGray(photo, isReduced, engine) {
  if (!engine || isReduced || photo.width * photo.height > WHOLE_PIXELS) return null;
  const plane = engine.grayOf(photo.strip(0, photo.height));
  return plane && { planes: [plane], width: photo.width, height: photo.height };
}

// Means of factors[0] x factors[1] pixels of the box, those at the edges of what there is -> three planes of bytes, or
// one for as long as all pixels are gray: most photos that come here are.
function reduce(photo, [stepX, stepY], [left, top, right, bottom]) {
  const width = Math.ceil((right - left) / stepX);
  const height = Math.ceil((bottom - top) / stepY);
  let planes = [new Uint8Array(width * height)];
  const sums = new Uint32Array(width);
  const rowsAtOnce = Math.max(stepY, Math.floor(STRIP_PIXELS / photo.width / stepY) * stepY);
  for (let from = top; from < bottom; from += rowsAtOnce) {
    const rows = Math.min(rowsAtOnce, bottom - from);
    const strip = photo.strip(from, rows);
    if (planes.length === 1 && !isGray(strip)) planes = [planes[0], planes[0].slice(), planes[0].slice()];
    for (const [channel, plane] of planes.entries()) {
      for (let row = 0; row < rows; row += stepY) {
        const tall = Math.min(stepY, rows - row);
        const to = ((from - top + row) / stepY) * width;
        const first = (row * photo.width + left) * 4 + channel;
        if (stepX === 1 && stepY === 1) copyRow(strip, first, width, plane, to);
        else {
          sums.fill(0);
          for (let y = 0; y < tall; y += 1) addRow(strip, first + y * photo.width * 4, right - left, stepX, sums);
          meanRow(sums, tall, stepX, right - left, plane, to);
        }
      }
    }
  }
  return { planes, width, height };
}

function isGray(strip) {
  const pixels = new Int32Array(strip.buffer, strip.byteOffset, strip.length / 4);
  for (let at = 0; at < pixels.length; at += 1) if ((pixels[at] & 0xffffff) !== (pixels[at] & 255) * 0x010101) return false;
  return true;
}

function copyRow(strip, from, width, plane, to) {
  for (let x = 0, at = from; x < width; x += 1, at += 4) plane[to + x] = strip[at];
}

function addRow(strip, from, width, step, sums) {
  for (let x = 0, at = from, cell = 0, left = step; x < width; x += 1, at += 4) {
    sums[cell] += strip[at];
    left -= 1;
    if (!left) { cell += 1; left = step; }
  }
}

function meanRow(sums, tall, step, width, plane, to) {
  for (let cell = 0; cell < sums.length; cell += 1) {
    const count = tall * Math.min(step, width - cell * step);
    plane[to + cell] = (sums[cell] + (count >> 1)) / count;
  }
}

function cubic(x) {
  const far = Math.abs(x);
  if (far < 1) return ((BICUBIC + 2) * far - (BICUBIC + 3)) * far * far + 1;
  return far < 2 ? (((far - 5) * far + 8) * far - 4) * BICUBIC : 0;
}

// How `size` pixels that show what lies from `first` to `last` are made of `side` ones: of each the first that it is made
// of, how many they are, and their weights; null where they are the same.
function filterOf(side, size, first, last) {
  if (side === size && first === 0 && last === side) return null;
  const scale = (last - first) / size;
  const spread = Math.max(scale, 1);
  const most = 2 * Math.ceil(SUPPORT * spread) + 1;
  const filter = { size, most, from: new Int32Array(size), count: new Int32Array(size), weights: new Int32Array(size * most) };
  for (let place = 0; place < size; place += 1) {
    const centre = first + (place + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - SUPPORT * spread + 0.5));
    const count = Math.min(side, Math.trunc(centre + SUPPORT * spread + 0.5)) - from;
    const weights = Array.from({ length: count }, (_, index) => cubic((index + from - centre + 0.5) / spread));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    filter.from[place] = from;
    filter.count[place] = count;
    filter.weights.set(weights.map((weight) => Math.round((weight / total) * 2 ** BITS)), place * most);
  }
  return filter;
}

function narrowed(plane, width, height, filter) {
  if (!filter) return plane;
  const { size, most, from, count, weights } = filter;
  const made = new Uint8ClampedArray(size * height);
  for (let row = 0; row < height; row += 1) {
    for (let place = 0; place < size; place += 1) {
      let sum = 1 << (BITS - 1);
      let at = row * width + from[place];
      for (let weight = place * most, end = weight + count[place]; weight < end; weight += 1, at += 1) sum = (sum + Math.imul(plane[at], weights[weight])) | 0;
      made[row * size + place] = sum >> BITS;
    }
  }
  return made;
}

function lowered(plane, width, height, filter) {
  if (!filter) return plane;
  const { size, most, from, count, weights } = filter;
  const made = new Uint8ClampedArray(width * size);
  const sums = new Int32Array(width);
  for (let place = 0; place < size; place += 1) {
    sums.fill(1 << (BITS - 1));
    for (let index = 0; index < count[place]; index += 1) {
      const start = (from[place] + index) * width;
      const weight = weights[place * most + index];
      for (let x = 0; x < width; x += 1) sums[x] += Math.imul(plane[start + x], weight);
    }
    for (let x = 0, to = place * width; x < width; x += 1, to += 1) made[to] = sums[x] >> BITS;
  }
  return made;
}
