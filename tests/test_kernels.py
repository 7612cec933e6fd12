"""The compiled code against what it stands for: equal to the last bit."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from colorgan.files import sha256
from colorgan.kernels import EXACT, PAINT, exact
from colorgan.upsampling import fit_lines

SIDES = st.integers(1, 90)


def noise(width: int, height: int, mode: str, seed: int, hard: bool = False) -> Image.Image:
    """Random pixels; hard ones are black or white, of which a cubic overshoots."""
    shape = (height, width) if mode == "L" else (height, width, 3)
    values = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    return Image.fromarray(np.where(values > 127, 255, 0).astype(np.uint8) if hard else values)


def as_pillow(image: Image.Image, size: tuple[int, int]) -> np.ndarray:
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0))


@settings(max_examples=200, deadline=None)
@given(SIDES, SIDES, SIDES, SIDES, st.sampled_from(("L", "RGB")), st.integers(0, 99), st.booleans())
def test_resized_is_pillows(
    width: int, height: int, small_width: int, small_height: int, mode: str, seed: int, hard: bool
) -> None:
    image, size = noise(width, height, mode, seed, hard), (small_width, small_height)
    assert np.array_equal(exact.resized(image, size, 3.0).numpy(), as_pillow(image, size))


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("large", [(1152, 864), (2093, 1315), (4003, 35), (300, 2999)])
def test_resized_photos_are_pillows(large: tuple[int, int], mode: str) -> None:
    image = noise(*large, mode, 0)
    scale = 256 / (large[0] * large[1]) ** 0.5
    size = max(1, round(large[0] * scale)), max(1, round(large[1] * scale))
    assert np.array_equal(exact.resized(image, size, 3.0).numpy(), as_pillow(image, size))


def test_an_image_that_pillow_has_in_several_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    image = noise(300, 200, "RGB", 0)
    monkeypatch.setattr(exact, "SHARED_BYTES", 300 * 200 * 4)
    assert np.array_equal(exact.resized(image, (77, 50), 3.0).numpy(), as_pillow(image, (77, 50)))
    monkeypatch.setattr(exact, "SHARED_BYTES", 300 * 200 * 4 - 1)
    assert np.array_equal(exact.resized(image, (77, 50), 3.0).numpy(), as_pillow(image, (77, 50)))


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_largest_image_that_is_taken_for_one_piece(mode: str) -> None:
    """Pillow's pieces are of 16 MiB, less what it aligns them by."""
    channels = 1 if mode == "L" else 4
    width, height = 4096, exact.SHARED_BYTES // channels // 4096
    for rows in (height - 1, height):
        image = Image.new(mode, (width, rows), "gray")
        assert exact.resized(image, (2048, rows // 2), 3.0).unique().tolist() == [128]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3), SIDES, SIDES, st.integers(0, 99), st.booleans(), st.booleans())
def test_lines_are_torchs(photos: int, height: int, width: int, seed: int, flat: bool, channels_last: bool) -> None:
    random = torch.Generator().manual_seed(seed)
    lightness, ab = (torch.randn(photos, channels, height, width, generator=random) for channels in (1, 2))
    lightness, ab = 50 + 20 * lightness, 30 * ab
    if flat:
        lightness, ab = lightness.round().clamp(50, 51), ab.round().clamp(-1, 1)
    if channels_last:
        ab = ab.to(memory_format=torch.channels_last)
    by_torch = fit_lines(lightness, ab.requires_grad_())
    assert by_torch.requires_grad
    assert torch.equal(fit_lines(lightness, ab.detach()), by_torch)


def test_lines_of_one_view_and_several_pictures() -> None:
    lightness, ab = torch.rand(1, 1, 20, 30) * 100, torch.randn(3, 2, 20, 30)
    together = fit_lines(lightness.expand(3, -1, -1, -1), ab)
    alone = torch.cat([fit_lines(lightness, one[None]) for one in ab])
    assert torch.equal(together, alone)


def test_only_plain_tensors_are_taken() -> None:
    plain, wanted = torch.rand(2, 2), torch.rand(2, 2, requires_grad=True)
    assert exact.is_plain(plain)
    assert not exact.is_plain(plain, wanted)
    assert not exact.is_plain(plain.double()) and not exact.is_plain(plain[:0])
    assert not exact.is_plain(torch.nn.Parameter(plain))
    with torch.no_grad():
        assert exact.is_plain(wanted)


@pytest.mark.parametrize("path", [EXACT, PAINT], ids=lambda path: path.name)
def test_what_is_compiled_is_of_the_source_beside_it(path: Path) -> None:
    """`python experiments/kernels.py` writes it anew."""
    first, *rest = path.read_text().splitlines()
    assert sha256(path.with_suffix(".c")) in first
    assert not any("target" in line for line in rest), "of this machine alone"
    if path == EXACT:
        assert not any("fmuladd" in line or " fast " in line for line in rest), "rounded in another way"


def test_all_are_translated_ahead_without_torch_and_once() -> None:
    program = (
        "import sys\n"
        "from colorgan import kernels\n"
        "from colorgan.kernels import EXACT, PAINT, translate_ahead, translated, translating\n"
        "made = []\n"
        "finish = translating.Translated.__init__\n"
        "def counted(self, path, *rest, **named):\n"
        "    made.append(path.name)\n"
        "    finish(self, path, *rest, **named)\n"
        "translating.Translated.__init__ = counted\n"
        "ahead = translate_ahead()\n"
        "exact, paint = translated(EXACT), translated(PAINT)\n"
        "ahead.join()\n"
        "assert sorted(made) == ['exact.ll', 'paint.ll'], made\n"
        "assert translated(EXACT) is exact and translated(PAINT) is paint\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_program_may_end_while_they_are_translated() -> None:
    """With nothing said: not of threads that Python ended, and not of what was not there."""
    program = (
        "import sys, time\n"
        "from colorgan import kernels\n"
        "if sys.argv[2:]: sys.modules['llvmlite.binding'] = None\n"
        "kernels.translate_ahead()\n"
        "time.sleep(float(sys.argv[1]))\n"
    )
    for arguments in (["0"], ["0.05"], ["0.1"], ["0.2"], ["0.1", "without LLVM"]):
        done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
