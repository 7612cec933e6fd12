// The controls beside the photo, and taking pictures home: one file, or a zip of all.
const control = (name) => document.querySelector(name);

control('#vividness input').addEventListener('input', (event) => {
  const value = Number(event.target.value);
  setDial('#vividness', value);
  const item = itemNow();
  if (item?.state === 'done') {
    item.vividness = value;
    refresh(item);
  } else for (const one of site.items) one.vividness = value;
});
control('#vividness input').addEventListener('change', async () => {
  if (site.at >= 0) {
    itemNow().tiles = null; // they are as vivid as the picture
    return render();
  }
  for (const item of site.items.filter((one) => one.state === 'done')) {
    await makeThumbnail(item);
    item.after = null;
  }
  return render();
});
control('#daring input').addEventListener('input', (event) => {
  setDial('#daring', Number(event.target.value));
  itemNow().history.dial(Number(event.target.value) / 100);
  refresh();
});
control('#more').addEventListener('click', async () => {
  const item = itemNow();
  const { told } = item.history;
  item.history.tell({ ...told, seed: told.daring ? (Math.floor(told.seed / DRAWINGS) + 1) * DRAWINGS : told.seed, daring: told.daring || 1 });
  item.tiles = null;
  await refresh(item);
  render();
  trigger('draw', {});
});

control('#download').addEventListener('click', () => handOver(control('#download'), 'Download', async () => {
  const item = itemNow();
  const { name, blob } = await fileOf(item);
  if (!item.history.told.marks.length || !control('#with-hints input').checked) return { name, blob };
  const stem = item.name.replace(/\.\w+$/, '');
  return { name: `${stem}-colorized.zip`, blob: await zipOf([{ name, blob }, { name: `${stem}.hints.json`, blob: new Blob([sidecarOf(item)]) }]) };
}));

control('#download-all').addEventListener('click', () => handOver(control('#download-all'), 'Download all (zip)', async (tell) => {
  const done = site.items.filter((one) => one.state === 'done');
  const files = [];
  const names = new Set();
  const left = [];
  for (const item of done) {
    tell(`${files.length + 1} of ${done.length}…`);
    try {
      const { name, blob } = await fileOf(item);
      files.push({ name: distinct(name, names), blob });
      if (item.history.told.marks.length) files.push({ name: distinct(`${item.name.replace(/\.\w+$/, '')}.hints.json`, names), blob: new Blob([sidecarOf(item)]) });
    } catch (error) {
      left.push(`${item.name}: ${error.message}`);
    }
  }
  if (left.length) complain(`Not in the zip: ${left.join(' ')}`);
  return { name: 'colorized.zip', blob: await zipOf(files) };
}));

async function fileOf(item) {
  const kind = control('#format select').value;
  const { blob } = await request('save', { key: item.key, told: wordsOf(item.history.told), vividness: item.vividness / 100, kind, described: control('#described').checked });
  const ending = { 'image/jpeg': /\.jpe?g$/i, 'image/png': /\.png$/i }[blob.type];
  const [, stem, own] = /^(.*?)(\.\w+)?$/.exec(item.name);
  const { seed, daring } = item.history.told;
  const variant = daring ? `-drawing-${seed + 1}` : '';
  return { blob, name: `${stem}-colorized${variant}${own && ending.test(own) ? own : blob.type === 'image/jpeg' ? '.jpg' : '.png'}` };
}

function distinct(name, names) {
  let one = name;
  for (let number = 2; names.has(one.toLowerCase()); number += 1) one = name.replace(/(\.\w+)?$/, (ending) => ` (${number})${ending}`);
  names.add(one.toLowerCase());
  return one;
}

async function handOver(button, words, make) {
  button.disabled = true;
  try {
    button.textContent = 'Writing…';
    const { name, blob } = await make((text) => { button.textContent = text; });
    const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(URL.revokeObjectURL, 60000, link.href);
  } catch (error) {
    complain(error.message);
  } finally {
    button.disabled = false;
    button.textContent = words;
  }
}

// Files as they are, one after another: photographs do not get smaller. PKWARE's APPNOTE 6.3, sections 4.3 to 4.4.
async function zipOf(files) {
  const parts = [];
  const directory = [];
  let at = 0;
  for (const { name, blob } of files) {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const called = new TextEncoder().encode(name);
    const entry = (head, length) => {
      const view = new DataView(new ArrayBuffer(length));
      const start = head.length;
      head.forEach((value, index) => view.setUint16(2 * index, value, true));
      [[2 * start, 0x0800], [2 * start + 2, 0], [2 * start + 4, 0], [2 * start + 6, 0x21]].forEach(([place, value]) => view.setUint16(place, value, true));
      [crc32(bytes), bytes.length, bytes.length].forEach((value, index) => view.setUint32(2 * start + 8 + 4 * index, value, true));
      view.setUint16(2 * start + 20, called.length, true);
      return view;
    };
    const local = entry([0x4b50, 0x0403, 20], 30);
    const central = entry([0x4b50, 0x0201, 20, 20], 46);
    central.setUint32(42, at, true);
    parts.push(local, called, blob);
    directory.push(central, called);
    at += 30 + called.length + bytes.length;
  }
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  [8, 10].forEach((place) => end.setUint16(place, files.length, true));
  end.setUint32(12, directory.reduce((sum, one) => sum + (one.byteLength ?? one.length), 0), true);
  end.setUint32(16, at, true);
  return new Blob([...parts, ...directory, end], { type: 'application/zip' });
}
