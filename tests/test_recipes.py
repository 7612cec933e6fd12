"""Recipes: what they say, what they refuse, how flags change them, and that the docs say the same."""

import argparse
import json
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError, asdict, replace
from pathlib import Path

import pytest

from colorgan.losses import ADVERSARIAL_LOSSES, PIXEL_LOSSES
from colorgan.publishing.reading import recipe_from_json
from colorgan.recipes import RECIPES, Data, Network, Objective, Phase, Recipe, Run, Schedule, words
from colorgan.training.describe import dry_run, flags_table, recipes_table
from colorgan.training.flags import build_parser, parse, recipe_flags
from colorgan.training.networks import build_discriminator, build_generator

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs" / "training.md"
NAMES = [
    "wgan-bedroom",
    "cgan-dogs-flowers",
    "wgan-dogs-flowers",
    "lab-resnet",
    "unet-l2",
    "dcgan-lab",
    "fcn-l1",
    "fcn-cgan",
    "flagship",
    "flagship-l2",
    "flagship-scratch",
    "flagship-words",
]


def test_all_systems_have_a_recipe() -> None:
    assert sorted(RECIPES) == sorted(NAMES)
    assert all(name == recipe.name for name, recipe in RECIPES.items())


def test_recipes_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        RECIPES["unet-l2"].train_images = 1  # type: ignore[misc]


@pytest.mark.parametrize("name", NAMES)
def test_networks_can_be_built_and_fit_each_other(name: str) -> None:
    recipe = RECIPES[name]
    generator, discriminator = build_generator(recipe), build_discriminator(recipe)
    assert generator.output_space == recipe.output_space
    assert (discriminator is None) == (recipe.objective.adversarial == "none")


def test_what_the_sources_say_is_in_the_recipes() -> None:
    wgan, cgan, both = RECIPES["wgan-bedroom"], RECIPES["cgan-dogs-flowers"], RECIPES["wgan-dogs-flowers"]
    assert wgan.objective.critic_steps == 5 and wgan.objective.clip_weights > 0
    assert wgan.generator_optimiser.name == wgan.discriminator_optimiser.name == "rmsprop"
    assert (both.generator, both.discriminator, both.data) == (cgan.generator, cgan.discriminator, cgan.data)
    assert both.discriminator_optimiser.name == "rmsprop" and cgan.discriminator_optimiser.name == "adam"
    assert both.objective.adversarial == "wasserstein" and both.objective.clip_weights > 0
    fcn = RECIPES["fcn-cgan"]
    assert (fcn.objective.pixel, fcn.objective.pixel_weight) == ("l1", 100.0)
    assert fcn.generator_optimiser.learning_rate == 2e-4 and fcn.generator_optimiser.betas[0] == 0.5
    assert fcn.generator_optimiser.schedule.kind == "plateau" and fcn.objective.real_label < 1
    assert fcn.data.phases[0].resolution == (120,)
    assert RECIPES["lab-resnet"].objective.label_flips > 0 and RECIPES["lab-resnet"].objective.label_noise > 0
    assert RECIPES["unet-l2"].generator == RECIPES["dcgan-lab"].generator
    twin, flagship = RECIPES["flagship-l2"], RECIPES["flagship"]
    assert twin.generator == flagship.generator and twin.discriminator is None and flagship.discriminator is not None
    assert twin.ema == flagship.ema == 0.998 and twin.pretrained
    scratch = RECIPES["flagship-scratch"]
    assert not scratch.pretrained and (scratch.generator, scratch.data) == (twin.generator, twin.data)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Objective(pixel="l3"), "pixel must be one of none, l1, l2, smooth_l1, got 'l3'"),
        (lambda: Objective(critic_steps=0), "critic_steps must be at least 1, got 0"),
        (lambda: Objective(label_flips=1.5), "label_flips must be from 0 to 1, got 1.5"),
        (lambda: Objective(pixel_weight=float("nan")), "pixel_weight must be at least 0, got nan"),
        (lambda: Schedule("step"), "lr_scheduler must be one of constant, linear, cosine, plateau, got 'step'"),
        (lambda: Phase(resolution=(4,)), "resolution must be at least 8 pixels"),
        (lambda: Phase(crop_scale=(0.9, 0.5)), "crop_scale must be two rising shares"),
        (lambda: Data(()), "at least one dataset"),
        (lambda: Data(("a", "b"), (1.0,)), "dataset_weights must be one for each"),
        (lambda: Data(("a",), phases=(Phase(share=0.5),)), r"must sum to 1, got \[0.5\]"),
        (lambda: replace(RECIPES["unet-l2"], ema=1.0), r"ema must be a decay in \[0, 1\), got 1.0"),
        (
            lambda: replace(RECIPES["unet-l2"], target_vividness=0.0),
            "target_vividness must be above 0, or none, got 0.0",
        ),
        (lambda: replace(RECIPES["unet-l2"], objective=Objective()), "needs a pixel loss"),
        (
            lambda: replace(RECIPES["unet-l2"], discriminator=Network("PatchCritic")),
            "go together, got 'none' with Patch",
        ),
        (lambda: replace(RECIPES["dcgan-lab"], discriminator=None), "got 'log' with no discriminator"),
        (lambda: Objective(words_weight=-1.0), "words_weight must be at least 0, got -1.0"),
        (lambda: Objective(words_weight=1.0, painter_weight=-0.5), "painter_weight must be at least 0, got -0.5"),
        (
            lambda: Objective("l1", words_weight=1.0),
            "words_weight trains colour words alone, .* got 'l1', 0 and 'none'",
        ),
        (
            lambda: replace(RECIPES["flagship-words"], target_vividness=0.9),
            "target_vividness must be none with a words_weight, .* got 0.9",
        ),
        (
            lambda: replace(RECIPES["dcgan-lab"], objective=Objective(adversarial="log", adversarial_start=0.5)),
            "before adversarial_start",
        ),
    ],
)
def test_bad_values_are_refused_and_quoted(make, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"generator": Network("VGG")}, "generator must be one of .*LiteUNet.*, got 'VGG'"),
        ({"generator": Network("LabUNet", {"depth": 3})}, "generator_options do not fit LabUNet: .*depth"),
        ({"output_space": "ab"}, "LabUNet puts out lab, got output_space 'ab'"),
        ({"objective": Objective(pixel="l2", distribution_weight=1.0)}, "needs a generator with cells"),
        ({"objective": Objective(words_weight=1.0)}, "a words_weight above 0 and a generator option words, .* None"),
        (
            {"generator": Network("LiteUNet", {"words": {}})},
            "generator option words, an object, go together, got 0 and",
        ),
    ],
)
def test_networks_that_do_not_fit_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_generator(replace(RECIPES["unet-l2"], **change))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_comes_back_from_its_json(name: str) -> None:
    written = json.loads(json.dumps(asdict(RECIPES[name])))
    again = recipe_from_json(written)
    assert json.dumps(asdict(again)) == json.dumps(written)
    assert isinstance(again.data.phases[0].resolution, tuple) and again.objective == RECIPES[name].objective


def test_a_recipe_of_an_earlier_version_comes_back_too() -> None:
    written = asdict(RECIPES["flagship"])
    del written["target_vividness"]
    assert recipe_from_json(written | {"vividness": 0.9}).target_vividness == 0.9
    assert recipe_from_json(written | {"vividness": 0.0}).target_vividness is None
    assert recipe_from_json(written | {"sparkle": 1}).name == "flagship"  # of a later version
    with pytest.raises(ValueError, match="train_images must be at least 1, got 0"):
        recipe_from_json(written | {"train_images": 0})


def test_every_loss_is_told_by_its_row() -> None:
    assert all(name == loss.name and loss.words for name, loss in PIXEL_LOSSES.items())
    assert all(name == loss.name and loss.words and loss.paper for name, loss in ADVERSARIAL_LOSSES.items())
    assert words.objective(RECIPES["flagship"].objective) == (
        "0.1 × Huber's loss in ab units + 0.1 × rebalanced cross-entropy over colours + 0.1 × hinge loss of a critic, "
        "in the last 8%"
    )
    assert words.objective(RECIPES["wgan-bedroom"].objective) == (
        "0.1 × L1 + Wasserstein critic "
        "(5 steps of the critic to one of the generator; the critic's weights clipped to 0.01)"
    )


def test_phases_follow_the_images() -> None:
    recipe = RECIPES["flagship-l2"]
    first, end = recipe.phase_at(0)
    second, last = recipe.phase_at(end)
    assert recipe.phase_at(end - 1) == (first, end)
    assert (end, last) == (120_150, 245_640)
    assert recipe.phase_at(last)[1] == recipe.train_images == 267_000
    assert first.train_batch_size == 32 and second.train_batch_size == 20


def parsed(*flags: str) -> tuple[Recipe, Run]:
    return parse(["--recipe", "flagship", *flags])[:2]


def test_without_flags_the_recipe_is_the_recipe() -> None:
    recipe, run = parsed()
    assert recipe == RECIPES["flagship"]
    assert run.output_dir == Path("runs/flagship")


@pytest.mark.parametrize("flag", [flag for flag in recipe_flags() if flag.name != "dataset"], ids=lambda f: f.name)
def test_every_value_of_a_recipe_has_a_flag(flag) -> None:  # type: ignore[no-untyped-def]
    def at(recipe: Recipe) -> object:
        value: object = recipe
        for name in flag.path:
            value = getattr(value, name)
        return value

    base = "flagship-words" if flag.name == "words_weight" else "flagship"  # words go with no other loss
    before = at(RECIPES[base])
    if flag.field.metadata["choices"]:
        wanted = next(choice for choice in flag.field.metadata["choices"] if choice not in (before, "none"))
        words = [f"--{flag.name}", wanted]
    elif isinstance(before, bool):
        words, wanted = [f"--{'no-' if before else ''}{flag.name}"], not before
    elif isinstance(before, tuple):
        others = {"dataset_weights": (0.25, 0.5, 0.75), "initial_weights": ("runs/one/model", "runs/other/model")}
        wanted = others.get(flag.name, (0.25, 0.5))
        words = [f"--{flag.name}", *map(str, wanted)]
    else:
        wanted = {int: 3, float: 0.125, str: "some"}[type(before)]
        words = [f"--{flag.name}", str(wanted)]
    assert at(parsed("--recipe", base, *words)[0]) == wanted != before


def test_flags_reach_networks_and_phases() -> None:
    recipe, run = parsed(
        *("--dataset", "here", "--dataset", "there", "--resolution", "64", "--train_batch_size", "4"),
        *("--generator_options", '{"encoder": "lite0"}', "--max_train_steps", "10", "--seed", "5"),
    )
    assert recipe.data.dataset == ("here", "there")
    assert [phase.train_batch_size for phase in recipe.data.phases] == [4, 4, 4]
    assert all(phase.resolution == (64,) for phase in recipe.data.phases)
    assert recipe.generator.options == {**RECIPES["flagship"].generator.options, "encoder": "lite0"}
    assert recipe.train_images == 40 and run.seed == 5
    assert parsed("--generator", "LabUNet", "--output_space", "lab")[0].generator == Network("LabUNet", {})
    phases = parsed("--phases", '[{"resolution": [32], "share": 0.5}, {"resolution": [64, 96], "share": 0.5}]')[
        0
    ].data.phases
    assert [phase.resolution for phase in phases] == [(32,), (64, 96)]


def test_a_limit_is_for_the_recipes_own_photos() -> None:
    def limit(*flags: str) -> int:
        return parse(["--recipe", "wgan-bedroom", *flags])[0].data.max_photos

    assert limit() == 16_384  # the source's training photos
    assert limit("--dataset", "here") == 0
    assert limit("--dataset", "here", "--max_train_samples", "9") == limit("--max_train_samples", "9") == 9


def test_no_target_for_the_gain_is_the_word_none() -> None:
    assert parsed()[0].target_vividness == 0.95
    assert parsed("--target_vividness", "none")[0].target_vividness is None


def test_without_an_adversary_the_flagship_is_its_twin() -> None:
    recipe = parsed("--adversarial", "none", "--adversarial_weight", "1", "--adversarial_start", "0")[0]
    assert recipe.discriminator is None
    assert recipe.objective == RECIPES["flagship-l2"].objective


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--critic_steps", "0"], "critic_steps must be at least 1, got 0"),
        (["--adversarial", "gan"], "invalid choice: 'gan'"),
        (["--generator_options", "{"], "not JSON: '{'"),
        (["--generator_options", "[1]"], r"generator_options must be a JSON object, got \[1\]"),
        (["--phases", '[{"size": 3}]'], "phases must be a list of objects"),
        (["--max_train_steps", "0"], "max_train_steps must be at least 1, got 0"),
        (["--logging_steps", "0"], "logging_steps must be at least 1, got 0"),
        (["--vividness", "0.9"], "--vividness is called --target_vividness now, and its 0 is called none"),
        (["--target_vividness", "bright"], "must be a number or none, got 'bright'"),
        (["--learnin_rate", "1"], "unrecognized arguments: --learnin_rate"),
    ],
)
def test_bad_flags_end_in_one_line(flags: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        parsed(*flags)
    assert stop.value.code == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert re.search(message, last)


@pytest.mark.parametrize("name", NAMES)
def test_dry_run_counts_parameters(name: str) -> None:
    text = dry_run(RECIPES[name])
    assert f'"name": "{name}"' in text
    counts = [line for line in text.splitlines() if line.endswith("parameters")]
    assert len(counts) == (1 if RECIPES[name].discriminator is None else 2)


def test_help_answers_without_torch_and_a_dry_run_without_data(tmp_path: Path) -> None:
    program = (
        "import sys, train_accelerate\n"
        "try: train_accelerate.main(['--help'])\n"
        "except SystemExit: print('torch' in sys.modules)"
    )
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, env=environment, check=True
    )
    assert "--learning_rate" in answer.stdout and answer.stdout.strip().endswith("False")
    resolved = subprocess.run(
        [sys.executable, str(ROOT / "train_accelerate.py"), "--recipe", "unet-l2", "--dry-run", "--dataset", "no/such"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        check=True,
    )
    assert '"no/such"' in resolved.stdout and "LabUNet" in resolved.stdout
    assert not list(tmp_path.iterdir())


def test_the_docs_hold_the_tables_that_the_code_makes() -> None:
    text = DOCS.read_text()
    assert recipes_table() in text, "run: python -m colorgan.training.describe docs/training.md"
    assert flags_table() in text, "run: python -m colorgan.training.describe docs/training.md"


def test_every_flag_is_in_the_docs() -> None:
    text = DOCS.read_text()
    told = [action for action in build_parser()._actions if action.help != argparse.SUPPRESS]
    flags = {option for action in told for option in action.option_strings if option.startswith("--")}
    missing = [flag for flag in flags - {"--help", "--dry_run"} if f"`{flag}`" not in text]
    assert not [flag for flag in missing if not flag.startswith("--no-")]
    assert "SUPPRESS" not in text
