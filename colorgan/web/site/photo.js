// A photo's file -> its pixels, upright and sRGB, a strip at a time: a phone need not hold them all twice.
import { SITE } from './constants.js';
import { sizeIn, unreadKind } from './headers.js';

const WIDEST = 8192; // pixels of a canvas to a side: less than any browser's limit
const KEPT = 1 << 21; // pixels of a photo that is read once and kept: as strips, others are read again each time
const READS = 'This page takes JPEG, PNG, WebP, AVIF, GIF and BMP';

export class PhotoError extends Error {}

// What turns a bitmap by quarters, clockwise, as a canvas takes it: its corner is the new upper left one.
const TURNS = [
  () => [1, 0, 0, 1, 0, 0],
  ({ height }) => [0, 1, -1, 0, height, 0],
  ({ width, height }) => [-1, 0, 0, -1, width, height],
  ({ width }) => [0, -1, 1, 0, 0, width],
];

export class Photo {
  constructor(bitmap, turns = 0) {
    this.bitmap = bitmap;
    this.turn = TURNS[turns](bitmap);
    [this.width, this.height] = turns % 2 ? [bitmap.height, bitmap.width] : [bitmap.width, bitmap.height];
    this.canvas = new OffscreenCanvas(1, 1);
    this.context = this.canvas.getContext('2d', { willReadFrequently: true });
  }

  // RGBA bytes of whole rows, not to be written to.
  strip(top, rows) {
    if (this.width * this.height > KEPT) return this.read(top, rows);
    this.pixels ??= this.read(0, this.height);
    return this.pixels.subarray(top * this.width * 4, (top + rows) * this.width * 4);
  }

  read(top, rows) {
    if (this.width <= WIDEST) return this.tile(0, top, this.width, rows);
    const strip = new Uint8ClampedArray(this.width * rows * 4);
    for (let left = 0; left < this.width; left += WIDEST) {
      const wide = Math.min(WIDEST, this.width - left);
      const tile = this.tile(left, top, wide, rows);
      for (let row = 0; row < rows; row += 1) strip.set(tile.subarray(row * wide * 4, (row + 1) * wide * 4), (row * this.width + left) * 4);
    }
    return strip;
  }

  tile(left, top, wide, tall) {
    if (this.canvas.width !== wide || this.canvas.height !== tall) Object.assign(this.canvas, { width: wide, height: tall });
    this.context.clearRect(0, 0, wide, tall);
    this.context.imageSmoothingEnabled = false;
    this.draw(this.context, left, top);
    return this.context.getImageData(0, 0, wide, tall).data;
  }

  // What lies from `left` and `top` on, at a scale to each side, onto a canvas.
  draw(context, left, top, across = 1, down = 1) {
    const [a, b, c, d, x, y] = this.turn;
    context.setTransform(a * across, b * down, c * across, d * down, x * across - left, y * down - top);
    context.drawImage(this.bitmap, 0, 0);
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  close() {
    this.bitmap.close();
    this.pixels = null;
    Object.assign(this.canvas, { width: 0, height: 0 });
  }
}

// Whether any of the pixels, RGBA bytes, can be seen through.
export function hasHoles(bytes) {
  const pixels = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  for (let at = 0; at < pixels.length; at += 1) if (pixels[at] >>> 24 !== 255) return true;
  return false;
}

// turns: by quarters, clockwise.
export async function openPhoto(file, turns = 0) {
  if (file.size > SITE.megabytes * 2 ** 20) throw new PhotoError(`It is larger than ${SITE.megabytes} MB.`);
  const head = new Uint8Array(await file.slice(0, 1 << 18).arrayBuffer());
  const said = sizeIn(head);
  if (said && said[0] * said[1] > SITE.megapixels * 1e6) throw new PhotoError(`It has ${said[0]} x ${said[1]} pixels, more than the ${SITE.megapixels} megapixels that are taken.`);
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: 'from-image', colorSpaceConversion: 'default' });
  } catch {
    const kind = unreadKind(head);
    if (kind) throw new PhotoError(`It is a ${kind}, which this browser does not read. ${READS}.`);
    throw new PhotoError(said ? 'It is damaged, or too large for the memory that this browser has.' : `It is no picture that can be read here. ${READS}.`);
  }
  const photo = new Photo(bitmap, turns);
  const { width, height } = photo;
  if (Math.min(width, height) < SITE.minSide || width * height > SITE.megapixels * 1e6) {
    photo.close();
    throw new PhotoError(`It has ${width} x ${height} pixels: a photo must have ${SITE.minSide} x ${SITE.minSide} at least, and ${SITE.megapixels} megapixels at most.`);
  }
  return photo;
}
