"""The recipes of docs/integrations.md, run as they stand there."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from colorgan.color import rgb_to_lab

ROOT = Path(__file__).parent.parent
RECIPES = (ROOT / "docs" / "integrations.md").read_text()


def recipe(words: str) -> str:
    """The fenced block that holds the words."""
    fenced = re.findall(r"^```\w*\n(.*?)^```$", RECIPES, re.MULTILINE | re.DOTALL)
    [found] = [block for block in fenced if words in block]
    return str(found)


def draw(path: Path) -> Path:
    blobs = np.random.default_rng(0).integers(40, 220, (4, 5), dtype=np.uint8)
    Image.fromarray(blobs).resize((96, 80), Image.Resampling.BICUBIC).save(path)
    return path


@pytest.fixture
def desk(tmp_path: Path, words: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, where `colorgan colorize` is on the path, with a small model in place of the bundled one."""
    program = tmp_path / "bin" / "colorgan"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m colorgan.cli "$@" --model {words}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")
    desk = tmp_path / "my 'desk'"
    desk.mkdir()
    monkeypatch.chdir(desk)
    return desk


def script(desk: Path, words: str) -> str:
    path = desk.parent / "bin" / "recipe"
    path.write_text(recipe(words))
    path.chmod(0o755)
    return str(path)


def is_coloured(path: Path) -> bool:
    return bool(np.ptp(np.asarray(Image.open(path).convert("RGB")).astype(int), axis=2).max() > 0)


def test_a_pipe_of_imagemagick(desk: Path) -> None:
    asked = shutil.which("convert") and subprocess.run(["convert", "-version"], capture_output=True, text=True).stdout
    if not asked or "Version: ImageMagick" not in asked:
        pytest.skip("no ImageMagick here: apt-get install imagemagick")
    draw(desk / "scan.tif")
    [line] = [line for line in recipe("deskew").splitlines() if "deskew" in line]
    assert subprocess.run(["bash", "-o", "pipefail", "-c", line], timeout=180).returncode == 0
    assert is_coloured(desk / "out.jpg")


def test_a_watched_folder(desk: Path) -> None:
    (desk / "in").mkdir()
    draw(desk / "in" / "a.jpg")
    watcher = subprocess.Popen([script(desk, "colorize-inbox"), "in", "out"], start_new_session=True)
    try:
        for name in ("a", "b"):
            until = time.monotonic() + 90
            while not (picture := desk / "out" / f"{name}.jpg").exists():
                assert time.monotonic() < until and watcher.poll() is None
                time.sleep(0.2)
            assert is_coloured(picture)
            (desk / "in" / "broken.jpg").write_text("half of a photo")
            draw(desk / "in" / "b.jpg")
    finally:
        os.killpg(watcher.pid, 15)
        watcher.wait(30)
    assert "1 photo coloured: 'out'" in (desk / "out.log").read_text()


def test_a_photo_manager(desk: Path) -> None:
    photo = draw(desk / "it's 1923.png")
    before = photo.read_bytes()
    copies, in_place = "colorize-copies PHOTO", "colorize-in-place COPY"
    assert subprocess.run([script(desk, copies), photo], timeout=90).returncode == 0
    assert is_coloured(desk / "colorized" / photo.name) and photo.read_bytes() == before
    assert subprocess.run([script(desk, in_place), photo], timeout=90).returncode == 0
    assert is_coloured(photo)
    photo.write_text("no photo")
    assert subprocess.run([script(desk, in_place), photo], timeout=90, stderr=subprocess.DEVNULL).returncode == 1
    assert photo.read_text() == "no photo"
    assert sorted(path.name for path in desk.iterdir()) == ["colorized", photo.name]


def test_a_node_of_comfyui(tmp_path: Path, words: str) -> None:
    file = tmp_path / "colorgan_node.py"
    file.write_text(recipe("NODE_CLASS_MAPPINGS"))
    spec = importlib.util.spec_from_file_location("custom_nodes.colorgan_node", file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    [(name, node)] = module.NODE_CLASS_MAPPINGS.items()
    assert name in module.NODE_DISPLAY_NAME_MAPPINGS
    asked = node.INPUT_TYPES()
    inputs: dict[str, Any] = {
        key: settings[0]["default"] for key, (_, *settings) in asked["required"].items() if settings
    }
    photos = torch.rand(2, 40, 56, 1, generator=torch.Generator().manual_seed(0)).expand(-1, -1, -1, 3)
    (pictures,) = getattr(node(), node.FUNCTION)(image=photos, model=words, **inputs)
    assert (pictures.shape, pictures.dtype, pictures.device.type) == (photos.shape, torch.float32, "cpu")
    assert pictures.min() >= 0 and pictures.max() <= 1
    lightness, ab = rgb_to_lab(pictures.movedim(-1, 1))
    assert (lightness - rgb_to_lab(photos.movedim(-1, 1))[0]).abs().mean() < 1 and ab.abs().max() > 1
    (calm,) = getattr(node(), node.FUNCTION)(image=photos, model=words, **{**inputs, "vividness": 0.0})
    assert rgb_to_lab(calm.movedim(-1, 1))[1].abs().max() < 1
    inputs |= {"daring": 1.0}
    (bold,) = getattr(node(), node.FUNCTION)(image=photos[:1], model=words, **inputs)
    assert bold.shape == (1, 40, 56, 3) and not bold.equal(pictures[:1])
