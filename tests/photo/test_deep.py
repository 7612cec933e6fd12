"""16 bits in, 16 bits out: read, painted and written, so that light and shade are true in depth as well."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image, ImageCms

from colorgan import DEFAULT_WEIGHTS
from colorgan.color import rgb_to_lightness
from colorgan.folder.pipeline import Settings, colorize_files
from colorgan.folder.plan import plan
from colorgan.painting import paint, paint_deep
from colorgan.photo import open_photo, read_deep, save_photo

SMOOTH = np.linspace(2000, 60000, 96 * 64).reshape(64, 96).round().astype(np.uint16)  # a sky: 6,144 levels
LINES = torch.tensor([0.1, -0.1, 8.0, 20.0]).view(4, 1, 1).expand(4, 5, 7)


def gray_profile() -> bytes:
    """Gray of gamma 1.0, which no file may be taken for sRGB with."""
    from colorgan.photo.profiles import REC_709, matrix_profile

    profile = matrix_profile("L", 1.0, REC_709, "linear")
    assert profile and ImageCms.ImageCmsProfile(io.BytesIO(profile))
    return profile


def lightness(values: np.ndarray) -> np.ndarray:
    """L of uint16 (H, W) or (H, W, 3)."""
    rgb = np.broadcast_to(values.reshape(*values.shape[:2], -1), (*values.shape[:2], 3)).astype(np.float64) / 65535
    return rgb_to_lightness(torch.from_numpy(rgb.copy()).permute(2, 0, 1)[None])[0, 0].numpy()


@pytest.mark.parametrize("kind", ["gray.tif", "gray.png", "rgb.tif", "rgb.png", "inverted.tif", "sideways.tif"])
def test_the_files_numbers_are_the_photos(tmp_path: Path, kind: str) -> None:
    path, wanted = tmp_path / kind, SMOOTH
    if kind.startswith("rgb"):
        pytest.importorskip("imagecodecs")
        import imagecodecs

        wanted = np.stack((SMOOTH, SMOOTH // 2, SMOOTH[::-1]), 2)
        if kind.endswith("png"):
            path.write_bytes(imagecodecs.png_encode(wanted))
        else:
            tifffile.imwrite(path, wanted, photometric="rgb")
    elif kind == "inverted.tif":
        tifffile.imwrite(path, 65535 - SMOOTH, photometric="miniswhite")
    elif kind == "sideways.tif":
        tifffile.imwrite(path, np.rot90(SMOOTH), extratags=[(274, "H", 1, 6, True)])
    else:
        Image.fromarray(SMOOTH).save(path)
    photo = open_photo(path)
    deep = read_deep(path, photo, 10)
    assert deep is not None and deep.dtype == np.uint16
    difference = np.abs(deep.astype(int) - wanted)
    assert difference.max() <= (0 if kind != "inverted.tif" else 2 * 257)
    assert len(np.unique(deep)) > 6000


def test_a_profile_bends_all_16_bits(tmp_path: Path) -> None:
    """Linear light: sRGB values by IEC 61966-2-1, worked out here in floats."""
    Image.fromarray(SMOOTH).save(tmp_path / "linear.tif", icc_profile=gray_profile())
    deep = read_deep(tmp_path / "linear.tif", open_photo(tmp_path / "linear.tif"), 10)
    light = SMOOTH / 65535
    wanted = 65535 * np.where(light < 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert deep is not None and np.abs(deep - wanted).max() < 1.5 * 257 and len(np.unique(deep)) > 5000


def in_srgb(light: np.ndarray) -> np.ndarray:
    """Light in [0, 1] -> 16-bit sRGB by IEC 61966-2-1, in floats."""
    return 65535 * np.where(light < 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


SOFT = np.stack((SMOOTH // 2 + 16000, SMOOTH // 3 + 20000, SMOOTH[::-1] // 3 + 20000), 2).astype(
    np.uint16
)  # inside sRGB


@pytest.mark.parametrize("kind", ["profile.tif", "profile.png"])
def test_colours_under_another_profile_keep_16_bits(tmp_path: Path, kind: str) -> None:
    """Adobe RGB (1998) -> sRGB by the primaries of both (their matrices, D65), in floats."""
    imagecodecs = pytest.importorskip("imagecodecs")
    from colorgan.photo.profiles import adobe_rgb

    path, profile = tmp_path / kind, adobe_rgb()
    if kind == "profile.png":
        path.write_bytes(imagecodecs.png_encode(SOFT))
        chunk = b"iCCP" + b"a\0\0" + zlib.compress(profile)
        whole = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        path.write_bytes(path.read_bytes()[:33] + whole + path.read_bytes()[33:])
    else:
        tifffile.imwrite(path, SOFT, photometric="rgb", iccprofile=profile)
    deep = read_deep(path, open_photo(path), 10)
    light = (SOFT / 65535) ** (563 / 256) @ ADOBE_TO_SRGB.T
    assert deep is not None and np.abs(deep - in_srgb(light)).max() < 257 and len(np.unique(deep)) > 8000


# Adobe RGB (1998) 4.3.5.3 and IEC 61966-2-1: both matrices to XYZ, one inverted.
ADOBE_TO_SRGB = np.array(
    [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]
) @ np.array([[0.57667, 0.18556, 0.18823], [0.29734, 0.62736, 0.07529], [0.02703, 0.07069, 0.99134]])


@pytest.mark.parametrize(("kind", "levels"), [("16.jp2", 6000), ("12.jp2", 1500), ("12.tif", 1500), ("ten.heic", 400)])
def test_other_formats_keep_what_they_have(tmp_path: Path, kind: str, levels: int) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    path = tmp_path / kind
    if kind == "ten.heic":
        heif = pytest.importorskip("pillow_heif").from_bytes(mode="RGB;16", size=(96, 64), data=SOFT.tobytes())
        heif.save(path, quality=-1, chroma=444, matrix_coefficients=0)
    elif kind == "12.tif":
        tifffile.imwrite(path, SOFT >> 4, photometric="rgb", bitspersample=12)
    else:
        bits = int(kind[:2])
        path.write_bytes(imagecodecs.jpeg2k_encode(SOFT >> (16 - bits), level=0, bitspersample=bits))
    photo = open_photo(path)
    deep = read_deep(path, photo, 10)
    assert deep is not None and np.abs(deep.astype(int) - SOFT).max() <= 80 and len(np.unique(deep)) > levels
    assert any("became 8" in note for note in photo.notes)


@pytest.mark.parametrize("turn", [1, 6])
def test_a_raw_photograph_keeps_what_the_camera_saw(tmp_path: Path, turn: int) -> None:
    pytest.importorskip("rawpy")
    from cases.tiff_corpus import dng

    light = np.linspace(200, 4000, 96 * 64).reshape(64, 96).round().astype(np.uint16)  # of 4095
    (tmp_path / "camera.dng").write_bytes(dng(np.stack([light] * 3, -1), 34892, turn))
    photo = open_photo(tmp_path / "camera.dng")
    deep = read_deep(tmp_path / "camera.dng", photo, 10)
    assert deep is not None and deep.shape == (*photo.size[::-1], 3) and len(np.unique(deep)) > 3000
    far = deep.astype(int) - np.asarray(photo.image).astype(int) * 257
    assert np.abs(far).max() <= 257


def test_what_has_no_more_than_8_bits_is_left_alone(tmp_path: Path) -> None:
    for name, values in (("eight.png", (SMOOTH >> 8).astype(np.uint8)), ("small.png", SMOOTH >> 8)):
        Image.fromarray(values).save(tmp_path / name)
        assert read_deep(tmp_path / name, open_photo(tmp_path / name), 10) is None


def test_painted_as_in_8_bits_and_true_in_depth() -> None:
    bytes_ = (SMOOTH >> 8).astype(np.uint8)
    in_eight = np.asarray(paint(Image.fromarray(bytes_), LINES)).astype(int)
    assert np.abs(paint_deep(bytes_.astype(np.uint16) * 257, LINES) / 257 - in_eight).max() < 1
    painted = paint_deep(SMOOTH, LINES)
    assert np.ptp(painted.astype(int), axis=-1).mean() > 2000
    assert np.abs(lightness(painted) - lightness(SMOOTH)).max() < 0.003  # of 100; a step of 8 bits is 0.4


@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_written_in_16_bits_with_all_that_the_photo_carried(tmp_path: Path, ending: str) -> None:
    pixels = np.stack((SMOOTH, SMOOTH // 2, SMOOTH[::-1]), 2)
    exif = Image.Exif()
    exif[306] = "1956:07:01 12:00:00"
    Image.fromarray(SMOOTH).save(tmp_path / f"scan{ending}", exif=exif, dpi=(300, 300))
    photo = open_photo(tmp_path / f"scan{ending}")
    assert save_photo(pixels, tmp_path / f"out{ending}", photo, description="colorized") == ()
    with Image.open(tmp_path / f"out{ending}") as saved:
        assert saved.getexif()[306] == "1956:07:01 12:00:00" and saved.info["dpi"][0] == pytest.approx(300, abs=0.1)
        assert np.abs(np.asarray(saved.convert("RGB")).astype(int) - pixels // 257).max() <= 1
    imagecodecs = pytest.importorskip("imagecodecs")
    data = (tmp_path / f"out{ending}").read_bytes()
    read = imagecodecs.png_decode(data) if ending == ".png" else tifffile.imread(io.BytesIO(data))
    assert np.array_equal(read, pixels)
    [note] = save_photo(pixels, io.BytesIO(), photo, format="JPEG")[:1]
    assert note == "JPEG has 8 bits a channel, of the photo's 16"


def test_the_command_line_keeps_16_bits(tmp_path: Path) -> None:
    from colorgan import Colorizer

    tifffile.imwrite(tmp_path / "scan.tif", SMOOTH)
    outcomes = []
    work = plan([str(tmp_path / "scan.tif")], str(tmp_path / "out"), 0, None)
    colorize_files(Colorizer.from_pretrained(DEFAULT_WEIGHTS), work.jobs, Settings(), outcomes.append)
    assert [(one.error, one.notes) for one in outcomes] == [(None, ())]
    painted = tifffile.imread(next((tmp_path / "out").iterdir()))
    assert painted.dtype == np.uint16 and np.abs(lightness(painted) - lightness(SMOOTH)).max() < 0.003
