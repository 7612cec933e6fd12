"""FID and LPIPS proper. Their weights are downloads, so these tests make networks of the same architecture."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from scipy import linalg
from torch import Tensor, nn
from torch.nn import functional

from colorgan import Colorizer
from colorgan.cli import main
from colorgan.color import lab_to_gamut_rgb
from colorgan.data.whole import EvaluationPhotos
from colorgan.evaluation import evaluate, summary
from colorgan.evaluation.report import as_json
from colorgan.evaluation.words import notes
from colorgan.metrics.backbones import ALEXNET, INCEPTION, load_weights
from colorgan.metrics.inception import InceptionFeatures, _Inception
from colorgan.metrics.lpips import Lpips, _AlexNet, _linear_layers


def made(network: nn.Module) -> dict[str, Tensor]:
    """Weights that keep activations alive, the same on every machine."""
    generator, tensors = torch.Generator().manual_seed(0), {}
    for name, tensor in network.state_dict().items():
        if name.endswith(("running_var", "bn.weight")):
            tensors[name] = torch.rand(tensor.shape, generator=generator) * 0.5 + 0.75
        elif tensor.ndim == 4:
            scale = (2 / tensor[0].numel()) ** 0.5
            tensors[name] = torch.randn(tensor.shape, generator=generator) * scale
        elif tensor.ndim == 1:
            tensors[name] = torch.randn(tensor.shape, generator=generator) * 0.1
    return tensors


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both files, as torch saves them and with a head that is not needed."""
    folder = tmp_path_factory.mktemp("checkpoints")
    head = {"fc.weight": torch.zeros(3, 2), "classifier.1.weight": torch.zeros(2)}
    torch.save({**made(_Inception()), **head}, folder / INCEPTION.names[0])
    torch.save({**made(_AlexNet()), **head}, folder / ALEXNET.names[0])
    return folder


@pytest.fixture(scope="module")
def rgb() -> Tensor:
    return torch.rand(2, 3, 96, 120, generator=torch.Generator().manual_seed(1))


def test_inception_is_that_of_fid(weights: Path, rgb: Tensor) -> None:
    """Golden: torch-fidelity 0.4.0's FeatureExtractorInceptionV3 with these weights and pictures (2026-11-21)."""
    features = InceptionFeatures(weights / INCEPTION.names[0])(rgb)
    assert features.shape == (2, 2048)
    assert features.double().sum().item() == pytest.approx(2102.289879, rel=1e-5)
    assert features.double().std().item() == pytest.approx(0.671410, rel=1e-5)
    torch.testing.assert_close(features[:, 1], torch.tensor([0.0117, 0.0114]), atol=1e-4, rtol=0)


def test_lpips_by_hand(weights: Path, rgb: Tensor) -> None:
    """Zhang et al. 2018, equation 1, layer by layer; torchmetrics 1.9.0 with these weights says 0.1015 and 0.1058."""
    generator = torch.Generator().manual_seed(1)
    rgb, other = (torch.rand(rgb.shape, generator=generator) for _ in range(2))
    distance, tensors = Lpips(weights / ALEXNET.names[0]), made(_AlexNet())
    x = torch.cat((rgb, other)) * 2 - 1
    x = (x - torch.tensor([-0.030, -0.088, -0.188])[:, None, None]) / torch.tensor([0.458, 0.448, 0.450])[:, None, None]
    total = torch.zeros(2)
    for linear, (number, stride, padding) in zip(
        _linear_layers(), ((0, 4, 2), (3, 1, 2), (6, 1, 1), (8, 1, 1), (10, 1, 1)), strict=True
    ):
        if number in (3, 6):
            x = functional.max_pool2d(x, 3, 2)
        x = functional.conv2d(
            x, tensors[f"features.{number}.weight"], tensors[f"features.{number}.bias"], stride, padding
        ).relu()
        first, second = functional.normalize(x).chunk(2)
        total += ((first - second) ** 2 * linear).sum(1).mean((1, 2))
    torch.testing.assert_close(distance(rgb, other), total, atol=1e-6, rtol=1e-4)
    assert distance(rgb, rgb).abs().max() < 1e-6
    torch.testing.assert_close(distance(rgb, other), torch.tensor([0.1015, 0.1058]), atol=1e-4, rtol=0)


@pytest.fixture
def album(tmp_path: Path) -> str:
    for split in ("train", "test"):
        (tmp_path / "album" / split).mkdir(parents=True)
        for seed in range(5):
            blobs = np.random.default_rng(seed).integers(20, 235, (4, 5, 3), dtype=np.uint8)
            Image.fromarray(blobs).resize((72, 64), Image.Resampling.BICUBIC).save(
                tmp_path / "album" / split / f"{seed}.png"
            )
    return str(tmp_path / "album")


def test_an_evaluation_with_both(album: str, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures against scipy's matrix root. Pictures are squeezed to less than 299, for a tenth of the time."""
    few_will_do = tuple(replace(metric, fewest=4) for metric in summary.OF_SETS)
    monkeypatch.setattr(summary, "OF_SETS", few_will_do)
    monkeypatch.setattr("colorgan.metrics.inception._SIDE", 80)
    colorizer = Colorizer("LiteUNet", {"cells": 8}, view_size=32, recipe="tiny")
    files = {"fid": weights / INCEPTION.names[0], "lpips": str(weights / ALEXNET.names[0])}
    done = evaluate([colorizer], [album], resolution=64, two_sample=False, **files)  # type: ignore[arg-type]
    gray = done.summary.figures["gray"]
    inception, distance = InceptionFeatures(files["fid"]), Lpips(files["lpips"])
    [batch] = EvaluationPhotos([album], resolution=64).batches(8)
    shown = lab_to_gamut_rgb(batch.lightness, torch.zeros_like(batch.ab))
    x, y = (inception(one).double().numpy() for one in (shown, batch.rgb))
    gaps = [(one - one.mean(0)) / 2 for one in (x, y)]  # of 5 photos: their products are the covariances
    # A B = X'X Y'Y has the eigenvalues of the small X Y' Y X', and zeros.
    root = linalg.sqrtm(gaps[0] @ gaps[1].T @ gaps[1] @ gaps[0].T)
    wanted = (
        np.square(x.mean(0) - y.mean(0)).sum() + sum(np.square(gap).sum() for gap in gaps) - 2 * np.trace(root.real)
    )
    assert gray["fid"].value == pytest.approx(wanted, rel=0.01)
    assert gray["lpips"].value == pytest.approx(distance(shown, batch.rgb).mean().item(), rel=1e-4)
    assert {"fid", "lpips"} <= {metric.key for metric in done.shown_metrics}
    assert not any("proper" in note for note in notes(done))
    assert sum("not the published file" in note for note in notes(done)) == 2
    told = as_json(done)["protocol"]["backbones"]
    assert told["FID"]["file"] == INCEPTION.names[0] and len(told["LPIPS"]["sha256"]) == 64
    assert math.isfinite(done.summary.differences["tiny", "gray"]["fid"].value)


def test_weights_are_looked_for_where_torch_keeps_them(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(ValueError, match=r"LPIPS needs the weights of AlexNet: fetch alexnet-owt-7be5be79\.pth"):
        load_weights(ALEXNET)
    (tmp_path / "checkpoints").symlink_to(weights)
    assert load_weights(ALEXNET).file == ALEXNET.names[0] and not load_weights(ALEXNET).is_published
    save_file(load_weights(ALEXNET).tensors, tmp_path / "alexnet.safetensors")
    again = load_weights(ALEXNET, tmp_path / "alexnet.safetensors").tensors
    assert all(torch.equal(again[name], tensor) for name, tensor in load_weights(ALEXNET).tensors.items())


class Evil:
    """What a pickle can hold: reading it without care would make a file."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (str(self.path),)


def test_nothing_is_run_and_every_refusal_is_one_line(weights: Path, tmp_path: Path) -> None:
    torch.save({"features.0.weight": Evil(tmp_path / "hacked")}, tmp_path / "evil.pth")
    (tmp_path / "text.pth").write_text("no weights")
    (tmp_path / "empty.pth").write_bytes(b"")
    torch.save([1, 2], tmp_path / "list.pth")
    for name, said in (
        ("evil.pth", "not a file of tensors alone"),
        ("text.pth", "not a file of tensors alone"),
        ("empty.pth", "not a file of tensors alone"),
        ("list.pth", "not a file of tensors alone"),
        ("none.pth", "cannot read the weights of AlexNet"),
    ):
        with pytest.raises(ValueError, match=said) as refused:
            Lpips(tmp_path / name)
        assert "\n" not in str(refused.value)
    assert not (tmp_path / "hacked").exists()
    with pytest.raises(ValueError, match=r"lacks features\.0\.weight: it is not the AlexNet of LPIPS"):
        Lpips(weights / INCEPTION.names[0])


def test_the_command_says_what_is_missing_before_any_work(
    album: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    command = ["evaluate", "--model", "nowhere", "--data", album, "--output", str(tmp_path / "report")]
    for flags, said in (
        (["--fid"], "FID needs the weights of Inception v3: fetch pt_inception-2015-12-05-6726825d.pth (91 MB)"),
        (["--lpips", str(tmp_path / "x.pth")], "x.pth': No such file or directory"),
    ):
        assert main([*command, *flags]) == 2
        error = capsys.readouterr().err
        assert said in error and error.count("\n") == 1
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main([*command, "--lpips"]) == 2
    assert "pip install 'colorgan[fid]'" in capsys.readouterr().err
    assert not (tmp_path / "report" / "report.json").exists()
