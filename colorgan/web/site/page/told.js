// What is said of the open photo's colours: events of the shared scripts, and answers at the speed of the pointer.
const previewUrls = [];

const nameOfMark = { kept: (name) => `${name} kept`, stroke: (name) => `stroke of ${name}` };

// After what was said has changed: the marks in words, the picture, and drawings that are no longer true.
async function retold(item) {
  const { marks } = item.history.told;
  const { shown } = await request('marks', { key: item.key, hints: marks.map(middleOf) });
  item.marks = marks.map((mark, number) => {
    const { colour, name, why, place } = shown[number];
    const words = `${(nameOfMark[mark.kind] || ((one) => one))(name)}, ${place}`;
    return { mark, colour, words, why, label: `hint ${number + 1} of ${marks.length}: ${words}${why ? `. ${why}` : ''}` };
  });
  await refresh(item);
  for (const address of item.tiles || []) release(address);
  item.tiles = null;
  for (const address of previewUrls.splice(0)) release(address);
  render();
}

// An edit with the colours that a new mark without one keeps: those of the picture.
async function afterEdit(item, edit) {
  const keeps = !edit.mark && !edit.colour;
  const { colours } = keeps ? await request('shownAt', { key: item.key, told: wordsOf(item.history.told), places: edit.places }) : {};
  return item.history.after(edit, colours);
}

Object.assign(events, {
  async tell({ edit }) {
    const item = itemNow();
    const told = await afterEdit(item, edit);
    if (told.marks.length > site.model.maxHints) throw new Error(`At most ${site.model.maxHints} hints can be given for a photo`);
    item.history.tell(told);
    await retold(item);
  },
  async forget({ marks }) {
    itemNow().history.forget(marks);
    await retold(itemNow());
  },
  async undo() {
    itemNow().history.step(-1);
    await retold(itemNow());
  },
  async redo() {
    itemNow().history.step(1);
    await retold(itemNow());
  },
  async pick({ index }) {
    const { history } = itemNow();
    const { told } = history;
    const first = Math.floor(told.seed / DRAWINGS) * DRAWINGS;
    history.tell(index ? { ...told, seed: first + index - 1, daring: told.daring || 1 } : { ...told, daring: 0 });
    await refresh();
    render();
  },
  // The drawings to choose from, once nothing else is to be done.
  async draw() {
    const item = itemNow();
    if (!item || item.tiles || item.drawing) return;
    item.drawing = true;
    const { told } = item.history;
    const first = Math.floor(told.seed / DRAWINGS) * DRAWINGS;
    const tiles = [];
    try {
      for (let number = 0; number <= DRAWINGS && item === itemNow() && told === item.history.told; number += 1) {
        const one = number ? { ...told, seed: first + number - 1, daring: told.daring || 1 } : { ...told, daring: 0 };
        const { picture } = await request('picture', { key: item.key, told: wordsOf(one), vividness: item.vividness / 100, edge: DRAWING_EDGE });
        tiles.push(addressOf(picture));
      }
    } finally {
      item.drawing = false;
    }
    if (tiles.length === DRAWINGS + 1 && site.items.includes(item)) item.tiles = tiles;
    else tiles.forEach(release);
    render();
  },
});

Object.assign(server, {
  async palette({ x, y, mark }) {
    const item = itemNow();
    const { told } = item.history;
    const at = mark ? middleOf(told.marks.find((one) => one.number === mark)) : { x, y };
    const used = [...new Set(told.marks.flatMap((one) => one.hints.map(({ colour }) => colour)).filter(Boolean))].reverse();
    const palette = await request('palette', { key: item.key, told: wordsOf(told), vividness: item.vividness / 100, used, ...at, x: at.x, y: at.y });
    return { html: paletteHtml(palette, palette.place, mark) };
  },
  async preview({ edit, edge }) {
    const item = itemNow();
    const numbers = item.history.numbers;
    const told = await afterEdit(item, edit);
    item.history.numbers = numbers; // nothing was said yet
    const mark = told.marks.find((one) => one.number === edit.mark) || told.marks[told.marks.length - 1];
    const { picture, why } = await request('preview', { key: item.key, told: wordsOf(told), vividness: item.vividness / 100, edge: Math.min(edge, item.edge), hint: middleOf(mark) });
    const address = addressOf(picture);
    previewUrls.push(address);
    return { picture: address, why };
  },
  async doubt() {
    const { picture } = await request('doubt', { key: itemNow().key, told: wordsOf(itemNow().history.told) });
    return { picture: addressOf(picture) };
  },
});
