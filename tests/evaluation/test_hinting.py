"""What is said of photos in a person's place, what painters whose answers are known make of it, and a report."""

import io
import json
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from colorgan import Colorizer
from colorgan.cli import main
from colorgan.color import fit_chroma, lab_to_gamut_rgb, rgb_to_lab
from colorgan.data.true_colours import SQUARE
from colorgan.data.whole import EvaluationPhotos, PhotoBatch
from colorgan.evaluation import Evaluation, evaluate
from colorgan.evaluation.album import click_photo
from colorgan.evaluation.baselines import GRAY
from colorgan.evaluation.candidates import ModelCandidate
from colorgan.evaluation.hinting import SIGGRAPH17, Hinted, Said, measure_hints
from colorgan.evaluation.simulated import WISH_CHROMA, same_photos, true_hints, two_crops, wish
from colorgan.evaluation.words import hints_table, notes
from colorgan.hints import Hint, rgb_of
from colorgan.metrics.per_photo import psnr, spill, spread, variety, worse_than_gray
from colorgan.metrics.table import OF_HINTS

SIDE, PHOTOS = 64, 3
SAID = Said((0, 1, 4), references=True, steady=True)


def disc(radius: int, at: tuple[int, int], size: tuple[int, int] = (96, 64), of: str = "#c85a50") -> Image.Image:
    """A red disc on a mid-gray ground that is a little green."""
    image = Image.new("RGB", size, "#788078")
    x, y = at
    ImageDraw.Draw(image).ellipse((x - radius, y - radius, x + radius - 1, y + radius - 1), fill=of)
    return image


def lab(image: Image.Image) -> tuple[Tensor, Tensor]:
    return rgb_to_lab(torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)[None] / 255)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Discs: things of 500 pixels of 64 by 96, which makes 8,000 at 256."""
    folder = tmp_path_factory.mktemp("discs")
    for number in range(PHOTOS):
        disc(13, (30 + 8 * number, 30), of=("#c85a50", "#c8a050", "#c85a90")[number]).save(folder / f"{number}.png")
    return folder


# --- what is said ---------------------------------------------------------------------------------------------------


@pytest.fixture
def blobs() -> tuple[Tensor, Tensor]:
    colours = np.random.default_rng(1).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return lab(Image.fromarray(colours).resize((120, 90), Image.Resampling.BICUBIC))


def test_fewer_hints_are_the_first_of_more(blobs: tuple[Tensor, Tensor]) -> None:
    hundred = true_hints("a", *blobs, 100, 0)
    assert true_hints("a", *blobs, 5, 0) == hundred[:5] and len(hundred) == 100
    assert true_hints("b", *blobs, 5, 0) != hundred[:5] != true_hints("a", *blobs, 5, 1)


def test_hints_are_the_mean_colour_of_the_square_around_them(blobs: tuple[Tensor, Tensor]) -> None:
    lightness, ab = blobs
    for hint in true_hints("a", lightness, ab, 1000, 0):
        row, column = int(hint.y) - SQUARE // 2, int(hint.x) - SQUARE // 2
        assert 0 <= row <= 90 - SQUARE and 0 <= column <= 120 - SQUARE
        square = ab[0, :, row : row + SQUARE, column : column + SQUARE]
        rgb = rgb_of(hint.colour)
        assert rgb is not None
        said = rgb_to_lab(torch.tensor(rgb).view(1, 3, 1, 1) / 255)[1].flatten()
        assert float((said - square.mean((1, 2))).norm()) < 1  # what 8 bits cost


def test_hints_lie_anywhere_with_equal_chance(blobs: tuple[Tensor, Tensor]) -> None:
    hints = [hint for name in "abcde" for hint in true_hints(name, *blobs, 1000, 0)]
    for places, side in (([one.x for one in hints], 120), ([one.y for one in hints], 90)):
        assert (min(places), max(places)) == (SQUARE / 2, side - SQUARE / 2)
        counts = np.bincount((np.array(places) - SQUARE / 2).astype(int), minlength=side - SQUARE + 1)
        expected = len(hints) / len(counts)
        chi_squared = ((counts - expected) ** 2 / expected).sum()
        assert chi_squared < len(counts) + 4 * math.sqrt(2 * len(counts))


def test_a_wish_is_for_one_thing_in_its_middle_in_a_hue_that_the_photo_has_not() -> None:
    image = disc(50, (150, 120), (384, 256))
    lightness, ab = lab(image)
    wanted = wish("a", lightness, ab, 0)
    assert wanted is not None
    true = torch.from_numpy(np.asarray(image)[..., 0] > 160)
    assert not (wanted.inside[0, 0] & ~true).any()
    assert wanted.inside.sum() > 0.88 * true.sum()  # segments stop before the blurred edge
    assert math.dist((wanted.hint.x, wanted.hint.y), (150, 120)) < 5
    assert float(wanted.ab.norm()) == pytest.approx(WISH_CHROMA, abs=1)
    colour = rgb_of(wanted.hint.colour)
    assert colour is not None
    torch.testing.assert_close(rgb_to_lab(torch.tensor(colour).view(1, 3, 1, 1) / 255)[1].flatten(), wanted.ab)
    for name in map(str, range(20)):  # red and green are there, so neither is wished for
        other = wish(name, lightness, ab, 0)
        assert other is not None
        hue = math.degrees(math.atan2(other.ab[1], other.ab[0])) % 360
        assert 45 < hue < 350 and not 115 < hue < 150, hue
    again, otherwise = wish("a", lightness, ab, 0), wish("a", lightness, ab, 1)
    assert again is not None and otherwise is not None
    assert again.hint == wanted.hint != otherwise.hint and torch.equal(again.inside, wanted.inside)


def test_things_too_small_or_too_large_are_not_wished_for() -> None:
    for radius in (15, 90):  # of 700 and 25,000 pixels; the ground has more
        assert wish("a", *lab(disc(radius, (190, 128), (384, 256))), 0) is None
    half = wish("a", *lab(disc(25, (75, 60), (192, 128))), 0)  # the numbers are those at 256
    assert half is not None and abs(int(half.inside.sum()) - 1960) < 60


def test_crops_share_half_of_the_sides_and_lie_in_opposite_corners() -> None:
    seen = set()
    for name in map(str, range(16)):
        (rows, columns), (other_rows, other_columns) = two_crops(name, 40, 80, 0)
        assert {(rows.start, rows.stop), (other_rows.start, other_rows.stop)} == {(0, 30), (10, 40)}
        assert {(columns.start, columns.stop), (other_columns.start, other_columns.stop)} == {(0, 60), (20, 80)}
        seen.add((rows.start, columns.start))
    assert len(seen) == 4


def test_copies_show_the_same() -> None:
    gray = disc(13, (40, 30)).convert("L")
    copies = same_photos(gray)
    assert {name: (copy.mode, copy.size) for name, copy in copies.items()} == {
        "jpeg": ("L", (96, 64)),
        "small": ("L", (58, 38)),
        "dark": ("L", (96, 64)),
    }
    assert np.array_equal(np.asarray(copies["dark"]), np.round(np.asarray(gray) * 0.93))
    apart = np.abs(np.asarray(copies["jpeg"]).astype(int) - np.asarray(gray))
    assert 0 < apart.mean() < 3


@pytest.mark.parametrize("counts", [(2, 1), (1, 1), (-1, 2), (0, 1001)])
def test_counts_rise_and_are_of_hints_that_can_be_given(counts: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"hints must be numbers from 0 to 1,000, each larger"):
        Said(counts)
    assert not Said() and Said((0,)) and Said(steady=True)


def test_the_published_curve_is_that_of_the_usual_counts() -> None:
    assert tuple(SIGGRAPH17) == (1, 2, 5, 10, 20, 50, 100) and list(SIGGRAPH17.values()) == sorted(SIGGRAPH17.values())


# --- metrics --------------------------------------------------------------------------------------------------------


def halves(left: tuple[float, float], right: tuple[float, float]) -> Tensor:
    """ab (1, 2, 4, 10): six columns of one colour, four of another."""
    columns = torch.tensor([left] * 6 + [right] * 4, dtype=torch.float32).T
    return columns[None, :, None].expand(1, 2, 4, 10)


def test_spread_and_spill_are_shares_of_the_thing_and_of_the_rest() -> None:
    lightness, wanted, gray = torch.full((1, 1, 4, 10), 60.0), halves((0, 35), (0, 35)), halves((0, 0), (0, 0))
    inside = (torch.arange(10) < 8).expand(1, 1, 4, 10)  # 6 of its 8 columns follow, none of the 2 others
    follows = halves((0, 35), (0, 0))
    assert spread(lightness, follows, wanted, inside).tolist() == [0.75]
    assert spill(lightness, follows, gray, inside).tolist() == [0]
    inside = (torch.arange(10) < 3).expand(1, 1, 4, 10)  # all of it does, and 3 of 7 others
    assert spread(lightness, follows, wanted, inside).tolist() == [1]
    assert spill(lightness, follows, gray, inside).tolist() == pytest.approx([3 / 7])
    assert spill(lightness, follows, follows, inside).tolist() == [0]


def test_variety_is_the_mean_difference_of_pairs() -> None:
    # Sharma, Wu and Dalal 2005, table 1, pair 7: (50, 0, 0) and (50, -1, 2) are 2.3669 apart; the third is the first.
    variants = torch.stack((halves((0, 0), (0, 0)), halves((-1, 2), (-1, 2)), halves((0, 0), (0, 0))), 1)
    assert variety(variants, torch.full((1, 1, 4, 10), 50.0)).tolist() == pytest.approx([2 * 2.3669 / 3], abs=1e-4)
    with pytest.raises(ValueError, match=r"at least 2, 2, H, W\), got \(1, 1, 2, 4, 10\)"):
        variety(variants[:, :1], torch.full((1, 1, 4, 10), 50.0))


def test_worse_than_gray_begins_a_decibel_below() -> None:
    lightness, ab = torch.full((3, 1, 8, 8), 60.0), torch.tensor((10.0, 0.0)).view(1, 2, 1, 1).expand(3, 2, 8, 8)
    painted = ab * torch.tensor((-0.05, -0.2, 1.0)).view(3, 1, 1, 1)  # 5 % and 20 % beyond gray: 0.4 dB and 1.6 dB
    rgb, true = lab_to_gamut_rgb(lightness, painted), lab_to_gamut_rgb(lightness, ab)
    assert worse_than_gray(rgb, true, lightness).tolist() == [0, 1, 0]


# --- painters whose answers are known -------------------------------------------------------------------------------


class Told:
    """What a painter says of a photo; told hints, what `paint` makes of them and of what it said before."""

    def __init__(self, ab: Tensor, paint: Callable[[Sequence[Hint], float | None], Tensor]):
        self.lines, self.paint, self.hints = torch.cat((torch.zeros_like(ab), ab), 1), paint, ()

    def with_hints(self, hints: Sequence[Hint], *, variants: int, seed: int, daring: float | None) -> "Told":
        assert not variants
        return Told(self.paint(hints, daring), self.paint)


class Painter:
    """A model that leaves photos gray until it is told something."""

    name, takes_hints = "painter", True

    def __init__(self, paint: Callable[[Image.Image, Sequence[Hint], float | None], Tensor]):
        self.paint = paint
        self.references: list[tuple[Image.Image, Image.Image]] = []

    def predict(self, images: Sequence[Image.Image], *, reference: Image.Image | None = None) -> list[Told]:
        [image] = images
        ab = torch.zeros(1, 2, image.height, image.width)
        if reference is not None:
            self.references.append((image, reference))
            ab[:, 0] = 3.0
        return [Told(ab, lambda hints, daring: self.paint(image, hints, daring))]


def answers(photos: Path, painter: Painter, said: Said = SAID, daring: float | None = None) -> Hinted:
    candidate = ModelCandidate(painter, daring=daring)  # type: ignore[arg-type]
    drawn = EvaluationPhotos([str(photos)], "all", SIDE, seed=0)
    return measure_hints(drawn, {"painter": candidate}, said)["painter"]


def truths(photos: Path) -> dict[bytes, PhotoBatch]:
    """The photos, by what a painter sees of them."""
    return {one.gray[0].tobytes(): one for one in EvaluationPhotos([str(photos)], "all", SIDE).batches(1)}


def flat(image: Image.Image, a: float, b: float) -> Tensor:
    return torch.tensor((a, b), dtype=torch.float32).view(1, 2, 1, 1).expand(1, 2, image.height, image.width)


def ab_of(hint: Hint) -> Tensor:
    return rgb_to_lab(torch.tensor(rgb_of(hint.colour)).view(1, 3, 1, 1) / 255)[1]


def test_who_paints_the_truth_when_told_gains_all_there_is_to_gain(photos: Path) -> None:
    known = truths(photos)
    found = answers(photos, Painter(lambda image, hints, _: known[image.tobytes()].ab), Said((0, 1, 4)))
    gray, none, *told = torch.stack(found.decibels).T
    expected = [
        float(psnr(lab_to_gamut_rgb(one.lightness, torch.zeros_like(one.ab)), one.rgb)) for one in known.values()
    ]
    assert sorted(gray.tolist()) == pytest.approx(sorted(expected))
    assert torch.equal(none, gray) and torch.equal(told[0], gray)  # no hint: its picture, which is gray
    assert torch.stack(told[1:]).flatten().tolist() == pytest.approx([100] * 2 * PHOTOS)


def test_who_hears_nothing_gains_nothing(photos: Path) -> None:
    found = answers(photos, Painter(lambda image, *_: flat(image, 0, 0)), Said((1, 4)))
    decibels = torch.stack(found.decibels)
    assert decibels.shape == (PHOTOS, 4) and torch.equal(decibels, decibels[:, :1].expand(-1, 4))
    assert found.values["spread"] == found.values["spill"] == [0] * PHOTOS


def test_the_first_hints_are_given_as_many_as_are_counted(photos: Path) -> None:
    heard: list[Sequence[Hint]] = []

    def listen(image: Image.Image, hints: Sequence[Hint], _: float | None) -> Tensor:
        heard.append(hints)
        return flat(image, 0, 0)

    answers(photos, Painter(listen), Said((0, 1, 4)))
    known = list(truths(photos).values())
    for one, few, many, odd in zip(known, heard[::3], heard[1::3], heard[2::3], strict=True):
        [name] = one.names
        assert many == true_hints(name, one.lightness, one.ab, 4, 0) and few == many[:1]
        wanted = wish(name, one.lightness, one.ab, 0)
        assert wanted is not None and tuple(odd) == (wanted.hint,)


@pytest.mark.parametrize(("where", "follows", "spills"), [("thing", 1, 0), ("everywhere", 1, 1), ("elsewhere", 0, 1)])
def test_a_perfect_painter_spreads_over_the_thing_and_nothing_else(
    photos: Path, where: str, follows: float, spills: float
) -> None:
    known = truths(photos)

    def paint(image: Image.Image, hints: Sequence[Hint], _: float | None) -> Tensor:
        one = known[image.tobytes()]
        wanted = wish(one.names[0], one.lightness, one.ab, 0)
        assert wanted is not None
        painted = {
            "thing": wanted.inside,
            "everywhere": torch.ones_like(wanted.inside),
            "elsewhere": ~wanted.inside,
        }
        return ab_of(hints[0]) * painted[where]

    found = answers(photos, Painter(paint), Said((1,)))
    assert found.values["spread_before"] == [0] * PHOTOS
    assert found.values["spread"] == [follows] * PHOTOS and found.values["spill"] == [spills] * PHOTOS
    assert [(click.spread, click.spill) for click in found.clicks] == [(follows, spills)] * PHOTOS


def test_what_moved_is_white_in_the_thing_and_red_beside_it() -> None:
    gray = Image.new("L", (48, 32), 128)
    rgb = torch.full((1, 3, 32, 48), 0.5)
    moved = torch.zeros(1, 1, 32, 48)
    moved[..., 16:] = 40.0
    inside = (torch.arange(48) < 32).expand(1, 1, 32, 48)
    click = click_photo(
        "a",
        (
            gray,
            rgb,
            rgb,
        ),
        moved,
        inside,
        (40.0, 16.0),
        0.5,
        1.0,
    )
    shown, marked = (np.asarray(Image.open(io.BytesIO(data))).astype(int) for data in (click.moved, click.gray))
    still, thing, beside = shown[4, 4], shown[4, 24], shown[4, 44]
    assert still.max() < 110 and thing.min() > 240 and beside[0] > 240 > 120 > beside[2]
    assert marked[16, 40].min() > 240 and marked[4, 4].max() < 140


def test_a_colour_that_srgb_has_not_at_a_lightness_is_followed_by_what_it_has(tmp_path: Path) -> None:
    """Within 10 of the colour as sRGB shows it: a dark thing cannot have a chroma of 35 in every hue."""
    image = disc(13, (40, 30), of="#0a0a12")
    for number, colour in enumerate(("#c85a50", "#50c85a", "#5a50c8") * 2):  # too small to be things; not toned so
        place = 70 + 12 * (number % 2), 4 + 20 * (number // 2)
        ImageDraw.Draw(image).rectangle((*place, place[0] + 8, place[1] + 8), fill=colour)
    image.save(tmp_path / "dark.png")
    [known] = EvaluationPhotos([str(tmp_path)], "all", SIDE).batches(1)
    wanted = wish(known.names[0], known.lightness, known.ab, 0)
    assert wanted is not None
    shown = fit_chroma(known.lightness, wanted.ab.view(1, 2, 1, 1).expand_as(known.ab))
    inside = wanted.inside.expand_as(shown)
    assert float((shown - wanted.ab.view(1, 2, 1, 1))[inside].abs().mean()) > 5
    found = answers(tmp_path, Painter(lambda image, hints, _: ab_of(hints[0]) * wanted.inside), Said((1,)))
    assert found.values["spread"] == [1]


def test_references_are_the_other_crop_flipped_and_one_of_another_photo(photos: Path) -> None:
    painter = Painter(lambda image, *_: flat(image, 0, 0))
    found = answers(photos, painter, Said(references=True))
    assert len(found.values["reference_gain"]) == PHOTOS and len(found.values["unrelated_gain"]) == PHOTOS - 1
    own = [painter.references[index] for index in (0, 1, 3)]  # the first photo has no other before it
    for (crop, reference), one in zip(own, truths(photos).values(), strict=True):
        (rows, columns), (other_rows, other_columns) = two_crops(one.names[0], *one.rgb.shape[2:], 0)
        gray = np.asarray(one.gray[0])[rows, columns]
        colour = (one.rgb[0].permute(1, 2, 0) * 255).round().byte().numpy()[other_rows, other_columns]
        assert np.array_equal(np.asarray(crop), gray) and np.array_equal(np.asarray(reference), colour[:, ::-1])
    unrelated = [painter.references[index][1] for index in (2, 4)]
    assert [one.tobytes() for one in unrelated] == [one.tobytes() for _, one in own[:2]]
    # Three units of a, which the painter takes from any reference, are nearer to warm photos than gray is.
    one = next(iter(truths(photos).values()))
    (rows, columns), _ = two_crops(one.names[0], *one.rgb.shape[2:], 0)
    light, true = one.lightness[:, :, rows, columns], one.rgb[:, :, rows, columns]
    red, gray = (lab_to_gamut_rgb(light, flat(own[0][0], a, 0)) for a in (3, 0))
    assert found.values["reference_gain"][0] == pytest.approx(float(psnr(red, true) - psnr(gray, true)), abs=1e-4)


def test_who_paints_every_copy_alike_is_steady(photos: Path) -> None:
    found = answers(photos, Painter(lambda image, *_: flat(image, 20, -10)), Said(steady=True))
    for key in ("jpeg", "small", "dark"):
        assert found.values[f"steady_{key}"] == [1] * PHOTOS
        assert found.values[f"drift_{key}"] == pytest.approx([0] * PHOTOS, abs=1e-3)
    assert found.values["plain_drift"] == pytest.approx([0] * PHOTOS, abs=1e-3)


def test_who_paints_a_smaller_copy_otherwise_is_not(photos: Path) -> None:
    def paint(image: Image.Image, _: Sequence[Hint], daring: float | None) -> Tensor:
        assert daring == 1
        return flat(image, 20, 0) if image.size == (96, 64) else flat(image, 0, 20)

    found = answers(photos, Painter(paint), Said(steady=True))
    assert found.values["steady_small"] == [0] * PHOTOS and min(found.values["drift_small"]) > 15
    assert found.values["steady_jpeg"] == found.values["steady_dark"] == [1] * PHOTOS
    assert found.values["plain_drift"] == [0] * PHOTOS


def test_hints_and_drawings_are_at_the_dial_that_is_judged(photos: Path) -> None:
    dials = set()

    def paint(image: Image.Image, _: Sequence[Hint], daring: float | None) -> Tensor:
        dials.add(daring)
        return flat(image, 0, 0)

    answers(photos, Painter(paint), SAID, daring=0.25)
    assert dials == {0.25}
    answers(photos, Painter(paint), SAID)
    assert dials == {0.25, None, 1.0}  # of its own accord a model answers calmly; what is drawn is drawn in full


# --- a report -------------------------------------------------------------------------------------------------------


def tiny(words: bool, recipe: str) -> Colorizer:
    torch.manual_seed(0)
    size = {"count": 12, "width": 8, "layers": 1, "heads": 2, "painter": 8}
    colorizer = Colorizer("LiteUNet", {"words": size} if words else {}, view_size=48, recipe=recipe)
    if words:
        colorizer.generator.words.words.vocabulary.copy_(torch.randn(12, 2) * 30)
    return colorizer


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("models")
    for name in ("wordy", "mute"):
        tiny(name == "wordy", name).save_pretrained(root / name)
    return {name: str(root / name) for name in ("wordy", "mute")}


@pytest.fixture(scope="module")
def evaluation(photos: Path, models: dict[str, str]) -> Evaluation:
    return evaluate(
        list(models.values()),
        [str(photos)],
        split="all",
        resolution=SIDE,
        two_sample=False,
        variants=2,
        daring=(0.0, 1.0),
        hints=SAID.counts,
        references=True,
        steady=True,
    )


def test_a_model_that_draws_is_judged_at_each_dial_and_others_once(evaluation: Evaluation) -> None:
    assert evaluation.judged == ["wordy, daring 0", "wordy, daring 1", "mute"]
    calm, drawn = (evaluation.summary.figures[name] for name in evaluation.judged[:2])
    assert calm["ciede2000"] != drawn["ciede2000"]
    assert calm["variety"].value == 0 < drawn["variety"].value  # two means are one
    drifts = [calm[f"drift_{copy}"].value for copy in ("jpeg", "small", "dark")]
    assert calm["plain_drift"].value == pytest.approx(sum(drifts) / 3) == drawn["plain_drift"].value
    assert [one.get("daring") for one in evaluation.candidates if one["kind"] == "model"] == [0, 1, None]
    plain = evaluate([tiny(True, "wordy")], evaluation_data(evaluation), split="all", resolution=SIDE, two_sample=False)
    assert plain.summary.figures["wordy"]["ciede2000"].value == pytest.approx(calm["ciede2000"].value, abs=1e-4)


def evaluation_data(evaluation: Evaluation) -> list[str]:
    return [one["name"] for one in evaluation.protocol["data"]]


def test_every_figure_of_what_was_said_is_there_with_its_interval(evaluation: Evaluation) -> None:
    for name in evaluation.judged[:2]:
        figures = evaluation.summary.figures[name]
        for metric in OF_HINTS:
            one = figures[metric.key]
            assert one.low - 1e-9 <= one.value <= one.high + 1e-9, metric.key
        curve = evaluation.summary.hint_curves[name]
        assert curve.counts == SAID.counts and curve.over_none[0].value == curve.over_none[0].high == 0
        for gray, none in zip(curve.over_gray, curve.over_none, strict=True):
            assert gray.value - curve.over_gray[0].value == pytest.approx(none.value)
        gap = evaluation.summary.differences[name, GRAY]["psnr"]
        assert curve.over_gray[0].value == pytest.approx(gap.value, abs=1e-4)
    gap = evaluation.summary.differences["wordy, daring 0", "wordy, daring 1"]["spread"]
    both = [evaluation.summary.figures[name]["spread"].value for name in evaluation.judged[:2]]
    assert gap.value == pytest.approx(both[0] - both[1])


def test_models_without_words_are_left_out_with_a_line(evaluation: Evaluation) -> None:
    why = "mute has no colour words: left out of hints, references, steadiness and daring"
    assert evaluation.summary.notes["mute"] == why and f"{why}." in notes(evaluation)
    assert not {metric.key for metric in OF_HINTS} & evaluation.summary.figures["mute"].keys()
    assert set(evaluation.summary.hint_curves) == set(evaluation.measurements.hinted) == set(evaluation.judged[:2])


def test_the_report_tells_of_hints(evaluation: Evaluation, tmp_path: Path) -> None:
    evaluation.save(tmp_path)
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["protocol"]["said"] == {"counts": [0, 1, 4], "references": True, "steady": True}
    assert told["protocol"]["photos_with_a_thing"] == PHOTOS
    assert told["protocol"]["daring"] == [0, 1] and told["protocol"]["variants"] == 2
    curve = told["hints"]["wordy, daring 1"]
    assert curve["counts"] == [0, 1, 4] and set(curve["over_none"][2]) == {"value", "low", "high"}
    assert "wordy, daring 1" in told["figures"] and "spread" in told["figures"]["wordy, daring 1"]
    rules = " ".join(told["protocol"]["rules"])
    assert all(word in rules for word in ("6 x 6 pixels", "1,500 to 15,000", "quality 80", "opposite corner"))
    markdown, html = ((tmp_path / name).read_text() for name in ("report.md", "report.html"))
    table = markdown.partition("## Gain of PSNR by hints, dB")[2].partition("## ")[0].strip().splitlines()
    assert table[0] == "| hints | 0 | 1 | 4 |" and len(table) == 2 + 4 + 1
    assert table[-1].endswith("| – | 0.94 | – |") and "as published of other photos" in table[-1]
    assert html.count("One hint of an odd colour: wordy") == 2 and html.count("what moved</figcaption>") == 2 * PHOTOS
    assert re.search(r"spread \d+ %, spill \d+ %", html) and "Gain of PSNR in dB against the number of hints" in html
    assert not re.search(r"https?://", html)


def test_without_hints_the_report_says_nothing_of_them(photos: Path, tmp_path: Path) -> None:
    found = evaluate([tiny(True, "wordy")], [str(photos)], split="all", resolution=SIDE, two_sample=False, limit=2)
    found.save(tmp_path)
    assert hints_table(found) == [] and "What hints do" not in (tmp_path / "report.html").read_text()
    assert found.judged == ["wordy"] and not {metric.key for metric in OF_HINTS} & found.summary.figures["wordy"].keys()


def test_each_photo_draws_its_own(photos: Path) -> None:
    """By its name, whatever batch it is in: one field of noise for all photos would be one draw, not many."""
    candidate = ModelCandidate(tiny(True, "wordy"), daring=1.0, seed=3)
    one_by_one = {one.names[0]: candidate.ab(one) for one in EvaluationPhotos([str(photos)], "all", SIDE).batches(1)}
    [together] = EvaluationPhotos([str(photos)], "all", SIDE).batches(8)
    for name, ab in zip(together.names, candidate.ab(together), strict=True):
        torch.testing.assert_close(ab[None], one_by_one[name], atol=1e-3, rtol=0)
    [first, *_] = EvaluationPhotos([str(photos)], "all", SIDE).batches(1)
    renamed = PhotoBatch(("another",), *(getattr(first, part) for part in list(first.__dataclass_fields__)[1:]))
    assert float((candidate.ab(renamed) - candidate.ab(first)).abs().mean()) > 1


# --- the command line -----------------------------------------------------------------------------------------------


def test_the_command_says_who_is_left_out(
    photos: Path, models: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", "--model", models["mute"], "--model", models["wordy"], "--data", str(photos)]
    flags = ["--split", "all", "--limit", "2", "--resolution", "64", "--no-two-sample", "--device", "cpu"]
    assert main([*command, *flags, "--hints", "0,2", "--output", str(tmp_path)]) == 0
    assert "note: mute has no colour words: left out of hints" in capsys.readouterr().err
    assert json.loads((tmp_path / "report.json").read_text())["hints"]["wordy"]["counts"] == [0, 2]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--hints", "5,1"], "must be rising numbers with commas between them, got '5,1'"),
        (["--hints", "0,many"], "must be a whole number from 0 to 1000, got 'many'"),
        (["--hints", "1,2000"], "must be a whole number from 0 to 1000, got '2000'"),
        (["--daring", "2"], "must be a number from 0 to 1, got '2'"),
        (["--variants", "1"], "must be a whole number from 2 to 16, got '1'"),
        (["--hints", "1"], "are of models with colour words: none of these is one"),
        (["--steady"], "are of models with colour words: none of these is one"),
        (["--daring", "1"], "are of models with colour words: none of these is one"),
    ],
)
def test_what_cannot_be_said_is_refused_in_one_line(
    photos: Path,
    models: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    flags: list[str],
    message: str,
) -> None:
    command = ["evaluate", "--model", models["mute"], "--data", str(photos), "--split", "all", "--device", "cpu"]
    try:
        assert main([*command, "--output", str(tmp_path), *flags]) == 2
    except SystemExit as refused:
        assert refused.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("colorgan: error: ") and message in line and not list(tmp_path.iterdir())
