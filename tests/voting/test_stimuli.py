"""The pictures of a trial: the same pipeline for both halves, nothing but pixels in the files, no change unnoticed."""

import io
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from cases.stimuli import PLAN, SIDE_PX, Oracle, Sepia, chunks, decoded, lab, make, photos, picture
from PIL import Image, PngImagePlugin

from colorgan.color import lab_to_gamut_rgb, rgb_to_lab
from colorgan.fingerprint import model_revision
from colorgan.photo.fitting import fit
from colorgan.voting import stimuli
from colorgan.voting.pool import Pool
from colorgan.voting.sources import CATCH_MODEL, StudyModel, StudyPhoto
from colorgan.voting.stimuli import Pixels, encode_alike, join, prepare


def test_true_colours_from_a_model_make_two_identical_halves() -> None:
    """Nothing but its colours can tell a fake: with the true ones it is the real picture, to the byte."""
    photo = picture(1, 300, 200)
    base = prepare(photo, SIDE_PX)
    assert base.gray.size == (120, 80)
    real, fake = stimuli.real(base), stimuli.fake(base, Oracle(photo))
    assert np.array_equal(real, fake)
    left, right = encode_alike([join(fake, real), join(real, fake)])
    assert left == right


def test_both_halves_have_the_lightness_of_the_gray_picture_the_model_saw() -> None:
    base = prepare(picture(2), SIDE_PX)
    for version in (stimuli.real(base), stimuli.fake(base, Sepia()), stimuli.catch(base)):
        error = (lab(version)[0] - base.lightness).abs()
        assert float(error.max()) < 1.2  # rounding to 8 bits
        assert float(error.mean()) < 0.25


def test_the_real_half_is_the_photo() -> None:
    photo = picture(3, 100, 100)
    real = stimuli.real(prepare(photo, SIDE_PX))
    error = np.abs(real.astype(int) - np.asarray(photo)).max(2)
    assert error.mean() < 1 and np.percentile(error, 90) <= 3  # its lightness went through 8 bits
    assert stimuli.colour_distance(real, np.asarray(photo)) < 0.2  # 2.3 can just be seen


def test_painting_leaves_no_count_of_paintings() -> None:
    """Photos at the edge of sRGB: a model that paints the true colours itself gives the photo's own bytes.

    Rounding moved such colours a little each time they were painted: it told the model's half in 10 of 12 photos.
    """
    for seed in range(3):
        photo = picture(seed, chroma=1.6)
        base = prepare(photo, SIDE_PX)
        truth = (
            lab_to_gamut_rgb(base.lightness.double(), base.ab)[0]
            .permute(1, 2, 0)
            .mul(255)
            .round()
            .to(torch.uint8)
            .numpy()
        )
        real = stimuli.real(base)
        assert not np.array_equal(truth, real)  # there was something to tell
        colorizer = SimpleNamespace(colorize=lambda _, truth=truth: Image.fromarray(truth))
        assert np.array_equal(stimuli.fake(base, colorizer), real)
        for half in (real, stimuli.fake(base, Sepia()), stimuli.catch(base)):
            ab = rgb_to_lab(torch.tensor(half).permute(2, 0, 1)[None].double() / 255)[1]
            assert np.array_equal(stimuli.paint(base, ab), half)


def test_catch_colours_are_grossly_wrong_in_pale_photos_too() -> None:
    for seed in range(3):
        for chroma in (0.25, 1.0):
            base = prepare(picture(seed, chroma=chroma), SIDE_PX)
            assert stimuli.colour_distance(stimuli.catch(base), stimuli.real(base)) > 25


def test_a_model_must_keep_the_size() -> None:
    class Small:
        def colorize(self, image: Image.Image) -> Image.Image:
            return image.convert("RGB").resize((8, 8))

    with pytest.raises(ValueError, match=r"the model made \(8, 8\) of an image of \(120, 88\)"):
        stimuli.fake(prepare(picture(0), SIDE_PX), Small())


def test_what_cannot_be_judged_is_named() -> None:
    assert stimuli.unsuitable(picture(0)) is None
    assert stimuli.unsuitable(picture(0, chroma=0.02)) == "nearly gray"
    assert stimuli.unsuitable(picture(0, 95, 200)) == "smaller than 96 px"
    assert stimuli.unsuitable(picture(0, 400, 100)) == "longer than 3 times its width"
    assert fit(picture(0), 500).size == (150, 110)  # never enlarged


# Files that say nothing


def test_files_hold_pixels_and_nothing_else(tmp_path: Path) -> None:
    pool = make(tmp_path)
    for row in pool.rows:
        for side in ("left", "right"):
            names = [name for name, _ in chunks(pool.image(row.stimulus_id, side))]
            assert set(names) == {"IHDR", "IDAT", "paDd", "IEND"}
            assert names[-2:] == ["paDd", "IEND"]
            assert set(Image.open(io.BytesIO(pool.image(row.stimulus_id, side))).info) == set()


def test_metadata_of_the_photo_does_not_get_through(tmp_path: Path) -> None:
    tagged = io.BytesIO()
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "the real one")
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    picture(9).save(tagged, "PNG", pnginfo=info, exif=exif, dpi=(300, 300))
    plain = make(tmp_path / "a", photos=[*photos(5)[:4], StudyPhoto("x", picture(9))])
    marked = make(tmp_path / "b", photos=[*photos(5)[:4], StudyPhoto("x", Image.open(tagged))])
    assert plain.manifest["stimuli"] == marked.manifest["stimuli"]


@pytest.fixture(scope="module")
def versions() -> list[tuple[Pixels, Pixels]]:
    bases = [prepare(picture(seed), SIDE_PX) for seed in range(20)]
    return [(stimuli.real(base), stimuli.fake(base, Sepia())) for base in bases]


def test_the_length_of_a_file_tells_no_side(versions: list[tuple[Pixels, Pixels]]) -> None:
    """Without the filler it would: fake-left and fake-right compress to different lengths, and not by chance."""
    longer_left = 0
    for real, fake in versions:
        left, right = encode_alike([join(fake, real), join(real, fake)])
        assert len(left) == len(right)
        plain = [stimuli._png(join(fake, real)), stimuli._png(join(real, fake))]
        longer_left += len(plain[0]) > len(plain[1])
        assert len(plain[0]) != len(plain[1])
    assert longer_left not in range(5, 16)  # 10 +- 5 would be chance (p < 0.02): this leak was real


def test_the_bytes_are_a_function_of_the_pixels(versions: list[tuple[Pixels, Pixels]]) -> None:
    """Whoever decodes a file and encodes it again, with its mirror, gets the same bytes: nothing else is in them."""
    real, fake = versions[0]
    sent, _ = encode_alike([join(fake, real), join(real, fake)])
    seen = decoded(sent)
    width = seen.shape[1] // 2
    again, _ = encode_alike([seen, join(seen[:, width:], seen[:, :width])])
    assert again == sent


def test_what_is_decoded_is_what_was_joined(versions: list[tuple[Pixels, Pixels]]) -> None:
    real, fake = versions[0]
    left, right = (decoded(file) for file in encode_alike([join(fake, real), join(real, fake)]))
    width = real.shape[1]
    assert np.array_equal(left[:, :width], fake) and np.array_equal(left[:, width:], real)
    assert np.array_equal(right[:, :width], real) and np.array_equal(right[:, width:], fake)


# The pool


def test_a_pool_opens_as_it_was_built(tmp_path: Path) -> None:
    built = make(tmp_path)
    opened = Pool.open(tmp_path / "pool", built.manifest_sha256)
    assert opened.manifest == built.manifest
    assert opened.plan == PLAN
    kinds = [(row.kind, row.model_id) for row in opened.rows]
    assert kinds == [("practice", "sepia"), ("catch", CATCH_MODEL)] + [("scored", "sepia")] * 4
    assert set(opened.photo_names().values()) == {f"photo {seed}" for seed in range(6)}
    assert opened.size(opened.rows[0].stimulus_id) == (120, 88)
    assert [path.name for path in tmp_path.iterdir()] == ["pool"]  # no draft is left
    real, fake = opened.versions(opened.rows[2].stimulus_id)
    base = prepare(picture(2), SIDE_PX)
    assert np.array_equal(np.asarray(real), stimuli.real(base))
    assert np.array_equal(np.asarray(fake), stimuli.fake(base, Sepia()))


def test_the_same_photos_and_models_make_the_same_manifest(tmp_path: Path) -> None:
    first = make(tmp_path / "a")
    assert make(tmp_path / "b").manifest_sha256 == first.manifest_sha256
    assert make(tmp_path / "c", exposure_ms=500).manifest_sha256 != first.manifest_sha256


def test_two_models_share_photos(tmp_path: Path) -> None:
    pool = make(tmp_path, models=[StudyModel("a", Sepia(), "1"), StudyModel("b", Sepia(), "1")], scored_photos=3)
    scored = [(row.photo_id, row.model_id) for row in pool.rows if row.kind == "scored"]
    assert len(scored) == len(set(scored)) == 6
    assert len({photo for photo, _ in scored}) == 3


def test_a_quick_pool_has_single_photos(tmp_path: Path) -> None:
    pool = make(tmp_path, quick=True, scored_photos=4)
    assert pool.plan is None
    assert pool.manifest["protocol_version"] == "quick-1"
    assert {row.kind for row in pool.rows} == {"single"} and len(pool.rows) == 4
    row = pool.rows[0]
    whole, none = pool.image(row.stimulus_id, "whole"), pool.image(row.stimulus_id, "none")
    assert len(whole) == len(none)
    assert decoded(whole).shape == decoded(none).shape == (88, 120, 3)
    real, fake = pool.versions(row.stimulus_id)
    assert np.array_equal(np.asarray(real), decoded(none)) and np.array_equal(np.asarray(fake), decoded(whole))


def test_unsuitable_and_repeated_photos_are_left_out_by_name(tmp_path: Path) -> None:
    given = [*photos(2), StudyPhoto("twin", picture(1)), StudyPhoto("pale", picture(7, chroma=0.0)), *photos(7)[2:]]
    pool = make(tmp_path, photos=given)
    assert pool.manifest["left_out"] == {"twin": "the same as photo 1", "pale": "nearly gray"}
    assert len(pool.manifest["photos"]) == 7


def test_too_few_photos_leave_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"needs 5 suitable photos, got 4 \(0 were left out\)"):
        make(tmp_path, photos=photos(4))
    with pytest.raises(ValueError, match="needs 9 suitable photos, got 6"):
        make(tmp_path, scored_photos=7)
    assert list(tmp_path.iterdir()) == []


def test_bad_pools_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="models of different names"):
        make(tmp_path, models=[StudyModel("a", Sepia(), "1"), StudyModel("a", Sepia(), "2")])
    with pytest.raises(ValueError, match="models of different names"):
        make(tmp_path, models=[])
    with pytest.raises(ValueError, match="a name of its own, got 'wrong-colours'"):
        make(tmp_path, models=[StudyModel(CATCH_MODEL, Sepia(), "1")])
    with pytest.raises(ValueError, match="say which revision this Sepia is"):
        make(tmp_path, models=[StudyModel("a", Sepia())])
    make(tmp_path)
    with pytest.raises(ValueError, match="exists already"):
        make(tmp_path)
    with pytest.raises(ValueError, match="holds no study's pictures"):
        Pool.open(tmp_path)


# Changes


def test_changed_pictures_refuse_to_be_served(tmp_path: Path) -> None:
    pool = make(tmp_path)
    row = pool.rows[3]
    path = pool._path(row.stimulus_id, "left")
    original = path.read_bytes()
    repainted = Image.fromarray(255 - decoded(original))
    repainted.save(path)
    for attempt in (lambda: pool.image(row.stimulus_id, "left"), lambda: Pool.open(pool.folder, pool.manifest_sha256)):
        with pytest.raises(ValueError, match="changed since the study opened"):
            attempt()
    path.unlink()
    with pytest.raises(ValueError, match="missing"):
        Pool.open(pool.folder, pool.manifest_sha256)
    path.write_bytes(original)
    Pool.open(pool.folder, pool.manifest_sha256)


def test_a_changed_manifest_refuses_to_be_served(tmp_path: Path) -> None:
    """Exchanging a picture together with its hash changes the manifest's, which the store knows."""
    pool = make(tmp_path)
    changed = {**pool.manifest, "models": [{"model_id": "sepia", "revision": "r2"}]}
    (pool.folder / "manifest.json").write_text(json.dumps(changed))
    with pytest.raises(ValueError, match=r"manifest .* changed since the study opened"):
        Pool.open(pool.folder, pool.manifest_sha256)


def test_changed_sources_refuse_to_be_served(tmp_path: Path) -> None:
    pool = make(tmp_path)
    pool.check_sources(photos(), [StudyModel("sepia", Sepia(), "r1")])
    with pytest.raises(ValueError, match="photo 'photo 2' changed"):
        pool.check_sources([StudyPhoto("photo 2", picture(99))])
    with pytest.raises(ValueError, match="model 'sepia' changed"):
        pool.check_sources(models=[StudyModel("sepia", Sepia(), "r2")])
    with pytest.raises(ValueError, match="is about sepia, not 'other'"):
        pool.check_sources(models=[StudyModel("other", Sepia(), "r1")])


def test_a_models_revision_is_its_weights_and_its_settings() -> None:
    def network(scale: float = 1.0) -> torch.nn.Module:
        torch.manual_seed(3)
        layer = torch.nn.Linear(3, 2)
        with torch.no_grad():
            layer.weight[0, 0] *= scale
        return layer

    assert model_revision(network()) == model_revision(network())
    assert model_revision(network()) != model_revision(network(1.0001))
    with_settings = network()
    with_settings._hub_mixin_config = {"gain": 1.2}  # type: ignore[assignment]
    assert model_revision(with_settings) != model_revision(network())


def test_the_bundled_model_makes_a_pool(tmp_path: Path) -> None:
    from colorgan import DEFAULT_WEIGHTS, Colorizer

    model = StudyModel("bundled", Colorizer.from_pretrained(DEFAULT_WEIGHTS))
    pool = make(tmp_path, models=[model])
    assert len(pool.manifest["models"][0]["revision"]) == 64
    pool.check_sources(models=[model])
    real, fake = pool.versions(pool.rows[-1].stimulus_id)
    assert stimuli.colour_distance(np.asarray(real), np.asarray(fake)) > 3
