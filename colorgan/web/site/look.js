// A photo -> what the network saw of it, and the colours of its plain picture; colorgan/colorizer/model.py.
import { MODEL } from './constants.js';
import { around, findBorder, insideOf } from './borders.js';
import { lightnessOf } from './colour.js';
import { resized, roundEven } from './resizing.js';
import { cropped, enlarged, fitLines, mapOf, pooled, smoothWithinEdges } from './upsampling.js';

// The size of the view of (width, height) pixels.
export function viewSize(width, height) {
  const scale = MODEL.view.size / (MODEL.view.longest_side ? Math.max(width, height) : Math.sqrt(width * height));
  return [width, height].map((side) => Math.max(1, roundEven(side * scale)));
}

export function viewOf(photo, inside = [0, 0, photo.width, photo.height], engine = null) {
  const [width, height] = viewSize(inside[2] - inside[0], inside[3] - inside[1]);
  return mapOf(width, height, [lightnessOf(resized(photo, width, height, inside, engine), 3)]);
}

// The last row and column repeated up to the size that the network wants.
export function padded(view) {
  const [width, height] = [view.width, view.height].map((side) => Math.max(MODEL.view.minimum, Math.ceil(side / MODEL.view.multiple) * MODEL.view.multiple));
  const plane = new Float32Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const row = Math.min(y, view.height - 1) * view.width;
    for (let x = 0; x < width; x += 1) plane[y * width + x] = view.planes[0][row + Math.min(x, view.width - 1)];
  }
  return mapOf(width, height, [plane]);
}

// What the network gave for a padded view -> ab of the view.
export function toView(ab, pad, view, levels, gain = 1) {
  const step = pad.width / ab.width;
  const lightness = pooled(pad.planes[0], pad.width, pad.height, step);
  const smooth = smoothWithinEdges(lightness, ab, levels);
  const whole = cropped(enlarged(smooth, pad.width, pad.height), view.width, view.height);
  for (const plane of whole.planes) for (let at = 0; at < plane.length; at += 1) plane[at] *= gain;
  return whole;
}

export function mapFrom(tensor) {
  const [, channels, height, width] = tensor.dims;
  const each = width * height;
  return mapOf(width, height, Array.from({ length: channels }, (_, one) => tensor.data.slice(one * each, (one + 1) * each)));
}

// -> { photo's size, view, pad, plain: ab of the view, lines of the whole photo, seen: the network's tensors }.
export async function lookAt(photo, network) {
  let view = viewOf(photo, undefined, network.engine);
  const border = findBorder(view.planes[0], view.width, view.height);
  const inside = border ? insideOf(border, photo) : [0, 0, photo.width, photo.height];
  if (border) view = viewOf(photo, inside, network.engine);
  const pad = padded(view);
  const seen = await network.look(pad);
  const plain = toView(mapFrom(seen.ab), pad, view, MODEL.picture.smoothing, MODEL.picture.gain);
  if (!plain.planes[0].every(Number.isFinite)) throw new Error('the network gave numbers that are not finite');
  const size = [photo.width, photo.height];
  return { size, view, pad, border, inside, plain, seen, lines: aroundBorder(border, fitLines(view.planes[0], plain)) };
}

export function aroundBorder(border, map) {
  return border ? around(border, map) : map;
}
