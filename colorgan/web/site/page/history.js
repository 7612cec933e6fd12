// What was said of one photo, step by step, with undo and redo: colorgan/web/history.py and edits.py.
const NOTHING = { marks: [], seed: 0, daring: 0 };

class History {
  constructor(size) {
    Object.assign(this, { size, steps: [NOTHING], at: 0, numbers: 0, dialled: false });
  }

  get told() {
    return this.steps[this.at];
  }

  get canUndo() {
    return this.at > 0;
  }

  get canRedo() {
    return this.at < this.steps.length - 1;
  }

  tell(told) {
    if (JSON.stringify(told) === JSON.stringify(this.told)) return;
    this.steps.splice(this.at + 1, Infinity, told);
    this.at += 1;
    this.dialled = false;
  }

  // One turn of the dial is one step, however many places it passes.
  dial(daring) {
    if (this.dialled && !this.canRedo) this.steps[this.at] = { ...this.told, daring };
    else {
      this.tell({ ...this.told, daring });
      this.dialled = this.at > 0;
    }
  }

  step(by) {
    this.at = Math.min(Math.max(this.at + by, 0), this.steps.length - 1);
    this.dialled = false;
  }

  forget(numbers) {
    this.tell({ ...this.told, marks: this.told.marks.filter((mark) => !numbers.includes(mark.number)) });
  }

  // All that would be said after an edit of the shared scripts; `colours` are those that a new mark keeps.
  after(edit, colours = []) {
    const { marks } = this.told;
    const former = marks.find((mark) => mark.number === edit.mark);
    if (edit.mark && !former) return this.told;
    let mark = former ? moved(former, edit.across || 0, edit.down || 0, this.size) : this.made(edit, colours);
    if (edit.colour) {
      const kind = edit.kind === 'kept' ? 'kept' : mark.kind === 'stroke' ? 'stroke' : 'point';
      mark = { ...mark, kind, hints: mark.hints.map((hint) => ({ ...hint, colour: edit.colour })) };
    }
    return { ...this.told, marks: former ? marks.map((one) => (one === former ? mark : one)) : [...marks, mark] };
  }

  made(edit, colours) {
    this.numbers += 1;
    const round = (value) => Math.round(value * 100) / 100;
    const lasso = edit.lasso?.map((corner) => corner.map(round));
    const hints = edit.places.map(([x, y], at) => ({ x: round(x), y: round(y), colour: edit.colour || colours[at], ...(lasso ? { lasso } : {}) }));
    const kind = (edit.kind || 'point') === 'point' && hints.length > 1 ? 'stroke' : edit.kind || 'point';
    return { number: this.numbers, kind, hints };
  }
}

function moved(mark, across, down, [width, height]) {
  const [xs, ys] = ['x', 'y'].map((axis) => mark.hints.map((hint) => hint[axis]));
  const by = [Math.min(Math.max(across, -Math.min(...xs)), width - 0.01 - Math.max(...xs)), Math.min(Math.max(down, -Math.min(...ys)), height - 0.01 - Math.max(...ys))];
  return { ...mark, hints: mark.hints.map((hint) => ({ ...hint, x: hint.x + by[0], y: hint.y + by[1] })) };
}

// A mark on a photo of `size` -> where it is once the photo was turned by quarters, clockwise.
function turned(mark, [width, height], quarters) {
  if (!quarters) return mark;
  const place = ([x, y]) => [height - 0.01 - y, x].map((one) => Math.max(0, one));
  const hints = mark.hints.map((hint) => {
    const [x, y] = place([hint.x, hint.y]);
    return { ...hint, x, y, ...(hint.lasso ? { lasso: hint.lasso.map(place) } : {}) };
  });
  return turned({ ...mark, hints }, [height, width], quarters - 1);
}

const middleOf = (mark) => mark.hints[Math.floor(mark.hints.length / 2)];

// As the worker takes it.
function wordsOf(told) {
  return { hints: told.marks.flatMap((mark) => mark.hints), seed: told.seed, daring: told.daring };
}

// photo.hints.json, as colorgan/hints/sidecar.py has it.
function sidecarOf(item) {
  const { hints, seed, daring } = wordsOf(item.history.told);
  return JSON.stringify({ format: 'colorgan hints', version: 1, size: item.size, seed, daring, vividness: item.vividness / 100, hints }, null, 2);
}

function takeSidecar(item, text) {
  const said = JSON.parse(text);
  if (said.format !== 'colorgan hints' || said.version !== 1 || !Array.isArray(said.hints) || said.size?.length !== 2) throw new Error('This is no file of hints.');
  const [across, down] = item.size.map((side, axis) => side / said.size[axis]);
  if (Math.abs(across / down - 1) > 0.02) throw new Error(`The hints are for a photo of ${said.size.join(' x ')} pixels, which has other proportions.`);
  const { history } = item;
  const inside = (value, side) => Math.min(Math.max(value, 0), side - 0.01);
  const marks = said.hints.map(({ x, y, colour, lasso }) => {
    history.numbers += 1;
    const hint = { x: inside(x * across, item.size[0]), y: inside(y * down, item.size[1]), colour, ...(lasso ? { lasso: lasso.map(([a, b]) => [a * across, b * down]) } : {}) };
    return { number: history.numbers, kind: colour ? 'point' : 'kept', hints: [hint] };
  });
  item.vividness = Math.round(100 * (said.vividness ?? 1));
  history.tell({ marks, seed: said.seed || 0, daring: said.daring || 0 });
}
