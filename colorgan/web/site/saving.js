// A photo and its lines -> the file to take home, painted and written a strip at a time.
import { SITE } from './constants.js';
import { densityIn, exifIn, jpegSegment, pngChunk, truthful } from './exif.js';
import { isJpeg } from './headers.js';
import { jpegOf } from './jpeg.js';
import { painter } from './painting.js';
import { hasHoles } from './photo.js';
import { pngOf } from './png.js';

const STRIP_PIXELS = 1 << 20;
const LONGEST_JPEG = 65500;

// kind: 'jpeg', 'png', or '' for the photo's own where it is one of the two, else PNG.
export async function saved(photo, file, lines, { vividness, kind, described, hinted, model }) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const wanted = kind || (isJpeg(bytes) ? 'jpeg' : 'png');
  const words = described ? SITE.description.replace('{model}', model).replace('{date}', new Date().toISOString().slice(0, 10)).replace('{guided}', hinted ? SITE.guided : '') : '';
  const tiff = truthful(exifIn(bytes), words);
  const rows = Math.max(8, Math.floor(STRIP_PIXELS / photo.width / 8) * 8);
  const paint = painter(lines, photo.width, photo.height, vividness);
  const hasAlpha = wanted === 'png' && !isJpeg(bytes) && isSeenThrough(photo, rows);
  async function* strips() {
    for (let top = 0; top < photo.height; top += rows) {
      const strip = photo.strip(top, Math.min(rows, photo.height - top));
      const painted = new Uint8ClampedArray(strip.length);
      paint(strip, top, painted);
      if (wanted === 'jpeg') onWhite(painted);
      yield painted;
      await new Promise((go) => { setTimeout(go); }); // what was asked meanwhile is heard
    }
  }
  if (wanted === 'jpeg' && Math.max(photo.width, photo.height) <= LONGEST_JPEG) return jpegOf(photo.width, photo.height, strips, { density: densityIn(bytes), segments: jpegSegment(tiff) });
  return pngOf(photo.width, photo.height, strips, { hasAlpha, chunks: pngChunk(tiff) });
}

function isSeenThrough(photo, rows) {
  for (let top = 0; top < photo.height; top += rows) if (hasHoles(photo.strip(top, Math.min(rows, photo.height - top)))) return true;
  return false;
}

function onWhite(strip) {
  for (let at = 0; at < strip.length; at += 4) {
    const alpha = strip[at + 3];
    if (alpha === 255) continue;
    for (let channel = at; channel < at + 3; channel += 1) strip[channel] = 255 + ((strip[channel] - 255) * alpha) / 255;
  }
}
