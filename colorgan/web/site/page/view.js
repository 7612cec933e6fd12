// What is on the stage, made of the page's templates (index.html): one photo, a grid of several, or where to drop them.
const templates = Object.fromEntries([...document.querySelectorAll('template')].map((one) => [one.id, one.content]));
// What only the page with a server does.
for (const one of templates.ready.querySelectorAll('[data-crop], [data-what=beside], label:has([data-event=refer])')) one.remove();
const stamp = (name) => templates[name].cloneNode(true);
const part = (name, selector) => templates[name].querySelector(selector).cloneNode(true);

function render() {
  const item = site.items[site.at];
  const state = !site.items.length ? 'empty' : !item || item.state === 'failed' ? 'grid' : item.state === 'done' ? 'ready' : 'working';
  const name = `${state} ${item && state !== 'grid' ? item.key : ''}`;
  if (element.dataset.shows !== name) {
    const before = element.dataset.shows === `working ${item?.key}` && element.querySelector('.before');
    const made = stamp(state);
    if (before && state === 'ready') made.querySelector('.before').replaceWith(before); // decoded already: no flash
    made.querySelector('template')?.remove();
    element.replaceChildren(made);
    element.dataset.shows = name;
  }
  ({ empty: fillEmpty, working: fillViewer, ready: fillReady, grid: fillGrid })[state](item);
  document.querySelector('#page').dataset.state = state;
  changed();
}

function fillEmpty() {
  sayAbove(site.error, element.querySelector('.empty'));
}

// A sentence that a screen reader says at once, above all else.
function sayAbove(text, where) {
  where.querySelector(':scope > .alert')?.remove();
  if (!text) return;
  const line = Object.assign(document.createElement('p'), { className: 'alert', textContent: text });
  line.setAttribute('role', 'alert');
  const bar = where.querySelector(':scope > .bar');
  if (bar) bar.after(line);
  else where.prepend(line);
}

function fillViewer(item) {
  const viewer = element.querySelector('.viewer');
  const several = site.items.length > 1;
  viewer.dataset.photo = item.key;
  viewer.toggleAttribute('data-several', several);
  for (const one of viewer.querySelectorAll('[data-event=overview], .leaf, [data-what=remove]')) one.hidden = !several; // one alone is removed by "Start over"
  viewer.querySelector('.name').textContent = item.name;
  const [width, height] = item.size || [3, 2];
  viewer.querySelector('.frame').style.setProperty('--ratio', width / height);
  const before = viewer.querySelector('.before');
  before.hidden = !item.before;
  if (item.before && before.getAttribute('src') !== item.before) before.src = item.before;
  before.alt = `${item.name}, as you gave it`;
  const status = viewer.querySelector(':scope > .quiet[role=status]');
  if (status) status.textContent = item.stage || 'Colorizing…';
  sayAbove(site.error, viewer);
}

function fillReady(item) {
  fillViewer(item);
  const viewer = element.querySelector('.viewer');
  const after = viewer.querySelector('.after');
  if (after.dataset.src !== item.after) after.src = after.dataset.src = item.after;
  after.alt = `${item.name}, colorized`;
  viewer.toggleAttribute('data-tellable', site.tellable);
  viewer.toggleAttribute('data-undrawn', site.tellable && !item.tiles);
  viewer.querySelector('[data-event=undo]').disabled = !item.history.canUndo;
  viewer.querySelector('[data-event=redo]').disabled = !item.history.canRedo;
  for (const one of viewer.querySelectorAll('.board, .tip, .tools:not(.of-photo), .said, .small, .choices')) one.hidden = !site.tellable;
  if (site.tellable) {
    fillMarks(viewer, item);
    fillChoices(viewer, item);
  }
  fillControls(item);
}

function fillMarks(viewer, item) {
  const [width, height] = item.size;
  const board = viewer.querySelector('.board');
  Object.assign(board.dataset, { width, height });
  const marks = item.marks || [];
  board.setAttribute('aria-label', board.getAttribute('aria-label').replace(/\d+ hints/, `${marks.length} hints`));
  const lines = board.querySelector('.lines');
  lines.setAttribute('viewBox', `0 0 ${width} ${height}`);
  for (const one of lines.querySelectorAll('.under, .stroke, .lasso')) one.remove();
  const focused = document.activeElement?.dataset.mark;
  for (const one of board.querySelectorAll('.mark')) one.remove();
  for (const { mark, colour, label } of marks) {
    if (mark.hints.length > 1) {
      for (const kind of ['under', 'stroke']) {
        const line = part('ready', `.lines .${kind}`);
        line.setAttribute('points', mark.hints.map(({ x, y }) => `${x},${y}`).join(' '));
        if (kind === 'stroke') line.style.stroke = colour;
        lines.prepend(line);
      }
      lines.prepend(lines.querySelector('.under'));
    }
    const middle = middleOf(mark);
    if (middle.lasso) {
      const outline = part('ready', '.lines .lasso');
      outline.setAttribute('points', middle.lasso.map((corner) => corner.join(',')).join(' '));
      lines.prepend(outline);
    }
    const button = part('ready', '.mark');
    button.className = `mark ${mark.kind}`;
    button.dataset.mark = mark.number;
    Object.assign(button.style, { left: `${(100 * middle.x) / width}%`, top: `${(100 * middle.y) / height}%` });
    button.style.setProperty('--colour', colour);
    button.setAttribute('aria-label', label[0].toUpperCase() + label.slice(1));
    board.append(button);
    if (focused === String(mark.number)) button.focus({ preventScroll: true });
  }
  fillSaid(viewer.querySelector('.said'), marks);
}

function fillSaid(section, marks) {
  section.hidden = !marks.length;
  section.querySelector('ol').replaceChildren(...marks.map(({ mark, colour, words, why, label }) => {
    const line = part('ready', '.said li');
    const chip = line.querySelector('.chip');
    chip.dataset.change = mark.number;
    chip.setAttribute('aria-label', `Change ${label}`);
    line.querySelector('.dot').style.background = colour;
    const note = line.querySelector('.why');
    chip.lastElementChild.replaceChildren(words, ...(why ? [note] : []));
    note.textContent = why;
    const remove = line.querySelector('.remove');
    remove.dataset.forget = mark.number;
    remove.setAttribute('aria-label', `Remove ${label}`);
    return line;
  }));
}

function fillChoices(viewer, item) {
  const { seed, daring } = item.history.told;
  const first = Math.floor(seed / DRAWINGS) * DRAWINGS;
  const pressed = daring ? 1 + (seed % DRAWINGS) : 0;
  for (const [number, button] of viewer.querySelectorAll('.choices button').entries()) {
    const picture = button.querySelector('img');
    const name = number ? `Drawing ${first + number}` : 'Calm';
    button.setAttribute('aria-pressed', number === pressed);
    button.lastElementChild.textContent = number ? first + number : 'Calm';
    picture.alt = name;
    picture.style.opacity = item.tiles ? '' : 0.3; // until it is drawn, its place has the gray photo
    picture.src = item.tiles ? item.tiles[number] : item.before;
    button.disabled = !item.tiles;
  }
}

function fillControls(item) {
  setDial('#vividness', item.vividness);
  setDial('#daring', Math.round(100 * (item.history?.told.daring || 0)));
  document.querySelector('#daring').hidden = document.querySelector('#more').hidden = !site.tellable;
  document.querySelector('#with-hints').hidden = !item.history?.told.marks.length;
  const facts = [['Photo', `${item.size.join(' × ')} pixels`], ['Model', site.model.name], ['Licence of its weights', site.model.license || 'not stated'], ['Computed by', site.backend], ['Time', `${(item.seconds || 0).toFixed(2)} s`]];
  document.querySelector('.facts').replaceChildren(...facts.flatMap(([name, text]) => [Object.assign(document.createElement('dt'), { textContent: name }), Object.assign(document.createElement('dd'), { textContent: text })]));
}

function setDial(name, percent) {
  const dial = document.querySelector(name);
  const slider = dial.querySelector('input');
  if (document.activeElement !== slider || slider.value !== String(percent)) slider.value = percent;
  dial.querySelector('output').textContent = `${percent} %`;
  slider.setAttribute('aria-valuetext', `${percent} %`);
}

function fillGrid() {
  const grid = element.querySelector('.grid');
  const count = (state) => site.items.filter((item) => item.state === state).length;
  const [done, failed, total] = [count('done'), count('failed'), site.items.length];
  const busy = done + failed < total;
  grid.toggleAttribute('data-ready', done > 0 && !busy);
  grid.querySelector('.name').textContent = `${done} of ${total} ${total === 1 ? 'photo' : 'photos'} in colour${failed ? `, ${failed} could not be read` : ''}`;
  const progress = grid.querySelector('.progress');
  progress.hidden = !busy;
  progress.style.setProperty('--share', (done + failed) / total);
  const status = grid.querySelector('.quiet[role=status]');
  status.hidden = !busy;
  status.textContent = site.items.find((item) => item.state === 'working')?.stage || `Colorizing photo ${done + failed + 1} of ${total}…`;
  sayAbove(site.error, grid);
  const tiles = grid.querySelector('.tiles');
  tiles.replaceChildren(...site.items.map(tileOf));
  if (done) setDial('#vividness', site.items.find((item) => item.state === 'done').vividness);
}

function tileOf(item, index) {
  if (item.state === 'failed') {
    const tile = part('grid', '.tile.failed');
    tile.querySelector('strong').textContent = item.name;
    tile.querySelector('p:last-of-type').textContent = item.failure;
    nameRemoval(tile.querySelector('.remove'), item, index);
    return tile;
  }
  const tile = part('grid', item.state === 'done' ? '.tile:not(.working, .failed)' : '.tile.working');
  const content = tile.querySelector('button[data-event=show]') || tile;
  const picture = tile.querySelector('img');
  if (item.thumbnail) picture.src = item.thumbnail;
  else picture.replaceWith(Object.assign(document.createElement('span'), { className: 'blank' }));
  tile.querySelector('.file').textContent = item.name;
  tile.querySelector('.label').lastElementChild.textContent = { waiting: 'Waiting', working: 'Colorizing…', done: '' }[item.state];
  if (item.state === 'done') {
    content.dataset.index = index;
    content.setAttribute('aria-label', `Open ${item.name}`);
    nameRemoval(tile.querySelector('.remove'), item, index);
  }
  return tile;
}

function nameRemoval(button, item, index) {
  button.dataset.value = index;
  button.setAttribute('aria-label', `Remove ${item.name}`);
}

// The palette of a place, as palette.js takes it.
function paletteHtml({ now, likely, used, wheel }, place, mark) {
  const made = stamp('palette');
  const [first, others, before] = [...made.querySelectorAll('.swatch')];
  const dressed = (swatch, one, title = '') => {
    Object.assign(swatch.dataset, { colour: one.colour, look: one.look });
    swatch.setAttribute('aria-label', title + one.name);
    swatch.title = title + one.name;
    return swatch;
  };
  made.querySelector('.unseen').textContent = place;
  dressed(first, now, 'Keep as it is: ');
  others.replaceWith(...likely.map((one) => dressed(others.cloneNode(), one)));
  if (used.length) before.replaceWith(...used.slice(0, 10).map((one) => dressed(before.cloneNode(), one)));
  else for (const one of [before.parentElement.previousElementSibling, before.parentElement]) one.remove();
  made.querySelector('.free').dataset.wheel = wheel.map((row) => row.join(',')).join(';');
  made.querySelector('.hex').setAttribute('value', now.colour);
  if (mark) made.querySelector('[data-remove]').dataset.remove = mark;
  else made.querySelector('.last').remove();
  const holder = document.createElement('div');
  holder.append(made);
  return holder.innerHTML;
}
