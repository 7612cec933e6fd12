// A polygon -> how far each pixel of the view is inside it, [0, 1]: by the shares of TIMES x TIMES places of it.
const TIMES = 4;

export function maskOf(corners, { width, height }) {
  const mask = new Float32Array(width * height);
  for (let line = 0; line < height * TIMES; line += 1) {
    const y = (line + 0.5) / TIMES;
    const crossings = [];
    for (const [number, [x0, y0]] of corners.entries()) {
      const [x1, y1] = corners[(number + 1) % corners.length];
      if ((y0 <= y) !== (y1 <= y)) crossings.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
    }
    crossings.sort((one, other) => one - other);
    for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
      const from = Math.max(0, Math.ceil(crossings[pair] * TIMES - 0.5));
      const to = Math.min(width * TIMES - 1, Math.floor(crossings[pair + 1] * TIMES - 0.5));
      for (let at = from; at <= to; at += 1) mask[Math.floor(line / TIMES) * width + Math.floor(at / TIMES)] += 1 / TIMES ** 2;
    }
  }
  return mask;
}
