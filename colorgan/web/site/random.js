// torch's random numbers on a processor, so that a seed draws here what it draws in Python: Matsumoto and Nishimura 1998,
// "Mersenne Twister"; normal numbers by Box and Muller in groups of sixteen.
const SIZE = 624;
const SHIFT = 397;

export function seeded(seed) {
  const state = new Uint32Array(SIZE);
  state[0] = seed;
  for (let at = 1; at < SIZE; at += 1) {
    const before = state[at - 1] ^ (state[at - 1] >>> 30);
    state[at] = Math.imul(1812433253, before) + at;
  }
  let next = SIZE;
  return () => {
    if (next === SIZE) {
      for (let at = 0; at < SIZE; at += 1) {
        const joined = (state[at] & 0x80000000) | (state[(at + 1) % SIZE] & 0x7fffffff);
        state[at] = state[(at + SHIFT) % SIZE] ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
      }
      next = 0;
    }
    let value = state[next];
    next += 1;
    value ^= value >>> 11;
    value ^= (value << 7) & 0x9d2c5680;
    value ^= (value << 15) & 0xefc60000;
    return (value ^ (value >>> 18)) >>> 0;
  };
}

export function uniforms(random, count) {
  return Float32Array.from({ length: count }, () => (random() & 0xffffff) / 2 ** 24);
}

// count must be a multiple of 16.
export function normals(random, count) {
  const made = uniforms(random, count);
  for (let start = 0; start < count; start += 16) {
    for (let at = start; at < start + 8; at += 1) {
      const radius = Math.sqrt(-2 * Math.log(1 - made[at]));
      const turn = 2 * Math.PI * made[at + 8];
      made[at] = radius * Math.cos(turn);
      made[at + 8] = radius * Math.sin(turn);
    }
  }
  return made;
}
