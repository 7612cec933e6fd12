// The networks of `colorgan export`: one look at the photo, by engine.js where that can, and what is made of it, by
// onnxruntime-web.
import { ENGINE, SITE } from './constants.js';
import { Engine } from './engine.js';
import { mapOf } from './upsampling.js';

const NEAR = 1; // ab units between what two backends make of the same picture
const RUNTIMES = { webgpu: ['ort.webgpu.min.mjs', 'asyncify'], wasm: ['ort.wasm.min.mjs', ''] };

// What a photo's networks give and take, by the names of their tensors.
export class Network {
  constructor(ort, provider, threads) {
    Object.assign(this, { ort, provider, threads, sessions: {}, engine: null });
  }

  // A padded view, a map of L -> { ab, and what the other graphs read: fine, features }.
  async look(view) {
    if (this.engine) return this.engine.look(view);
    return this.run('model', { lightness: ['float32', [1, 1, view.height, view.width], view.planes[0]] });
  }

  // A driver, or a browser's compiler, may compute nonsense: a picture is compared with what Python's network found for it.
  async isRight() {
    const { side, step, values } = SITE.probe;
    const plane = Float32Array.from({ length: side ** 2 }, (_, at) => 50 + 40 * Math.sin(at / 37));
    const { ab } = await this.look(mapOf(side, side, [plane]));
    return ab.data.every(Number.isFinite) && values.every((value, at) => Math.abs(ab.data[at * step] - value) < NEAR);
  }

  async open(name, bytes) {
    this.sessions[name] = await this.ort.InferenceSession.create(bytes, { executionProviders: [this.provider], graphOptimizationLevel: 'all' });
  }

  // Feeds as [type, dimensions, numbers] or the tensors of another run -> tensors.
  async run(name, feeds, kept = []) {
    const session = this.sessions[name];
    const tensors = Object.fromEntries(Object.entries(feeds).map(([one, what]) => [one, Array.isArray(what) ? new this.ort.Tensor(...[what[0], what[2], what[1]]) : what]));
    return session.run(tensors, kept.length ? kept : undefined);
  }
}

// told(share) says how much of the files has come.
export async function loadNetwork({ provider, threads, told }) {
  const { folder, ending } = SITE.runtime;
  const [script, kind] = RUNTIMES[provider];
  const ort = await import(await moduleAt(script));
  const stem = `ort-wasm-simd-threaded${kind && `.${kind}`}`;
  const wanted = [`${folder}${stem}.wasm${ending}`, ...SITE.models];
  const come = new Map();
  const share = () => told([...come.values()].reduce((sum, bytes) => sum + bytes, 0) / wanted.reduce((sum, file) => sum + SITE.sizes[file], 0));
  const files = await Promise.all(wanted.map((file) => fetched(file, (bytes) => { come.set(file, bytes); share(); })));
  Object.assign(ort.env.wasm, { numThreads: threads, wasmBinary: files[0], wasmPaths: { mjs: await moduleAt(`${stem}.mjs`) } });
  ort.env.logLevel = 'error';
  const network = new Network(ort, provider, threads);
  for (const [number, file] of SITE.models.entries()) {
    const name = file.replace(/^.*\/|\.onnx$/g, '');
    const bytes = new Uint8Array(files[number + 1]);
    if (name !== 'model' || !(await hasEngine(network, bytes))) await network.open(name, bytes);
  }
  return network;
}

// Whether the engine computes what the network sees. It does not for other networks than LiteUNet, in browsers without
// relaxed SIMD or shared memory, and beside a graphics card.
async function hasEngine(network, model) {
  if (!ENGINE || network.provider !== 'wasm') return false;
  try {
    const compiled = await WebAssembly.compile(await fetched('engine.wasm', () => {}));
    network.engine = new Engine(compiled, ENGINE, model, network.threads);
    if (await network.isRight()) return true;
    console.warn('The engine is wrong in this browser.');
  } catch (error) {
    console.warn(`The engine does not work here: ${error.message}`);
  }
  network.engine?.close();
  network.engine = null;
  return false;
}

// The address of one of the runtime's scripts. An import takes no hash, so what comes from elsewhere is fetched by it and
// imported from memory.
async function moduleAt(name) {
  const file = SITE.runtime.folder + name;
  if (!SITE.runtime.integrity[name]) return new URL(file, import.meta.url).href;
  return URL.createObjectURL(new Blob([await fetched(file, () => {})], { type: 'text/javascript' }));
}

async function fetched(file, counted) {
  const address = new URL(file, import.meta.url);
  // Kept under the site's own name, so that it comes once, and works without a network; a private window may refuse.
  const kept = await self.caches?.open(SITE.cache).catch(() => null);
  let response = await kept?.match(address);
  if (!response) {
    const integrity = SITE.runtime.integrity[file.replace(SITE.runtime.folder, '')] ?? '';
    response = await fetch(address, { integrity, credentials: integrity ? 'omit' : 'same-origin' }).catch((error) => {
      throw new Error(integrity ? `${address.host} did not send ${address.pathname} as this site was built with it` : error.message);
    });
    if (!response.ok) throw new Error(`${file} did not come: ${response.status}`);
    kept?.put(address, response.clone()).catch(() => {});
  }
  let bytes = 0;
  const counter = new TransformStream({ transform(chunk, control) { bytes += chunk.length; counted(bytes); control.enqueue(chunk); } });
  let stream = response.body.pipeThrough(counter);
  // Compressed here and not by whatever server it is: many send .wasm as it is, four times as much.
  if (file.endsWith('.gz')) stream = stream.pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).arrayBuffer();
}
