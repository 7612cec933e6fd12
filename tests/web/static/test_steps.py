"""The steps that are written twice, in Python and for the browser: one is held against the other."""

import base64
import io
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from skimage import data

from colorgan import DEFAULT_WEIGHTS, Colorizer, Hint
from colorgan.borders import find_border
from colorgan.color import bytes_to_lightness, fit_chroma, lab_to_gamut_rgb
from colorgan.colorizer.prediction import Prediction
from colorgan.networks.word_head import Points
from colorgan.painting import paint
from colorgan.seeds import seed_of
from colorgan.web.describing import NAMES, colour_name, colour_names, place_name, why_other

# The photo in a page, and the network, both made once for all tests.
OPENED = """async (content) => {
  const [{ openPhoto }, { loadNetwork }, { lookAt }, { Repainting }] = await Promise.all(
    ['photo', 'network', 'look', 'repainting'].map((name) => import(`./${name}.js`)));
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  window.network ??= await loadNetwork({ provider: 'wasm', threads: 1, told: () => {} });
  window.repainting = new Repainting(await lookAt(await openPhoto(new Blob([bytes])), window.network), window.network);
}"""
# Numbers travel as the text of their bytes: as lists of thousands they take seconds.
PACK = """(numbers) => {
  const bytes = new Uint8Array(Float32Array.from(numbers).buffer);
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}"""
UNPACK = "(text) => new Float32Array(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer)"
MAP = f"(map) => ({{ size: [map.width, map.height], planes: map.planes.map({PACK}) }})"
HINTS = [
    Hint(150, 320, "#7a1f2b"),
    Hint(420, 250, "#2a8f3c"),  # nobody would have guessed it
    Hint(430, 262, "#2b5fc4"),
    Hint(60, 40, "#c8a67d", lasso=((10, 10), (200, 15), (180, 140), (20, 120))),
]


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer.from_pretrained(DEFAULT_WEIGHTS)


@pytest.fixture(scope="module")
def image() -> Image.Image:
    return Image.fromarray(data.coffee()).convert("L")


@pytest.fixture(scope="module")
def prediction(colorizer: Colorizer, image: Image.Image) -> Prediction:
    return colorizer.predict([image])[0]


@pytest.fixture(scope="module")
def told(modules: Any, image: Image.Image) -> Any:
    """A page in which `repainting` is the photo's."""
    content = io.BytesIO()
    image.save(content, "PNG")
    modules.evaluate(OPENED, base64.b64encode(content.getvalue()).decode())
    return modules


def as_js(hints: list[Hint]) -> list[dict[str, Any]]:
    return [
        {"x": one.x, "y": one.y, "colour": one.colour, **({"lasso": one.lasso} if one.lasso else {})} for one in hints
    ]


def packed(numbers: Any) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers, np.float32).tobytes()).decode()


def unpacked(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.float32)


def planes(said: Any) -> torch.Tensor:
    width, height = said["size"]
    return torch.tensor(np.stack([unpacked(plane) for plane in said["planes"]])).view(-1, height, width)


def shown(lines: torch.Tensor, image: Image.Image) -> np.ndarray:
    return np.asarray(paint(image, lines)).astype(int)


# Pixels and views


@pytest.mark.parametrize(
    ("size", "wanted", "inside"),
    [
        ((600, 400), (274, 183), None),
        ((1500, 1000), (274, 183), None),
        ((1501, 997), (275, 182), (33.3, 41.7, 1420.5, 960.25)),
        ((12, 9), (259, 194), None),
        ((40, 1300), (39, 1277), None),
        ((274, 183), (274, 183), None),
    ],
)
def test_views_are_resized_as_pillow_does(
    modules: Any, size: tuple[int, int], wanted: tuple[int, int], inside: tuple[float, ...] | None
) -> None:
    noise = np.random.default_rng(7).integers(0, 256, (*size[::-1], 3), np.uint8)
    smooth = np.asarray(Image.fromarray(data.coffee()).resize(size)).astype(int)
    pixels = ((noise + 3 * smooth) // 4).astype(np.uint8)
    rgba = np.dstack((pixels, np.full(pixels.shape[:2], 255, np.uint8)))
    got = modules.evaluate(
        f"""async ({{ content, size: [width, height], wanted, inside }}) => {{
          const {{ resized }} = await import('./resizing.js');
          const all = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
          const strip = (top, rows) => all.subarray(top * width * 4, (top + rows) * width * 4);
          return ({PACK})(resized({{ width, height, strip }}, ...wanted, inside ?? undefined));
        }}""",
        {"content": base64.b64encode(rgba.tobytes()).decode(), "size": size, "wanted": wanted, "inside": inside},
    )
    small = Image.fromarray(pixels).resize(wanted, Image.Resampling.BICUBIC, inside, reducing_gap=3.0)
    off = np.abs(unpacked(got).reshape(np.asarray(small).shape) - np.asarray(small).astype(int))
    assert off.max() <= 1 and off.mean() < 0.01


def _bordered() -> list[Image.Image]:
    """Views with a border of many kinds, and without."""
    noise = np.random.default_rng(0)
    photo = Image.fromarray(data.astronaut()).convert("L").resize((180, 150))
    made = [Image.fromarray(data.coffee()).convert("L").resize((224, 150)), Image.new("L", (200, 200), 128)]
    for ground, frame in ((235, 0), (20, 6), (180, 3)):
        view = Image.new("L", (240, 210), ground)
        if frame:
            ImageDraw.Draw(view).rectangle((30 - frame, 25 - frame, 209 + frame, 174 + frame), fill=255 - ground)
        view.paste(photo, (30, 25))
        made.append(view)
    oval, mask = Image.new("L", (200, 240), 215), Image.new("L", (200, 240))
    ImageDraw.Draw(mask).ellipse((20, 25, 180, 215), fill=255)
    oval.paste(photo.resize((200, 240)), mask=mask)
    shaded = np.asarray(made[2]).astype(float) - 40 * np.linspace(0, 1, 240) * (np.asarray(made[2]) > 230)
    grainy = np.asarray(made[2]) + noise.normal(0, 2, (210, 240))
    bars = Image.new("L", (240, 180), 4)
    bars.paste(photo.resize((240, 120)), (0, 30))
    two = Image.new("L", (300, 180), 240)
    two.paste(photo.resize((120, 140)), (20, 20))
    two.paste(photo.resize((120, 140)).transpose(Image.Transpose.FLIP_LEFT_RIGHT), (160, 20))
    arrays = [array.clip(0, 255).round().astype(np.uint8) for array in (shaded, grainy)]
    return [*made, oval, bars, two, *map(Image.fromarray, arrays), made[0].resize((30, 20))]


def test_borders_are_found_where_python_finds_them(modules: Any) -> None:
    found = 0
    for number, image in enumerate(_bordered()):
        view = bytes_to_lightness(torch.tensor(np.asarray(image)))
        lines = torch.rand(1, 2, 20, 30, generator=torch.Generator().manual_seed(number))
        got = modules.evaluate(
            f"""async ({{ lightness, size: [width, height], planes }}) => {{
              const {{ around, findBorder }} = await import('./borders.js');
              const border = findBorder(({UNPACK})(lightness), width, height);
              if (!border) return null;
              const map = around(border, {{ width: 30, height: 20, planes: planes.map({UNPACK}) }});
              return {{ mask: ({PACK})(border.mask), seen: border.seen, planes: map.planes.map({PACK}) }};
            }}""",
            {"lightness": packed(view), "size": image.size, "planes": [packed(plane) for plane in lines[0]]},
        )
        border = find_border(view)
        assert (got is None) == (border is None), number
        if border is None:
            continue
        found += 1
        assert got["seen"] == vars(border.seen), number
        assert np.array_equal(unpacked(got["mask"]).reshape(border.mask.shape), border.mask.numpy()), number
        spread = np.stack([unpacked(plane) for plane in got["planes"]]).flatten()
        assert np.allclose(spread, border.around(lines).flatten(), atol=2e-4), number
    assert found >= 7


def test_every_colour_is_painted_as_python_does(modules: Any) -> None:
    """All hues and strengths under all lightnesses, what sRGB has not among them."""
    image = Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (64, 1)))
    generator = torch.Generator().manual_seed(0)
    lines = torch.cat((torch.randn(2, 9, 11, generator=generator) / 2, 60 * torch.randn(2, 9, 11, generator=generator)))
    got = modules.evaluate(
        f"""async (planes) => {{
          const {{ painter }} = await import('./painting.js');
          const gray = (_, at) => (at % 4 === 3 ? 255 : (at >> 2) % 256);
          const pixels = Uint8ClampedArray.from({{ length: 256 * 64 * 4 }}, gray);
          painter({{ width: 11, height: 9, planes: planes.map({UNPACK}) }}, 256, 64, 0.8)(pixels, 0);
          return ({PACK})(pixels);
        }}""",
        [packed(plane) for plane in lines],
    )
    painted = unpacked(got).reshape(64, 256, 4)[..., :3]
    off = np.abs(painted - shown(lines * 0.8, image))
    assert off.max() <= 1 and off.mean() < 0.02


def test_the_view_and_the_plain_picture(told: Any, prediction: Prediction, image: Image.Image) -> None:
    memory = prediction.memory
    assert memory
    view = planes(told.evaluate(f"() => ({MAP})(repainting.view)"))
    assert torch.allclose(view[0], memory.view[0, 0], atol=0.5) and (view[0] - memory.view[0, 0]).abs().mean() < 0.01
    plain = planes(told.evaluate(f"() => ({MAP})(repainting.plain)"))
    assert (plain - memory.plain[0]).abs().mean() < 0.1
    lines = planes(told.evaluate(f"() => ({MAP})(repainting.lines)"))
    assert np.abs(shown(lines, image) - shown(prediction.lines[0], image)).mean() < 0.3


# What is said of it


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_hints_make_the_picture_that_python_makes(
    told: Any, prediction: Prediction, image: Image.Image, count: int
) -> None:
    hints = HINTS[:count]
    lines = planes(told.evaluate(f"async (hints) => ({MAP})(await repainting.linesOf(hints))", as_js(hints)))
    wanted = shown(prediction.with_hints(hints).lines[0], image)
    assert np.abs(wanted - shown(prediction.lines[0], image)).mean() > 1, "the hints say nothing"
    assert np.abs(shown(lines, image) - wanted).mean() < 0.5


@pytest.mark.parametrize("seed", [0, 7])
def test_a_seed_draws_what_it_draws_in_python(
    told: Any, colorizer: Colorizer, prediction: Prediction, image: Image.Image, seed: int
) -> None:
    repainting, head = prediction.repainting, colorizer.generator.words
    assert repainting
    with torch.inference_mode():
        unsaid = repainting._thought(Points.none())[0]
        wanted = head.noise(repainting.look, unsaid, seed_of("drawing", seed, 0), head.drawing.reach)
    noise = told.evaluate(
        f"""async (seed) => {{
          const {{ drawnNoise }} = await import('./drawing.js');
          const {{ mean }} = await repainting.thought({{ places: [], colours: [] }});
          return ({PACK})(drawnNoise(repainting, mean.data, seed));
        }}""",
        seed,
    )
    assert np.allclose(unpacked(noise).reshape(wanted.shape), wanted, atol=0.05)
    lines = planes(
        told.evaluate(
            f"async ([hints, seed]) => ({MAP})(await repainting.linesOf(hints, {{ seed, daring: 0.8 }}))",
            [as_js(HINTS[:1]), seed],
        )
    )
    drawn = shown(prediction.with_hints(HINTS[:1], seed=seed, daring=0.8).lines[0], image)
    assert np.abs(shown(lines, image) - drawn).mean() < 0.6


def test_the_palette_has_the_colours_of_python(told: Any, prediction: Prediction) -> None:
    for x, y in ((150, 320), (420, 250), (20, 20)):
        likely = told.evaluate("async ([x, y, hints]) => repainting.likely(x, y, hints, 8)", [x, y, as_js(HINTS[:1])])
        wanted = prediction.likely_colours(x, y, HINTS[:1])
        assert [one["colour"] for one in likely] == [one.colour for one in wanted]
        assert [one["share"] for one in likely] == pytest.approx([one.probability for one in wanted], abs=0.01)
        at = told.evaluate("([x, y]) => repainting.shownAt(repainting.lines, x, y)", [x, y])
        off = np.subtract(*(list(bytes.fromhex(one[1:])) for one in (at, prediction.shown_at(x, y))))
        assert np.abs(off).max() <= 2


def test_what_became_of_a_hint_is_said_in_the_same_words(told: Any, prediction: Prediction) -> None:
    hints = [*HINTS[:3], Hint(20, 20, "#ffff00"), Hint(300, 60, "#00008b"), Hint(150, 320, "#00ff00")]
    wanted = [(one.colour, one.exact, why_other(one)) for one in prediction.shown_colours(hints)]
    got = told.evaluate(
        """async (hints) => {
          const { whyOther } = await import('./naming.js');
          return hints.map((hint) => {
            const shown = repainting.shown(hint);
            return [shown.colour, shown.exact, whyOther(shown, hint)];
          });
        }""",
        as_js(hints),
    )
    assert [tuple(one) for one in got] == wanted and any(why for _, _, why in wanted)


def test_the_doubt_is_that_of_python(told: Any, prediction: Prediction) -> None:
    doubt = planes(told.evaluate(f"async (hints) => ({MAP})(await repainting.doubt(hints))", as_js(HINTS[:1])))
    assert (doubt[0] - prediction.with_hints(HINTS[:1]).doubt).abs().max() < 0.05


def test_names_of_colours_and_places(modules: Any) -> None:
    colours = [
        f"#{r:02x}{g:02x}{b:02x}" for r in range(0, 256, 51) for g in range(0, 256, 85) for b in range(0, 256, 85)
    ]
    places = [(x, y) for x in (0, 33.4, 50, 66.7, 99.9) for y in (0, 17, 30, 49.9)]
    names, apart, where = modules.evaluate(
        """async ([colours, places]) => {
          const { colourName, colourNames, placeName } = await import('./naming.js');
          return [colours.map(colourName), colourNames(colours), places.map(([x, y]) => placeName(x, y, [100, 50]))];
        }""",
        [[*colours, *NAMES.values()], places],
    )
    assert names == [*map(colour_name, colours), *NAMES] and apart == colour_names([*colours, *NAMES.values()])
    assert where == [place_name(x, y, (100, 50)) for x, y in places]


def test_colours_that_srgb_has_not_become_what_python_makes_of_them(modules: Any) -> None:
    generator = torch.Generator().manual_seed(0)
    lightness = torch.rand(1, 1, 200, 1, generator=generator) * 100
    ab = (torch.rand(1, 2, 200, 1, generator=generator) - 0.5) * 260
    triples = torch.cat((lightness, ab), 1)[0, :, :, 0].T.tolist()
    fitted, bytes_shown = modules.evaluate(
        """async (triples) => {
          const { fitChroma, shownBytes } = await import('./colour.js');
          return [triples.map((one) => fitChroma(...one)), triples.map((one) => shownBytes(...one))];
        }""",
        triples,
    )
    assert np.allclose(fitted, fit_chroma(lightness, ab)[0, :, :, 0].T, atol=0.02)
    wanted = lab_to_gamut_rgb(lightness, ab)[0, :, :, 0].T.mul(255).round().numpy()
    assert np.abs(np.array(bytes_shown) - wanted).max() <= 1
