// What a photo's file says beside its pixels, made true of the result: EXIF upright, with a word on where the colours
// come from. The old block stays in front, so that whatever points into it still does; its thumbnail is no longer named.
import { isJpeg, isPng, isWebp, jpegSegments } from './headers.js';

const DESCRIPTION = 0x010e;
const ORIENTATION = 0x0112;
const SOFTWARE = 0x0131;
const LONGEST = 65533 - 6; // of a JPEG's segment, with its name
const NAME = [0x45, 0x78, 0x69, 0x66, 0, 0]; // "Exif", of a JPEG's segment

const starts = (bytes, at, text) => [...text].every((letter, index) => bytes[at + index] === letter.charCodeAt(0));

// The TIFF block of a file's EXIF, or null.
export function exifIn(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isJpeg(bytes)) {
    for (const { marker, start, end } of jpegSegments(bytes)) if (marker === 0xe1 && starts(bytes, start, 'Exif\0\0')) return bytes.slice(start + 6, end);
  } else if (isPng(bytes)) {
    for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) if (starts(bytes, at + 4, 'eXIf')) return bytes.slice(at + 8, at + 8 + view.getUint32(at));
  } else if (isWebp(bytes)) {
    for (let at = 12; at + 8 <= bytes.length;) {
      const length = view.getUint32(at + 4, true);
      if (starts(bytes, at, 'EXIF')) return bytes.slice(at + 8 + (starts(bytes, at + 8, 'Exif\0\0') ? 6 : 0), at + 8 + length);
      at += 8 + length + (length & 1);
    }
  }
  return null;
}

// A JPEG's resolution as JFIF states it: [unit, across, down].
export function densityIn(bytes) {
  if (!isJpeg(bytes)) return undefined;
  for (const { marker, start } of jpegSegments(bytes)) {
    if (marker === 0xe0 && starts(bytes, start, 'JFIF\0')) return [bytes[start + 7], bytes[start + 8] * 256 + bytes[start + 9], bytes[start + 10] * 256 + bytes[start + 11]];
  }
  return undefined;
}

// A TIFF block (or null) -> one that says the picture is upright and, where `words` are given, who made its colours.
export function truthful(tiff, words) {
  const known = tiff && entriesOf(tiff);
  const little = known ? known.little : true;
  const base = known ? tiff : Uint8Array.of(0x49, 0x49, 42, 0, 0, 0, 0, 0);
  const entries = new Map((known ? known.entries : []).map((entry) => [entry.tag, entry]));
  if (entries.has(ORIENTATION)) entries.set(ORIENTATION, { tag: ORIENTATION, type: 3, count: 1, short: 1 });
  if (words) {
    entries.set(SOFTWARE, { tag: SOFTWARE, text: words });
    if (!entries.has(DESCRIPTION)) entries.set(DESCRIPTION, { tag: DESCRIPTION, text: words });
  }
  return entries.size ? withDirectory(base, [...entries.values()].sort((one, other) => one.tag - other.tag), little) : null;
}

function entriesOf(tiff) {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const little = starts(tiff, 0, 'II');
  if (tiff.length < 8 || (!little && !starts(tiff, 0, 'MM')) || view.getUint16(2, little) !== 42) return null;
  const at = view.getUint32(4, little);
  if (at + 2 > tiff.length) return null;
  const entries = [];
  for (let number = 0, from = at + 2; number < view.getUint16(at, little) && from + 12 <= tiff.length; number += 1, from += 12) {
    entries.push({ tag: view.getUint16(from, little), raw: tiff.slice(from, from + 12) });
  }
  return { little, entries };
}

function withDirectory(base, entries, little) {
  const texts = entries.filter(({ text }) => text).map(({ text }) => new TextEncoder().encode(`${text}\0`));
  const start = base.length + (base.length & 1);
  const after = start + 2 + 12 * entries.length + 4;
  const tiff = new Uint8Array(after + texts.reduce((sum, bytes) => sum + bytes.length + (bytes.length & 1), 0));
  const view = new DataView(tiff.buffer);
  tiff.set(base);
  view.setUint32(4, start, little);
  view.setUint16(start, entries.length, little);
  let to = after;
  entries.forEach(({ tag, raw, text, type, count, short }, number) => {
    const at = start + 2 + 12 * number;
    if (raw) return tiff.set(raw, at);
    view.setUint16(at, tag, little);
    if (!text) {
      view.setUint16(at + 2, type, little);
      view.setUint32(at + 4, count, little);
      return view.setUint16(at + 8, short, little);
    }
    const bytes = texts.shift();
    view.setUint16(at + 2, 2, little);
    view.setUint32(at + 4, bytes.length, little);
    if (bytes.length <= 4) tiff.set(bytes, at + 8);
    else {
      view.setUint32(at + 8, to, little);
      tiff.set(bytes, to);
      to += bytes.length + (bytes.length & 1);
    }
  });
  return tiff;
}

export function jpegSegment(tiff) {
  return tiff && tiff.length <= LONGEST ? [[0xe1, [...NAME, ...tiff]]] : [];
}

export function pngChunk(tiff) {
  return tiff ? [['eXIf', tiff]] : [];
}
