// Where the networks run: on the graphics card where WebGPU is there and right, or else in WebAssembly, with as many
// threads as the page may have. One at a time.
import { loadNetwork } from './network.js';

const MOST_THREADS = 4; // more do not make so small a network faster

export async function chooseBackend({ isolated, cores, tell }) {
  // Shared memory, and with it threads, is for isolated pages alone; on iPhones it hangs.
  const threads = isolated && !isApple() ? Math.max(1, Math.min(cores, MOST_THREADS)) : 1;
  if (await hasCard()) {
    try {
      const network = await loadNetwork({ provider: 'webgpu', threads: 1, told: tell });
      if (await network.isRight()) return network;
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
