// The worker of the page: photos in, pictures out, one request after another. The page itself never computes.
import { MODEL, SITE } from './constants.js';
import { chooseBackend } from './backend.js';
import { colourName, colourNames, placeName, whyOther } from './naming.js';
import { hexOf, fitChroma, bytesOf, labOf, shownBytes } from './colour.js';
import { lookAt } from './look.js';
import { PhotoError, hasHoles, openPhoto } from './photo.js';
import { painter } from './painting.js';
import { Repainting } from './repainting.js';
import { saved } from './saving.js';

// The same two again and again: a browser does not know what the pixels of canvases weigh, and lets go of them late.
class Canvas {
  sized(width, height) {
    this.canvas ??= new OffscreenCanvas(1, 1);
    this.context ??= this.canvas.getContext('2d', { willReadFrequently: true });
    Object.assign(this.canvas, { width, height });
    this.context.imageSmoothingQuality = 'high';
    return this.context;
  }

  holding(pixels) {
    this.sized(pixels.width, pixels.height).putImageData(pixels, 0, 0);
    return this.canvas;
  }
}

const canvases = { from: new Canvas(), to: new Canvas() };
const LOOKS = 3; // photos whose looks are kept: another look takes less time than their memory is worth
const SHOWN_QUALITY = 0.93;
const NEARLY = 1.15; // times the edge that is asked for: no fewer pixels are made of a photo that has so many
const AS_IT_IS = 1.5; // likewise what the page itself shows of the gray photo
const LEAST_EDGE = 640; // of the longer side of what is shown, in pixels
const works = new Map(); // key -> { file, turns, size, lines, shown, repainting }
let backend = null;

const answers = {
  // The networks, once; `telling` goes to the page on the way.
  async load({ isolated, cores }, tell) {
    backend ??= chooseBackend({ isolated, cores, tell: (share) => tell({ share }) });
    const { provider, threads } = await backend.catch((error) => { backend = null; throw error; });
    return { provider, threads };
  },

  // -> its size, and the gray photo as a picture where it is open and the page cannot show its file: it was turned, or has
  // many more pixels than the screen.
  async open({ key, file, turns, edge, isOpen }) {
    const photo = await openPhoto(file, turns);
    const work = { file, turns, size: [photo.width, photo.height], photo, shown: shownOf(photo, edge) };
    works.set(key, work);
    keepFew(key);
    return { size: work.size, before: isOpen && (turns || longer(photo) > AS_IT_IS * edge) ? await pictureOf(work.shown, null) : null };
  },

  async colour({ key }) {
    const work = works.get(key);
    if (!work) throw new PhotoError('The photo is no longer here.');
    if (!work.lines) await looked(work);
    keepFew(key);
    return {};
  },

  // The picture as told, for the screen; `small` asks for a tile of the grid.
  async picture({ key, told, vividness, edge }) {
    const work = await ready(key, edge);
    const picture = edge < 0.6 * longer(work.shown) ? reduced(work.shown, edge) : work.shown;
    return { picture: await pictureOf(picture, await linesOf(work, told), vividness) };
  },

  // The photo as it was brought.
  async original({ key, edge }) {
    return { picture: await pictureOf((await ready(key, edge)).shown, null) };
  },

  async preview({ key, told, vividness, edge, hint }) {
    const { picture } = await answers.picture({ key, told, vividness, edge });
    return { picture, why: whyOther(works.get(key).repainting.shown(hint), hint) };
  },

  async palette({ key, told, vividness, x, y, used }) {
    const work = await ready(key);
    const { repainting } = await seen(work);
    const now = repainting.shownAt(await linesOf(work, told), x, y);
    const [lightness] = labOf(bytesOf(now));
    const likely = await repainting.likely(x, y, told.hints, SITE.mostLikely);
    const swatches = (colours) => {
      const looks = colours.map((colour) => {
        const [, a, b] = labOf(bytesOf(colour));
        return hexOf(shownBytes(lightness, a * vividness, b * vividness));
      });
      const names = colourNames(looks);
      return colours.map((colour, at) => ({ colour, look: looks[at], name: names[at] }));
    };
    return { now: swatches([now])[0], likely: swatches(likely.map(({ colour }) => colour)), used: swatches(used), wheel: wheel(lightness), place: placeName(x, y, work.size) };
  },

  async marks({ key, hints }) {
    const { repainting } = await seen(await ready(key));
    return { shown: hints.map((hint) => { const shown = repainting.shown(hint); return { ...shown, name: colourName(shown.colour), why: whyOther(shown, hint), place: placeName(hint.x, hint.y, works.get(key).size) }; }) };
  },

  async shownAt({ key, told, places }) {
    const work = await ready(key);
    const lines = await linesOf(work, told);
    const { repainting } = await seen(work);
    return { colours: places.map(([x, y]) => repainting.shownAt(lines, x, y)) };
  },

  async doubt({ key, told }) {
    const { repainting } = await seen(await ready(key));
    return { picture: await shade(await repainting.doubt(told.hints)) };
  },

  // The file to take home.
  async save({ key, told, vividness, kind, described }) {
    const work = await ready(key);
    const lines = await linesOf(work, told);
    const photo = await openPhoto(work.file, work.turns);
    try {
      return { blob: await saved(photo, work.file, lines, { vividness, kind, described, hinted: told.hints.length > 0, model: MODEL.name }) };
    } finally {
      photo.close();
    }
  },

  async forget({ key }) {
    works.get(key)?.photo?.close();
    works.delete(key);
    return {};
  },
};

const longer = ({ width, height }) => Math.max(width, height);

async function looked(work) {
  const network = await backend;
  if (!network) throw new PhotoError('The colours could not be fetched: reload the page to try again.');
  const photo = work.photo || (await openPhoto(work.file, work.turns)); // open still, where it has just been brought
  work.photo = null;
  try {
    const look = await lookAt(photo, network);
    work.lines = look.lines;
    if (MODEL.words) work.repainting = new Repainting(look, network);
  } finally {
    photo.close();
  }
  return work;
}

const seen = (work) => (work.repainting ? work : looked(work));

async function linesOf(work, told) {
  if (!told.hints.length && !told.daring) return work.lines;
  return (await seen(work)).repainting.linesOf(told.hints, told);
}

// A work whose pixels for the screen are there.
async function ready(key, edge = 0) {
  const work = works.get(key);
  if (!work) throw new PhotoError('The photo is no longer here.');
  if (!work.shown || (edge > longer(work.shown) && longer(work.shown) < Math.max(...work.size))) {
    const photo = await openPhoto(work.file, work.turns);
    work.shown = shownOf(photo, Math.max(edge, LEAST_EDGE));
    photo.close();
  }
  keepFew(key);
  return work;
}

// Of photos that are not looked at just now only the lines stay: they are small, and pictures come from them again.
function keepFew(key) {
  const work = works.get(key);
  works.delete(key);
  works.set(key, work);
  for (const other of [...works.values()].slice(0, -LOOKS)) {
    other.photo?.close();
    Object.assign(other, { photo: null, shown: null, repainting: null });
  }
}

// The photo no larger than `edge` to its longer side, or hardly, as pixels.
function shownOf(photo, edge) {
  if (longer(photo) > NEARLY * edge) return drawn(photo, edge);
  return new ImageData(photo.strip(0, photo.height), photo.width, photo.height);
}

function drawn(photo, edge) {
  const [width, height] = sizeFor(photo, edge);
  const context = canvases.to.sized(width, height);
  photo.draw(context, 0, 0, width / photo.width, height / photo.height);
  return context.getImageData(0, 0, width, height);
}

function reduced(shown, edge) {
  const [width, height] = sizeFor(shown, edge);
  const from = canvases.from.holding(shown);
  const context = canvases.to.sized(width, height);
  context.drawImage(from, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

function sizeFor(source, edge) {
  const scale = Math.min(1, edge / longer(source));
  return [source.width, source.height].map((side) => Math.max(1, Math.round(side * scale)));
}

// Pixels, painted by lines where there are any -> a picture for an <img>.
async function pictureOf(shown, lines, vividness = 1) {
  let pixels = shown;
  if (lines) {
    pixels = new ImageData(shown.width, shown.height);
    const { engine } = await backend;
    painter(lines, shown.width, shown.height, vividness, engine)(shown.data, 0, pixels.data);
  }
  const canvas = canvases.to.holding(pixels);
  return canvas.convertToBlob(hasHoles(shown.data) ? { type: 'image/png' } : { type: 'image/jpeg', quality: SHOWN_QUALITY });
}

// All hues at a lightness, each from gray to the most that sRGB shows of it.
function wheel(lightness) {
  return Array.from({ length: SITE.hues }, (_, hue) => {
    const turn = (hue * 2 * Math.PI) / SITE.hues;
    const [a, b] = fitChroma(lightness, Math.cos(turn) * SITE.widest, Math.sin(turn) * SITE.widest);
    return Array.from({ length: SITE.strengths }, (__, step) => hexOf(shownBytes(lightness, (a * step) / (SITE.strengths - 1), (b * step) / (SITE.strengths - 1))));
  });
}

// Where the network is unsure, as the transparency of a picture.
async function shade({ width, height, planes: [doubt] }) {
  const sorted = doubt.slice().sort();
  const [least, most] = SITE.shaded.map((share) => sorted[Math.floor(share * (sorted.length - 1))]);
  const pixels = new ImageData(width, height);
  doubt.forEach((value, at) => { pixels.data[4 * at + 3] = 255 * Math.min(Math.max((value - least) / Math.max(most - least, 1e-3), 0), 1); });
  return canvases.to.holding(pixels).convertToBlob({ type: 'image/png' });
}

// One after another.
const queue = [];
let busy = false;

self.addEventListener('message', ({ data }) => {
  if (data.what === 'load') return answer(data); // photos are shown in gray meanwhile
  queue.push(data);
  return work();
});

async function work() {
  if (busy) return;
  busy = true;
  while (queue.length) await answer(queue.shift());
  busy = false;
}

async function answer({ id, what, fields }) {
  try {
    self.postMessage({ id, done: await answers[what](fields, (news) => self.postMessage({ id, news })) });
  } catch (error) {
    self.postMessage({ id, failed: error instanceof PhotoError ? error.message : `This browser could not do it: ${error.message || error}. A reload may help, or a smaller photo.` });
  }
}
