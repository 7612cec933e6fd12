// engine.wasm (engine.c says how), on as many threads as there are: the picture network, whose layers static_network.py
// tells, with the weights of model.onnx; and what is done to all pixels of a photo, as resizing.js and painting.js have it.
const KINDS = ['stem', 'pointwise', 'depthwise', 'dense', 'scene', 'squares', 'rectify', 'gray', 'narrow', 'lower', 'widen', 'paint'];
const ACTS = ['linear', 'relu', 'relu6'];
const FIELDS = ['kind', 'height', 'width', 'inputs', 'outputs', 'in', 'inPixel', 'inRow', 'out', 'outPixel', 'outRow', 'weights', 'bias',
  'added', 'addedPixel', 'addedRow', 'adding', 'act', 'kernel', 'stride', 'border', 'scale', 'shift', 'jobs', 'rows', 'panels'];
const [ALONE, SAME, HALF] = [0, 1, 2];
const [LANES, TILES, POINTS] = [8, 24, 36]; // as engine.c has them
const PAGE = 65536;
const MOST = 1 << 12; // pages: 256 MB, which engine.wasm names as well
const STACK = 1 << 16;
const CHROMA = 110;
const STEPS = 2; // of a photo's pixels in one run
const TABLES = 40000; // bytes, at the most
const PATIENCE = 200000; // sleeps of 0.1 ms and more: of a part that takes milliseconds, some 20 seconds

export class Engine {
  // compiled: a WebAssembly.Module; model: the bytes of model.onnx; patience: how often a thread that is done with its
  // part sleeps until it thinks another one gone. Throws where the browser cannot run it.
  constructor(compiled, plan, model, threads, patience = PATIENCE) {
    this.plan = plan;
    this.memory = new WebAssembly.Memory({ initial: 64, maximum: MOST, shared: true });
    this.end = 4 * STACK;
    this.instance = new WebAssembly.Instance(compiled, { env: { memory: this.memory } });
    const { layers } = plan;
    const record = FIELDS.length * 4;
    [this.layers, this.steps, this.counts, this.team, this.tables] = [layers.length * record, STEPS * record, layers.length * 64, 64, TABLES].map((bytes) => this.room(bytes));
    const { tensors } = plan;
    const widest = Math.max(...layers.filter(({ kind }) => kind === 'dense').map((layer) => tensors[layer.in][1] + tensors[layer.out][1]));
    const scratch = 4 * (POINTS * (TILES + 1) * widest + POINTS * 4);
    const places = Array.from({ length: threads }, () => ({ stack: this.room(STACK) + STACK, scratch: this.room(scratch) }));
    [this.place] = places;
    this.instance.exports.__stack_pointer.value = this.place.stack;
    this.numbers(this.team, 5).set([threads, patience], 3);
    this.packed = this.packAll(model);
    this.fixed = this.end;
    const told = [this.counts, this.team];
    this.helpers = places.slice(1).map(({ stack, scratch: own }) => {
      const helper = new Worker(new URL('./helper.js', import.meta.url), { type: 'module' });
      helper.addEventListener('error', (event) => event.preventDefault()); // the others do its part
      helper.postMessage({ compiled, memory: this.memory, stack, told: [...told, own] });
      return helper;
    });
  }

  // Bytes of the memory that nothing else has.
  room(bytes) {
    const at = this.end;
    this.end = Math.ceil((at + bytes) / 64) * 64;
    const pages = Math.ceil(this.end / PAGE) - this.memory.buffer.byteLength / PAGE;
    if (pages > 0) this.memory.grow(pages);
    return at;
  }

  floats(at, count) {
    return new Float32Array(this.memory.buffer, at, count);
  }

  numbers(at, count) {
    return new Int32Array(this.memory.buffer, at, count);
  }

  kept(values) {
    const at = this.room(4 * values.length);
    this.floats(at, values.length).set(values);
    return at;
  }

  // The weights of all layers as engine.c reads them, norms worked in.
  packAll(model) {
    const halves = halvesOf();
    const read = (name) => {
      const [at, count, bytes] = this.plan.places[name];
      const own = model.slice(at, at + count * bytes).buffer; // aligned
      return bytes === 4 ? new Float32Array(own) : Float32Array.from(new Uint16Array(own), (half) => halves[half]);
    };
    return this.plan.layers.map((layer) => {
      const packed = {};
      if (layer.before) {
        const { scale, shift } = normOf(layer.before, read);
        Object.assign(packed, { scale: this.kept(scale), shift: this.kept(shift) });
      }
      if (layer.kind === 'scene') {
        const [first, second, neck] = layer.weights;
        const bias = read(`${second}.bias`);
        const last = read(`${neck}.bias`).map((value, at) => value + bias[at]);
        const parts = [turned(read(`${first}.weight`), bias.length), read(`${first}.bias`), turned(read(`${second}.weight`), bias.length), last];
        packed.weights = this.kept(parts.flatMap((part) => [...part]));
      } else if (layer.weights) {
        const weights = read(`${layer.weights}.weight`);
        const bias = layer.bias && read(layer.bias);
        const { scale, shift } = layer.norm ? normOf(layer.norm, read) : plain(this.plan.tensors[layer.out][1]);
        if (bias) bias.forEach((value, at) => { shift[at] += value * scale[at]; });
        packed.outputs = scale.length;
        packed.inputs = weights.length / scale.length / (layer.kind === 'dense' ? 9 : 1);
        packed.bias = this.kept(shift);
        packed.weights = this[layer.kind](weights, scale);
      }
      return packed;
    });
  }

  pointwise(weights, scale) {
    const inputs = weights.length / scale.length;
    const made = new Float32Array(weights.length);
    for (let output = 0; output < scale.length; output += 1) {
      const start = (output - (output % LANES)) * inputs + (output % LANES);
      for (let input = 0; input < inputs; input += 1) made[start + input * LANES] = weights[output * inputs + input] * scale[output];
    }
    return this.kept(made);
  }

  depthwise(weights, scale) {
    const scaled = weights.map((value, at) => value * scale[Math.floor((at * scale.length) / weights.length)]);
    return this.kept(turned(scaled, scale.length));
  }

  stem(weights, scale) {
    return this.depthwise(weights, scale);
  }

  dense(weights, scale) {
    const inputs = weights.length / scale.length / 9;
    const made = this.room(4 * inputs * scale.length * POINTS);
    this.within(() => this.instance.exports.spread_weights(this.kept(weights), this.kept(scale), inputs, scale.length, made));
    return made;
  }

  // Its threads end, and with them the memory.
  close() {
    for (const helper of this.helpers.splice(0)) helper.terminate();
  }

  // Steps or layers by all threads; alone from then on if one of them was gone in the middle of its part.
  begin(records, count) {
    const run = () => this.instance.exports.run(records, count, this.counts, this.team, this.place.scratch);
    if (run()) return;
    console.warn('A thread of the engine is gone: it goes on without.');
    this.close();
    this.numbers(this.team, 4).set([0, 1], 2);
    run();
  }

  // L in [0, 100] of the view, a map whose sides are multiples of the network's -> what it saw, as onnxruntime's graph
  // puts it out: `ab`, and as feeds of the other graphs, made when they are asked for, `fine` and `features`.
  look({ width, height, planes: [lightness] }) {
    if (this.width !== width || this.height !== height) this.lay(width, height);
    this.floats(this.tensors.get('L').at, lightness.length).set(lightness);
    this.begin(this.layers, this.plan.layers.length);
    const read = (name) => {
      const { at, wide, tall, channels } = this.tensors.get(name);
      return { wide, tall, channels, values: this.floats(at, wide * tall * channels).slice() };
    };
    return new Seen(lightness, width, read('picture'), read('fine'), read(this.plan.objects));
  }

  // Steps of a photo's pixels, one after another.
  run(...steps) {
    const records = Int32Array.from(steps.flatMap((step) => FIELDS.map((field) => (field === 'kind' ? KINDS.indexOf(step.kind) : step[field] ?? 0))));
    this.numbers(this.steps, records.length).set(records);
    this.begin(this.steps, steps.length);
  }

  // What `use` does with memory that it has for itself, as `room` and `kept` give it.
  within(use) {
    const before = this.end;
    try {
      return use();
    } finally {
      this.end = before;
    }
  }

  bytes(at, count) {
    return new Uint8Array(this.memory.buffer, at, count);
  }

  keptBytes(values) {
    const at = this.room(values.length + 64); // vectors may reach beyond the last
    this.bytes(at, values.length).set(values);
    return at;
  }

  keptNumbers(values) {
    const at = this.room(4 * values.length);
    this.numbers(at, values.length).set(values);
    return at;
  }

  // RGBA bytes -> one byte each, or null where a pixel is not gray.
  grayOf(pixels) {
    return this.within(() => {
      const width = pixels.length / 4;
      const [from, to, odd] = [this.keptBytes(pixels), this.room(width + 64), this.keptNumbers([0])];
      this.run({ kind: 'gray', in: from, out: to, added: odd, width, ...parted(width, 1 << 16) });
      return this.numbers(odd, 1)[0] ? null : this.bytes(to, width).slice();
    });
  }

  // A plane of bytes through filters across and down, as resizing.js makes them.
  resized(plane, width, height, across, down) {
    return this.within(() => {
      const [row, kernel] = [Math.ceil(across.size / 16) * 16, Math.ceil(across.most / 4) * 4];
      const weights = new Int32Array(across.size * kernel);
      for (let place = 0; place < across.size; place += 1) weights.set(across.weights.subarray(place * across.most, (place + 1) * across.most), place * kernel);
      const [from, between, to] = [this.keptBytes(plane), this.room(row * height), this.room(row * down.size)];
      this.run(
        { kind: 'narrow', in: from, inRow: width, out: between, outRow: row, outputs: across.size, height, kernel, weights: this.keptNumbers(weights), bias: this.keptNumbers(across.from), ...parted(height, 32) },
        { kind: 'lower', in: between, inRow: row, out: to, outRow: row, width: across.size, height: down.size, kernel: down.most, weights: this.keptNumbers(down.weights), bias: this.keptNumbers(down.from), added: this.keptNumbers(down.count), ...parted(down.size, 16) },
      );
      const made = new Uint8Array(across.size * down.size);
      for (let y = 0; y < down.size; y += 1) made.set(this.bytes(to + y * row, across.size), y * across.size);
      return made;
    });
  }

  // RGBA bytes of whole rows from `top` on to others, as painting.js paints them with a field (four planes) of a size;
  // tables: its own, as numbers and bytes.
  paint(field, size, rows, columns, tables, pixels, top, painted) {
    const [values, gammas] = tables;
    this.floats(this.tables, values.length).set(values);
    this.bytes(this.tables + 4 * values.length, gammas.length).set(gammas);
    this.within(() => {
      const width = columns.before.length;
      const height = pixels.length / width / 4;
      const planes = this.room(16 * size.width * size.height);
      field.forEach((plane, part) => this.floats(planes + 4 * part * plane.length, plane.length).set(plane));
      const [wide, from, to] = [this.room(16 * width * size.height + 64), this.keptBytes(pixels), this.room(pixels.length + 64)];
      this.run(
        { kind: 'widen', in: planes, inRow: size.width, inputs: size.width, out: wide, outRow: width, width, height: 4 * size.height, bias: this.keptNumbers(columns.before), weights: this.kept(columns.share), ...parted(4 * size.height, 32) },
        { kind: 'paint', in: from, out: to, width, height, inputs: size.height, added: wide, addedPixel: width * size.height, addedRow: width, bias: this.keptNumbers(rows.before.subarray(top, top + height)), scale: this.kept(rows.share.subarray(top, top + height)), weights: this.tables, ...parted(height, 16) },
      );
      painted.set(this.bytes(to, pixels.length));
    });
  }

  // Places for all tensors of a view, and the records of all layers. Tensors that are no longer read make room for others.
  lay(width, height) {
    this.end = this.fixed;
    const { layers } = this.plan;
    const lasting = new Set(['picture', 'fine', this.plan.objects, 'L']);
    const last = new Map();
    layers.forEach((layer, number) => [layer.in, layer.out, layer.added, layer.told].forEach((name) => name && last.set(name, number)));
    this.tensors = new Map([['L', { at: this.room(4 * width * height), wide: width, tall: height, channels: 1, border: 0 }]]);
    const free = []; // [where, bytes]
    const records = new Int32Array(layers.length * FIELDS.length);
    layers.forEach((layer, number) => {
      if (!this.tensors.has(layer.out)) this.tensors.set(layer.out, this.tensorOf(layer.out, width, height, free));
      const record = this.recordOf(layer, this.packed[number]);
      FIELDS.forEach((field, at) => { records[number * FIELDS.length + at] = record[field] ?? 0; });
      for (const [name, when] of last) {
        if (when !== number || lasting.has(name)) continue;
        const { from, bytes } = this.tensors.get(name);
        free.push([from, bytes]);
        last.delete(name);
      }
    });
    this.numbers(this.layers, records.length).set(records);
    [this.width, this.height] = [width, height];
  }

  tensorOf(name, width, height, free) {
    const [stride, channels, border] = this.plan.tensors[name];
    const [wide, tall] = stride ? [width / stride, height / stride] : [1, 1];
    const row = (wide + 2 * border) * channels;
    const bytes = Math.ceil((4 * row * (tall + 2 * border)) / 64) * 64;
    const which = free.findIndex(([, size]) => size >= bytes);
    let from;
    if (which < 0) from = this.room(bytes);
    else {
      [from] = free[which];
      free[which] = [from + bytes, free[which][1] - bytes];
    }
    return { from, bytes, at: from + 4 * border * (row + channels), wide, tall, channels, border, row };
  }

  recordOf(layer, packed) {
    const [from, to] = [this.tensors.get(layer.in), this.tensors.get(layer.out)];
    const { wide, tall } = layer.kind === 'scene' ? from : to;
    const record = {
      kind: KINDS.indexOf(layer.kind), height: tall, width: wide, act: ACTS.indexOf(layer.act ?? 'linear'),
      inputs: from.channels, outputs: packed.outputs ?? to.channels, in: from.at, inPixel: from.channels, inRow: from.row ?? from.wide,
      out: to.at, outPixel: to.channels, outRow: to.row, border: to.border, kernel: layer.kernel, stride: layer.stride, ...packed,
    };
    if (layer.kind === 'depthwise') record.in = from.from;
    if (layer.kind === 'squares') record.out += 4 * layer.from;
    if (layer.told) record.bias = this.tensors.get(layer.told).at;
    if (layer.added) {
      const added = this.tensors.get(layer.added);
      Object.assign(record, { added: added.at, addedPixel: added.channels, addedRow: added.row, adding: added.wide === wide ? SAME : HALF });
    } else record.adding = ALONE;
    return { ...record, ...partsOf(record, layer.kind) };
  }
}

const parted = (all, rows) => ({ rows, jobs: Math.ceil(all / rows) });

// How a layer is parted: small enough that no thread waits long for another, large enough that weights are read seldom.
function partsOf({ height, width, inputs, outputs }, kind) {
  if (kind === 'scene') return { jobs: 1 };
  if (kind === 'dense') {
    const tiles = Math.ceil(width / 4) * Math.ceil(height / 4);
    const rows = Math.min(TILES, Math.max(6, 2 * Math.ceil(tiles / 16)));
    return { rows, jobs: Math.ceil(tiles / rows) };
  }
  if (kind !== 'pointwise') {
    const rows = Math.max(1, Math.floor(height / 16));
    return { rows, jobs: Math.ceil(height / rows) };
  }
  const pixels = height * width;
  const all = outputs / LANES;
  // Few pixels and many weights: parts of the weights, and all pixels with each; else parts of the pixels.
  const rows = inputs * outputs > 2 * pixels * inputs || pixels <= 96 ? pixels : Math.max(24, Math.min(240, 6 * Math.ceil(pixels / 96)));
  const panels = rows === pixels ? Math.max(1, Math.ceil(all / 12)) : all;
  return { rows, panels, jobs: Math.ceil(pixels / rows) * Math.ceil(all / panels) };
}

// (outputs, n) -> (n, outputs).
function turned(values, outputs) {
  const each = values.length / outputs;
  const made = new Float32Array(values.length);
  for (let output = 0; output < outputs; output += 1) for (let at = 0; at < each; at += 1) made[at * outputs + output] = values[output * each + at];
  return made;
}

// A batch norm as a factor and what is added.
function normOf([name, eps], read) {
  const [weight, bias, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((part) => read(`${name}.${part}`));
  const scale = weight.map((value, at) => value / Math.sqrt(variance[at] + eps));
  return { scale, shift: bias.map((value, at) => value - mean[at] * scale[at]) };
}

const plain = (outputs) => ({ scale: new Float32Array(outputs).fill(1), shift: new Float32Array(outputs) });

// The values of all half precision numbers.
function halvesOf() {
  return Float32Array.from({ length: 1 << 16 }, (_, bits) => {
    const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
    const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : (fraction / 1024) * 2 ** -14;
    return bits >> 15 ? -size : size;
  });
}

// What the network saw of a view, (pixels, channels), and the same as the export's graphs take it.
class Seen {
  constructor(lightness, width, picture, fine, objects) {
    Object.assign(this, { lightness, width, finest: fine, objects, ab: abOf(picture) });
  }

  get fine() {
    const { wide, tall, channels, values } = this.finest;
    const each = wide * tall;
    const data = new Float32Array(values.length);
    for (let place = 0; place < each; place += 1) for (let channel = 0; channel < channels; channel += 1) data[channel * each + place] = values[place * channels + channel];
    return ['float32', [1, channels, tall, wide], data];
  }

  // `Look.features`: what tells objects apart, the means of what the heads read and of the picture, and the light.
  get features() {
    const { wide, tall, channels, values } = this.objects;
    const { ab, finest, lightness, width } = this;
    const each = channels + finest.channels + 2 + 16;
    const data = new Float32Array(wide * tall * each);
    for (let place = 0; place < wide * tall; place += 1) {
      const [y, x] = [Math.floor(place / wide), place % wide];
      const start = place * each;
      data.set(values.subarray(place * channels, (place + 1) * channels), start);
      let to = start + channels;
      for (let channel = 0; channel < finest.channels; channel += 1, to += 1) {
        for (let at = 0; at < 16; at += 1) data[to] += finest.values[((4 * y + (at >> 2)) * finest.wide + 4 * x + (at & 3)) * finest.channels + channel] / 16;
      }
      for (let axis = 0; axis < 2; axis += 1, to += 1) {
        const plane = axis * ab.dims[2] * ab.dims[3];
        for (let at = 0; at < 64; at += 1) data[to] += ab.data[plane + (8 * y + (at >> 3)) * ab.dims[3] + 8 * x + (at & 7)] / (64 * CHROMA);
      }
      for (let cell = 0; cell < 16; cell += 1, to += 1) {
        const [top, left] = [16 * y + 4 * (cell >> 2), 16 * x + 4 * (cell & 3)];
        for (let at = 0; at < 16; at += 1) data[to] += lightness[(top + (at >> 2)) * width + left + (at & 3)] / (16 * 50);
        data[to] -= 1;
      }
    }
    return ['float32', [1, tall, wide, each], data];
  }
}

// Of each place four pixels of a, then of b -> (1, 2, H/2, W/2), as a tensor has it.
function abOf({ wide, tall, channels, values }) {
  const data = new Float32Array(8 * wide * tall);
  for (let place = 0; place < wide * tall; place += 1) {
    const [y, x] = [2 * Math.floor(place / wide), 2 * (place % wide)];
    for (let at = 0; at < 8; at += 1) {
      data[(at >> 2) * 4 * wide * tall + (y + ((at >> 1) & 1)) * 2 * wide + x + (at & 1)] = CHROMA * values[place * channels + at];
    }
  }
  return { dims: [1, 2, 2 * tall, 2 * wide], data };
}
