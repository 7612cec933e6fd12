"""The study that comes along: a short one and a quick one on the public-domain photographs of scikit-image.

A demonstration: a dozen pieces of four photographs, and one control picture. Its protocol version says so.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from PIL import Image

from colorgan.examples import example_photo
from colorgan.voting.pool import Pool
from colorgan.voting.protocol import PLAN, short_plan
from colorgan.voting.rendering import build_pool
from colorgan.voting.sources import Colorizes, StudyModel, StudyPhoto
from colorgan.voting.store import Store
from colorgan.voting.study import Study, study_folder

# File of an example, and the pieces (left, top, right, bottom) that pairs and single photos show.
_PIECES: dict[str, tuple[list[tuple[int, int, int, int]], list[tuple[int, int, int, int]]]] = {
    "coffee.png": (
        [(0, 0, 300, 200), (300, 0, 600, 200), (0, 200, 300, 400), (300, 200, 600, 400)],
        [(0, 0, 600, 400), (130, 0, 430, 240), (0, 60, 220, 400), (230, 180, 600, 400)],
    ),
    "astronaut.png": (
        [(0, 0, 310, 230), (310, 0, 512, 270), (0, 230, 270, 512), (270, 270, 512, 512)],
        [(0, 0, 512, 512), (90, 0, 330, 260), (60, 200, 512, 512), (250, 0, 512, 400)],
    ),
    "chelsea.png": ([(0, 0, 225, 300), (225, 0, 451, 300)], [(0, 0, 451, 300), (80, 40, 400, 300)]),
    "rocket.jpg": ([(0, 0, 310, 427), (310, 0, 640, 427)], [(0, 0, 640, 427), (200, 60, 440, 427)]),
}
_MANY_NAMES = 5  # tried in turn, where one is taken by pictures or votes that do not belong together


def builtin_studies(
    store: Store, model_id: str, colorizer: Colorizes, revision: str = "", *, check: Callable[[], None] = lambda: None
) -> list[Study]:
    """The built-in paired and quick study with a model's colours: those there are, or newly rendered ones.

    They are named after the model's revision, so that other weights make other studies.

    Args:
        store: where they are, or go.
        model_id: what to call the model.
        colorizer: the model.
        revision: of the model; worked out from its weights where it is not said.
        check: called before each photo; what it raises ends the work, and leaves nothing half made.

    Raises:
        ValueError: scikit-image lacks the photographs.
        OSError: the pictures cannot be written.
    """
    model = StudyModel(model_id, colorizer, revision).checked()
    return [_study(store, f"{name}-{model.revision[:8]}", model, quick, check) for name, quick in _NAMES]


_NAMES = (("demo", False), ("demo-quick", True))


def _study(store: Store, name: str, model: StudyModel, quick: bool, check: Callable[[], None]) -> Study:
    """A study of this name, opened or made. One whose pictures are lost and come out otherwise keeps its votes; another
    takes its place under the next name."""
    for number in range(1, _MANY_NAMES):
        called = name if number == 1 else f"{name}-{number}"
        known = {study.study_id: study.manifest_sha256 for study in store.studies()}
        try:
            pool = _pool(study_folder(called), called, model, quick, known.get(called), check)
            return Study.open(store, called) if called in known else Study.create(store, pool)
        except ValueError:
            continue  # changed pictures, or another program was faster: then they are there at the next look
    raise ValueError(f"the studies {name!r} to {called!r} have lost their pictures: remove them, or use another folder")


def _pool(
    folder: Path, name: str, model: StudyModel, quick: bool, manifest_sha256: str | None, check: Callable[[], None]
) -> Pool:
    if folder.exists():
        return Pool.open(folder, manifest_sha256)
    photos = _photos(quick)
    plan = PLAN if quick else short_plan(len(photos))

    def checked() -> Iterator[StudyPhoto]:
        for photo in photos:
            check()
            yield photo

    pool = build_pool(folder, name, checked(), [model], plan=plan, quick=quick)
    if manifest_sha256 not in (None, pool.manifest_sha256):
        shutil.rmtree(folder)
        raise ValueError(f"the pictures of {name!r} are lost, and come out otherwise on this machine")
    return pool


def _photos(quick: bool) -> Sequence[StudyPhoto]:
    """The pieces, those of one photograph apart from each other: the first ones become practice and control."""
    found: list[tuple[int, StudyPhoto]] = []
    for file, pieces in _PIECES.items():
        if path := example_photo(file):
            with Image.open(path) as image:
                for number, box in enumerate(pieces[quick], 1):
                    piece = image.convert("RGB").crop(box)
                    found.append((number, StudyPhoto(f"{path.stem} {number}", piece)))
    if not found:
        raise ValueError("the built-in study needs the photographs of scikit-image: pip install scikit-image")
    return [photo for _, photo in sorted(found, key=lambda one: one[0])]
