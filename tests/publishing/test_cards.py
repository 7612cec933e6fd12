"""The cards of runs and models, from what training, evaluation, studies and people left beside them."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from cases.hub import HOLES, SMALL, make_run, report_on
from huggingface_hub import EvalResultEntry, ModelCard, eval_result_entries_to_yaml, parse_eval_result_entries

from colorgan.card.design import NETWORKS
from colorgan.colorizer import Colorizer
from colorgan.data import KNOWN
from colorgan.evaluation.report import REPORT
from colorgan.intervals import Interval
from colorgan.publishing.record import RunRecord
from colorgan.publishing.run import EVAL_RESULTS, card_of, collect
from colorgan.publishing.training_photos import recipe_behind
from colorgan.recipes import RECIPES
from colorgan.training.run_folder import RECIPE
from colorgan.voting.export import RESULTS
from colorgan.voting.results import Exclusions, Group, StudyResults


def card(run: Path, hardware: str = "") -> ModelCard:
    """The card of a run, as the Hub reads it: front matter, then text."""
    model = Colorizer.from_pretrained(run / "model")
    made = card_of(RunRecord.read(run), run / "model", model, "tester/model", hardware)
    return ModelCard(made.content)


@pytest.mark.parametrize("name", list(SMALL))
@pytest.mark.parametrize("evaluated", [False, True], ids=["validated", "evaluated"])
def test_a_card_is_complete(name: str, evaluated: bool, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", name)
    if evaluated:
        (run / REPORT).write_text(json.dumps(report_on(run)))
    made = card(run, hardware="2 CPU cores")
    front, text = made.data.to_dict(), made.text
    assert not HOLES.search(text.replace("| | |", "")), HOLES.search(text.replace("| | |", ""))
    assert (front["library_name"], front["pipeline_tag"], front["license"]) == (
        "colorgan",
        "image-to-image",
        "apache-2.0",
    )
    assert set(front["datasets"]) == {KNOWN[one][0] for one in RECIPES[name].data.dataset}
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
        "Every value is in [recipe.json](recipe.json).",
        "Skin is guessed",
        "Not for evidence",
        *(KNOWN[one][1] for one in RECIPES[name].data.dataset),
    ):
        assert words in text, words
    parameters = sum(one.numel() for one in Colorizer.from_pretrained(run / "model").parameters())
    assert f"| parameters | {parameters:,} |" in text
    assert "\n\n\n" not in text


def test_figures_with_intervals(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    (run / REPORT).write_text(json.dumps(report_on(run)))
    made = card(run)
    assert "| PSNR, dB ↑ | 23.46 | 22.90 to 24.02 |" in made.text
    assert "On 1,020 photos of flowers-102 (split 'test'), their shorter side at 256 pixels, 2026-11-21." in made.text
    front = made.data.to_dict()
    assert front["metrics"] == ["chroma_ratio", "psnr"] and "model-index" not in front


def results_of(run: Path) -> list[EvalResultEntry] | None:
    """The entries of what is published for the Hub's own tables, by its client's parser."""
    model = run / "model"
    content = collect(run, model, Colorizer.from_pretrained(model), "tester/model").get(EVAL_RESULTS)
    return parse_eval_result_entries(yaml.safe_load(content)) if isinstance(content, bytes) else None


def test_evaluation_results_are_what_the_hubs_client_parses(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    report = report_on(run)
    (run / REPORT).write_text(json.dumps(report))
    entries = results_of(run)
    assert entries and [one.task_id for one in entries] == ["colorization_chroma_ratio", "colorization_psnr"]
    assert {(one.dataset_id, one.dataset_revision) for one in entries} == {("Donghyun99/Oxford-Flower-102", "abc123")}
    assert (entries[1].value, entries[1].date) == (23.456, "2026-11-21")
    assert entries[1].notes == (
        "PSNR, dB ↑; 95 % interval 22.90 to 24.02; split 'test', 1,020 photos, their shorter side at 256 pixels; "
        "colorgan evaluate"
    )
    content = collect(run, run / "model", Colorizer.from_pretrained(run / "model"), "tester/model")[EVAL_RESULTS]
    assert isinstance(content, bytes) and eval_result_entries_to_yaml(entries) == yaml.safe_load(content)


@pytest.mark.parametrize("names", [["/home/somebody/photos"], ["flowers-102", "stanford-dogs"]])
def test_photos_that_are_no_one_data_set_of_the_hub_have_no_entry(names: list[str], tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    report = report_on(run)
    report["protocol"]["data"] = [{"name": name, "split": "test", "revision": None} for name in names]
    (run / REPORT).write_text(json.dumps(report))
    assert results_of(run) is None


def test_a_validation_on_few_photos_is_not_passed_off_as_an_evaluation(tmp_path: Path) -> None:
    made = card(make_run(tmp_path / "run", psnr=21.5))
    assert "| PSNR, dB ↑ | 21.50 | – |" in made.text
    assert "Only the trainer's own validation on no more than 4 photos" in made.text


def test_a_report_on_other_weights_is_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    (run / REPORT).write_text(json.dumps(report_on(run, digest="0" * 64)))
    with pytest.raises(ValueError, match=r"report.json of .* judges other weights"):
        card(run)


def study_of(*models: str, version: str = "paired-1") -> dict[str, Any]:
    """A study's results.json, by the study's own records."""
    rate = Interval(0.42, 0.385, 0.456)
    groups = [Group(name, 27, 943, 396, rate, rate, rate, rate) for name in models]
    nobody = Exclusions(27, 0, {}, 0, {})
    found = StudyResults("demo", version, groups[0], groups, [], False, groups[0], groups[0], [], rate, nobody, [])
    return {"results": asdict(found), "dictionary": {}}


def test_what_a_study_found(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    (run / RESULTS).write_text(json.dumps(study_of("unet-l2", "wgan-bedroom")))
    text = card(run).text
    assert "People took the colorized photo for the real one in 42 of 100 trials, between 38 and 46" in text
    assert "(95 % interval for these photos; 943 votes of 27 people)" in text
    assert "Protocol paired-1." in text
    (run / RESULTS).write_text(json.dumps(study_of("whatever", version="paired-1-short")))
    assert "A demonstration, not to be compared." in card(run).text
    for study, message in (
        (study_of("a", "b"), "a study of a, b: none of them is 'tester/model'"),
        ({"results": {}}, "TypeError"),
        ({"results": {"study_id": "q", "protocol_version": "quick-1"}}, "TypeError"),
        ({}, None),
    ):
        (run / RESULTS).write_text(json.dumps(study))
        if message is None:
            assert "People took" not in card(run).text
            continue
        with pytest.raises(ValueError, match=message) as caught:
            card(run)
        assert RESULTS in str(caught.value) and "\n" not in str(caught.value)


def test_local_data_is_named_but_its_place_is_not(tmp_path: Path) -> None:
    album = str(tmp_path / "secret" / "album")
    made = card(make_run(tmp_path / "run", dataset=(album, "someone/photos")))
    assert "| `album`, a local folder | not on record: those of its photographs |" in made.text
    assert "[someone/photos](https://huggingface.co/datasets/someone/photos)" in made.text
    assert str(tmp_path) not in made.content
    assert made.data.datasets == ["someone/photos"]


def test_what_the_trainer_records_of_machines_and_time(tmp_path: Path) -> None:
    gpu = {"gpu": "NVIDIA H200", "cpu": "AMD EPYC", "cpu_cores": 16, "processes": 2, "mixed_precision": "bf16"}
    cpu = {"gpu": "", "cpu": "AMD EPYC", "cpu_cores": 1, "processes": 1, "mixed_precision": "no"}
    run = make_run(tmp_path / "run", "flagship")
    recorded = json.loads((run / RECIPE).read_text())
    facts = {"machines": [gpu, cpu], "versions": {"colorgan": "0.1.0", "torch": "2.13.0"}, "seconds": 60.2}
    (run / RECIPE).write_text(json.dumps(recorded | {"run": recorded["run"] | facts}))
    text = card(run).text
    for row in (
        "| hardware | 2 × NVIDIA H200, in bf16; then AMD EPYC, 1 core |",
        "| software | colorgan 0.1.0, torch 2.13.0 |",
        "| time | 60 seconds |",
    ):
        assert row in text, row
    assert "| hardware | two machines |" in card(run, "two machines").text


def test_notes_beside_a_run_go_into_its_card(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    (run / "notes.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n\nOf my own album.\n")
    made = card(run)
    assert made.data.license == "cc-by-nc-4.0" and "published under cc-by-nc-4.0." in made.text
    assert "## About these weights\n\nOf my own album.\n\n## Training data" in made.text
    (run / "notes.md").write_text("Without front matter.\n")
    assert "Without front matter." in card(run).text
    assert card(run).data.license == "apache-2.0"


def test_a_run_is_read_in_its_own_types(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", "flagship")
    record = RunRecord.read(run)
    assert record.recipe == replace(
        RECIPES["flagship"], generator=record.recipe.generator if record.recipe else None, train_images=64
    )
    assert record.run and (record.run.seed, record.run.output_dir) == (7, run)
    assert [line.part for line in record.log] == ["train", "validation"]
    assert RunRecord.read(tmp_path) == RunRecord(tmp_path)


def test_the_recipe_behind_a_model(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", "unet-l2", dataset=("someone/photos",))
    recorded = recipe_behind(str(run / "model"), "unet-l2")
    assert recorded == recipe_behind(str(run), "unet-l2") == RunRecord.read(run).recipe
    assert recorded and recorded.data.dataset == ("someone/photos",)
    assert recipe_behind(str(tmp_path), "unet-l2") == RECIPES["unet-l2"]
    assert recipe_behind(str(tmp_path), "nobody's") is None
