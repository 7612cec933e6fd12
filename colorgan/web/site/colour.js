// sRGB <-> CIE L*a*b*, as colorgan/color.py has it; all numbers come from there (constants.js).
import { MODEL, SITE } from './constants.js';

const { delta, luminance, xyz_over_white_to_rgb: xyzToRgb } = MODEL.color;
const { rgbToXyz } = SITE;
const TINY = 1e-7;

export function toLinear(share) {
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

export function fromLinear(linear) {
  return linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
}

// CIE 15:2004's f and its inverse.
export function root(t) {
  return t > delta ** 3 ? Math.cbrt(t) : 2 * delta / 3 + t / (3 * delta * delta);
}

export function cube(f) {
  return f > delta ? f * f * f : 3 * delta * delta * (f - (2 * delta) / 3);
}

const OF_GRAY = Float32Array.from(MODEL.color.lightness);

// What each value of R, G and B adds to luminance.
export const LUMINANCE = luminance.map((values) => Float32Array.from(values));

// Pixels (RGBA or RGB bytes) -> L in [0, 100] of each.
export function lightnessOf(pixels, channels) {
  const [red, green, blue] = LUMINANCE;
  const lightness = new Float32Array(pixels.length / channels);
  for (let at = 0, from = 0; at < lightness.length; at += 1, from += channels) {
    if (pixels[from] === pixels[from + 1] && pixels[from] === pixels[from + 2]) lightness[at] = OF_GRAY[pixels[from]];
    else lightness[at] = 116 * root(red[pixels[from]] + green[pixels[from + 1]] + blue[pixels[from + 2]]) - 16;
  }
  return lightness;
}

// Bytes of one colour -> [L, a, b].
export function labOf([red, green, blue]) {
  const linear = [red, green, blue].map((value) => toLinear(value / 255));
  const [x, y, z] = rgbToXyz.map((row) => root(row[0] * linear[0] + row[1] * linear[1] + row[2] * linear[2]));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

// L and any a, b -> linear R, G, B in [0, 1] of the same lightness: `color.desaturate`.
function fitted(lightness, a, b) {
  const fy = (Math.min(Math.max(lightness, 0), 100) + 16) / 116;
  const y = cube(fy);
  const xyz = [cube(fy + a / 500), y, cube(fy - b / 200)];
  const off = xyzToRgb.map((row) => row[0] * xyz[0] + row[1] * xyz[1] + row[2] * xyz[2] - y);
  const headroom = 1 - y;
  const over = Math.max(...off, headroom);
  const under = Math.max(-Math.min(...off), y);
  const share = Math.min((headroom + TINY) / (over + TINY), (y + TINY) / (under + TINY));
  return off.map((one) => Math.min(Math.max(y + one * share, 0), 1));
}

// L and any a, b -> the bytes that a picture shows.
export function shownBytes(lightness, a, b) {
  return fitted(lightness, a, b).map((one) => Math.round(255 * fromLinear(one)));
}

// L and any a, b -> the a, b that sRGB can show of it at this lightness.
export function fitChroma(lightness, a, b) {
  const linear = fitted(lightness, a, b);
  const [x, y, z] = rgbToXyz.map((row) => root(row[0] * linear[0] + row[1] * linear[1] + row[2] * linear[2]));
  return [500 * (x - y), 200 * (y - z)];
}

export function hexOf(bytes) {
  return `#${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

export function bytesOf(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
