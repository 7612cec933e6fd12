"""`make results`, from photos to the page, in a process of its own that is killed on the way; and its figures."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from colorgan.recipes import RECIPES

ALONE = os.environ | {"OMP_NUM_THREADS": "1"}  # for processes beside others of the suite
ROOT = Path(__file__).parents[2]
BENCHMARKS, EXPERIMENTS = ROOT / "benchmarks", ROOT / "experiments"
FIRST, SECOND = "lab-resnet", "flagship-l2"


@pytest.fixture(scope="module")
def benchmarks() -> Any:
    """The benchmarks' own modules, as their scripts import them."""
    import results_page
    import results_runs
    import sections
    import train_step

    return ModuleTypes(results_runs, results_page, sections, train_step)


class ModuleTypes:
    def __init__(self, runs: ModuleType, page: ModuleType, sections: ModuleType, train_step: ModuleType):
        self.runs, self.page, self.sections, self.train_step = runs, page, sections, train_step


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Colourful blobs: a set to train on and judge by, and one of gray ones that are only looked at."""
    folder, draw = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for split, count in (("blobs/train", 12), ("blobs/test", 6), ("old/test", 3)):
        (folder / split).mkdir(parents=True)
        for number in range(count):
            blobs = Image.fromarray(draw.integers(0, 255, (4, 5, 3), dtype=np.uint8))
            blobs = blobs.convert("L").convert("RGB") if split.startswith("old") else blobs
            blobs.resize((90, 72), Image.Resampling.BICUBIC).save(folder / split / f"{number}.png")
    return folder


def command(photos: Path, folder: Path, *more: str) -> list[str]:
    return [
        *(sys.executable, str(EXPERIMENTS / "results.py"), "--images", "16", "--batch-size", "4"),
        *("--resolution", "64", "--data", str(photos / "blobs"), "--show", str(photos / "old")),
        *("--recipes", FIRST, SECOND, "--test-limit", "5", "--workers", "0", "--no-bundled", "--device", "cpu"),
        *("--output", str(folder / "runs"), "--docs", str(folder / "docs"), *more),
    ]


@pytest.fixture(scope="module")
def finished(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results that were killed while the second recipe trained, and started again."""
    folder = tmp_path_factory.mktemp("results")
    with subprocess.Popen(command(photos, folder), stderr=subprocess.DEVNULL, env=ALONE) as process:
        while process.poll() is None and not list((folder / "runs" / SECOND).glob("checkpoint-*")):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (folder / "docs").exists()
    model = folder / "runs" / FIRST / "model" / "model.safetensors"
    before = model.stat().st_mtime_ns
    again = subprocess.run(command(photos, folder), capture_output=True, text=True, timeout=200, env=ALONE)
    assert again.returncode == 0, again.stderr
    assert f"{FIRST}: done already" in again.stderr
    assert model.stat().st_mtime_ns == before
    assert re.search(rf"resuming from .*{SECOND}/checkpoint-\d+", again.stderr)
    return folder


def rows(page: str, heading: str) -> dict[str, list[str]]:
    """The table under a heading: first cell -> the others."""
    table = page.split(f"## {heading}")[1].split("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    cells = [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells[1:]}  # without the titles


def test_new_bundled_models_are_judged_without_the_runs(photos: Path, finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished / "docs", tmp_path / "docs")
    words = [word for word in command(photos, tmp_path, "--bundled-only") if word != "--no-bundled"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=200, env=ALONE)
    assert done.returncode == 0, done.stderr
    before, page = ((folder / "docs" / "results.md").read_text() for folder in (finished, tmp_path))
    assert rows(page, "How close to the photo") == rows(before, "How close to the photo")
    own = ["flagship (bundled)", "flagship-l2 (bundled)"]
    ships = rows(page, "The models that ship").keys() - {""}  # the second table's titles
    assert ships == {"gray", *own, "real photos"}
    assert "The models that ship" not in before
    assert page.index("**The models that ship**") < page.index("recipes** are compared with one budget")
    assert "The bundled models were judged on" in page
    for data in ("blobs", "old"):
        assert (tmp_path / "docs" / "results" / f"{data}-bundled.jpg").is_file()
    words[words.index("--test-limit") + 1] = "4"
    other = subprocess.run(words, capture_output=True, text=True, timeout=200, env=ALONE)
    assert other.returncode != 0 and "other photos than the page's" in other.stderr
    assert (tmp_path / "docs" / "results.md").read_text() == page


def test_an_interrupted_run_goes_on_to_a_whole_page(finished: Path) -> None:
    written = {path.relative_to(finished / "docs").as_posix() for path in (finished / "docs").rglob("*.*")}
    assert written == {
        "results.md",
        "results/figures.json",
        *(f"results/{name}" for name in ("blobs.jpg", "old.jpg", "curves.png", "losses.png")),
    }
    page = (finished / "docs" / "results.md").read_text()
    for link in re.findall(r"\]\(([^)]+)\)", page):
        assert (finished / "docs" / link).is_file()
    assert str(finished) not in page
    assert not list((finished / "runs").glob("*/checkpoint-*"))


def test_the_pages_figures_are_the_evaluations(finished: Path) -> None:
    page = (finished / "docs" / "results.md").read_text()
    report = json.loads((finished / "runs" / "evaluation" / "report.json").read_text())
    close, alike = rows(page, "How close to the photo"), rows(page, "How alike as a set")
    assert list(close) == ["gray", "mean chroma per lightness", FIRST, SECOND, "real photos"]
    for name in (FIRST, SECOND, "gray"):
        figures = report["figures"][name]
        value, low, high = (f"{figures['ciede2000'][key]:.2f}" for key in ("value", "low", "high"))
        assert close[name][0] == f"{value} ({low} to {high})"
        assert alike[name][0].startswith(f"{100 * figures['chroma_ratio']['value']:.0f} %")
    [told] = [one for one in report["differences"] if {one["first"], one["second"]} == {FIRST, SECOND}]
    sign = 1 if told["first"] == SECOND else -1
    gap = sign * told["first_minus_second"]["psnr"]["value"]
    assert rows(page, f"Against {FIRST}, paired by photo")[SECOND][1].startswith(f"{gap:.2f}".replace("-", "−"))
    cost = rows(page, "Cost")
    seen = json.loads((finished / "runs" / FIRST / "metrics.jsonl").read_text().splitlines()[-1])["images_seen"]
    assert cost[FIRST][4] == str(seen) == "16"


def test_the_page_comes_from_the_figures_alone(finished: Path, tmp_path: Path, benchmarks: ModuleTypes) -> None:
    figures = (finished / "docs" / "results" / "figures.json").read_text()
    (tmp_path / "results").mkdir()
    benchmarks.page.write_page(json.loads(figures), tmp_path)
    assert (tmp_path / "results.md").read_text() == (finished / "docs" / "results.md").read_text()
    assert (tmp_path / "results" / "curves.png").is_file()


def test_cgan_beside_wgan_says_what_the_figures_say(finished: Path, benchmarks: ModuleTypes) -> None:
    text = (finished / "docs" / "results" / "figures.json").read_text()
    figures = json.loads(text.replace(FIRST, "cgan-dogs-flowers").replace(SECOND, "wgan-dogs-flowers"))
    gap = figures["evaluation"]["differences"][0]["first_minus_second"]
    for value, word in ((-3.0, "better"), (3.0, "worse")):
        gap["ciede2000"] = {"value": value, "low": value - 1, "high": value + 1}
        part = benchmarks.page.page(figures).split("## cGAN beside WGAN")[1].split("\n## ")[0]
        sentence = {"better": "The cGAN is better in: CIEDE2000", "worse": "It is worse in: CIEDE2000"}[word]
        assert sentence in part
        assert part.count(f"| {word} |") >= 1
    gap["ciede2000"] = {"value": 1.0, "low": -1.0, "high": 3.0}
    assert "Could be chance: CIEDE2000" in benchmarks.page.page(figures)


def test_what_brought_what_has_a_row_for_each_step(finished: Path, benchmarks: ModuleTypes) -> None:
    text = (finished / "docs" / "results" / "figures.json").read_text()
    figures = json.loads(text.replace(FIRST, "flagship-scratch"))
    judged = figures["evaluation"]["figures"]
    assert "## What brought what" not in benchmarks.page.page(figures)  # a step is missing
    judged["flagship"] = {**judged[SECOND], "ciede2000": {"value": 9.0, "low": 8.0, "high": 9.5}}
    judged["own"] = judged[SECOND]
    found = rows(benchmarks.page.page(figures | {"bundled": ["own"]}), "What brought what")
    assert [re.sub(r".*[(*]([\w-]+)\W*", r"\1", row) for row in found] == [
        "flagship-scratch",
        SECOND,
        "flagship",
        "own",
    ]
    assert found["with the critic, at its end (flagship)"][0] == "9.00 (8.00 to 9.50)"


def test_a_results_folder_is_of_one_plan(finished: Path, benchmarks: ModuleTypes) -> None:
    runs = benchmarks.runs
    kept = json.loads((finished / "runs" / "plan.json").read_text())
    plan = runs.Plan(**{**kept, "data": tuple(kept["data"]), "test_data": tuple(kept["test_data"])})
    assert runs.settle(plan, finished / "runs") == plan
    with pytest.raises(ValueError, match=r"holds runs of another plan \(seed 0, now 1\)"):
        runs.settle(replace(plan, seed=1), finished / "runs")


def test_minutes_keep_the_budget_that_was_measured(benchmarks: ModuleTypes, tmp_path: Path) -> None:
    runs = benchmarks.runs
    asked = runs.Plan(("a",), ("a",), 0, 10.0, 128, 0, "cpu", "no", 0)
    runs.settle(replace(asked, images=480), tmp_path)
    assert runs.settle(asked, tmp_path).images == 480
    (tmp_path / "plan.json").write_text("{")
    with pytest.raises(ValueError, match=r"is not a plan"):
        runs.settle(asked, tmp_path)


@pytest.mark.parametrize("wanted", [64, 160, 256])
@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_gets_a_size_its_networks_take(
    benchmarks: ModuleTypes, name: str, wanted: int, tmp_path: Path
) -> None:
    from colorgan.training.networks import build_discriminator, build_generator

    runs = benchmarks.runs
    plan = runs.Plan(("a",), ("a",), 100, 0.0, wanted, 8, "cpu", "no", 0)
    recipe, _ = runs._parsed(runs.flags_for(plan, name, tmp_path, 0))
    fit = runs.fitted(RECIPES[name], wanted)
    assert {side for phase in recipe.data.phases for side in phase.resolution} == {fit.resolution}
    assert (fit.resolution == wanted and not fit.flags) or fit.note
    with torch.device("meta"):
        generator, discriminator = build_generator(recipe), build_discriminator(recipe)
        made = generator(torch.zeros(2, 1, fit.resolution, fit.resolution))
        if discriminator is not None:
            discriminator(torch.zeros(2, 1, *made.shape[2:]), made)


def test_the_budget_is_shared_by_what_was_measured(
    benchmarks: ModuleTypes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = benchmarks.runs
    rates = {FIRST: (0.05, 10.0), SECOND: (0.15, 20.0)}  # seconds an image, seconds beside them
    monkeypatch.setattr(runs, "_probe", lambda plan, name, folder, workers: rates[name])
    plan = runs.Plan(("a",), ("a",), 0, 10.0, 128, 0, "cpu", "no", 0)
    images = runs.budget_of(plan, list(rates), tmp_path, 0)
    whole = (0.8 * 600 - 30) / 0.2
    assert whole - 2 * runs.ROUND_TO < images <= whole
    assert images % runs.ROUND_TO == 0
    with pytest.raises(ValueError, match=r"1 minutes are too few .* give --minutes 3 or more"):
        runs.budget_of(replace(plan, minutes=1.0), list(rates), tmp_path, 0)


# --- the training step ------------------------------------------------------------------------------------------------


def test_the_classical_items_are_our_pairs(benchmarks: ModuleTypes, photos: Path) -> None:
    """What the benchmark's loop makes by scikit-image is what training makes of the same photo."""
    from colorgan.color import rgb_to_lab

    file = photos / "blobs" / "test" / "0.png"
    lightness, rgb = next(benchmarks.train_step.classical_items([file], 64, 0))
    ours, _ = rgb_to_lab((rgb[None] + 1) / 2)
    assert lightness.shape == (1, 64, 64)
    assert rgb.shape == (3, 64, 64)
    torch.testing.assert_close(lightness[None], ours / 50 - 1, atol=2e-3, rtol=0)


def test_the_training_step_is_measured_and_written(tmp_path: Path) -> None:
    (tmp_path / "table.md").write_text("# Performance\n\nkept\n")
    done = subprocess.run(
        [
            *(sys.executable, str(BENCHMARKS / "train_step.py"), "--resolution", "128", "--batch-size", "2"),
            *("--rounds", "1", "--warm-up", "0", "--photos", "4"),
            *("--results", str(tmp_path / "out.json"), "--table", str(tmp_path / "table.md")),
        ],
        capture_output=True,
        text=True,
        timeout=200,
        env=ALONE,
    )
    assert done.returncode == 0, done.stderr
    [(device, figures)] = json.loads((tmp_path / "out.json").read_text()).items()
    assert device == "cpu"
    seconds = {name: taken[0] for name, taken in figures["seconds"].items()}
    assert figures["times_faster"] == pytest.approx(seconds["classical"] / seconds["ours"], rel=0.01)
    page = (tmp_path / "table.md").read_text()
    assert page.startswith("# Performance\n\nkept\n")
    assert f"{figures['times_faster']:.2f} times faster" in page


def test_a_benchmark_replaces_its_own_part_alone(benchmarks: ModuleTypes, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Title\n")
    for name, text in (("one", "first"), ("two", "second"), ("one", "third")):
        benchmarks.sections.put_section(page, name, text)
    assert re.findall(r"^\w+$|^# .*", page.read_text(), re.MULTILINE) == ["# Title", "third", "second"]
