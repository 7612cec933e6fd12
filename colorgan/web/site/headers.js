// Width and height that a file's first bytes state, before a browser decodes what may be larger than its memory.
const ascii = (head, at, text) => [...text].every((letter, index) => head[at + index] === letter.charCodeAt(0));
const big = (head, at, bytes) => Array.from({ length: bytes }, (_, index) => head[at + index]).reduce((sum, byte) => sum * 256 + byte, 0);
const little = (head, at, bytes) => Array.from({ length: bytes }, (_, index) => head[at + bytes - 1 - index]).reduce((sum, byte) => sum * 256 + byte, 0);

export const isJpeg = (head) => head[0] === 0xff && head[1] === 0xd8;
export const isPng = (head) => ascii(head, 1, 'PNG\r\n');
export const isWebp = (head) => ascii(head, 0, 'RIFF') && ascii(head, 8, 'WEBP');

// What photographs also come as, and a browser seldom reads: the name of the format, or ''.
export function unreadKind(head) {
  if (ascii(head, 0, 'II*\0') || ascii(head, 0, 'MM\0*')) return 'TIFF or a camera\'s raw file';
  if (ascii(head, 4, 'ftyp') && ['heic', 'heix', 'hevc', 'heim', 'heis', 'mif1', 'msf1'].some((brand) => ascii(head, 8, brand))) return 'HEIC';
  if (ascii(head, 4, 'JXL ') || (head[0] === 0xff && head[1] === 0x0a)) return 'JPEG XL';
  if (ascii(head, 4, 'jP  ') || (head[0] === 0xff && head[1] === 0x4f)) return 'JPEG 2000';
  if (ascii(head, 0, '8BPS')) return 'Photoshop document';
  return ascii(head, 0, '%PDF') ? 'PDF' : '';
}

// [width, height] as stored, or null for a format that is not known here.
export function sizeIn(head) {
  if (isPng(head)) return [big(head, 16, 4), big(head, 20, 4)];
  if (ascii(head, 0, 'GIF8')) return [little(head, 6, 2), little(head, 8, 2)];
  if (ascii(head, 0, 'BM')) return [little(head, 18, 4), Math.abs(little(head, 22, 4) | 0)];
  if (isWebp(head)) return webpSize(head);
  return isJpeg(head) ? jpegSize(head) : null;
}

function webpSize(head) {
  if (ascii(head, 12, 'VP8X')) return [1 + little(head, 24, 3), 1 + little(head, 27, 3)];
  if (ascii(head, 12, 'VP8L')) return [1 + (little(head, 21, 4) & 0x3fff), 1 + ((little(head, 21, 4) >>> 14) & 0x3fff)];
  return [little(head, 26, 2) & 0x3fff, little(head, 28, 2) & 0x3fff];
}

// The segments of a JPEG up to its pixels, each { marker, start, end } of its content.
export function* jpegSegments(head) {
  for (let at = 2; at + 4 <= head.length && head[at] === 0xff;) {
    const marker = head[at + 1];
    if (marker === 0xff) { at += 1; continue; }
    if (marker === 0xda || marker === 0xd9) return;
    const end = at + 2 + big(head, at + 2, 2);
    yield { marker, start: at + 4, end };
    at = end;
  }
}

function jpegSize(head) {
  for (const { marker, start } of jpegSegments(head)) {
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return [big(head, start + 3, 2), big(head, start + 1, 2)];
  }
  return null;
}
