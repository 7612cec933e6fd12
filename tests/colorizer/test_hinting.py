"""What hints, drawings, a reference and the dial do to a picture, by a small untrained network with colour words."""

import pickle
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from cases.words import WORDS, colourful, scene, untrained_words
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from colorgan import DEFAULT_WEIGHTS, Colorizer, Hint
from colorgan.color import rgb_to_lightness
from colorgan.colorizer import NO_WORDS, Prediction
from colorgan.limits import MAX_HINTS
from colorgan.networks.word_head import block_numbers

COLORIZER = untrained_words()
TWIN = Path(DEFAULT_WEIGHTS) / "twin"  # has no words
SIZE = (160, 120)
LASSO = ((20, 20), (80, 25), (70, 90), (25, 80))


@pytest.fixture
def colorizer() -> Colorizer:
    return COLORIZER


@pytest.fixture(scope="module")
def prediction() -> Prediction:
    [made] = COLORIZER.predict([scene()])
    return made


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture).astype(int)


def rgb(code: str) -> torch.Tensor:
    return torch.tensor([int(code[start : start + 2], 16) / 255 for start in (1, 3, 5)])[None, :, None, None]


def lightness_at(image: Image.Image, x: float, y: float) -> float:
    gray = image.convert("L").getpixel((int(x), int(y)))
    return float(rgb_to_lightness(torch.full((1, 3, 1, 1), gray / 255)))


# What is refused


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"hints": [Hint(160, 5, "red")]}, "hint 1 is outside the photo: x must be from 0 to below 160"),
        ({"hints": [Hint(5, 5, "red"), Hint(5, -1, "red")]}, "hint 2 is outside the photo"),
        ({"hints": [Hint(5, 5, "red")] * 1001}, "at most 1,000 hints can be given for a photo, got 1,001"),
        ({"hints": [(5, 5, "red")]}, r"hints must be colorgan.Hint\(x, y, colour\)"),
        ({"daring": 1.1}, r"daring must be from 0 \(calm\) to 1, got 1.1"),
        ({"daring": float("nan")}, r"daring must be from 0 \(calm\) to 1, got nan"),
        ({"reference": scene()}, "a reference must be a photo in colour, and this one is gray"),
        ({"reference": scene().convert("RGB")}, "a reference must be a photo in colour"),
        ({"reference": Image.new("RGB", (4, 40), "red")}, "each side must have at least 8"),
    ],
)
def test_bad_arguments_get_one_line(colorizer: Colorizer, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        colorizer.colorize(scene(), **arguments)
    assert "\n" not in str(refused.value)


def test_hints_are_of_one_photo(colorizer: Colorizer) -> None:
    for ask in (colorizer.colorize, colorizer.predict):
        with pytest.raises(ValueError, match="hints are of one photo"):
            ask([scene(), scene()], hints=[Hint(5, 5, "red")])


def test_weights_without_words_say_so() -> None:
    bundled = Colorizer.from_pretrained(TWIN)
    assert not bundled.takes_hints
    [made] = bundled.predict([scene()])
    asked = [
        lambda: bundled.colorize(scene(), hints=[Hint(5, 5, "red")]),
        lambda: bundled.colorize(scene(), daring=0.5),
        lambda: bundled.colorize(scene(), reference=colourful()),
        lambda: bundled.see(colourful()),
        lambda: made.with_hints([Hint(5, 5, "red")]),
        lambda: made.picture(scene(), daring=0.5),
        lambda: made.shown_colours([Hint(5, 5, "red")]),
        lambda: made.likely_colours(5, 5),
        lambda: made.doubt,
    ]
    for ask in asked:
        with pytest.raises(ValueError) as refused:
            ask()
        assert str(refused.value) == NO_WORDS


# Hints


def test_the_same_hints_give_the_same_bytes(colorizer: Colorizer, prediction: Prediction) -> None:
    hints = [Hint(40, 50, "#7a1f2b", radius=12), Hint(120, 80, "teal", lasso=LASSO), Hint(9, 9, None)]
    first = colorizer.colorize(scene(), hints=hints)
    assert colorizer.colorize(scene(), hints=list(hints)).tobytes() == first.tobytes()
    assert prediction.picture(scene(), hints=hints).tobytes() == first.tobytes()
    assert colorizer.colorize(scene(), hints=hints[1:]).tobytes() != first.tobytes()


def test_a_hint_colours_its_place_under_the_photos_lightness(prediction: Prediction) -> None:
    image = scene()
    picture = prediction.picture(image, hints=[Hint(80, 60, "crimson")])
    [shown] = prediction.shown_colours([Hint(80, 60, "crimson")])
    wanted = np.array([int(shown.colour[start : start + 2], 16) for start in (1, 3, 5)])
    before, after = (np.abs(pixels(one)[60, 80] - wanted).mean() for one in (prediction.picture(image), picture))
    assert after < before / 2
    off = rgb_to_lightness(torch.tensor(pixels(picture)).permute(2, 0, 1)[None] / 255)
    own = rgb_to_lightness(torch.tensor(pixels(image.convert("RGB"))).permute(2, 0, 1)[None] / 255)
    assert float((off - own).abs().mean()) < 0.5


def test_hints_need_no_other_run_of_the_encoder(colorizer: Colorizer) -> None:
    runs: list[int] = []
    handle = colorizer.generator.encoder.register_forward_hook(lambda *_: runs.append(1))
    try:
        [made] = colorizer.predict([scene()])
        made.picture(scene(), hints=[Hint(5, 5, "red")])
        made.picture(scene((320, 240)), hints=[Hint(5, 5, "red")], variant=2, seed=3, vividness=0.5)
        made.with_hints([Hint(5, 5, "red")], variants=2, daring=0.5).likely_colours(9, 9)
        assert made.doubt.numel() and made.shown_colours([Hint(5, 5, None)])
    finally:
        handle.remove()
    assert len(runs) == 1


def test_what_is_kept_of_former_hints_changes_no_picture(colorizer: Colorizer) -> None:
    """Dragged, taken back, with a lasso: each picture is that of a photo of which nothing was said before."""
    still = [Hint(40, 50, "#7a1f2b"), Hint(100, 90, "teal")]
    told: list[list[Hint]] = [[*still, Hint(x, 60, "lime")] for x in (60, 70, 80, 90, 100)]
    told += [still, told[0], [*still, Hint(30, 30, "blue", lasso=LASSO)], [], told[1]]
    [made] = colorizer.predict([scene()])
    for hints in told:
        [fresh] = colorizer.predict([scene()])
        assert made.picture(scene(), hints=hints).tobytes() == fresh.picture(scene(), hints=hints).tobytes()
        assert made.likely_colours(80, 60, hints) == fresh.likely_colours(80, 60, hints)


def test_what_was_thought_of_once_is_not_thought_of_again(
    colorizer: Colorizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One pass of the words for an odd hint that is dragged, where the others stay; none for its palette."""
    monkeypatch.setattr("colorgan.colorizer.repainting.ODD", 1.1)  # each colour is one that nobody would have guessed
    words, passes = colorizer.generator.words.words, list[int]()
    say = words.say
    monkeypatch.setattr(words, "say", lambda *of: passes.append(1) or say(*of))
    [made] = colorizer.predict([scene()])

    def counted(ask: Callable[[], object]) -> int:
        passes.clear()
        ask()
        return len(passes)

    assert counted(lambda: made.picture(scene())) == 0
    assert counted(lambda: made.picture(scene(), hints=[Hint(40, 50, "lime")])) == 2  # nothing said, and this
    assert counted(lambda: made.picture(scene(), hints=[Hint(50, 50, "lime")])) == 1
    assert counted(lambda: made.likely_colours(9, 9, [Hint(50, 50, "lime")])) == 0


def test_what_was_said_is_kept_with_the_prediction(prediction: Prediction) -> None:
    hints = [Hint(40, 50, "crimson"), Hint(100, 30, None)]
    told = prediction.with_hints(hints)
    assert told.hints == tuple(hints) and prediction.hints == ()
    assert [shown.hint for shown in told.shown_colours()] == hints
    assert told.likely_colours(80, 60) == prediction.likely_colours(80, 60, hints)
    assert told.likely_colours(80, 60) != prediction.likely_colours(80, 60)
    assert not torch.equal(told.doubt, prediction.doubt)
    # the dial turned: the hints stay
    assert told.picture(scene(), daring=0).tobytes() == told.picture(scene()).tobytes()


def test_a_radius_reaches_further(prediction: Prediction) -> None:
    def blue(radius: float) -> float:
        told = pixels(prediction.picture(scene(), hints=[Hint(80, 60, "blue", radius=radius)]))
        return float((told[..., 2] - told[..., :2].mean(2)).mean())

    assert blue(0) < blue(30) < blue(60)
    assert Hint(80, 60, "blue") == Hint(80, 60, "blue", radius=0)


@settings(max_examples=20, deadline=None)
@given(st.integers(8, 260), st.integers(8, 260), st.randoms(use_true_random=False))
def test_hints_anywhere_in_photos_of_any_shape(width: int, height: int, random: Random) -> None:
    """Also ribbons, lassos that lie outside, and radii beyond the photo."""
    image = scene((width, height))
    [made] = COLORIZER.predict([image])
    hints = []
    for _ in range(random.randint(1, 6)):
        lasso = [(random.uniform(-50, 300), random.uniform(-50, 300)) for _ in range(random.randint(3, 5))]
        colour = random.choice([None, "red", "navy", (250, 250, 0), "#7f7f7f"])
        place = random.uniform(0, width - 0.01), random.uniform(0, height - 0.01)
        hints.append(Hint(*place, colour, random.choice([0, 3, 500]), random.choice([None, lasso])))
    told = made.with_hints(hints, variants=1)
    assert told.lines.isfinite().all() and told.lines.shape[1:] == made.lines.shape[1:]
    assert told.picture(image, 1).size == (width, height)
    assert len(told.shown_colours()) == len(hints)
    assert told.likely_colours(hints[0].x, hints[0].y)
    assert 0 <= float(told.doubt.min()) <= float(told.doubt.max()) <= 1


def test_a_lasso_leaves_what_is_outside_as_it_was(prediction: Prediction) -> None:
    hint = Hint(50, 50, "blue", lasso=LASSO)
    free = [Hint(120, 100, "orange")]
    for others in ([], free):
        before, after = (prediction.with_hints(hints, variants=1) for hints in (others, [*others, hint]))
        changed = (before.lines != after.lines).any(1)
        assert changed.any((1, 2)).all()
        height, width = changed.shape[1:]
        rows = (torch.arange(height) + 0.5) * SIZE[1] / height
        columns = (torch.arange(width) + 0.5) * SIZE[0] / width
        for variant in range(2):
            down, right = changed[variant].nonzero().T
            pixel = max(SIZE[0] / width, SIZE[1] / height)
            assert 20 - pixel < columns[right].min() and columns[right].max() < 80 + pixel
            assert 20 - pixel < rows[down].min() and rows[down].max() < 90 + pixel
            one, other = (pixels(made.picture(scene(), variant)) for made in (before, after))
            where = np.argwhere((one != other).any(2))
            assert 20 - 2 * pixel < where[:, 1].min() and where[:, 1].max() < 80 + 2 * pixel
            assert 20 - 2 * pixel < where[:, 0].min() and where[:, 0].max() < 90 + 2 * pixel


def test_lassos_do_not_know_of_each_other(prediction: Prediction) -> None:
    """What one encloses is as if the other had not been drawn."""
    right = ((100, 20), (150, 20), (150, 100), (100, 100))
    one, other = Hint(50, 50, "blue", lasso=LASSO), Hint(120, 50, "orange", lasso=right)
    both = pixels(prediction.picture(scene(), hints=[one, other]))
    for hint, columns in ((one, slice(0, 85)), (other, slice(95, 160))):
        alone = pixels(prediction.picture(scene(), hints=[hint]))
        assert (alone[:, columns] == both[:, columns]).all()


def test_as_it_is_keeps_the_plain_colours(prediction: Prediction) -> None:
    """Under a hint close by, and over all of its radius, where the colours are several."""
    plain = pixels(prediction.picture(scene()))
    square = np.s_[50:71, 70:91]

    def moved(*pins: Hint) -> float:
        told = pixels(prediction.picture(scene(), hints=[Hint(110, 60, "blue", radius=60), *pins]))
        return float(np.abs(told[square] - plain[square]).mean())

    assert moved(Hint(80, 60, None, radius=16)) < moved(Hint(80, 60, None)) < moved()
    [shown] = prediction.shown_colours([Hint(80, 60, None)])
    assert shown.exact
    assert np.abs(plain[60, 80] - np.array([int(shown.colour[s : s + 2], 16) for s in (1, 3, 5)])).max() <= 25


def test_the_last_word_on_a_block_counts(colorizer: Colorizer, prediction: Prediction) -> None:
    """A hint after its own surroundings, a later hint after an earlier, a person after the reference."""
    repainting = prediction.repainting
    assert repainting
    hints = [Hint(80, 60, "blue", radius=80), Hint(20, 20, "red"), Hint(21, 20, "green")]
    points = repainting._points(hints)
    known = colorizer.generator.words.known(repainting._seen, points)
    block = block_numbers(repainting._places(hints), repainting.look.grid)
    assert block[1] == block[2]
    wanted = repainting._asked(hints, repainting._places(hints))
    assert known.state[0].sum() > 4 and (known.state[0, block] == 2).all()
    assert known.colours[0, block[0], 1] < 0  # blue
    assert wanted[2, 0] < 0 and known.colours[0, block[2], 0] < 0  # green, not red


def test_colours_that_srgb_lacks_are_told(prediction: Prediction) -> None:
    """Yellow is bright: in the dark sRGB has an olive at most. A gray is a gray everywhere."""
    image = Image.new("L", SIZE, 40)
    [dark] = untrained_words().predict([image])
    yellow, gray = dark.shown_colours([Hint(5, 5, "yellow"), Hint(9, 9, "gray")])
    assert not yellow.exact and gray.exact
    assert abs(float(rgb_to_lightness(rgb(yellow.colour))) - lightness_at(image, 5, 5)) < 0.5
    assert gray.colour == "#282828"


def test_a_thousand_hints_are_soon_done(prediction: Prediction) -> None:
    """Filled by few points each: all of them are compared with every place."""
    hints = [Hint(n % 160, n * 7 % 120, "teal", radius=40) for n in range(MAX_HINTS)]
    assert prediction.repainting
    assert len(prediction.repainting._points(hints).places) <= 4 * MAX_HINTS
    assert prediction.picture(scene(), hints=hints).size == SIZE


# Drawing


def test_a_photo_does_not_know_its_company(colorizer: Colorizer) -> None:
    images = [scene(), scene(seed=1), scene((90, 120), seed=2)]
    for how in ({}, {"variants": 2, "seed": 5}, {"daring": 0.7, "seed": 2}):
        together, alone = colorizer.predict(images, **how), [colorizer.predict([one], **how)[0] for one in images]
        for one, other in zip(together, alone, strict=True):
            assert torch.equal(one.lines, other.lines)


def test_more_variants_begin_with_the_same(colorizer: Colorizer) -> None:
    two, four = (colorizer.colorize(scene(), variants=count, seed=5) for count in (2, 4))
    assert [one.tobytes() for one in two] == [one.tobytes() for one in four[:2]]
    assert len({one.tobytes() for one in four}) == 4
    assert colorizer.colorize(scene(), variants=1, seed=6)[0].tobytes() != two[0].tobytes()


def test_the_dial_goes_from_the_picture_to_a_drawing(colorizer: Colorizer, prediction: Prediction) -> None:
    plain = colorizer.colorize(scene())
    assert colorizer.colorize(scene(), daring=0).tobytes() == plain.tobytes()
    calm, half, bold = (prediction.with_hints(daring=dial, seed=4).lines for dial in (0, 0.5, 1))
    assert not torch.equal(calm, bold)
    assert (half - (calm + bold) / 2).abs().max() < 1e-3
    assert torch.equal(prediction.with_hints(variants=2, seed=4).lines[0], calm[0])
    assert torch.equal(calm[0], prediction.lines[0])


def test_hints_hold_in_variants(prediction: Prediction) -> None:
    told = prediction.with_hints([Hint(80, 60, "blue", radius=20)], variants=3, seed=1)
    plain = prediction.with_hints(variants=3, seed=1)
    for variant in range(4):
        blue, before = (pixels(one.picture(scene(), variant))[60, 80] for one in (told, plain))
        assert blue[2] - blue[:2].mean() > 15
        assert blue[2] - blue[:2].mean() > before[2] - before[:2].mean()


# What else a prediction tells


def test_doubt_is_a_map_of_shares(prediction: Prediction) -> None:
    assert prediction.doubt.shape == prediction.lines.shape[2:]
    assert 0 <= float(prediction.doubt.min()) < float(prediction.doubt.max()) <= 1


@pytest.mark.parametrize("place", [(0, 0), (80, 60), (159.9, 119.9)])
def test_likely_colours(prediction: Prediction, place: tuple[float, float]) -> None:
    palette = prediction.likely_colours(*place)
    assert 5 <= len(palette) <= 8
    assert len({likely.colour for likely in palette}) == len(palette)
    shares = [likely.probability for likely in palette]
    assert shares == sorted(shares, reverse=True) and sum(shares) == pytest.approx(1, abs=1e-4)
    for likely in palette:
        assert abs(float(rgb_to_lightness(rgb(likely.colour))) - lightness_at(scene(), *place)) < 2
    assert len(prediction.likely_colours(*place, count=6)) <= 6
    assert prediction.likely_colours(*place, count=1)[0].probability == pytest.approx(1)


@pytest.mark.parametrize("level", [0, 1, 255])
def test_near_black_and_white_there_are_fewer(colorizer: Colorizer, level: int) -> None:
    [made] = colorizer.predict([Image.new("L", SIZE, level)])
    palette = made.likely_colours(5, 5)
    assert 1 <= len(palette) < 5
    assert len({likely.colour for likely in palette}) == len(palette)


def test_the_place_of_a_palette_is_checked(prediction: Prediction) -> None:
    for x, y in ((160, 5), (5, -1), (float("nan"), 5)):
        with pytest.raises(ValueError, match="the place is outside the photo: x must be from 0 to below 160"):
            prediction.likely_colours(x, y)
    with pytest.raises(ValueError, match="count must be at least 1, got 0"):
        prediction.likely_colours(5, 5, count=0)


# A reference


def test_a_reference_is_seen_once(colorizer: Colorizer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of itself it says everything: its own colours come back."""
    colour = colourful()
    [made] = colorizer.predict([colour], reference=colour)
    assert len(made.hints) > 5
    blocks = colour.resize((20, 15), Image.Resampling.BOX)
    there = [blocks.getpixel((int(hint.x / 8), int(hint.y / 8))) for hint in made.hints]
    assert np.abs(np.array([hint.colour for hint in made.hints]) - there).mean() < 20  # means of blocks thrice as wide
    told, plain = made.picture(colour), colorizer.colorize(colour)
    assert np.abs(pixels(told) - pixels(colour)).mean() < 0.95 * np.abs(pixels(plain) - pixels(colour)).mean()
    reference = colorizer.see(colour)
    monkeypatch.setattr(colorizer, "see", None)
    assert colorizer.colorize(colour, reference=reference).tobytes() == told.tobytes()


def test_a_person_knows_better_than_a_reference(colorizer: Colorizer) -> None:
    colour = colourful()
    hint = Hint(80, 60, "lime" if colour.getpixel((80, 60))[1] < 128 else "magenta")
    [made] = colorizer.predict([colour], reference=colour, hints=[hint])
    assert made.hints[-1] == hint and len(made.hints) > 1
    many = [Hint(n % 160, n * 7 % 120, "teal") for n in range(MAX_HINTS)]
    [full] = colorizer.predict([colour], reference=colour, hints=many)
    assert full.hints == tuple(many)


# Weights and processes


def test_words_travel_with_the_weights(colorizer: Colorizer, tmp_path: Path) -> None:
    colorizer.save_pretrained(tmp_path)
    again = Colorizer.from_pretrained(tmp_path)
    assert again.takes_hints and again.generator.words.words.vocabulary.shape == (WORDS, 2)
    hints = [Hint(40, 50, "crimson")]
    for how in ({"hints": hints}, {"daring": 1.0}):
        one, other = (pixels(model.colorize(scene(), **how)) for model in (again, colorizer))
        assert np.abs(one - other).max() <= 2  # convolutions add in another order in `channels_last`


def test_a_prediction_is_recalled_without_the_network(colorizer: Colorizer, prediction: Prediction) -> None:
    """As another process does, which has the weights: they are not sent along."""
    sent = pickle.dumps((prediction.lines, prediction.memory))
    assert b"WordHead" not in sent
    there = colorizer.recall(*pickle.loads(sent))
    hints = [Hint(40, 50, "crimson")]
    assert there.picture(scene()).tobytes() == prediction.picture(scene()).tobytes()
    assert there.picture(scene(), hints=hints).tobytes() == prediction.picture(scene(), hints=hints).tobytes()
    bundled = Colorizer.from_pretrained(TWIN)
    [plain] = bundled.predict([scene()])
    assert plain.memory is None
    assert torch.equal(bundled.recall(plain.lines, plain.memory).lines, plain.lines)


@pytest.mark.parametrize("how", [{"hints": [Hint(40, 50, "crimson")]}, {"daring": 1.0, "seed": 3}])
def test_half_precision_repaints_in_full(colorizer: Colorizer, tmp_path: Path, how: dict[str, Any]) -> None:
    """As a network on a graphics card: what is remembered, and the head, come to the processor."""
    colorizer.save_pretrained(tmp_path)
    half = Colorizer.from_pretrained(tmp_path, dtype="bfloat16")
    [made] = half.predict([scene()])
    assert made.repainting and made.memory and made.memory.look.fine.dtype == torch.float32
    assert {parameter.dtype for parameter in made.repainting.head.parameters()} == {torch.float32}
    assert {parameter.dtype for parameter in half.generator.words.parameters()} == {torch.bfloat16}
    one, other = (pixels(model.colorize(scene(), **how)) for model in (half, colorizer))
    assert np.abs(one - other).mean() < 1
    assert colorizer._head() is colorizer.generator.words


def test_what_is_kept_of_a_photo_is_small(colorizer: Colorizer) -> None:
    """Of its own alone: a view of a batch would keep the batch."""
    for made in colorizer.predict([scene(), scene(seed=1)]):
        assert made.memory
        look = made.memory.look
        parts = (look.fine, look.lightness, look.features, made.memory.view, made.memory.plain, made.lines)
        for part in parts:
            assert part.untyped_storage().nbytes() <= 1.3 * part.numel() * part.element_size()


# A flat border


def test_hints_land_inside_a_border_which_stays_gray(colorizer: Colorizer) -> None:
    """What is said of a mounted photo is said as of the photo alone, and of the mount nothing."""
    inner = scene().resize((160, 120))
    mounted = Image.new("L", (240, 180), 225)
    mounted.paste(inner.convert("L"), (40, 30))
    plain, alone = colorizer.predict([mounted])[0], colorizer.predict([inner.convert("L")])[0]
    assert plain.repainting is not None and plain.repainting.memory.border is not None
    told = plain.with_hints([Hint(40 + 80, 30 + 60, "red")])
    as_alone = alone.with_hints([Hint(80, 60, "red")])
    picture = pixels(told.picture(mounted))
    inside = picture[36:144, 46:194] - pixels(as_alone.picture(inner.convert("L")))[6:114, 6:154]
    assert np.abs(inside).mean() < 3
    outside = np.concatenate((picture[:26].reshape(-1, 3), picture[-26:].reshape(-1, 3)))
    assert np.ptp(outside, axis=1).max() == 0
    on_the_mount = plain.with_hints([Hint(5, 5, "red")])
    assert torch.equal(on_the_mount.lines, plain.lines)
    [shown] = plain.shown_colours([Hint(5, 5, "red")])
    assert shown.on_border and not shown.exact and len({shown.colour[i : i + 2] for i in (1, 3, 5)}) == 1
    as_it_is, inner_one = plain.shown_colours([Hint(5, 5, None), Hint(120, 90, None)])
    assert as_it_is.on_border and as_it_is.exact and not inner_one.on_border
    assert plain.doubt[0, 0] == 0 < plain.doubt.max()
