"""A study's pool: all pictures rendered ahead into a folder, and the manifest whose hash the store keeps."""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from colorgan import __version__
from colorgan.photo import photo_from_image
from colorgan.voting import protocol, stimuli
from colorgan.voting.protocol import PLAN, Plan
from colorgan.voting.records import StimulusRow
from colorgan.voting.stimuli import Colorizes, Pixels, model_revision

CATCH_MODEL = "wrong-colours"  # what catch stimuli have in place of a model
_MANIFEST = "manifest.json"
_IMAGES = "images"


@dataclass(frozen=True)
class StudyPhoto:
    """A photo that may go into a study, and the name its results are listed under."""

    name: str
    image: Image.Image


@dataclass(frozen=True)
class StudyModel:
    """A model that a study is about. The revision is worked out from the weights where it is not said."""

    model_id: str
    colorizer: Colorizes
    revision: str = ""

    def checked(self) -> "StudyModel":
        """The same with its revision."""
        if not self.model_id or self.model_id == CATCH_MODEL:
            raise ValueError(f"a model needs a name of its own, got {self.model_id!r}")
        return self if self.revision else replace(self, revision=model_revision(self.colorizer))


class Pool:
    """The pictures of a study on disk. Every byte is checked against the manifest before anything is served."""

    def __init__(self, folder: Path, manifest: dict[str, Any], manifest_sha256: str):
        self.folder, self.manifest, self.manifest_sha256 = folder, manifest, manifest_sha256
        self._stimuli = {one["stimulus_id"]: one for one in manifest["stimuli"]}

    @classmethod
    def open(cls, folder: Path, manifest_sha256: str | None = None) -> "Pool":
        """Read a pool and check all of it.

        Args:
            folder: where `build_pool` put it.
            manifest_sha256: what the store knows of the study; None to accept whatever is there.

        Raises:
            ValueError: no pool there, or something changed since the study opened; the message says what.
        """
        try:
            written = (folder / _MANIFEST).read_bytes()
            manifest = json.loads(written)
        except (OSError, ValueError) as error:
            raise ValueError(f"{str(folder)!r} holds no study's pictures: {error}") from error
        found = hashlib.sha256(written).hexdigest()
        if manifest_sha256 not in (None, found):
            raise ValueError(f"the manifest in {str(folder)!r} changed since the study opened: it cannot be served")
        pool = cls(folder, manifest, found)
        for stimulus_id, one in pool._stimuli.items():
            for side in one["files"]:
                pool.image(stimulus_id, side)
        return pool

    @property
    def plan(self) -> Plan | None:
        """What a session consists of; None for a quick study."""
        return Plan(**self.manifest["plan"]) if self.manifest["plan"] else None

    @property
    def rows(self) -> list[StimulusRow]:
        """The stimuli as the store keeps them."""
        names = StimulusRow.__dataclass_fields__
        return [StimulusRow(**{name: one[name] for name in names}) for one in self.manifest["stimuli"]]

    def size(self, stimulus_id: str) -> tuple[int, int]:
        """Width and height of one picture of a stimulus in px; a pair's file is twice as wide."""
        one = self._stimuli[stimulus_id]
        return one["width"], one["height"]

    def image(self, stimulus_id: str, fake_side: str) -> bytes:
        """The PNG file to show: both halves of a pair, or a single photo.

        Raises:
            ValueError: it is missing or changed since the study opened.
        """
        try:
            file = self._path(stimulus_id, fake_side).read_bytes()
        except OSError as error:
            raise ValueError(f"a picture of the study is missing: {error}") from error
        if hashlib.sha256(file).hexdigest() != self._stimuli[stimulus_id]["files"][fake_side]:
            path = self._path(stimulus_id, fake_side)
            raise ValueError(f"{str(path)!r} changed since the study opened: it cannot be served")
        return file

    def versions(self, stimulus_id: str) -> tuple[Image.Image, Image.Image]:
        """A stimulus's real and fake picture, for the results of a closed study."""
        if "whole" in self._stimuli[stimulus_id]["files"]:
            return self._open(stimulus_id, "none"), self._open(stimulus_id, "whole")
        both = self._open(stimulus_id, "right")
        middle = both.width // 2
        return both.crop((0, 0, middle, both.height)), both.crop((middle, 0, both.width, both.height))

    def photo_names(self) -> dict[str, str]:
        """photo_id -> the name it came with."""
        return {one["photo_id"]: one["name"] for one in self.manifest["photos"]}

    def check_sources(self, photos: Iterable[StudyPhoto] = (), models: Iterable[StudyModel] = ()) -> None:
        """Refuse photos and models that are not (or no longer) those the study was made of."""
        known = {one["name"]: one["sha256"] for one in self.manifest["photos"]}
        for photo in photos:
            if photo.name in known and known[photo.name] != _photo_sha256(_upright(photo)):
                raise ValueError(f"the photo {photo.name!r} changed since the study opened: it cannot be served")
        revisions = {one["model_id"]: one["revision"] for one in self.manifest["models"]}
        for model in models:
            if model.model_id not in revisions:
                raise ValueError(f"the study is about {', '.join(sorted(revisions))}, not {model.model_id!r}")
            if model.checked().revision != revisions[model.model_id]:
                raise ValueError(f"the model {model.model_id!r} changed since the study opened: it cannot be served")

    def _open(self, stimulus_id: str, side: str) -> Image.Image:
        self.image(stimulus_id, side)
        with Image.open(self._path(stimulus_id, side)) as image:
            return image.convert("RGB")

    def _path(self, stimulus_id: str, side: str) -> Path:
        return _path(self.folder, stimulus_id, side)


def build_pool(
    folder: Path,
    study_id: str,
    photos: Iterable[StudyPhoto],
    models: Sequence[StudyModel],
    *,
    scored_photos: int | None = None,
    plan: Plan = PLAN,
    quick: bool = False,
    exposure_ms: int = protocol.EXPOSURE_MS,
    side_px: int = stimuli.SIDE_PX,
) -> Pool:
    """Render a study's pictures; the folder appears when all of it is there.

    The first suitable photos become practice, the next catch trials, the rest is scored; so give them in random
    order. Photos that are repeated, too small, too long or nearly gray are left out, and the manifest says so.

    Args:
        folder: new; its parent must exist.
        study_id: as it will be called in the store.
        photos: RGB photos that no model was trained on; only as many are taken as needed.
        models: one, or several to compare.
        scored_photos: how many besides practice and catch photos; None for all there are.
        plan: of the paired study's sessions; `short_plan` for small pools.
        quick: single photos for the quick mode, without practice and catch trials.
        exposure_ms: how long each photo of a pair is shown.
        side_px: the longer side of a picture.

    Raises:
        ValueError: too few suitable photos, the folder exists, or two models of one name.
    """
    if folder.exists():
        raise ValueError(f"{str(folder)!r} exists already: a study's pictures are never overwritten")
    models = [model.checked() for model in models]
    if not models or len({model.model_id for model in models}) < len(models):
        raise ValueError(f"a study needs models of different names, got {[model.model_id for model in models]}")
    draft = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    (draft / _IMAGES).mkdir(parents=True)
    try:
        manifest = {
            "format": 1,
            "study_id": study_id,
            "protocol_version": protocol.QUICK if quick else protocol.protocol_version(plan),
            "plan": None if quick else asdict(plan),
            "exposure_ms": exposure_ms,
            "side_px": side_px,
            "colorgan": __version__,
            "models": [{"model_id": model.model_id, "revision": model.revision} for model in models],
            **_render_all(draft, study_id, photos, models, _kinds(plan, quick, scored_photos), side_px),
        }
        _check_enough(manifest, None if quick else plan, scored_photos)
        written = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False).encode()
        (draft / _MANIFEST).write_bytes(written)
        os.rename(draft, folder)  # noqa: PTH104  (Path.rename says the same)
    except BaseException:
        shutil.rmtree(draft)
        raise
    return Pool(folder, manifest, hashlib.sha256(written).hexdigest())


def _kinds(plan: Plan, quick: bool, scored_photos: int | None) -> Iterator[str]:
    """The kind of each photo in turn."""
    kind = "single" if quick else "scored"
    if not quick:
        yield from ["practice"] * plan.practice + ["catch"] * plan.catch
    if scored_photos is not None:
        yield from [kind] * scored_photos
        return
    while True:
        yield kind


def _render_all(
    folder: Path,
    study_id: str,
    photos: Iterable[StudyPhoto],
    models: Sequence[StudyModel],
    kinds: Iterator[str],
    side_px: int,
) -> dict[str, Any]:
    """Render photos until there are enough -> the manifest's lists of photos, of those left out, and of stimuli."""
    taken: dict[str, dict[str, Any]] = {}
    left_out: dict[str, str] = {}
    rendered: list[dict[str, Any]] = []
    kind = next(kinds, None)
    for photo in photos:
        if kind is None:
            break
        image = _upright(photo)
        sha256 = _photo_sha256(image)
        photo_id = sha256[:16]  # the same photo has the same id in every study: nobody is shown it twice
        if photo_id in taken:
            left_out[photo.name] = f"the same as {taken[photo_id]['name']}"
            continue
        if reason := stimuli.unsuitable(image):
            left_out[photo.name] = reason
            continue
        taken[photo_id] = {"photo_id": photo_id, "name": photo.name, "sha256": sha256, "kind": kind}
        base = stimuli.prepare(image, side_px)
        if kind == "catch":
            rendered.append(_render(folder, study_id, photo_id, kind, CATCH_MODEL, "1", base, stimuli.catch(base)))
        else:
            for model in models:
                fake = stimuli.fake(base, model.colorizer)
                rendered.append(_render(folder, study_id, photo_id, kind, model.model_id, model.revision, base, fake))
        kind = next(kinds, None)
    return {"photos": list(taken.values()), "left_out": left_out, "stimuli": rendered}


def _render(
    folder: Path,
    study_id: str,
    photo_id: str,
    kind: str,
    model_id: str,
    revision: str,
    base: stimuli.Base,
    fake: Pixels,
) -> dict[str, Any]:
    """Write all versions of a stimulus -> its place in the manifest."""
    real = stimuli.real(base)
    if kind == "single":
        versions = {"whole": fake, "none": real}
    else:
        versions = {"left": stimuli.join(fake, real), "right": stimuli.join(real, fake)}
    identity = json.dumps([study_id, kind, photo_id, model_id]).encode()
    stimulus_id = hashlib.sha256(identity).hexdigest()[:24]
    files = {}
    for side, file in zip(versions, stimuli.encode_alike(list(versions.values())), strict=True):
        _path(folder, stimulus_id, side).write_bytes(file)
        files[side] = hashlib.sha256(file).hexdigest()
    return {
        "stimulus_id": stimulus_id,
        "photo_id": photo_id,
        "model_id": model_id,
        "model_revision": revision,
        "kind": kind,
        "pixel_sha256": stimuli.pixel_sha256(real, fake),
        "width": base.gray.width,
        "height": base.gray.height,
        "files": files,
    }


def _check_enough(manifest: dict[str, Any], plan: Plan | None, scored_photos: int | None) -> None:
    kinds = [one["kind"] for one in manifest["photos"]]
    wanted = {"single": scored_photos or 1}
    if plan is not None:
        scored = max(plan.scored, scored_photos or 0)
        wanted = {"practice": plan.practice, "catch": plan.catch, "scored": scored}
    needed = sum(wanted.values())
    if any(kinds.count(kind) < number for kind, number in wanted.items()):
        out = len(manifest["left_out"])
        raise ValueError(f"the study needs {needed} suitable photos, got {len(kinds)} ({out} were left out)")


def _upright(photo: StudyPhoto) -> Image.Image:
    """RGB, turned as its EXIF says, and without anything else that came with the file."""
    image = photo_from_image(photo.image).image.convert("RGB")
    return Image.fromarray(np.asarray(image))


def _photo_sha256(image: Image.Image) -> str:
    return stimuli.pixel_sha256(np.asarray(image))


def _path(folder: Path, stimulus_id: str, side: str) -> Path:
    return folder / _IMAGES / f"{stimulus_id}-{side}.png"
