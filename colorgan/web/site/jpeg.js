// Pictures -> baseline JPEG, a strip at a time, with full chroma (a browser's own encoder halves it, and wants all of the
// picture in one canvas). ITU-T T.81: tables K.1 to K.6, transform by Arai, Agui and Nakajima 1988.
const ZIGZAG = [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63];
const LIGHT = [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
  18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99];
const CHROMA = [17, 18, 24, 47, 18, 21, 26, 66, 24, 26, 56, 99, 47, 66, 99, 99].reduce((table, value, at) => {
  table[(at >> 2) * 8 + (at & 3)] = value;
  return table;
}, Array(64).fill(99));
const hex = (text) => Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
// Of each table: how many codes have 1 to 16 bits, and the symbols in the order of their codes.
const HUFFMAN = [
  [hex('00010501010101010100000000000000'), hex('000102030405060708090a0b')],
  [hex('0002010303020403050504040000017d'), hex('01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa')],
  [hex('00030101010101010101010000000000'), hex('000102030405060708090a0b')],
  [hex('00020102040403040705040400010277'), hex('0001020311040521310612415107617113223281081442 91a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa'.replace(' ', ''))],
];
const AAN = [1, 1.387039845, 1.306562965, 1.175875602, 1, 0.785694958, 0.5411961, 0.275899379];

function quantization(table, quality) {
  const scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  return table.map((value) => Math.min(Math.max(Math.floor((value * scale + 50) / 100), 1), 255));
}

function codesOf([counts, symbols]) {
  const codes = [];
  let code = 0;
  let at = 0;
  counts.forEach((count, bits) => {
    for (let number = 0; number < count; number += 1, at += 1, code += 1) codes[symbols[at]] = [code, bits + 1];
    code <<= 1;
  });
  return { code: Uint16Array.from({ length: 256 }, (_, symbol) => codes[symbol]?.[0] ?? 0), bits: Uint8Array.from({ length: 256 }, (_, symbol) => codes[symbol]?.[1] ?? 0) };
}

const CODES = HUFFMAN.map(codesOf);

class Bits {
  constructor() {
    Object.assign(this, { bytes: new Uint8Array(1 << 20), length: 0, held: 0, count: 0, full: [] });
  }

  // The lowest `bits` of a value, 16 at most.
  put(value, bits) {
    this.held = (this.held << bits) | (value & ((1 << bits) - 1));
    this.count += bits;
    while (this.count >= 8) {
      this.count -= 8;
      const byte = (this.held >> this.count) & 0xff;
      this.byte(byte);
      if (byte === 0xff) this.byte(0);
    }
  }

  byte(value) {
    if (this.length === this.bytes.length) {
      this.full.push(this.bytes);
      this.bytes = new Uint8Array(1 << 20);
      this.length = 0;
    }
    this.bytes[this.length] = value;
    this.length += 1;
  }

  end() {
    while (this.count) this.put(1, 1);
    return [...this.full, this.bytes.slice(0, this.length)];
  }
}

function transform(block, start, step) {
  const at = (number) => start + number * step;
  const d = [0, 1, 2, 3, 4, 5, 6, 7].map((number) => block[at(number)]);
  const s07 = d[0] + d[7], t07 = d[0] - d[7], s16 = d[1] + d[6], t16 = d[1] - d[6], s25 = d[2] + d[5], t25 = d[2] - d[5], s34 = d[3] + d[4], t34 = d[3] - d[4];
  const e0 = s07 + s34, e3 = s07 - s34, e1 = s16 + s25, e2 = s16 - s25;
  const z1 = (e2 + e3) * 0.707106781;
  block[at(0)] = e0 + e1;
  block[at(4)] = e0 - e1;
  block[at(2)] = e3 + z1;
  block[at(6)] = e3 - z1;
  const o0 = t34 + t25, o1 = t25 + t16, o2 = t16 + t07;
  const z5 = (o0 - o2) * 0.382683433;
  const z2 = 0.5411961 * o0 + z5, z4 = 1.306562965 * o2 + z5, z3 = o1 * 0.707106781;
  const z11 = t07 + z3, z13 = t07 - z3;
  block[at(5)] = z13 + z2;
  block[at(3)] = z13 - z2;
  block[at(1)] = z11 + z4;
  block[at(7)] = z11 - z4;
}

function segment(marker, content) {
  const length = content.length + 2;
  return Uint8Array.from([0xff, marker, length >> 8, length & 255, ...content]);
}

// strips() yields RGBA bytes of whole rows, all but the last a multiple of 8 of them. segments: [marker, bytes].
export async function jpegOf(width, height, strips, { quality = 95, density = [1, 1, 1], segments = [] } = {}) {
  const tables = [LIGHT, CHROMA].map((table) => quantization(table, quality));
  const divisors = tables.map((table) => Float32Array.from(table, (value, at) => 1 / (value * AAN[at >> 3] * AAN[at & 7] * 8)));
  const [unit, across, down] = density;
  const head = [Uint8Array.of(0xff, 0xd8), segment(0xe0, [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, unit, across >> 8, across & 255, down >> 8, down & 255, 0, 0])];
  for (const [marker, bytes] of segments) head.push(segment(marker, bytes));
  tables.forEach((table, number) => head.push(segment(0xdb, [number, ...ZIGZAG.map((at) => table[at])])));
  head.push(segment(0xc0, [8, height >> 8, height & 255, width >> 8, width & 255, 3, 1, 0x11, 0, 2, 0x11, 1, 3, 0x11, 1]));
  HUFFMAN.forEach(([counts, symbols], number) => head.push(segment(0xc4, [[0, 0x10, 1, 0x11][number], ...counts, ...symbols])));
  head.push(segment(0xda, [3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]));
  const bits = new Bits();
  const before = [0, 0, 0];
  const block = new Float32Array(64);
  const numbers = new Int32Array(64);
  for await (const strip of strips()) {
    const rows = strip.length / 4 / width;
    for (let top = 0; top < rows; top += 8) {
      for (let left = 0; left < width; left += 8) {
        for (let channel = 0; channel < 3; channel += 1) {
          blockOf(strip, width, rows, left, top, channel, block);
          for (let line = 0; line < 8; line += 1) transform(block, 8 * line, 1);
          for (let line = 0; line < 8; line += 1) transform(block, line, 8);
          const divisor = divisors[channel && 1];
          for (let at = 0; at < 64; at += 1) numbers[at] = Math.round(block[ZIGZAG[at]] * divisor[ZIGZAG[at]]);
          before[channel] = written(numbers, before[channel], bits, CODES[channel ? 2 : 0], CODES[channel ? 3 : 1]);
        }
      }
    }
  }
  return new Blob([...head, ...bits.end(), Uint8Array.of(0xff, 0xd9)], { type: 'image/jpeg' });
}

// 8 x 8 of Y, Cb or Cr (JFIF), the last row and column repeated where the picture ends.
function blockOf(strip, width, rows, left, top, channel, block) {
  const [red, green, blue, off] = [[0.299, 0.587, 0.114, -128], [-0.168735892, -0.331264108, 0.5, 0], [0.5, -0.418687589, -0.081312411, 0]][channel];
  for (let y = 0; y < 8; y += 1) {
    const row = Math.min(top + y, rows - 1) * width;
    for (let x = 0; x < 8; x += 1) {
      const at = (row + Math.min(left + x, width - 1)) * 4;
      block[8 * y + x] = red * strip[at] + green * strip[at + 1] + blue * strip[at + 2] + off;
    }
  }
}

const size = (value) => 32 - Math.clz32(Math.abs(value));

function written(numbers, before, bits, first, rest) {
  const put = (value, length) => bits.put(value < 0 ? value + (1 << length) - 1 : value, length);
  const difference = numbers[0] - before;
  bits.put(first.code[size(difference)], first.bits[size(difference)]);
  put(difference, size(difference));
  let zeros = 0;
  for (let at = 1; at < 64; at += 1) {
    if (!numbers[at]) { zeros += 1; continue; }
    for (; zeros > 15; zeros -= 16) bits.put(rest.code[0xf0], rest.bits[0xf0]);
    const length = size(numbers[at]);
    bits.put(rest.code[zeros * 16 + length], rest.bits[zeros * 16 + length]);
    put(numbers[at], length);
    zeros = 0;
  }
  if (zeros) bits.put(rest.code[0], rest.bits[0]);
  return numbers[0];
}
