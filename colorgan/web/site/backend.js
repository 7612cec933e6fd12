// Where the networks run: on the graphics card where WebGPU is there and right, or else in WebAssembly, with as many
// threads as the page may have. One at a time.
import { SITE } from './constants.js';
import { loadNetwork } from './network.js';

const MOST_THREADS = 4; // more do not make so small a network faster
const NEAR = 1; // ab units between what two backends make of the same picture

export async function chooseBackend({ isolated, cores, tell }) {
  // Shared memory, and with it threads, is for isolated pages alone; on iPhones it hangs.
  const threads = isolated && !isApple() ? Math.max(1, Math.min(cores, MOST_THREADS)) : 1;
  if (await hasCard()) {
    try {
      const network = await loadNetwork({ provider: 'webgpu', threads: 1, told: tell });
      if (await isRight(network)) return network;
    } catch (error) {
      console.warn(`WebGPU does not work here: ${error.message}`);
    }
  }
  return loadNetwork({ provider: 'wasm', threads, told: tell });
}

const isApple = () => /iPhone|iPad|iPod/.test(navigator.userAgent);

async function hasCard() {
  try {
    return Boolean(await navigator.gpu?.requestAdapter());
  } catch {
    return false;
  }
}

// A card's driver may compute nonsense: a picture is compared with what the export's own check found for it.
async function isRight(network) {
  const { side } = SITE.probe;
  const plane = Float32Array.from({ length: side ** 2 }, (_, at) => 50 + 40 * Math.sin(at / 37));
  const { ab } = await network.run('model', { lightness: ['float32', [1, 1, side, side], plane] });
  return ab.data.every(Number.isFinite) && SITE.probe.values.every((value, at) => Math.abs(ab.data[at * SITE.probe.step] - value) < NEAR);
}
