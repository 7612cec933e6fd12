"""Photos in, photos out: a corpus of odd files, damage at any place, and what has to survive a round trip."""

import errno
import io
import os
import random
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases.photo_corpus import (
    ADOBE,
    BLUE,
    GRAYS,
    GREEN,
    HEIGHT,
    RED,
    WIDTH,
    Case,
    encoded,
    exif,
    gray,
    icc,
    noise,
    photo_corpus,
    png,
    quarters,
    srgb_icc,
    tiff,
    with_alpha,
)
from cases.statement_corpus import statement_corpus
from cases.tiff_corpus import tiff_corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageFile, ImageOps, TiffImagePlugin

from colorgan.photo import MIN_SIDE, Photo, PhotoError, open_photo, photo_from_image, save_photo

# Pillow warns of broken metadata before it gives up on it. A program sees the warnings and goes on; so do these tests.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

CASES = [*photo_corpus(), *tiff_corpus(), *statement_corpus()]
DESCRIPTION = "colorized by colorgan 0.1.0"
Rational = TiffImagePlugin.IFDRational


def opened(data: bytes, **options: Any) -> Photo:
    return open_photo(io.BytesIO(data), **options)


def saved(photo: Photo, kind: str, picture: Image.Image | None = None, **options: Any) -> bytes:
    file = io.BytesIO()
    save_photo(picture or photo.image.convert("RGB"), file, photo, format=kind, **options)
    return file.getvalue()


def near(value: Any, wanted: Any, tolerance: float) -> bool:
    return bool(np.max(np.abs(np.subtract(value, wanted))) <= tolerance)


# The corpus -------------------------------------------------------------------------------------------------------


def test_the_corpus_is_large_and_names_its_cases_once() -> None:
    assert len(CASES) >= 300
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case.name))
def test_corpus(case: Case, tmp_path: Path) -> None:
    path = tmp_path / case.name
    path.write_bytes(case.data)
    if case.error:
        with pytest.raises(PhotoError) as caught:
            open_photo(path)
        line = str(caught.value)
        assert case.error in line and "\n" not in line and len(line) < 300
        assert repr(case.name) in line or "the picture" in line
        with pytest.raises(PhotoError):
            opened(case.data)
        return
    photo = open_photo(path)
    assert (photo.image.mode, photo.size) == (case.mode, case.size)
    corners = tuple(photo.image.getpixel((x, 0)) for x in (0, photo.size[0] - 1))
    assert near(corners, case.corners, case.tolerance), corners
    assert photo.format == (case.format or photo.format)
    if photo.format not in ("BMP", "DIB", "PCX"):  # these always state a resolution, meant or not
        assert photo.dpi == (None if case.dpi is None else pytest.approx(case.dpi))
    alpha = photo.alpha and tuple(photo.alpha.getpixel((x, 0)) for x in (0, photo.size[0] - 1))
    assert alpha == case.alpha
    assert photo.alpha is None or (photo.alpha.mode, photo.alpha.size) == ("L", photo.size)
    assert len(photo.notes) == len(case.notes)
    assert all(words in note for words, note in zip(case.notes, photo.notes, strict=True)), photo.notes
    check_profile(case, photo)
    assert not photo.image.info and not photo.image.getexif(), "metadata on the pixels would be applied twice"
    from_stream = opened(case.data)
    assert from_stream.image.tobytes() == photo.image.tobytes() and from_stream.exif == photo.exif


def check_profile(case: Case, photo: Photo) -> None:
    own = Image.open(io.BytesIO(case.data)).info.get("icc_profile") if case.profile == "own" else None
    if case.profile == "srgb":
        assert photo.icc_profile is not None and b"test" not in photo.icc_profile
        assert photo.icc_profile[36:40] == b"acsp" and photo.icc_profile[16:20] == b"RGB "
    elif case.profile != "any":
        assert photo.icc_profile == own


def test_random_bytes_are_no_photo() -> None:
    for seed in range(50):
        with pytest.raises(PhotoError):
            opened(np.random.default_rng(seed).bytes(500))


# Damage -----------------------------------------------------------------------------------------------------------

METADATA = {"exif": exif(t271="Leica", t274=6, t282=300.0, t283=300.0), "icc_profile": srgb_icc()}
VICTIMS = {
    "JPEG": encoded(noise(), "JPEG", dpi=(300, 300), **METADATA),
    "progressive": encoded(noise(), "JPEG", progressive=True, **METADATA),
    "adobe": encoded(noise(), "JPEG", icc_profile=ADOBE),
    "CMYK": encoded(noise("CMYK"), "JPEG"),
    "gray": encoded(noise("L"), "JPEG", icc_profile=icc("GRAY", 1.8)),
    "PNG": encoded(noise(), "PNG", **METADATA),
    "palette": encoded(noise().quantize(64), "PNG", transparency=bytes(range(64))),
    "GIF": encoded(noise(), "GIF", save_all=True, append_images=[noise(seed=1), noise(seed=2)]),
    "TIFF": encoded(noise(), "TIFF", exif=exif(t274=6, t315="Müller")),
    "LZW": encoded(noise(), "TIFF", compression="tiff_lzw", icc_profile=ADOBE),
    "pages": encoded(noise(), "TIFF", save_all=True, append_images=[noise("L")]),
    "WEBP": encoded(noise(), "WEBP", **METADATA),
    "AVIF": encoded(noise(), "AVIF", **METADATA),
    "JPEG2000": encoded(noise(), "JPEG2000"),
    "BMP": encoded(noise(), "BMP"),
    "TGA": encoded(noise("RGBA"), "TGA", compression="tga_rle"),
    "PCX": encoded(noise(), "PCX"),
    "ICO": encoded(noise(size=(32, 32)), "ICO", sizes=[(32, 32)]),
    "MPO": encoded(noise(), "MPO", save_all=True, append_images=[noise(seed=1)]),
    "QOI": encoded(noise(), "QOI"),
}
FUZZ = settings(max_examples=30, deadline=None, derandomize=True, database=None)


def opens_or_refuses(data: bytes) -> None:
    """Anything but a PhotoError fails the test; so does a photo that is not what a Photo is."""
    try:
        photo = opened(data, max_megapixels=1.0)
    except PhotoError as error:
        assert "\n" not in str(error) and len(str(error)) < 300
        return
    assert photo.image.mode in ("L", "RGB") and min(photo.size) >= MIN_SIDE
    if photo.exif:
        read = Image.Exif()
        read.load(photo.exif)
        assert read[274] == 1
    assert len(saved(photo, "TIFF", description=DESCRIPTION)) > 0  # whatever EXIF survived can be written


@pytest.mark.parametrize("name", VICTIMS)
@FUZZ
@given(share=st.floats(0, 1))
def test_a_file_cut_anywhere_opens_or_is_refused(name: str, share: float) -> None:
    opens_or_refuses(VICTIMS[name][: int(share * len(VICTIMS[name]))])


@pytest.mark.parametrize("name", VICTIMS)
@FUZZ
@given(data=st.data())
def test_flipped_bytes_open_or_are_refused(name: str, data: st.DataObject) -> None:
    damaged = bytearray(VICTIMS[name])
    front = st.integers(0, min(len(damaged), 1500) - 1)  # where headers and metadata lie
    places = data.draw(st.lists(front | st.integers(0, len(damaged) - 1), min_size=1, max_size=8))
    for place in places:
        damaged[place] = data.draw(st.integers(0, 255))
    opens_or_refuses(bytes(damaged))


@pytest.mark.parametrize("cut", [1, 2, 3, 50])
def test_what_is_missing_is_never_made_up(cut: int) -> None:
    whole = VICTIMS["progressive"]
    try:
        photo = opened(whole[:-cut])
    except PhotoError:
        return
    assert photo.image.tobytes() == opened(whole).image.tobytes()  # only the end marker was missing


@pytest.mark.parametrize("case", [case for case in CASES if not case.error], ids=lambda case: ascii(case.name))
def test_a_file_cut_anywhere_is_whole_or_refused(case: Case) -> None:
    """Not a black or gray part for what is missing, not the thumbnail in place of the photo."""
    whole, draw = opened(case.data), random.Random(case.name)
    for cut in {1, 2, 9, *(draw.randrange(1, len(case.data)) for _ in range(3))}:
        try:
            photo = opened(case.data[:-cut])
        except PhotoError:
            continue
        assert photo.image.tobytes() == whole.image.tobytes() and photo.size == whole.size, cut
        assert (photo.alpha and photo.alpha.tobytes()) == (whole.alpha and whole.alpha.tobytes()), cut


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
@pytest.mark.parametrize("cut", [1, 3, 8, 40])
def test_a_tiff_without_its_last_bytes_is_refused(compression: str, cut: int) -> None:
    with pytest.raises(PhotoError, match="damaged"):
        opened(encoded(noise(), "TIFF", compression=compression)[:-cut])


@FUZZ
@given(st.binary(max_size=400))
def test_any_exif_is_kept_or_dropped_and_never_fatal(data: bytes) -> None:
    photo = opened(encoded(quarters(), "PNG", exif=b"MM\0*\0\0\0\x08" + data))
    assert sorted(photo.size) == [HEIGHT, WIDTH]
    assert sorted(photo.image.getcolors() or []) == sorted(quarters().getcolors() or [])  # turned, if anything


# Limits and sources -----------------------------------------------------------------------------------------------


def test_the_limit_is_a_setting_and_checked_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(noise(size=(400, 300)), "PNG")
    assert opened(data, max_megapixels=0.12).size == (400, 300)
    assert photo_from_image(noise(size=(400, 300)), max_megapixels=0.12).size == (400, 300)
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda image: pytest.fail("decoded"))
    with pytest.raises(PhotoError, match=r"0\.2 megapixels \(400 x 300\); at most 0\.1 are"):
        opened(data, max_megapixels=0.1)
    with pytest.raises(PhotoError, match="megapixels"):
        photo_from_image(Image.open(io.BytesIO(data)), max_megapixels=0.1)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "GIF"])
def test_pillows_own_limit_neither_warns_nor_stays_changed(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)  # 1,920 pixels: Pillow would warn, here an error
    filters = list(warnings.filters)
    assert opened(encoded(noise(), kind)).size == (48, 40)
    assert Image.MAX_IMAGE_PIXELS == 1000 and list(warnings.filters) == filters


def test_pillows_own_limit_is_named_where_it_cannot_be_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(PhotoError, match="MAX_IMAGE_PIXELS"):
        opened(encoded(noise(), "TIFF"))


def test_a_page_of_a_tiff_can_be_named() -> None:
    pictures = [quarters(), quarters((BLUE, RED, RED, RED)), quarters((GREEN, RED, BLUE, RED))]
    data = encoded(pictures[0], "TIFF", save_all=True, append_images=pictures[1:])
    for page, color in enumerate((RED, BLUE, GREEN)):
        photo = opened(data, page=page)
        assert near(photo.image.getpixel((0, 0)), color, 0)
        assert photo.notes == (("first" if page == 0 else f"number {page + 1}") + " of 3 pages",)
    with pytest.raises(PhotoError, match="has 3 pages: there is no number 4"):
        opened(data, page=3)
    with pytest.raises(PhotoError, match="is no TIFF and has no page 2"):
        opened(encoded(quarters(), "PNG"), page=1)


@pytest.mark.parametrize(
    ("module", "wanted"),
    [
        (
            "imagecodecs",
            {
                "12 bits little.tif": "12 bits a number, compression 1) can only be read with imagecodecs: pip",
                "white is zero lzw.tif": "can only be read with imagecodecs: pip install imagecodecs",
                "colour 16.jp2": "16 bits a channel, which needs imagecodecs: pip install imagecodecs",
                "planes 16 lzw little.tif": "opened",
                "white is zero 16 little.tif": "opened",
                "gray alpha u2.tif": "opened",
            },
        ),
        ("rawpy", {"camera.dng": "is a raw file: export it as TIFF or JPEG first, or pip install rawpy"}),
        ("pillow_heif", {"turned 6.heic": "is a HEIC photo, for which pillow-heif is needed: pip install pillow-heif"}),
        ("pillow_jxl", {"16.jxl": "is a JPEG XL photo, for which pillow-jxl-plugin is needed: pip install"}),
    ],
)
def test_without_the_extra(module: str, wanted: dict[str, str], tmp_path: Path) -> None:
    """In a process of its own, where the package cannot be imported."""
    paths = [tmp_path / name for name in wanted]
    for path in paths:
        (data,) = (case.data for case in CASES if case.name == path.name)
        path.write_bytes(data)
    program = Path(__file__).parent.parent / "cases" / "without_module.py"
    done = subprocess.run([sys.executable, program, module, *paths], capture_output=True, check=True)
    said = done.stdout.decode().splitlines()
    assert len(said) == len(wanted), said
    for words, line in zip(wanted.values(), said, strict=True):
        assert words in line


def test_what_pillow_misreads_is_read_anew() -> None:
    (case,) = (case for case in CASES if case.name == "white is zero 16 little.tif")
    photo = photo_from_image(Image.open(io.BytesIO(case.data)))
    assert near(photo.image.getpixel((0, 0)), GRAYS[0], 1) and photo.notes == ("16-bit gray became 8-bit",)
    (linear,) = (case for case in CASES if case.name == "linear 8.tif")
    photo = photo_from_image(Image.open(io.BytesIO(linear.data)))
    assert near(photo.image.getpixel((0, 0)), linear.corners[0], 2) and "TransferFunction" in photo.notes[0]
    (white,) = (case for case in CASES if case.name == "white.jp2")
    assert photo_from_image(Image.open(io.BytesIO(white.data))).image.getpixel((0, 0)) == (255, 255, 255)
    decoded = Image.open(io.BytesIO(case.data))
    decoded.load()
    with pytest.raises(PhotoError, match="the picture is a TIFF that Pillow misreads: give its file to"):
        photo_from_image(decoded)


def test_a_chain_of_pages_is_not_followed_forever() -> None:
    page = tiff({256: 16, 257: 16, 273: 0, 279: 256})
    length = len(page) - 40 - 8  # one directory without the next offset
    directories = b"".join(
        page[8 : 8 + length] + (8 + (i + 1) * (length + 4)).to_bytes(4, "little") for i in range(5000)
    )
    photo = opened(page[:8] + directories[:-4] + bytes(4) + bytes(300))
    assert photo.notes == ("first of more than 1000 pages",)


def test_sources(tmp_path: Path) -> None:
    data = encoded(quarters(), "PNG")
    path = tmp_path / "photo.png"
    path.write_bytes(data)
    wanted = quarters().tobytes()
    assert open_photo(str(path)).image.tobytes() == wanted
    with path.open("rb") as file:
        file.seek(7)
        assert open_photo(file).image.tobytes() == wanted
        assert not file.closed
    read, write = os.pipe()
    with os.fdopen(write, "wb") as end:
        end.write(data)
    with os.fdopen(read, "rb") as pipe:  # cannot seek
        assert open_photo(pipe).image.tobytes() == wanted


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("no such file.jpg", "cannot open 'no such file.jpg': No such file"),
        (".", "Is a directory"),
        ("x" * 300 + ".jpg", "File name too long"),
        ("nul\0.jpg", "cannot open 'nul\\x00.jpg': embedded null byte"),
        ("", "cannot open the file: "),
        (io.StringIO("text"), "binary mode"),
        (None, "got NoneType"),
        (17, "got int"),
    ],
)
def test_bad_sources(source: Any, words: str) -> None:
    with pytest.raises(PhotoError) as caught:
        open_photo(source)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes(encoded(quarters(), "PNG"))
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(PhotoError, match=r"cannot open 'secret\.png': Permission denied"):
        open_photo(path)


# PIL images -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mode", ["1", "L", "P", "RGB", "RGBA", "RGBX", "RGBa", "LA", "La", "PA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F"]
)
def test_images_of_any_mode(mode: str) -> None:
    start = "LA" if mode == "La" else "RGBA" if mode == "RGBa" else "P" if mode == "PA" else mode
    image = (quarters().quantize(16) if start == "P" else quarters().convert(start)).convert(mode)
    before = (image.tobytes(), dict(image.info))
    photo = photo_from_image(image)
    assert photo.size == (WIDTH, HEIGHT) and photo.format == "PNG" and photo.exif == b""
    assert photo.image.mode == ("L" if mode in ("1", "L", "LA", "La", "I", "F") else "RGB")
    assert (photo.alpha is not None) == (mode in ("RGBA", "RGBa", "LA", "La", "PA"))
    assert photo.alpha is None or photo.alpha.getextrema() == (255, 255)
    assert (image.tobytes(), dict(image.info)) == before
    if photo.image.mode == "RGB":
        assert near(photo.image.getpixel((0, 0)), RED, 6)


@pytest.mark.parametrize("mode", ["I;16", "I;16L", "I;16B"])
def test_sixteen_bits_in_either_byte_order(mode: str) -> None:
    order = ">u2" if mode.endswith("B") else "<u2"
    values = (np.asarray(gray()).astype(np.uint16) * 257).astype(order)
    image = Image.frombytes(mode, (WIDTH, HEIGHT), values.tobytes())
    assert photo_from_image(image).image.tobytes() == gray().tobytes()


def test_upright_gray_and_rgb_are_not_copied() -> None:
    for image in (gray(), quarters()):
        photo = photo_from_image(image)
        assert photo.image.im is image.im and photo.image is not image


def test_images_keep_the_metadata_they_carry() -> None:
    image = Image.open(io.BytesIO(encoded(quarters(), "JPEG", quality=95, dpi=(300, 200), **METADATA)))
    photo = photo_from_image(image)
    assert (photo.format, photo.size, photo.dpi) == ("JPEG", (HEIGHT, WIDTH), (200, 300))
    assert near(photo.image.getpixel((0, 0)), BLUE, 16) and photo.icc_profile == METADATA["icc_profile"]
    assert image.getexif()[274] == 6 and image.size == (WIDTH, HEIGHT)  # the caller's stays as it was


def test_a_chosen_frame_stays_chosen() -> None:
    film = encoded(quarters(), "GIF", save_all=True, append_images=[quarters((GREEN, RED, RED, RED))])
    image = Image.open(io.BytesIO(film))
    image.seek(1)
    photo = photo_from_image(image)
    assert near(photo.image.getpixel((0, 0)), GREEN, 2) and photo.notes == ("number 2 of 2 frames",)


@pytest.mark.parametrize("wrong", ["photo.jpg", None, np.zeros((16, 16, 3), np.uint8)])
def test_what_is_no_image(wrong: Any) -> None:
    with pytest.raises(PhotoError, match=f"must be a PIL image, got {type(wrong).__name__}"):
        photo_from_image(wrong)


def test_images_under_the_least_size() -> None:
    with pytest.raises(PhotoError, match="the picture is 7 x 9 pixels; each side must have at least 8"):
        photo_from_image(Image.new("L", (7, 9)))


# Round trips ------------------------------------------------------------------------------------------------------


def full_exif() -> bytes:
    """What a scanner, a camera and an archivist write, text beyond ASCII among it."""
    made = Image.Exif()
    made.update({
        271: "Leica Camera AG", 272: "M3", 306: "1956:08:14 10:00:00", 315: "José Müller".encode(), 33432: b"\xa9 1956",
        270: "Großmutter im Garten".encode(), 274: 6, 40091: "Titel".encode("utf-16le"), 18246: 4, 50341: b"PrintIM\0",
    })  # fmt: skip
    made[ExifTags.IFD.Exif] = {
        36867: "1956:08:14 10:00:00", 33434: Rational(1, 125), 33437: Rational(28, 10), 37386: Rational(50, 1),
        37510: b"ASCII\0\0\0from the shoebox", 40961: 65535, 40962: WIDTH, 40963: HEIGHT, 37500: b"maker\0\1\2\xff" * 9,
        42033: "123456", ExifTags.IFD.Interop: {1: "R98"},
    }  # fmt: skip
    made[ExifTags.IFD.GPSInfo] = {1: "N", 2: (48.0, 12.0, 33.5), 3: "E", 4: (16.0, 22.0, 1.25), 6: Rational(171, 1)}
    return made.tobytes()


def read_exif(image: Image.Image) -> dict[Any, Any]:
    """All tags that describe a photo, nested directories as dictionaries."""
    found = image.getexif()
    tags = {tag: found[tag] for tag in found if tag in (270, 271, 272, 274, 305, 306, 315, 33432, 40091, 18246, 50341)}
    for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        tags[directory] = {tag: value for tag, value in found.get_ifd(directory).items() if tag != 40965}
    if 40965 in found.get_ifd(ExifTags.IFD.Exif):
        tags["interop"] = dict(found.get_ifd(ExifTags.IFD.Interop))
    return tags


def read_exif_bytes(data: bytes) -> dict[Any, Any]:
    return read_exif(Image.open(io.BytesIO(encoded(quarters(), "PNG", exif=data))))


@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_round_trip(source: str, kind: str) -> None:
    plain = {"compression": "raw"} if source == "TIFF" else {}  # Pillow's libtiff writer takes no EXIF directory
    original = encoded(quarters(), source, exif=full_exif(), icc_profile=srgb_icc(), **plain)
    if source != "TIFF" and source != "AVIF":  # these two lose accents as Pillow writes them
        assert read_exif(Image.open(io.BytesIO(original)))[315].encode("latin-1").decode() == "José Müller"
    photo = opened(original)
    assert photo.notes == () and photo.size == (HEIGHT, WIDTH)
    data = saved(photo, kind)
    result = Image.open(io.BytesIO(data))
    assert (result.format, result.mode, result.size) == (kind, "RGB", photo.size)
    assert result.info.get("icc_profile") == srgb_icc()
    wanted = read_exif(Image.open(io.BytesIO(original))) | {274: 1}
    wanted[ExifTags.IFD.Exif] |= {40962: HEIGHT, 40963: WIDTH}
    found = read_exif(result)
    found.setdefault(274, 1)  # AVIF keeps it outside EXIF, and 1 is what no tag says
    if source == "TIFF":
        assert wanted.pop("interop") == {}  # Pillow's raw TIFF writer leaves a pointer to nothing
    assert found == wanted
    assert near(ImageOps.exif_transpose(result).getpixel((0, 0)), BLUE, 14)
    again = opened(data)
    assert (again.exif, again.icc_profile, again.notes) == (opened(saved(again, kind)).exif, srgb_icc(), ())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP"])
def test_resolution_survives(kind: str) -> None:
    photo = opened(encoded(quarters(), "TIFF", dpi=(300, 150)))
    assert opened(saved(photo, kind)).dpi == pytest.approx((300, 150), abs=0.02)
    twice = opened(saved(opened(saved(photo, kind)), kind)).dpi
    assert twice == opened(saved(photo, kind)).dpi


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "JPEG2000", "TGA", "QOI", "SGI", "AVIF"])
def test_alpha_survives(kind: str) -> None:
    photo = opened(encoded(with_alpha(quarters(), 30, 200), "PNG", exif=exif(t274=6)))
    again = opened(saved(photo, kind))
    assert again.alpha is not None and photo.alpha is not None
    assert again.alpha.tobytes() == photo.alpha.tobytes()
    assert near(again.image.getpixel((0, 0)), BLUE, 12)


def test_alpha_in_a_gif_is_all_or_nothing() -> None:
    photo = opened(encoded(with_alpha(quarters(), 100, 200), "PNG"))
    again = opened(saved(photo, "GIF"))
    assert again.alpha is not None
    assert [again.alpha.getpixel((x, 0)) for x in (0, WIDTH - 1)] == [0, 255]
    assert near(again.image.getpixel((WIDTH - 1, 0)), (89, 197, 104), 3)  # GREEN at 200 / 255 over white


@pytest.mark.parametrize("kind", ["JPEG", "BMP", "PPM", "PCX"])
def test_alpha_is_laid_on_white_where_it_cannot_stay(kind: str) -> None:
    again = opened(saved(opened(encoded(with_alpha(quarters(), 0, 255), "PNG")), kind))
    assert again.alpha is None
    assert near(again.image.getpixel((2, 2)), (255, 255, 255), 3)
    assert near(again.image.getpixel((WIDTH - 3, 2)), GREEN, 6)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "PPM", "TGA", "QOI", "SGI", "PCX", "JPEG2000", "DIB"])
@pytest.mark.parametrize("size", [(48, 40), (9, 8), (401, 307)])
def test_lossless_formats_are(kind: str, size: tuple[int, int]) -> None:
    picture = noise(size=size)
    assert opened(saved(photo_from_image(picture), kind, picture)).image.tobytes() == picture.tobytes()


def test_jpeg_keeps_full_chroma_at_quality_95() -> None:
    result = Image.open(io.BytesIO(saved(photo_from_image(noise()), "JPEG")))
    standard = Image.open(io.BytesIO(encoded(noise(), "JPEG", quality=95)))
    assert result.quantization == standard.quantization
    assert [layer[1:3] for layer in result.layer] == [(1, 1)] * 3


def test_gif_and_webp_come_close() -> None:
    smooth = Image.linear_gradient("L").resize((64, 64)).convert("RGB")
    for kind in ("GIF", "WEBP", "AVIF"):
        result = opened(saved(photo_from_image(smooth), kind, smooth)).image.convert("RGB")
        assert near(np.asarray(result).astype(int), smooth, 3), kind


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
def test_description_survives(kind: str) -> None:
    bare = Image.open(io.BytesIO(saved(photo_from_image(gray()), kind, description=DESCRIPTION)))
    assert bare.getexif()[305] == bare.getexif()[270] == DESCRIPTION
    photo = opened(encoded(quarters(), "JPEG", exif=exif(t270="Grandma, 1932", t305="ScanTool 3")))
    captioned = Image.open(io.BytesIO(saved(photo, kind, description=DESCRIPTION)))
    assert captioned.getexif()[270] == "Grandma, 1932"  # the owner's words stay
    assert captioned.getexif()[305] == DESCRIPTION
    assert read_exif(captioned) | {274: 1} == read_exif_bytes(photo.exif) | {305: DESCRIPTION}


def test_description_is_text_in_png_and_comment_in_gif() -> None:
    photo = photo_from_image(gray())
    text = Image.open(io.BytesIO(saved(photo, "PNG", description=DESCRIPTION))).text
    assert text.pop("XML:com.adobe.xmp")
    assert text == {"Software": DESCRIPTION, "Description": DESCRIPTION}
    assert Image.open(io.BytesIO(saved(photo, "GIF", description=DESCRIPTION))).info["comment"] == DESCRIPTION.encode()
    words = "坊やの写真 by colorgan"
    assert Image.open(io.BytesIO(saved(photo, "PNG", description=words))).text["Software"] == words


def test_converted_colours_are_not_converted_again() -> None:
    photo = opened(encoded(quarters(), "JPEG", quality=95, icc_profile=ADOBE, exif=full_exif()))
    again = opened(saved(photo, "PNG"))
    assert again.image.tobytes() == photo.image.tobytes() and again.notes == ()
    assert again.icc_profile == photo.icc_profile
    assert Image.open(io.BytesIO(saved(photo, "PNG"))).getexif().get_ifd(ExifTags.IFD.Exif)[40961] == 1  # sRGB


def test_what_a_camera_said_of_its_colours_is_made_true() -> None:
    (case,) = (case for case in CASES if case.name == "camera in adobe.jpg")
    result = Image.open(io.BytesIO(saved(opened(case.data), "JPEG"))).getexif()
    assert result.get_ifd(ExifTags.IFD.Exif)[40961] == 1 and result.get_ifd(ExifTags.IFD.Interop)[1] == "R98"


def test_thumbnails_do_not_survive() -> None:
    made = Image.Exif()
    made[271] = "Leica"
    body = bytearray(made.tobytes())
    thumbnail = encoded(gray(), "JPEG")
    directory = b"\0\2" + (513).to_bytes(2) + b"\0\4\0\0\0\1" + (len(body) - 6 + 30).to_bytes(4)
    directory += (514).to_bytes(2) + b"\0\4\0\0\0\1" + len(thumbnail).to_bytes(4) + bytes(4)
    body[6 + 8 + 2 + 12 : 6 + 8 + 2 + 12 + 4] = (len(body) - 6).to_bytes(4)
    source = encoded(quarters(), "JPEG", exif=bytes(body) + directory + thumbnail)
    assert Image.open(io.BytesIO(source)).getexif().get_ifd(ExifTags.IFD.IFD1)[513] > 0
    photo = opened(source)
    assert photo.notes == () and thumbnail not in saved(photo, "JPEG")
    assert Image.open(io.BytesIO(saved(photo, "JPEG"))).getexif()[271] == "Leica"


@pytest.mark.parametrize(("maker_note", "comment"), [(70_000, 10), (10, 70_000)])
def test_exif_too_long_for_jpeg_is_shortened(maker_note: int, comment: int) -> None:
    made = Image.Exif()
    made.update({271: "Leica", 274: 6})
    made[ExifTags.IFD.Exif] = {37500: bytes(maker_note), 37510: bytes(comment), 36867: "1956:08:14 10:00:00"}
    photo = opened(encoded(quarters(), "PNG", exif=made.tobytes()))
    result = Image.open(io.BytesIO(saved(photo, "JPEG", description=DESCRIPTION))).getexif()
    assert (result[271], result[274], result[305]) == ("Leica", 1, DESCRIPTION)
    assert (36867 in result.get_ifd(ExifTags.IFD.Exif)) == (maker_note > comment)
    whole = Image.open(io.BytesIO(saved(photo, "PNG"))).getexif().get_ifd(ExifTags.IFD.Exif)
    assert len(whole[37500]) == maker_note and len(whole[37510]) == comment


# Names, formats and disks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "asked", "source", "wanted"),
    [
        ("a.jpg", None, "PNG", "JPEG"),
        ("a.JPEG", "PNG", "PNG", "JPEG"),
        ("a.b.tif", None, "PNG", "TIFF"),
        ("Großmutter 祖母.webp", None, "PNG", "WEBP"),
        ("no extension", "jpg", "PNG", "JPEG"),
        ("no extension", ".TIF", "PNG", "TIFF"),
        ("no extension", "WEBP", "PNG", "WEBP"),
        ("no extension", None, "BMP", "BMP"),
        ("no extension", None, "MPO", "JPEG"),
        ("no extension", None, "MSP", "PNG"),
        ("no extension", None, None, "PNG"),
        (".hidden", None, None, "PNG"),
    ],
)
def test_format_follows_the_name(name: str, asked: str | None, source: str | None, wanted: str, tmp_path: Path) -> None:
    image = quarters().convert("1") if source == "MSP" else quarters()
    film = {"save_all": True, "append_images": [quarters()]} if source == "MPO" else {}
    photo = opened(encoded(image, source, **film)) if source else None
    assert photo is None or photo.format == source
    save_photo(quarters(), tmp_path / name, photo, format=asked)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert opened((tmp_path / name).read_bytes()).format == wanted


@pytest.mark.parametrize("name", ["a.xyz", "a.heic", "a.pdf", "a.eps", "a.ico", "a.jpg ", "photo.2020"])
def test_extensions_that_cannot_be_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"cannot write photos as '\.\w+ ?': use one of \.jpg, \.jpeg") as caught:
        save_photo(quarters(), tmp_path / name)
    assert "\n" not in str(caught.value) and not list(tmp_path.iterdir())


def test_format_that_cannot_be_written() -> None:
    with pytest.raises(PhotoError, match="cannot write photos as 'xyz'"):
        save_photo(quarters(), io.BytesIO(), format="xyz")


def test_pictures_that_do_not_fit() -> None:
    photo = opened(encoded(with_alpha(quarters()), "PNG"))
    with pytest.raises(PhotoError, match="the picture is 48 x 40, its photo's transparency 32 x 16"):
        save_photo(noise(), io.BytesIO(), photo)
    with pytest.raises(PhotoError, match="got mode 'CMYK'"):
        save_photo(noise("CMYK"), io.BytesIO())
    with pytest.raises(PhotoError, match="WEBP holds sides of at most 16383 pixels, the picture is 16384 x 8"):
        save_photo(Image.new("RGB", (16384, 8)), io.BytesIO(), format="webp")


def test_rgba_and_gray_results() -> None:
    file = io.BytesIO()
    save_photo(with_alpha(quarters()), file, photo_from_image(quarters()))
    assert opened(file.getvalue()).alpha is not None
    file = io.BytesIO()
    save_photo(gray(), file)
    assert opened(file.getvalue()).image.getpixel((0, 0)) == (GRAYS[0],) * 3


def test_the_callers_picture_and_photo_stay_as_they_were() -> None:
    picture = Image.open(io.BytesIO(encoded(quarters(), "JPEG", exif=full_exif(), comment=b"old words", dpi=(77, 77))))
    info = dict(picture.info)
    file = io.BytesIO()
    save_photo(picture, file, format="jpg")
    result = Image.open(io.BytesIO(file.getvalue()))
    assert picture.info == info and picture.getexif()[274] == 6
    assert "comment" not in result.info and "exif" not in result.info and result.info.get("dpi") != (77, 77)


def test_saving_replaces_whole_files_and_follows_links(tmp_path: Path) -> None:
    target, link = tmp_path / "photo.png", tmp_path / "link.png"
    target.write_bytes(b"old")
    link.symlink_to(target)
    save_photo(quarters(), link)
    assert link.is_symlink() and opened(target.read_bytes()).size == (WIDTH, HEIGHT)
    umask = os.umask(0o022)
    os.umask(umask)
    assert target.stat().st_mode & 0o777 == 0o666 & ~umask
    assert sorted(tmp_path.iterdir()) == [link, target]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_nothing_half_written(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = encoded(gray(), "PNG")
    target = tmp_path / "photo.png"
    target.write_bytes(old)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os if step == "fsync" else Path, step, full)
    with pytest.raises(PhotoError, match=r"^cannot write 'photo\.png': No space left on device$"):
        save_photo(noise(), target)
    assert target.read_bytes() == old and list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a Linux device")
def test_a_full_device() -> None:
    with Path("/dev/full").open("wb", buffering=0) as device, pytest.raises(PhotoError, match="No space left"):
        save_photo(quarters(), device)


def test_a_write_that_is_interrupted_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_photo(quarters(), tmp_path / "photo.png")
    assert not list(tmp_path.iterdir())


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").write_bytes(b"")
    for path, words in (
        (tmp_path / "missing" / "a.png", "No such file or directory"),
        (tmp_path / "file" / "a.png", "Not a directory"),
        (tmp_path / "folder.png", "exists and is not a file"),
        (tmp_path / ("x" * 300 + ".png"), "File name too long"),
        (tmp_path / "nul\0.png", "null"),
    ):
        with pytest.raises(PhotoError) as caught:
            save_photo(quarters(), path)
        assert words in str(caught.value) and "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.png"]


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    if os.access(tmp_path, os.W_OK):
        pytest.skip("this user may write everywhere")
    with pytest.raises(PhotoError, match=r"cannot write 'a\.png': Permission denied"):
        save_photo(quarters(), tmp_path / "a.png")


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    save_photo(quarters(), tmp_path / ("x" * 251 + ".png"))
    assert len(next(tmp_path.iterdir()).name) == 255


def test_a_closed_destination() -> None:
    file = io.BytesIO()
    file.close()
    with pytest.raises(PhotoError, match="cannot write the file: I/O operation on closed file"):
        save_photo(quarters(), file)


# Threads ----------------------------------------------------------------------------------------------------------


def test_many_threads_at_once(tmp_path: Path) -> None:
    cases = [case for case in CASES if not case.error][::4]
    alone = [opened(case.data).image.tobytes() for case in cases]
    wrong: list[str] = []

    def work(seed: int) -> None:
        for index in np.random.default_rng(seed).permutation(len(cases)):
            photo = opened(cases[index].data)
            save_photo(photo.image.convert("RGB"), tmp_path / f"{seed}.png", photo, description=DESCRIPTION)
            if photo.image.tobytes() != alone[index] or open_photo(tmp_path / f"{seed}.png").size != photo.size:
                wrong.append(cases[index].name)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and len(list(tmp_path.iterdir())) == 6


def test_a_png_that_lies_about_its_pixels_costs_no_time() -> None:
    with pytest.raises(PhotoError, match="megapixels"):
        opened(png(2**31 - 1, 2**31 - 1, 8, 2, b""))
