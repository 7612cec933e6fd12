"""The compiled last step against the tensors' arithmetic that it repeats."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from colorgan.color import bytes_to_lightness, lab_to_gamut_rgb
from colorgan.painting import paint
from colorgan.upsampling import apply_lines, between


def by_tensors(image: Image.Image, lines: torch.Tensor) -> np.ndarray:
    lightness = bytes_to_lightness(torch.tensor(np.asarray(image)))
    rgb = lab_to_gamut_rgb(lightness, apply_lines(lines[None], lightness))
    return (rgb * 255).round()[0].permute(1, 2, 0).numpy()


def noise(width: int, height: int, mode: str, seed: int) -> Image.Image:
    """Every value of every channel, and smooth parts, black and white between them."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    pixels[: height // 3] = np.linspace(0, 255, width).astype(np.uint8)[:, None]
    return Image.fromarray(pixels).convert(mode)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 150),
    st.integers(1, 150),
    st.integers(1, 20),
    st.integers(1, 20),
    st.sampled_from(["L", "RGB"]),
    st.floats(0, 200),
    st.integers(0, 2**31),
)
def test_the_same_as_tensors(
    width: int, height: int, columns: int, rows: int, mode: str, chroma: float, seed: int
) -> None:
    image = noise(width, height, mode, seed)
    random = torch.Generator().manual_seed(seed)
    lines = torch.randn(4, rows, columns, generator=random) * torch.tensor([0.5, 0.5, chroma, chroma])[:, None, None]
    difference = np.abs(np.asarray(paint(image, lines)) - by_tensors(image, lines))
    assert difference.max() <= 1  # tables round where the tensors compute
    assert difference.sum() < 3 + 0.05 * difference.size  # seldom


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_gray_lines_leave_gray_alone(mode: str) -> None:
    image = Image.linear_gradient("L").convert(mode)
    assert np.array_equal(np.asarray(paint(image, torch.zeros(4, 3, 3))), np.asarray(image.convert("RGB")))


def test_other_modes_become_rgb() -> None:
    image = Image.linear_gradient("L").convert("P")
    assert paint(image, torch.zeros(4, 2, 2)).mode == "RGB"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_lines_that_are_no_numbers_are_refused(number: float) -> None:
    lines = torch.zeros(4, 3, 3)
    lines[2, 1, 1] = number
    with pytest.raises(ValueError, match="must be finite numbers"):
        paint(Image.linear_gradient("L"), lines)


def test_lines_beyond_every_colour_paint_some_colour() -> None:
    """The compiled code looks things up by what it computes: past an overflow it would read strange memory."""
    image, random = Image.linear_gradient("L"), torch.Generator().manual_seed(0)
    for exponent in (3, 6, 18, 30, 38):
        lines = torch.randn(4, 5, 5, generator=random).clamp(-3, 3) * 10.0**exponent
        assert paint(image, lines).size == image.size


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 200))
def test_between_is_torchs_bilinear(small: int, large: int) -> None:
    values = torch.rand(small, generator=torch.Generator().manual_seed(small))
    before, share = between(small, large)
    ours = torch.lerp(values[before], values[(before + 1).clamp(max=small - 1)], share)
    theirs = torch.nn.functional.interpolate(values[None, None, None], (1, large), mode="bilinear")[0, 0, 0]
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


def test_paints_where_nothing_can_be_written(tmp_path: Path) -> None:
    """A read-only installation without a home or a compiler, in a process that has painted nothing."""
    code = (
        "import builtins, io, os\n"
        "import torch\n"
        "from PIL import Image\n"
        "from colorgan.painting import paint\n"
        "def refuse(*args, **options):\n"
        "    raise PermissionError('nothing may be made here')\n"
        "os.mkdir = os.makedirs = os.rename = os.replace = os.posix_spawn = os.fork = refuse\n"
        "really, read = builtins.open, lambda path, mode='r', *rest, **more: "
        "really(path, mode, *rest, **more) if set(mode) <= set('rbt') else refuse()\n"
        "builtins.open = io.open = read\n"
        "print(paint(Image.new('L', (9, 9), 200), torch.zeros(4, 2, 2)).getpixel((4, 4)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert (done.stdout, done.stderr) == ("(200, 200, 200)\n", "")


def test_what_is_painted_is_an_image_as_any_other() -> None:
    painted = paint(Image.new("L", (70, 40), 120), torch.zeros(4, 5, 6))
    same = Image.fromarray(np.asarray(painted))
    assert painted.mode == "RGB" and painted.getbands() == ("R", "G", "B")
    assert painted.getpixel((3, 3)) == (120, 120, 120)
    for ours, theirs in ((painted.copy(), same.copy()), (painted.convert("RGBA"), same.convert("RGBA"))):
        assert ours.tobytes() == theirs.tobytes()
    assert pickle.loads(pickle.dumps(painted)).tobytes() == same.tobytes()
    before = painted.copy()
    painted.putpixel((0, 0), (1, 2, 3))
    painted.paste((4, 5, 6), (1, 1, 2, 2))
    painted.putalpha(7)
    assert painted.getpixel((0, 0)) == (1, 2, 3, 7) and painted.getpixel((1, 1)) == (4, 5, 6, 7)
    assert before.getpixel((0, 0)) == (120, 120, 120)
