// Pictures -> files, a strip at a time.
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

export function crc32(bytes, before = 0) {
  let value = ~before;
  for (const byte of bytes) value = TABLE[(value ^ byte) & 0xff] ^ (value >>> 8);
  return ~value >>> 0;
}

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];

function chunk(kind, content) {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(new TextEncoder().encode(kind), 4);
  bytes.set(content, 8);
  view.setUint32(content.length + 8, crc32(bytes.subarray(4, content.length + 8)));
  return bytes;
}

// A PNG of RGB or, with alpha, RGBA; strips() yields RGBA bytes of whole rows. chunks: of metadata, [kind, bytes].
export async function pngOf(width, height, strips, { hasAlpha = false, chunks = [] } = {}) {
  const channels = hasAlpha ? 4 : 3;
  const head = new DataView(new ArrayBuffer(13));
  head.setUint32(0, width);
  head.setUint32(4, height);
  [8, hasAlpha ? 6 : 2, 0, 0, 0].forEach((value, at) => head.setUint8(8 + at, value));
  const squeezed = new CompressionStream('deflate');
  const collected = new Response(squeezed.readable).blob();
  const writer = squeezed.writable.getWriter();
  let above = new Uint8Array(width * channels);
  for await (const strip of strips()) {
    const rows = strip.length / 4 / width;
    const out = new Uint8Array(rows * (1 + width * channels));
    for (let row = 0; row < rows; row += 1) above = filtered(strip, row, width, channels, above, out);
    await writer.write(out);
  }
  await writer.close();
  const content = new Uint8Array(await (await collected).arrayBuffer());
  const parts = [Uint8Array.from(SIGNATURE), chunk('IHDR', new Uint8Array(head.buffer)), chunk('sRGB', Uint8Array.of(0))];
  for (const [kind, bytes] of chunks) parts.push(chunk(kind, bytes));
  return new Blob([...parts, chunk('IDAT', content), chunk('IEND', new Uint8Array(0))], { type: 'image/png' });
}

// One row, as what it differs from the one above: photographs pack well that way. -> the row itself, for the next.
function filtered(strip, row, width, channels, above, out) {
  const line = new Uint8Array(width * channels);
  for (let x = 0, at = row * width * 4, to = 0; x < width; x += 1, at += 4) for (let one = 0; one < channels; one += 1, to += 1) line[to] = strip[at + one];
  const start = row * (1 + line.length);
  out[start] = 2; // "up"
  for (let at = 0; at < line.length; at += 1) out[start + 1 + at] = line[at] - above[at];
  return line;
}
