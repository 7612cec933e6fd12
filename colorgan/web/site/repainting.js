// A photo's colours made anew as things are said of it: colorgan/colorizer/repainting.py on the networks of the export.
import { MODEL } from './constants.js';
import { bytesOf, fitChroma, hexOf, labOf, shownBytes } from './colour.js';
import { drawnNoise } from './drawing.js';
import { aroundBorder, mapFrom, toView } from './look.js';
import { maskOf } from './lasso.js';
import { cropped, enlarged, fitLines, mapOf } from './upsampling.js';

const { vocabulary, block: BLOCK, cell: CELL, hints: H } = MODEL.words ?? { hints: {} };
const KEPT = 6; // sets of points whose words and colours are kept: a hint is moved, and the others stay
const NONE = { places: [], colours: [] };

export class Repainting {
  constructor(look, network) {
    Object.assign(this, look, { network, kept: new Map() });
    this.grid = [this.pad.height / BLOCK, this.pad.width / BLOCK];
  }

  // Lines of the whole photo. hints: { x, y, colour: '#rrggbb', lasso } in its pixels; daring 0 is the calm picture.
  async linesOf(hints, { seed = 0, daring = 0 } = {}) {
    if (!hints.length && !daring) return this.lines;
    const fit = async (some) => fitLines(this.view.planes[0], await this.coloursOf(some, seed, daring));
    let lines = await fit(hints.filter((hint) => !hint.lasso));
    const lassos = new Map(hints.filter((hint) => hint.lasso).map((hint) => [JSON.stringify(hint.lasso), hint.lasso]));
    for (const [name, lasso] of lassos) {
      const inside = await fit(hints.filter((hint) => !hint.lasso || JSON.stringify(hint.lasso) === name));
      lines = mixed(lines, inside, maskOf(lasso.map(([x, y]) => this.place(x, y)), this.view));
    }
    return aroundBorder(this.border, lines);
  }

  // ab of the view.
  async coloursOf(hints, seed, daring) {
    const points = this.points(hints);
    const calm = points.places.length ? await this.told(points, hints.length) : this.plain;
    return daring ? mixed(calm, await this.drawn(points, seed), daring) : calm;
  }

  // What a place of the photo is in the view.
  place(x, y) {
    const [left, top, right, bottom] = this.inside;
    return [((x - left) * this.view.width) / (right - left), ((y - top) * this.view.height) / (bottom - top)];
  }

  shows([x, y]) {
    return x >= 0 && y >= 0 && x < this.view.width && y < this.view.height;
  }

  pixel([x, y]) {
    const { width, height } = this.view;
    return Math.min(Math.max(Math.trunc(y), 0), height - 1) * width + Math.min(Math.max(Math.trunc(x), 0), width - 1);
  }

  lightnessAt(place) {
    return this.view.planes[0][this.pixel(place)];
  }

  // The ab that a hint asks for, at its place of the view; a hint without a colour asks for the plain picture's.
  asked(hint, place) {
    if (hint.colour) return labOf(bytesOf(hint.colour)).slice(1);
    const at = this.pixel(place);
    return fitChroma(this.view.planes[0][at], this.plain.planes[0][at], this.plain.planes[1][at]);
  }

  // Hints as places of the view and colours that sRGB has there; one with a lasso becomes several.
  points(hints) {
    const filled = hints.filter((hint) => hint.lasso).length;
    const most = Math.min(H.points, Math.floor(H.most_points / Math.max(filled, 1)));
    const points = { places: [], colours: [] };
    for (const hint of hints) {
      const own = this.place(hint.x, hint.y);
      for (const place of [...(hint.lasso ? this.filling(hint.lasso, most) : []), own]) {
        if (!this.shows(place)) continue;
        points.places.push(place);
        points.colours.push(fitChroma(this.lightnessAt(place), ...this.asked(hint, place)));
      }
    }
    return points;
  }

  filling(lasso, most) {
    const { width, height } = this.view;
    const inside = maskOf(lasso.map(([x, y]) => this.place(x, y)), this.view).map((share) => share > 0.5);
    const count = inside.reduce((sum, one) => sum + one, 0);
    const step = Math.max(H.spread_points, Math.sqrt(count / most));
    const places = [];
    for (let row = 0; row < Math.floor(height / step); row += 1) {
      for (let column = 0; column < Math.floor(width / step); column += 1) {
        const place = [(column + 0.5) * step, (row + 0.5) * step];
        if (inside[this.pixel(place)]) places.push(place);
      }
    }
    return places;
  }

  block([x, y]) {
    const [rows, columns] = this.grid;
    const row = Math.min(Math.max(Math.trunc(y / BLOCK), 0), rows - 1);
    return row * columns + Math.min(Math.max(Math.trunc(x / BLOCK), 0), columns - 1);
  }

  // What is made of the photo once, whatever is said of it.
  prepared() {
    const lightness = ['float32', [1, 1, this.pad.height, this.pad.width], this.pad.planes[0]];
    return (this.preparing ??= this.network.run('prepare', { lightness, fine: this.seen.fine, features: this.seen.features }));
  }

  // What points say of the blocks that they are in; of several in one block, the last.
  known({ places, colours }) {
    const [rows, columns] = this.grid;
    const known = { colours: new Float32Array(rows * columns * 2), state: new BigInt64Array(rows * columns), place: new Float32Array(rows * columns * 3) };
    for (const [number, [x, y]] of places.entries()) {
      const block = this.block([x, y]);
      known.state[block] = 2n;
      known.colours.set(colours[number], 2 * block);
      known.place.set([x / BLOCK - (block % columns) - 0.5, y / BLOCK - Math.floor(block / columns) - 0.5, this.cellLightness(x, y)], 3 * block);
    }
    return known;
  }

  cellLightness(x, y) {
    const { width, height, planes: [plane] } = this.pad;
    const left = Math.min(Math.max(Math.trunc(x / CELL), 0), width / CELL - 1) * CELL;
    const top = Math.min(Math.max(Math.trunc(y / CELL), 0), height / CELL - 1) * CELL;
    let sum = 0;
    for (let row = 0; row < CELL; row += 1) for (let column = 0; column < CELL; column += 1) sum += plane[(top + row) * width + left + column];
    return sum / CELL ** 2 / 50 - 1;
  }

  async think(known) {
    const { read, steps } = await this.prepared();
    const [rows, columns] = this.grid;
    return this.network.run('words', {
      read, steps,
      colours: ['float32', [1, rows, columns, 2], known.colours],
      state: ['int64', [1, rows, columns], known.state],
      place: ['float32', [1, rows, columns, 3], known.place],
    });
  }

  // The logits, states and mean colours of the blocks where so much is known.
  thought(points) {
    return this.keep('thought', points, () => this.think(this.known(points)));
  }

  // The mean of the words where so much is known, painted: ab of the view.
  meant(points) {
    return this.keep('meant', points, async () => {
      const { thought, mean } = await this.thought(points);
      return this.paint(thought, mean, points, 0);
    });
  }

  async paint(thought, colours, { places, colours: said }, drawn) {
    const { blocks, alike, entered } = await this.prepared();
    const hints = places.flatMap((place, number) => [...place, ...said[number]]);
    const { ab } = await this.network.run('painter', {
      blocks, alike, entered, thought, colours, hints: ['float32', [1, hints.length / 4, 4], Float32Array.from(hints)], drawn: ['float32', [1], Float32Array.of(drawn)],
    });
    return toView(mapFrom(ab), this.pad, this.view, H.levels);
  }

  // A drawing of a seed, ab of the view: words that are drawn, knowing the points. `WordHead.draw`.
  drawn(points, seed) {
    return this.keep(`drawn ${seed}`, points, async () => {
      const { rounds, temperature, gain } = MODEL.words.drawing;
      const noise = await this.keep(`noise ${seed}`, NONE, async () => drawnNoise(this, (await this.thought(NONE)).mean.data, seed));
      const known = this.known(points);
      const blocks = known.state.length;
      const words = vocabulary.length;
      for (let turn = 1; turn <= rounds; turn += 1) {
        const logits = (await this.think(known)).logits.data;
        const made = Array.from({ length: blocks }, (_, block) => {
          const share = softmax(Float32Array.from({ length: words }, (__, word) => (logits[block * words + word] + noise[block * words + word]) / Math.max(temperature, 1e-3)));
          const colour = [0, 1].map((axis) => share.reduce((sum, one, word) => sum + one * vocabulary[word][axis], 0));
          return { block, colour, sure: known.state[block] === 1n ? -1 : Math.max(...share) };
        });
        const filled = blocks - Math.round(blocks * Math.cos((Math.PI / 2) * (turn / rounds)));
        const ones = known.state.filter((state) => state === 1n).length;
        for (const { block, colour } of made.sort((one, other) => other.sure - one.sure).slice(0, filled - ones)) {
          known.colours.set(colour, 2 * block);
          known.state[block] = 1n;
          known.place.fill(0, 3 * block, 3 * block + 3);
        }
      }
      known.colours = known.colours.map((value) => value * gain);
      const { thought } = await this.think(known);
      return this.paint(thought, ['float32', [1, ...this.grid, 2], known.colours], points, 1);
    });
  }

  // The picture with what so many hints said of places; `Repainting._told` says why.
  async told(points, count) {
    let after = await this.meant(points);
    const before = await this.thought(NONE);
    const odd = points.places.map((place, number) => this.likelihood(before.logits.data, place, points.colours[number]) < H.odd);
    if (odd.some(Boolean)) after = this.asThings(await this.meant(chosen(points, (number) => !odd[number])), after, chosen(points, (number) => odd[number]));
    const now = entropies((await this.thought(points)).logits.data);
    const unsure = entropies(before.logits.data);
    const settled = now.map((one, block) => Math.min(Math.max((unsure[block] - one) / Math.max(unsure[block] - MODEL.words.least_entropy, 0.02), 0), 1) ** H.settled);
    const settledOnView = this.onView(settled);
    const still = Math.exp(-count / H.much);
    const meant = await this.meant(NONE);
    return mapOf(after.width, after.height, after.planes.map((plane, axis) => {
      const [plain, unsaid, made] = [this.plain.planes[axis], meant.planes[axis], new Float32Array(plane.length)];
      for (let at = 0; at < made.length; at += 1) made[at] = plane[at] + (1 - settledOnView[at]) * still * (plain[at] - unsaid[at]);
      return made;
    }));
  }

  likelihood(logits, place, colour) {
    const share = this.shares(logits, this.block(place));
    return share.reduce((sum, one, word) => sum + (Math.hypot(vocabulary[word][0] - colour[0], vocabulary[word][1] - colour[1]) < MODEL.words.like ? one : 0), 0);
  }

  shares(logits, block) {
    return softmax(logits.slice(block * vocabulary.length, (block + 1) * vocabulary.length));
  }

  // Colours that nobody would have guessed belong to things, not to the light: `Repainting._as_things`.
  asThings(without, ab, odd) {
    const there = odd.places.map((place, number) => [0, 1].map((axis) => odd.colours[number][axis] - without.planes[axis][this.pixel(place)]));
    const units = there.map(([a, b]) => [a, b].map((one) => one / Math.max(a * a + b * b, 1)));
    const planes = without.planes.map((plane) => plane.slice());
    for (let at = 0; at < planes[0].length; at += 1) {
      const change = [0, 1].map((axis) => ab.planes[axis][at] - without.planes[axis][at]);
      let belongs = -Infinity;
      let which = 0;
      for (const [number, [a, b]] of units.entries()) {
        const share = change[0] * a + change[1] * b;
        if (share > belongs) { belongs = share; which = number; }
      }
      const whole = 1 - Math.min(Math.max(belongs, 0), 1);
      const by = Math.min(Math.max((belongs - H.a_wash) / (H.a_thing - H.a_wash), 0), 1);
      for (const axis of [0, 1]) planes[axis][at] += by * (change[axis] + whole * there[which][axis]);
    }
    return mapOf(without.width, without.height, planes);
  }

  onView(blocks) {
    const [rows, columns] = this.grid;
    return cropped(enlarged(mapOf(columns, rows, [Float32Array.from(blocks)]), this.pad.width, this.pad.height), this.view.width, this.view.height).planes[0];
  }

  // How unsure the network is, a map of the photo in [0, 1].
  async doubt(hints) {
    const { logits } = await this.thought(this.points(hints));
    const map = mapOf(this.view.width, this.view.height, [this.onView(entropies(logits.data))]);
    return aroundBorder(this.border, map);
  }

  // The colours likeliest at a place of the photo, unlike one another, the likeliest first.
  async likely(x, y, hints, count) {
    const { logits } = await this.thought(this.points(hints));
    const place = this.place(x, y);
    const probability = this.shares(logits.data, this.block(place));
    const lightness = this.lightnessAt(place);
    const shown = vocabulary.map((word) => fitChroma(lightness, ...word));
    let picked = [];
    for (const distance of H.unlike) {
      picked = apart(shown, probability, count, distance);
      if (picked.length >= Math.min(H.fewest_likely, count)) break;
    }
    const share = picked.map(() => 0);
    for (const [word, colour] of shown.entries()) {
      const far = picked.map((one) => Math.hypot(shown[one][0] - colour[0], shown[one][1] - colour[1]));
      share[far.indexOf(Math.min(...far))] += probability[word];
    }
    return picked.map((one, number) => ({ colour: hexOf(shownBytes(lightness, ...shown[one])), share: share[number] })).sort((one, other) => other.share - one.share);
  }

  // What becomes of a hint: its colour at the photo's lightness, whether that is what was asked for, and on a border.
  shown(hint) {
    const place = this.place(hint.x, hint.y);
    const lightness = this.lightnessAt(place);
    const asked = this.asked(hint, place);
    const onBorder = !this.shows(place);
    const fitted = onBorder ? [0, 0] : fitChroma(lightness, ...asked);
    const exact = !hint.colour || Math.hypot(fitted[0] - asked[0], fitted[1] - asked[1]) < H.exact;
    return { colour: hexOf(shownBytes(lightness, ...fitted)), exact, onBorder };
  }

  // The colour that lines give a place of the photo.
  shownAt(lines, x, y) {
    const lightness = this.lightnessAt(this.place(x, y));
    const at = Math.trunc((y / this.size[1]) * lines.height) * lines.width + Math.trunc((x / this.size[0]) * lines.width);
    const [a, b] = [0, 1].map((axis) => lines.planes[axis][at] * lightness + lines.planes[axis + 2][at]);
    return hexOf(shownBytes(lightness, a, b));
  }

  // Nothing that is asked for again is made twice.
  keep(kind, points, make) {
    const name = `${kind} ${JSON.stringify(points)}`;
    const made = this.kept.get(name) ?? make();
    this.kept.delete(name);
    this.kept.set(name, made);
    const same = [...this.kept.keys()].filter((one) => one.split(' ')[0] === kind.split(' ')[0] && !one.endsWith(JSON.stringify(NONE)));
    if (same.length > KEPT) this.kept.delete(same[0]);
    return made;
  }
}

function chosen({ places, colours }, which) {
  return { places: places.filter((_, number) => which(number)), colours: colours.filter((_, number) => which(number)) };
}

// From one map to another, by a share or a plane of shares.
function mixed(one, other, share) {
  const shares = typeof share === 'number' ? new Float32Array(one.width * one.height).fill(share) : share;
  return mapOf(one.width, one.height, one.planes.map((plane, number) => {
    const made = new Float32Array(plane.length);
    for (let at = 0; at < made.length; at += 1) made[at] = plane[at] + (other.planes[number][at] - plane[at]) * shares[at];
    return made;
  }));
}

export function softmax(scores) {
  const most = scores.reduce((one, other) => Math.max(one, other), -Infinity);
  const made = scores.map((one) => Math.exp(one - most));
  const sum = made.reduce((one, other) => one + other, 0);
  return made.map((one) => one / sum);
}

// How unsure the words of each block are, in [0, 1]: the entropy of softmax, without its shares.
function entropies(logits) {
  const words = vocabulary.length;
  const unsure = new Float64Array(logits.length / words);
  for (let block = 0, start = 0; block < unsure.length; block += 1, start += words) {
    let most = -Infinity;
    for (let at = start; at < start + words; at += 1) most = Math.max(most, logits[at]);
    let sum = 0;
    let weighed = 0;
    for (let at = start; at < start + words; at += 1) {
      const share = Math.exp(logits[at] - most);
      sum += share;
      weighed += share * (logits[at] - most);
    }
    unsure[block] = (Math.log(sum) - weighed / sum) / Math.log(words);
  }
  return unsure;
}

function apart(colours, probability, count, distance) {
  const order = Array.from(probability.keys()).sort((one, other) => probability[other] - probability[one]);
  const picked = [];
  for (const index of order) {
    if (picked.every((other) => Math.hypot(colours[index][0] - colours[other][0], colours[index][1] - colours[other][1]) >= distance)) picked.push(index);
    if (picked.length === count) break;
  }
  return picked;
}
