"""Training colour words: lessons, vocabulary, and what a run promises: the rest stays, to the bit, and all resumes."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from cases.training import metrics, quick, same, started, tiny, weights
from PIL import Image
from scipy.cluster.vq import kmeans2
from torch import Tensor

from colorgan.color import lab_to_gamut_rgb, rgb_to_lab
from colorgan.colorizer import Colorizer
from colorgan.data.true_colours import SQUARE
from colorgan.machine import computes_bfloat16
from colorgan.networks.word_head import Look, Points, Prepared, WordHead
from colorgan.networks.words import BLOCK, make_vocabulary
from colorgan.recipes import Network, Phase, Recipe
from colorgan.seeds import seed_of
from colorgan.training import checkpoints
from colorgan.training.batches import Pair
from colorgan.training.hinting import (
    LARGEST_THING,
    MOST_CHROMA,
    MOST_HINTS,
    OWN_TINTS,
    SMALLEST_THING,
    draw_hints,
    draw_lesson,
    draw_lessons,
    recolour,
    words_loss,
)
from colorgan.training.loop import train
from colorgan.training.networks import build_generator
from colorgan.training.parallel import Piece, seeded
from colorgan.training.word_validation import true_points, validate_words


def taught(photos: str, folder: Path, train_images: int = 8, batch_size: int = 4, rate: float = 5e-3) -> Recipe:
    """A small recipe of words, at a rate that tells within seconds, with a trained model to start from."""
    recipe = started(tiny("flagship-words", photos, train_images, batch_size), folder / "start")
    schedule = replace(recipe.generator_optimiser.schedule, warmup_images=0)
    return replace(
        recipe, generator_optimiser=replace(recipe.generator_optimiser, learning_rate=rate, schedule=schedule)
    )


def test_all_that_a_run_leaves_is_as_readable_as_its_neighbours(run: Path) -> None:
    """Whatever wrote it: weights, states, curves and notes have the modes that the user's umask gives."""
    umask = os.umask(0)
    os.umask(umask)
    files = [path for path in run.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".safetensors", ".pt", ".json", ".jsonl", ".png"}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o666 & ~umask}


def generator_of(folder: Path) -> dict[str, Tensor]:
    return dict(Colorizer.from_pretrained(str(folder)).generator.state_dict())


# --- runs -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(photos: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of a few seconds, and beside it the model that it started from."""
    folder = tmp_path_factory.mktemp("words")
    recipe = taught(photos, folder, train_images=128, batch_size=8)
    train(recipe, quick(folder / "run", validation_steps=8, logging_steps=5, validation_photos=4))
    return folder / "run"


def test_all_but_words_and_painter_stays_to_the_bit(run: Path) -> None:
    before, after = generator_of(run.parent / "start"), weights(run)
    last = checkpoints.load(checkpoints.found_in(run)[-1]).networks
    for trained in (after, last["generator"], last["averaged"]):
        assert same(before, {name: tensor for name, tensor in trained.items() if name in before})
    fresh = weights_at_start(run)
    moving = {name for name in after if name not in before and not name.endswith(("vocabulary", "mean", "deviation"))}
    assert moving and not [name for name in moving if torch.equal(after[name], fresh[name])]


def weights_at_start(run: Path) -> dict[str, Tensor]:
    """The generator as a run's seed made it, before it trained."""
    config = json.loads((run / "model/config.json").read_text())
    recipe = tiny("flagship-words", "unused")
    torch.manual_seed(seed_of("start", 0))
    return build_generator(replace(recipe, generator=Network("LiteUNet", config["options"]))).state_dict()


def test_the_picture_and_how_it_is_shown_stay(run: Path) -> None:
    before = Colorizer.from_pretrained(str(run.parent / "start"))
    after = Colorizer.from_pretrained(str(run / "model"))
    kept = ("gain", "view_size", "smoothing", "variant_strength")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept] == [1.2, 64, 2, 1.4]
    assert after.recipe == "flagship-words"
    image = Image.effect_noise((90, 60), 60)
    assert after.colorize(image).tobytes() == before.colorize(image).tobytes()
    photo = torch.rand(1, 1, 64, 64)
    one, other = (model.generator.sample(photo, 2, 1.0, seeded("variants")) for model in (after, before))
    assert torch.equal(one, other), "the cells and their head are kept, too"


def test_the_config_says_all_options_of_the_words(run: Path) -> None:
    words = json.loads((run / "model/config.json").read_text())["options"]["words"]
    assert words.keys() >= {"count", "width", "layers", "heads", "painter", "rounds", "temperature"}
    assert (words["count"], words["width"], words["temperature"]) == (12, 24, 0.5)


def test_losses_fall_and_are_told_by_name(run: Path) -> None:
    rows = metrics(run)
    terms = {"words", "words_mean", "painter"}
    trained = [row for row in rows if row["part"] == "train"]
    assert all(row.keys() >= {*terms, "generator"} for row in trained)
    for row in trained:
        assert float(row["generator"]) == pytest.approx(sum(float(row[name]) for name in terms), rel=1e-4)
    seen = [row for row in rows if row["part"] == "validation"]
    assert all(row.keys() >= {*terms, "loss", "psnr", "chroma_ratio"} for row in seen)
    for name in terms:
        assert float(seen[-1][name]) < float(seen[0][name]), name
    gains = [[float(row[f"psnr_over_gray_{count}_hints"]) for count in (0, 1, 10, 100)] for row in seen]
    assert gains[-1][3] > gains[-1][2] > gains[-1][0]
    assert len({row["psnr"] for row in seen}) == 1, "of the picture, which stays"


def test_sheets_show_pictures_with_hints(run: Path) -> None:
    with Image.open(run / "samples" / "000000128.png") as picture:
        assert picture.size == (7 * 68 + 4, 4 * 68 + 4 + 16)
        columns = [picture.crop((4 + 68 * column, 20, 68 + 68 * column, 84)).tobytes() for column in range(7)]
    assert len(set(columns)) == 7, "gray, the picture, three of the mean, one drawn, the original"
    assert (run / "curves.png").is_file()


def test_resume_goes_on_bit_for_bit(photos: str, tmp_path: Path) -> None:
    recipe = replace(taught(photos, tmp_path, train_images=24), ema=0.9)
    recipe = replace(recipe, data=replace(recipe.data, film=0.5, aging=0.5))
    plan = quick(tmp_path / "whole", checkpointing_steps=2, checkpoints_total_limit=0, validation_photos=1)
    train(recipe, plan)
    other = tmp_path / "other"
    for name in ("checkpoint-8", "vocabulary.safetensors"):
        (shutil.copytree if name.startswith("check") else shutil.copy)(plan.output_dir / name, made(other) / name)
    train(recipe, replace(plan, output_dir=other, resume_from_checkpoint="latest"))
    whole, again = (checkpoints.load(folder / "checkpoint-24") for folder in (plan.output_dir, other))
    assert whole.networks.keys() == again.networks.keys() == {"generator", "averaged"}
    assert all(same(whole.networks[name], again.networks[name]) for name in whole.networks)
    assert str(whole.state["optimisers"]) == str(again.state["optimisers"])
    assert same(weights(plan.output_dir), weights(other))


def made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def test_gradient_accumulation_changes_nothing(photos: str, tmp_path: Path) -> None:
    recipe = taught(photos, tmp_path, train_images=24, batch_size=8, rate=1e-3)
    phases = (Phase((64, 96), 8),)  # grids of 4 x 4 and of 6 x 6 blocks
    recipe = replace(recipe, ema=0.0, data=replace(recipe.data, film=0.5, aging=0.5, phases=phases))
    for pieces in (1, 4):
        train(recipe, quick(tmp_path / str(pieces), gradient_accumulation_steps=pieces, validation_photos=0))
    whole, pieced, start = weights(tmp_path / "1"), weights(tmp_path / "4"), weights_at_start(tmp_path / "1")
    moved = [name for name in whole if name.startswith("words.") and name in start and "vocabulary" not in name]

    def distance(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
        return float(torch.cat([(one[name] - other[name]).flatten() for name in moved]).norm())

    assert distance(whole, pieced) < 0.01 * distance(whole, start)


def test_half_precision_trains_nearly_the_same(
    photos: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    recipe = taught(photos, tmp_path)
    losses, slow = [], []
    monkeypatch.setattr("colorgan.training.loop.computes_bfloat16", lambda: False)
    for precision in ("no", "bf16"):
        train(recipe, quick(tmp_path / precision, mixed_precision=precision, validation_photos=0))
        losses.append([float(row["generator"]) for row in metrics(tmp_path / precision)])
        slow.append(capfd.readouterr().err.count("bf16 is slow on this processor"))
    assert losses[0] != losses[1] and losses[1] == pytest.approx(losses[0], rel=0.02)
    assert slow == [0, 1]


def test_a_torch_that_does_not_know_its_processor_is_not_called_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    for able, expected in (({"avx512_bf16": True}, True), ({"bf16": True}, True), ({"avx512_f": True}, False)):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda able=able: able, raising=False)
        assert computes_bfloat16() is expected
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert computes_bfloat16()


def test_words_that_are_there_are_trained_on(photos: str, tmp_path: Path) -> None:
    first = taught(photos, tmp_path)
    train(first, quick(tmp_path / "first", validation_photos=0))
    still = replace(taught(photos, tmp_path, rate=0.0), initial_weights=(str(tmp_path / "first/model"),))
    train(still, quick(tmp_path / "second", seed=5, validation_photos=0))
    assert same(weights(tmp_path / "first"), weights(tmp_path / "second"))
    assert not (tmp_path / "second/vocabulary.safetensors").exists()
    assert (tmp_path / "first/vocabulary.safetensors").exists()


def test_a_picture_without_cells_stays_without(photos: str, tmp_path: Path) -> None:
    recipe = tiny("flagship-words", photos, train_images=4)
    plain = replace(recipe, generator=Network("LiteUNet", {**recipe.generator.options, "cells": 0}))
    start = started(plain, tmp_path / "start").initial_weights
    train(replace(recipe, initial_weights=start), quick(tmp_path / "run", validation_photos=0))
    trained = Colorizer.from_pretrained(str(tmp_path / "run/model")).generator
    assert trained.distribution is None and trained.words is not None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"initial_weights": ()}, "flagship-words teaches words to a trained network: give its folder as initial_w"),
        ({"initial_weights": ("nowhere",)}, "initial_weights must be a folder that holds a trained model, got 'nowh"),
        ({"words": None}, "a words_weight above 0 and a generator option words, an object, go together, got 1 and N"),
        ({"words": {"width": 20}}, "width must be a multiple of the 6 heads, got 20"),
        ({"words": {"size": 3}}, "generator_options do not fit LiteUNet: .*unexpected keyword argument 'size'"),
        ({"words": {"count": 5000}}, "5000 colour words need as many blocks of 16 x 16 pixels .*, got 384 in 24 ph"),
        ({"widths": (16, 16, 16, 16)}, "do not fit the recipe's generator"),
        ({"resolution": (64, 72)}, "colour words need a resolution in multiples of 16 pixels, got 72"),
    ],
)
def test_what_cannot_be_taught_is_refused_in_a_line(
    change: dict[str, object], message: str, photos: str, tmp_path: Path
) -> None:
    recipe = taught(photos, tmp_path)
    for name, value in change.items():
        if name == "initial_weights":
            recipe = replace(recipe, initial_weights=value)  # type: ignore[arg-type]
        elif name == "resolution":
            recipe = replace(recipe, data=replace(recipe.data, phases=(Phase(value, 4),)))  # type: ignore[arg-type]
        else:
            recipe = replace(recipe, generator=Network("LiteUNet", {**recipe.generator.options, name: value}))
    with pytest.raises(ValueError, match=message) as caught:
        train(recipe, quick(tmp_path / "run"))
    assert "\n" not in str(caught.value)


# --- lessons ----------------------------------------------------------------------------------------------------


def scene(seed: int = 0, side: int = 112) -> tuple[Tensor, Tensor]:
    """A photo's L (1, 1, side, side) in [-1, 1] and ab (1, 2, side, side), of 16 things with some shade in each."""
    draws = torch.Generator().manual_seed(seed)
    things = torch.rand(1, 3, 4, 4, generator=draws).repeat_interleave(side // 4, 2).repeat_interleave(side // 4, 3)
    lightness, ab = rgb_to_lab((things + 0.05 * torch.rand(1, 3, side, side, generator=draws)).clamp(0, 1))
    return lightness / 50 - 1, ab


def test_recolouring_changes_one_thing_alone() -> None:
    recoloured = 0
    for seed in range(24):
        (lightness,), (ab,) = scene(seed)
        new, thing = recolour(lightness, ab, 2, seeded("recolour", seed))
        assert torch.equal(torch.where(thing, 0, new), torch.where(thing, 0, ab))
        if not thing.any():
            assert torch.equal(new, ab)
            continue
        recoloured += 1
        assert SMALLEST_THING <= int(thing.sum()) * 4 <= LARGEST_THING
        before, after = ab[:, thing[0]], new[:, thing[0]]
        assert not torch.isclose(before, after).all()
        assert float(after.mean(1).norm()) <= MOST_CHROMA + 0.1
        torch.testing.assert_close(
            after - after.mean(1, keepdim=True), OWN_TINTS * (before - before.mean(1, keepdim=True))
        )
    assert recoloured > 12


def where_it_is(side: int) -> Tensor:
    """ab (1, 2, side, side) that says x and y."""
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return torch.stack((x, y))[None].float()


def test_hints_are_known_in_the_block_they_are_in() -> None:
    """Whose colour says where it was taken: at half of the view, a value stands for 2 x 2 pixels."""
    lightness, ab, seen = scene()[0], where_it_is(112), 0
    for seed in range(12):
        lesson = draw_lesson(lightness, ab, 2, seeded("hints", seed))
        if not torch.equal(lesson.ab, ab):
            continue  # a thing got another colour, which says nothing of places
        rows, columns = torch.arange(14).repeat_interleave(14), torch.arange(14).repeat(14)
        told = lesson.known.state[0] == 2
        x, y = lesson.known.colours[0, told].unbind(1)
        assert torch.equal((x * 2 / BLOCK).long(), columns[told]) and torch.equal((y * 2 / BLOCK).long(), rows[told])
        middle = torch.stack(((x + 0.5) * 2 / BLOCK - columns[told], (y + 0.5) * 2 / BLOCK - rows[told]), 1) - 0.5
        patch = 0.5 * 2 / BLOCK  # colours of 2 x 2 values are those of a place half a value further
        torch.testing.assert_close(lesson.known.place[0, told, :2], middle, atol=patch, rtol=0)
        seen += int(told.sum())
        whole = lesson.known.state[0] == 1
        torch.testing.assert_close(lesson.known.colours[0, whole], lesson.wanted[0, whole])
    assert seen > 30


def test_training_and_inference_know_the_same_of_hints() -> None:
    lightness, ab = torch.rand(1, 1, 224, 224) * 2 - 1, where_it_is(112)
    generator = torch.Generator().manual_seed(1)
    lesson = next(
        lesson
        for lesson in iter(lambda: draw_lesson(torch.nn.functional.avg_pool2d(lightness, 2), ab, 2, generator), None)
        if int(lesson.given.sum()) > 20 and not (lesson.known.state == 1).any()
    )
    hints = lesson.hints[0, lesson.given[0]]
    head = WordHead(8, 8, width=24, painter=8)
    look = Look(torch.zeros(1, 8, 56, 56), lightness, torch.zeros(1, 196, 34), torch.zeros(1, 196, 8), (14, 14))
    known = head.known(Prepared(head, look), Points(hints[:, :2] * 4, hints[:, 2:]))
    assert torch.equal(known.state, lesson.known.state)
    torch.testing.assert_close(known.colours, lesson.known.colours)
    torch.testing.assert_close(known.place, lesson.known.place, atol=1e-5, rtol=1e-5)


def test_who_wants_a_thing_says_so_inside_of_it() -> None:
    ab, thing = torch.zeros(64, 2, 32, 32), torch.zeros(64, 1, 32, 32, dtype=torch.bool)
    thing[:, :, 8:24, 8:24] = True
    ab[:, 0][thing[:, 0]] = 50.0
    hints, given = draw_hints(ab, thing, torch.full((64,), 2), seeded("wanting"))
    assert hints.shape == (64, MOST_HINTS, 4) and bool(given[:, 0].all())
    assert bool((hints[:, 0, 2] == 50.0).all()), "the first hint is always of the thing"
    inside = (hints[..., 2] == 50.0) & given
    assert int(inside.sum(1).max()) <= 4 and int(inside.sum(1).min()) == 1
    others = ((hints[..., 2] != 50.0) & given).any(1).float().mean()
    assert 0.2 < float(others) < 0.6, "half of the time something of the rest, where that is not nothing"


def pair_of_scenes(count: int) -> Pair:
    photos = [scene(seed, 32) for seed in range(count)]
    lightness = torch.cat([one.repeat_interleave(2, 2).repeat_interleave(2, 3) for one, _ in photos])
    ab = torch.cat([one for _, one in photos]) / 110
    return Pair(lightness, ab, lightness[..., ::2, ::2], Piece(0, count, count))


def test_lessons_do_not_depend_on_how_a_batch_is_divided() -> None:
    whole = pair_of_scenes(8)
    lesson = draw_lessons(whole, [seeded("lesson", photo) for photo in range(8)])
    assert lesson.weight.tolist() == pytest.approx([4 / 3, 4 / 3, 4 / 3, 0] * 2)
    head = WordHead(8, 8, count=12, width=24, layers=1, painter=8).eval()
    head.words.vocabulary.copy_(torch.randn(12, 2, generator=seeded("words")) * 30)
    look = Look(torch.randn(8, 8, 16, 16), whole.lightness, torch.randn(8, 16, 34), torch.randn(8, 16, 8), (4, 4))
    found, parts = words_loss(head, look, lesson), []
    for first, count in ((0, 2), (2, 5), (7, 1)):
        cut = slice(first, first + count)
        part = Pair(whole.lightness[cut], whole.colour[cut], whole.condition[cut], Piece(first, count, 8))
        own = draw_lessons(part, [seeded("lesson", photo) for photo in part.piece.photos])
        assert torch.equal(own.hints, lesson.hints[cut]) and torch.equal(own.known.state, lesson.known.state[cut])
        one = Look(look.fine[cut], look.lightness[cut], look.features[cut], look.objects[cut], look.grid)
        parts.append({name: count / 8 * value for name, value in words_loss(head, one, own).items()})
    for name, value in found.items():
        torch.testing.assert_close(value, torch.stack([part[name] for part in parts]).sum())


def test_losses_are_those_of_a_hand_calculation() -> None:
    """One photo, words that are sure and wrong by a known distance: the mean's error is what it should be."""
    pair = pair_of_scenes(1)
    lesson = draw_lessons(pair, [seeded("lesson", 3)])
    head = WordHead(8, 8, count=2, width=24, layers=1, painter=8).eval()
    head.words.vocabulary.copy_(torch.tensor([[10.0, 0.0], [-60.0, 60.0]]))
    torch.nn.init.zeros_(head.words.leave[1].weight)
    head.words.leave[1].bias.data = torch.tensor([40.0, -40.0])  # always the first
    look = Look(torch.randn(1, 8, 16, 16), pair.lightness, torch.randn(1, 16, 34), torch.randn(1, 16, 8), (4, 4))
    found = words_loss(head, look, lesson)
    asked = lesson.asked[0]
    error = (lesson.wanted[0, asked] - torch.tensor([10.0, 0.0])).square().sum(-1).mean()
    torch.testing.assert_close(found["mean"], (error + 4).log())
    nearer_second = torch.cdist(lesson.wanted[0, asked], head.words.vocabulary).argmin(1).float().mean()
    torch.testing.assert_close(found["words"], 80 * nearer_second, atol=1e-3, rtol=1e-3)


# --- vocabulary -------------------------------------------------------------------------------------------------


def test_words_are_those_of_k_means_and_rare_colours_have_some() -> None:
    draws = torch.Generator().manual_seed(0)
    common, rare = torch.randn(20_000, 2, generator=draws) * 6, torch.randn(60, 2, generator=draws) + 70
    colours = torch.cat((common, rare))
    words = make_vocabulary(colours, 24, seeded("words"))
    assert words.shape == (24, 2) and torch.equal(words, make_vocabulary(colours, 24, seeded("words")))
    nearest = torch.cdist(colours, words)
    assert float(nearest.min(1).values.mean()) < 2.5 and float(nearest[-60:].min(1).values.max()) < 5.0
    again, _ = kmeans2(colours.double().numpy(), words.double().numpy(), iter=1, minit="matrix")  # SciPy's round
    torch.testing.assert_close(torch.from_numpy(again).float(), words, atol=0.6, rtol=0)


def test_common_colours_are_thinned_out() -> None:
    """Of two clusters, one a hundred times as common, the drawn part of the common one is far less than that."""
    draws = torch.Generator().manual_seed(0)
    common = torch.randn(200_000, 2, generator=draws)
    rare = torch.randn(2_000, 2, generator=draws) * 3 + 60
    words = make_vocabulary(torch.cat((common, rare)), 400, seeded("words"), rounds=2)
    assert 9 < int((words[:, 0] > 30).sum()) < 200, "in proportion it would be 4 of 400"


# --- validation -------------------------------------------------------------------------------------------------


def test_true_points_are_means_of_squares_around_their_places() -> None:
    rgb = torch.rand(1, 3, 40, 64, generator=seeded("photo"))
    ab, points = rgb_to_lab(rgb)[1], true_points(rgb, 50, seeded("hints"))
    assert points.places.shape == (50, 2)
    for (x, y), colour in zip(points.places.tolist(), points.colours, strict=True):
        left, top = int(x) - SQUARE // 2, int(y) - SQUARE // 2
        assert left >= 0 and top >= 0 and left + SQUARE <= 64 and top + SQUARE <= 40
        torch.testing.assert_close(colour, ab[0, :, top : top + SQUARE, left : left + SQUARE].mean((1, 2)))


def test_hints_gain_nothing_on_photos_that_are_gray(run: Path) -> None:
    """And the figures are the same each time: lessons, hints and the drawing have their own seeds."""
    colorizer = Colorizer.from_pretrained(str(run / "model"))
    lightness = torch.rand(2, 1, 64, 64, generator=seeded("gray")) * 100
    gray = (lab_to_gamut_rgb(lightness, torch.zeros(2, 2, 64, 64)) * 255).round().byte()
    recipe = tiny("flagship-words", "unused")
    torch.rand(1)
    (metrics_of, pictures), (again, _) = (validate_words(colorizer, gray, recipe) for _ in range(2))
    assert metrics_of == again and list(pictures) == ["picture", "no hint", "3 hints", "20 hints", "drawn"]
    assert metrics_of["psnr_over_gray_0_hints"] <= 0
    assert all(made.shape == (2, 3, 64, 64) for made in pictures.values())
