"""A study from data sets and models: which photos, in which plan, and what should be known before it opens."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from colorgan.colorizer import Colorizer
from colorgan.data import KNOWN
from colorgan.data.sources import ALL, DataSource
from colorgan.data.whole import EvaluationPhotos
from colorgan.images import to_image
from colorgan.voting import protocol, stimuli
from colorgan.voting.protocol import PLAN, Plan
from colorgan.voting.rendering import build_pool
from colorgan.voting.sources import StudyModel, StudyPhoto, photo_sha256, upright
from colorgan.voting.store import STUDY_NAME, Store
from colorgan.voting.study import Study, study_folder

ENOUGH_PHOTOS = 200  # for a real study


class StudyPhotos:
    """The colour photos of a split of data sets as a study takes them, in an order drawn by the seed.

    Iterating starts anew and gives the same. Raises DataError for data that does not exist.
    """

    def __init__(self, data: Sequence[str], split: str, seed: int):
        self._photos = EvaluationPhotos(data, split, resolution=None, seed=seed)

    @property
    def most(self) -> int:
        """How many there can be; those that cannot be read or have no colour are among them."""
        return self._photos.most

    @property
    def sources(self) -> tuple[DataSource, ...]:
        """The data sets, resolved."""
        return self._photos.sources

    def __iter__(self) -> Iterator[StudyPhoto]:
        for photo in self._photos:
            yield StudyPhoto(photo.name, to_image(photo.rgb))


def check_new(store: Store, name: str) -> None:
    """Raise ValueError, one line, where a study cannot have this name."""
    if not STUDY_NAME.fullmatch(name):
        raise ValueError(f"a study's name has small letters, digits and hyphens, at most 64, got {name!r}")
    if name in (study.study_id for study in store.studies()):
        raise ValueError(f"a study named {name!r} exists already")
    if study_folder(name).exists():
        raise ValueError(f"{str(study_folder(name))!r} holds the pictures of another study: take another name")


def plan_for(photos: Iterable[StudyPhoto], most: int | None = None) -> Plan:
    """The sessions' plan for so many of these photos: the full one where 52 of them can be judged.

    Raises:
        ValueError: fewer than 6 can be.
    """
    suitable = (photo_sha256(image) for image in map(upright, photos) if stimuli.unsuitable(image) is None)
    wanted, found = min(most or PLAN.trials, PLAN.trials), set[str]()
    for sha256 in suitable:
        found.add(sha256)
        if len(found) == wanted:
            break
    return protocol.short_plan(len(found))


def create_study(
    store: Store,
    name: str,
    photos: StudyPhotos,
    models: Sequence[StudyModel],
    *,
    most: int | None = None,
    quick: bool = False,
    exposure_ms: int = protocol.EXPOSURE_MS,
    side_px: int = stimuli.SIDE_PX,
    report: Callable[[], None] = lambda: None,
) -> Study:
    """Render a study's pictures into its folder and open it; nothing is left of one that fails.

    Args:
        store: where it goes.
        name: small letters, digits and hyphens.
        photos: what is judged.
        models: what is judged, as `study_models` gives them.
        most: photos in all, practice and catch trials' among them; None for all there are.
        quick: single photos instead of pairs.
        exposure_ms: how long each photo of a pair is shown.
        side_px: the longer side of a picture.
        report: called for each photo that was looked at.

    Raises:
        ValueError: the name is taken, or too few photos can be judged.
    """
    check_new(store, name)
    plan = PLAN if quick else plan_for(photos, most)
    others = 0 if quick else plan.practice + plan.catch

    def reported() -> Iterator[StudyPhoto]:
        for photo in photos:
            yield photo
            report()

    folder = study_folder(name)
    pool = build_pool(
        folder,
        name,
        reported(),
        models,
        scored_photos=most - others if most else None,
        plan=plan,
        quick=quick,
        exposure_ms=exposure_ms,
        side_px=side_px,
    )
    try:
        return Study.create(store, pool)
    except BaseException:
        shutil.rmtree(folder)
        raise


def study_models(colorizers: Sequence[tuple[str, Colorizer]]) -> list[StudyModel]:
    """(source, colorizer) -> models by names that strangers may see: the Hub id, or the recipe's name; numbered where
    two are alike."""
    names = [colorizer.name if Path(source).exists() else source for source, colorizer in colorizers]
    numbered = [
        name if names.count(name) == 1 else f"{name} ({names[: place + 1].count(name)})"
        for place, name in enumerate(names)
    ]
    return [StudyModel(name, colorizer) for name, (_, colorizer) in zip(numbered, colorizers, strict=True)]


def seen_in_training(photos: StudyPhotos, datasets: Iterable[str], split: str) -> str | None:
    """Which of the photos' data sets a model was trained on, if its training was on this split of these sets.

    A model that saw a photo may remember its colours, and people would judge its memory.
    """
    trained = {_origin(name) for name in datasets}
    for source in photos.sources:
        if _origin(source.name) in trained and source.split in (split, ALL):
            return source.name
    return None


def _origin(name: str) -> str:
    """The same for all names of one data set."""
    if name in KNOWN:
        return KNOWN[name][0]
    return str(Path(name).expanduser().resolve()) if Path(name).expanduser().exists() else name
