"""A study's pool: all its pictures in a folder, and the manifest whose hash the store keeps. `rendering` makes it."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PIL import Image

from colorgan.voting.protocol import Plan
from colorgan.voting.records import StimulusRow
from colorgan.voting.sources import StudyModel, StudyPhoto, photo_sha256, upright

MANIFEST = "manifest.json"
IMAGES = "images"


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
            written = (folder / MANIFEST).read_bytes()
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
            if photo.name in known and known[photo.name] != photo_sha256(upright(photo)):
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
        return image_path(self.folder, stimulus_id, side)


def image_path(folder: Path, stimulus_id: str, side: str) -> Path:
    """Where the picture of a stimulus lies that has the computer's colours on this side."""
    return folder / IMAGES / f"{stimulus_id}-{side}.png"
