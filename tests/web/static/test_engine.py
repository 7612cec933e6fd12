"""The network by engine.wasm is the export's, as onnxruntime computes it; where it cannot run, a page does without."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from cases.browsing import SLOW_MS
from cases.static_site import ISOLATED, READY, served
from PIL import Image
from skimage import data
from torch.nn import functional

from colorgan import DEFAULT_WEIGHTS, Colorizer
from colorgan.networks.generators import DropoutUNet
from colorgan.networks.lite_unet import LiteUNet
from colorgan.web.static_network import layers_of
from colorgan.web.static_site import ENGINE

SHAPES = ((224, 320), (64, 96), (352, 192), (32, 704))
NEAR = 1e-3  # ab units
# In a worker, as the site's own: a page's own thread may not wait for others.
WORKER = """
import { ENGINE } from '{origin}constants.js';
import { Engine } from '{origin}engine.js';
const fetched = async (name) => (await fetch('{origin}' + name)).arrayBuffer();
const engines = {};
self.onmessage = async ({ data: { plane, height, width, threads, helper, patience } }) => {
  const [code, model] = await Promise.all(['engine.wasm', 'model/model.onnx'].map(fetched));
  const compiled = await WebAssembly.compile(code);
  const Own = self.Worker;
  const Given = class extends Own { constructor() { super(URL.createObjectURL(new Blob([helper]))); } };
  if (helper) self.Worker = Given;
  const engine = engines[threads] ??= new Engine(compiled, ENGINE, new Uint8Array(model), threads, patience);
  self.Worker = Own;
  const { ab, fine, features } = engine.look({ width, height, planes: [plane] });
  const helpers = Float32Array.of(engine.helpers.length);
  self.postMessage([[ab.dims, ab.data], fine.slice(1), features.slice(1), [[1], helpers]]);
};
"""
# In place of helper.js, a thread that begins the first part of the last layer whenever there is work, and ends none.
GONE = """
self.onmessage = ({ data: { memory, told: [counts, team] } }) => {
  const numbers = new Int32Array(memory.buffer);
  for (let seen = 0; ; seen = Atomics.load(numbers, team / 4)) {
    Atomics.wait(numbers, team / 4, seen);
    Atomics.add(numbers, counts / 4 + 16 * LAST, 1);
  }
};
"""
LOOK = """async ({ source, content, height, width, ...how }) => {
  const script = source.replaceAll('{origin}', new URL('./', location.href).href);
  window.computing ??= new Worker(
    URL.createObjectURL(new Blob([script], { type: 'text/javascript' })), { type: 'module' });
  const plane = new Float32Array(Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0)).buffer);
  const { data } = await new Promise((resolve, reject) => {
    Object.assign(window.computing, { onmessage: resolve, onerror: reject });
    window.computing.postMessage({ plane, height, width, ...how });
  });
  return data.map(([dims, numbers]) => {
    const bytes = new Uint8Array(numbers.buffer);
    let text = '';
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return [dims, btoa(text)];
  });
}"""


def looked(page: Any, lightness: np.ndarray, threads: int, **how: str | int) -> list[np.ndarray]:
    """What the network sees by so many threads, as its three tensors, and how many helpers there are then."""
    height, width = lightness.shape[2:]
    content = base64.b64encode(lightness.tobytes()).decode()
    told = {"source": WORKER, "content": content, "height": height, "width": width, "threads": threads, **how}
    found = page.evaluate(LOOK, told)
    return [np.frombuffer(base64.b64decode(numbers), np.float32).reshape(shape) for shape, numbers in found]


@pytest.mark.parametrize("threads", [1, 3])
def test_it_computes_what_onnxruntime_computes(modules: Any, site: Path, threads: int) -> None:
    """At several sizes in turn, each twice: what is left in its memory of another photo does no harm."""
    session = onnxruntime.InferenceSession(str(site / "model" / "model.onnx"))
    for number, (height, width) in enumerate(SHAPES * 2):
        lightness = a_view(height, width, number)
        wanted = session.run(["ab", "fine", "features"], {"lightness": lightness})
        *found, helpers = looked(modules, lightness, threads)
        assert helpers == threads - 1
        for one, other in zip(found, wanted, strict=True):
            assert one.shape == other.shape
            np.testing.assert_allclose(one, other, atol=NEAR)


def test_a_thread_that_is_gone_is_done_without(modules: Any) -> None:
    """Of what it had begun no part is missing, and nobody waits for it a second time."""
    plan = layers_of(Colorizer.from_pretrained(DEFAULT_WEIGHTS).generator)
    assert plan is not None
    helper = GONE.replace("LAST", str(len(plan["layers"]) - 1))
    lightness = a_view(64, 96, 0)
    wanted = looked(modules, lightness, 1)[:3]
    for _ in range(100):
        *found, helpers = looked(modules, lightness, 2, helper=helper, patience=50)
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, other, atol=NEAR)
        if not helpers:  # before, it had not come yet
            break
    else:
        pytest.fail("it was waited for 100 times")
    assert not looked(modules, lightness, 2)[3]


def a_view(height: int, width: int, seed: int) -> np.ndarray:
    """Soft shapes, (1, 1, H, W) in [0, 100]."""
    coarse = torch.rand(1, 1, height // 16, width // 16, generator=torch.Generator().manual_seed(seed))
    return functional.interpolate(coarse, (height, width), mode="bicubic").clamp(0, 1).numpy() * 100


PIXELS = """async ({ width, height, size, isGray }) => {
  const [{ ENGINE }, { Engine }, { resized }, { painter }, { mapOf }] = await Promise.all(
    ['constants', 'engine', 'resizing', 'painting', 'upsampling'].map((name) => import(`./${name}.js`)));
  const [code, model] = await Promise.all(
    ['engine.wasm', 'model/model.onnx'].map(async (name) => (await fetch(name)).arrayBuffer()));
  const engine = window.alone ??= new Engine(await WebAssembly.compile(code), ENGINE, new Uint8Array(model), 1);
  let seed = 1;
  const random = () => { seed = (seed * 48271) % 2147483647; return seed / 2147483647; };
  const pixels = new Uint8ClampedArray(4 * width * height);
  for (let at = 0; at < pixels.length; at += 4) {
    const gray = 256 * random();
    for (let channel = 0; channel < 3; channel += 1) pixels[at + channel] = isGray ? gray : 256 * random();
    pixels[at + 3] = 256 * random();
  }
  const photo = { width, height, strip: (top, rows) => pixels.subarray(4 * top * width, 4 * (top + rows) * width) };
  const views = [null, engine].map((one) => [...resized(photo, ...size, undefined, one)]);
  const line = (scale, offset) => Float32Array.from({ length: size[0] * size[1] }, () => scale * (random() - offset));
  const lines = mapOf(...size, [line(1, 0.5), line(1, 0.5), line(90, 0.5), line(90, 0.5)]);
  const painted = [null, engine].map((one) => {
    const made = new Uint8ClampedArray(pixels.length);
    painter(lines, width, height, 0.9, one)(pixels, 0, made);
    return made;
  });
  const same = (one, other) => one.length === other.length && one.every((value, at) => value === other[at]);
  const off = painted[0].map((value, at) => Math.abs(value - painted[1][at]));
  const most = off.reduce((one, other) => Math.max(one, other));
  return { views: same(...views), most, odd: off.filter(Boolean).length / off.length };
}"""


@pytest.mark.parametrize("is_gray", [True, False])
@pytest.mark.parametrize(
    ("width", "height", "size"), [(1223, 817, (313, 209)), (401, 1203, (121, 361)), (97, 64, (97, 64))]
)
def test_pixels_are_those_of_javascript(
    modules: Any, width: int, height: int, size: tuple[int, int], is_gray: bool
) -> None:
    """The view is the same to the bit; a painted picture may be one step off where a rounding falls the other way."""
    found = modules.evaluate(PIXELS, {"width": width, "height": height, "size": size, "isGray": is_gray})
    assert found["views"]
    assert found["most"] <= 1 and found["odd"] < 0.002


@pytest.mark.parametrize("refused", ["engine.wasm", "helper.js"])
def test_without_it_the_page_does_without(browser: Any, site: Path, refused: str, tmp_path: Path) -> None:
    """A browser that cannot compile it asks onnxruntime-web; one whose threads do not come waits for none."""
    photo = tmp_path / "photo.png"
    Image.fromarray(data.coffee()).convert("L").save(photo)
    with served(site, ISOLATED) as address:
        context = browser.new_context(service_workers="block")
        context.route(
            f"**/{refused}", lambda route: route.fulfill(status=200, body="nothing", content_type="text/javascript")
        )
        page = context.new_page()
        page.set_default_timeout(SLOW_MS)
        page.goto(address)
        page.set_input_files("#stage .drop input[type=file]", photo)
        page.wait_for_selector(READY)
        context.close()


def test_other_networks_are_left_to_onnxruntime() -> None:
    assert layers_of(DropoutUNet(steps=4, width=8)) is None
    assert layers_of(LiteUNet(widths=(20, 16, 16, 16))) is None
    plan = layers_of(LiteUNet(widths=(64, 48, 32, 16), cells=5))
    assert plan is not None and plan["layers"][0]["kind"] == "stem"


def test_every_weight_of_the_flagships_is_in_its_plan(site: Path) -> None:
    colorizer = Colorizer.from_pretrained(DEFAULT_WEIGHTS)
    plan = layers_of(colorizer.generator)
    assert plan is not None
    text = str(plan)
    seen = ("encoder.", "neck.", "scene.", "stages.", "finish.", "regression.")
    for name, _ in colorizer.generator.named_parameters():
        if name.startswith(seen):
            assert name.rsplit(".", 1)[0] in text, name


def test_the_compiled_engine_is_that_of_its_source() -> None:
    """experiments/engine_wasm.py writes the hash of engine.c behind the code."""
    assert ENGINE.read_bytes().endswith(hashlib.sha256(ENGINE.with_suffix(".c").read_bytes()).digest())
