"""The mean of models: their weights' mean, at half precision, as a model that loads."""

import sys
from pathlib import Path

import mean_of_models
import pytest
import torch
from safetensors.torch import load_file

from colorgan import Colorizer
from colorgan.training.networks import mean_weights

OPTIONS = {"encoder": "lite0", "widths": [8, 8, 8, 8], "cells": 3}


def model(folder: Path, seed: int, **changes: object) -> Path:
    torch.manual_seed(seed)
    Colorizer(options={**OPTIONS, **changes}, view_size=64, recipe="flagship-l2").save_pretrained(folder)
    return folder


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["mean_of_models.py", *map(str, arguments)])
    mean_of_models.main()


def test_the_mean_loads_with_the_values_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [model(tmp_path / str(seed), seed) for seed in (0, 1, 2)]
    flags = [part for folder in folders for part in ("--model", folder)]
    run(monkeypatch, *flags, "--gain", 1.2, "--output", tmp_path / "mean")
    made = Colorizer.from_pretrained(tmp_path / "mean")
    assert (made.gain, made.view_size, made.recipe) == (1.2, 64, "flagship-l2")
    parts = [Colorizer.from_pretrained(folder).generator.state_dict() for folder in folders]
    for name, tensor in made.generator.state_dict().items():
        if tensor.is_floating_point():
            mean = torch.stack([part[name] for part in parts]).mean(0)
            torch.testing.assert_close(tensor, mean, atol=1e-6, rtol=1e-3)  # half precision
    kept = load_file(tmp_path / "mean" / "model.safetensors").values()
    assert {tensor.dtype for tensor in kept} == {torch.float16, torch.int64}
    assert not list(tmp_path.glob("*.part"))


def test_shares_may_be_negative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [model(tmp_path / str(seed), seed) for seed in (0, 1, 2)]
    flags = [part for folder in folders for part in ("--model", folder)]
    run(monkeypatch, *flags, "--shares", 0.75, 0.75, -0.5, "--output", tmp_path / "out")
    made = Colorizer.from_pretrained(tmp_path / "out").generator.state_dict()
    parts = [Colorizer.from_pretrained(folder).generator.state_dict() for folder in folders]
    for name in (name for name in made if name.endswith("weight")):
        wanted = 0.75 * parts[0][name] + 0.75 * parts[1][name] - 0.5 * parts[2][name]
        torch.testing.assert_close(made[name], wanted, atol=1e-6, rtol=1e-3)
    for shares in ((1, 1, 1), (0.5, 0.5)):
        with pytest.raises(ValueError, match="shares must be one for each of 3 networks and sum to 1"):
            run(monkeypatch, *flags, "--shares", *shares, "--output", tmp_path / "none")


def test_a_variance_is_never_negative() -> None:
    networks = [torch.nn.BatchNorm2d(2), torch.nn.BatchNorm2d(2)]
    networks[1].running_var.fill_(4.0)
    assert mean_weights(networks, (1.5, -0.5))["running_var"].tolist() == [0.0, 0.0]
    assert mean_weights(networks, (0.5, 0.5))["running_var"].tolist() == [2.5, 2.5]


def test_one_line_and_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, wider = model(tmp_path / "one", 0), model(tmp_path / "wider", 0, widths=[16, 8, 8, 8])
    with pytest.raises(ValueError, match="different architectures have no mean"):
        run(monkeypatch, "--model", one, "--model", wider, "--output", tmp_path / "out")
    with pytest.raises(ValueError, match="neither a folder with a model"):
        run(monkeypatch, "--model", one, "--model", tmp_path / "none", "--output", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(ValueError, match="exists already"):
        run(monkeypatch, "--model", one, "--output", one)
