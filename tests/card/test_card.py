"""The card that goes to the Hub: complete, true to what is on record, and without a hole in it."""

import hashlib
import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from cases.hub import SMALL, make_run
from huggingface_hub import ModelCard

from colorgan import DEFAULT_WEIGHTS
from colorgan.card import KNOWN_SETS, NETWORKS, RunRecord
from colorgan.card.papers import DISCRIMINATORS, papers
from colorgan.card.papers import NETWORKS as CITED
from colorgan.card.record import _LABELS, is_local, public_name
from colorgan.colorizer import Colorizer
from colorgan.data.sources import KNOWN
from colorgan.metrics.table import BY_KEY
from colorgan.networks import GENERATORS
from colorgan.recipes import RECIPES, Phase
from colorgan.voting.results import Exclusions, Group, StudyResults
from colorgan.voting.statistics import Interval

HOLES = re.compile(r"\{\{|\}\}|\{%|%\}|\bNone\b|[Uu]ndefined|\[\]|\(\)|(?<!`)``(?!`)|\|\s*\|\s*$|nan", re.MULTILINE)


def card_of(run: Path, hardware: str = "") -> ModelCard:
    model = Colorizer.from_pretrained(run / "model")
    return model.generate_model_card(record=RunRecord.read(run, hardware), repo_id="tester/model")


def report_on(run: Path, digest: str | None = None) -> dict[str, Any]:
    """What `colorgan evaluate` writes, as far as a card reads it."""
    weights = (run / "model" / "model.safetensors").read_bytes()
    figures = {
        "psnr": {"value": 23.456, "low": 22.9, "high": 24.02},
        "chroma_ratio": {"value": 0.8, "low": 0.7, "high": 0.9},
    }
    return {
        "protocol": {
            "date": "2026-11-21T10:00:00+00:00",
            "data": [{"name": "flowers-102", "split": "test", "revision": "abc123", "licence": "research"}],
            "split": "test",
            "photos": 1020,
            "resolution": 256,
        },
        "contestants": [
            {"name": "gray", "kind": "baseline"},
            {"name": "ours", "kind": "model", "file_sha256": digest or hashlib.sha256(weights).hexdigest()},
        ],
        "figures": {"gray": {}, "ours": figures},
    }


@pytest.mark.parametrize("name", list(SMALL))
@pytest.mark.parametrize("evaluated", [False, True], ids=["watched", "evaluated"])
def test_a_card_is_complete(name: str, evaluated: bool, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", name)
    if evaluated:
        (run / "report.json").write_text(json.dumps(report_on(run)))
    card = card_of(run, hardware="2 CPU cores")
    again = ModelCard(card.content)  # as the Hub reads it: front matter, then text
    front, text = again.data.to_dict(), again.text
    assert not HOLES.search(text.replace("| | |", "")), HOLES.search(text.replace("| | |", ""))
    assert (front["library_name"], front["pipeline_tag"], front["license"]) == (
        "colorgan",
        "image-to-image",
        "apache-2.0",
    )
    assert set(front["datasets"]) == {KNOWN_SETS[one][0] for one in RECIPES[name].data.dataset}
    for words in (
        'Colorizer.from_pretrained("tester/model")',
        "--model tester/model",
        "python app.py --model tester/model",
        f"This is {NETWORKS[RECIPES[name].generator.name]}, trained by a variant of the recipe `{name}`.",
        f"| network | `{RECIPES[name].generator.name}` |",
        "2 CPU cores",
        "2.2 hours",
        "64 photos",
        "](samples.png)",
        "](curves.png)",
        "Skin is guessed",
        "Not for evidence",
        *(KNOWN_SETS[one][1] for one in RECIPES[name].data.dataset),
    ):
        assert words in text, words
    parameters = sum(one.numel() for one in Colorizer.from_pretrained(run / "model").parameters())
    assert f"| parameters | {parameters:,} |" in text
    assert "\n\n\n" not in text


def test_figures_with_intervals_and_a_model_index(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    (run / "report.json").write_text(json.dumps(report_on(run)))
    card = ModelCard(card_of(run).content)
    assert "| PSNR, dB (higher is closer) | 23.46 | 22.90 to 24.02 |" in card.text
    assert "On 1,020 photos of flowers-102 (split 'test'), their shorter side at 256 pixels, 2026-11-21." in card.text
    assert card.data.model_name == "model"
    assert card.data.eval_results
    first = card.data.eval_results[0]
    assert (first.task_type, first.metric_type, first.metric_value) == ("image-to-image", "psnr", 23.456)
    assert (first.dataset_type, first.dataset_split) == ("Donghyun99/Oxford-Flower-102", "test")
    assert (first.dataset_revision, first.metric_args) == ("abc123", {"interval_95": [22.9, 24.02]})


def test_a_look_at_few_photos_is_not_passed_off_as_an_evaluation(tmp_path: Path) -> None:
    card = ModelCard(card_of(make_run(tmp_path / "run", psnr=21.5)).content)
    assert "| PSNR, dB (higher is closer) | 21.50 | – |" in card.text
    assert "the trainer's own last look at no more than 4 photos" in card.text
    assert card.data.eval_results
    assert card.data.eval_results[0].dataset_split is None


def test_a_report_on_other_weights_is_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    (run / "report.json").write_text(json.dumps(report_on(run, digest="0" * 64)))
    with pytest.raises(ValueError, match=r"report.json of .* judges other weights"):
        card_of(run)


def study_of(*models: str, version: str = "paired-1") -> dict[str, Any]:
    """A study's results.json, by the study's own records."""
    rate = Interval(0.42, 0.385, 0.456)
    groups = [Group(name, 27, 943, 396, rate, rate, rate, rate) for name in models]
    nobody = Exclusions(27, 0, {}, 0, {})
    found = StudyResults("demo", version, groups[0], groups, [], False, groups[0], groups[0], [], rate, nobody, [])
    return {"results": asdict(found), "dictionary": {}}


def test_the_bundled_card_tells_of_the_bundled_model() -> None:
    """It is written by hand, so it can fall behind the weights."""
    card = (Path(DEFAULT_WEIGHTS) / "README.md").read_text(encoding="utf-8")
    colorizer = Colorizer.from_pretrained(DEFAULT_WEIGHTS)
    parameters = sum(weight.numel() for weight in colorizer.generator.parameters())
    assert f"| chroma gain | {colorizer.gain:g}, in config.json" in card
    assert f"| parameters | {parameters:,} |" in card
    side = colorizer.view_size
    assert f"about {side} × {side} pixels" in card


def test_what_a_study_found(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    (run / "results.json").write_text(json.dumps(study_of("unet-l2", "wgan-bedroom")))
    text = card_of(run).text
    assert "people took the colorized one for real in 42 % of trials" in text
    assert "(95 % interval for these photos: 38 to 46 %; 943 votes of 27 people, protocol paired-1)" in text
    (run / "results.json").write_text(json.dumps(study_of("whatever", version="paired-1-short")))
    assert "A demonstration, not to be compared." in card_of(run).text
    for study, message in (
        (study_of("a", "b"), "a study of a, b: none is 'wgan-bedroom'"),
        ({"results": {}}, "KeyError"),
    ):
        (run / "results.json").write_text(json.dumps(study))
        with pytest.raises(ValueError, match=message):
            card_of(run)


def test_without_a_run_the_card_claims_nothing(tmp_path: Path) -> None:
    model = Colorizer("LabUNet", {"units": 2, "width": 4}, recipe="unet-l2")
    model.save_pretrained(tmp_path)
    card = ModelCard.load(tmp_path / "README.md")
    assert card.content == model.generate_model_card().content
    assert "What these weights were trained on is not on record here." in card.text
    assert "No evaluation of it is on record here." in card.text
    assert "datasets" not in card.data.to_dict() and "model-index" not in card.data.to_dict()
    unknown = Colorizer("LabUNet", {"units": 2, "width": 4}).generate_model_card().content
    assert "What it was trained on is not on record." in unknown and not HOLES.search(unknown.replace("| | |", ""))


def test_local_data_is_named_but_its_place_is_not(tmp_path: Path) -> None:
    album = str(tmp_path / "secret" / "album")
    card = ModelCard(card_of(make_run(tmp_path / "run", dataset=(album, "someone/photos"))).content)
    assert "| `album`, a local folder | not on record: those of its photographs |" in card.text
    assert "[someone/photos](https://huggingface.co/datasets/someone/photos)" in card.text
    assert str(tmp_path) not in card.content
    assert card.data.datasets == ["someone/photos"]


@pytest.mark.parametrize(
    ("name", "local"),
    [
        ("user/set", False),
        ("flowers-102", False),
        ("/home/me/set", True),
        ("../set", True),
        ("a/b/c", True),
        ("C:\\a", True),
    ],
)
def test_what_is_a_place_of_this_machine(name: str, local: bool) -> None:
    assert is_local(name) is local
    assert "/" not in public_name(name) or not local


def test_what_the_card_repeats_is_what_others_say() -> None:
    """The card's room is above those of data and evaluation, so it cannot ask them."""
    assert KNOWN_SETS == KNOWN
    assert NETWORKS.keys() == GENERATORS.keys() == CITED.keys()
    assert _LABELS.keys() <= BY_KEY.keys()
    assert {one.discriminator.name for one in RECIPES.values() if one.discriminator} <= DISCRIMINATORS.keys()


@pytest.mark.parametrize("name", list(RECIPES))
def test_every_recipe_cites_what_it_stands_on(name: str) -> None:
    record = RunRecord.of_recipe(name)
    cited = " ".join(papers(RECIPES[name].generator.name, record.recipe))
    game = {
        "none": "",
        "log": "Generative Adversarial Nets",
        "wasserstein": "Wasserstein GAN",
        "hinge": "Geometric GAN",
    }
    assert game[RECIPES[name].objective.adversarial] in cited
    assert len(set(re.findall(r"arXiv [\d.]+", cited))) >= 2
    altered = replace(RECIPES[name].objective, gradient_penalty=10.0)
    penal = papers("LabUNet", {"objective": {"gradient_penalty": altered.gradient_penalty}})
    assert any("Improved Training of Wasserstein GANs" in one for one in penal)


def test_an_altered_recipe_is_not_passed_off_as_the_named_one(tmp_path: Path) -> None:
    named = RECIPES["wgan-bedroom"]
    other_photos = replace(named, data=replace(named.data, dataset=("someone/photos",), max_photos=0))
    for recipe, words in (
        (other_photos, "trained by the recipe `wgan-bedroom`"),
        (replace(named, train_images=5), "trained by a variant of the recipe `wgan-bedroom`"),
    ):
        run = make_run(tmp_path / str(recipe.train_images))
        recorded = json.loads((run / "recipe.json").read_text())
        (run / "recipe.json").write_text(json.dumps({**recorded, "recipe": asdict(recipe)}))
        text = card_of(run).text
        assert words in text
        assert "5 steps of the critic to one of the generator; the critic's weights clipped to 0.01" in text


def test_what_the_trainer_records_of_machines_and_time(tmp_path: Path) -> None:
    gpu = {"gpu": "NVIDIA H200", "cpu": "AMD EPYC", "cpu_cores": 16, "processes": 2, "mixed_precision": "bf16"}
    cpu = {"gpu": "", "cpu": "AMD EPYC", "cpu_cores": 1, "processes": 1, "mixed_precision": "no"}
    run = make_run(tmp_path / "run", "flagship")
    recorded = json.loads((run / "recipe.json").read_text())
    facts = {"machines": [gpu, cpu], "versions": {"colorgan": "0.1.0", "torch": "2.13.0"}, "seconds": 60.2}
    phases = (Phase((96, 112), 32, share=0.7), Phase((160,), 20, share=0.3))
    data = replace(RECIPES["flagship"].data, film=0.3, aging=0.6, phases=phases)
    recipe = asdict(replace(RECIPES["flagship"], data=data, ema=0.9))
    (run / "recipe.json").write_text(json.dumps({"recipe": recipe, "run": recorded["run"] | facts}))
    text = card_of(run).text
    for row in (
        "| hardware | 2 × NVIDIA H200, in bf16; then AMD EPYC, 1 core |",
        "| software | colorgan 0.1.0, torch 2.13.0 |",
        "| time | 60 seconds |",
        "| photos | 70% at 96/112 pixels squared, in batches of 32; 30% at 160 pixels squared, in batches of 20 |",
        "| gray inputs | 30% seen as by old film; 60% faded, toned, grained or scratched |",
        "| weights | the training's average, decay 0.9 |",
    ):
        assert row in text, row
    assert "| hardware | two machines |" in card_of(run, "two machines").text
