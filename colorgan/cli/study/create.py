"""`colorgan study create`: a study's pictures, rendered ahead, and the study opened."""

import argparse
import signal
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from colorgan import DEFAULT_WEIGHTS
from colorgan.cli.parsing import add_data, add_device, add_seed, hush_hub, load, whole_number
from colorgan.cli.study.actions import action, interrupt, note, opened_store, warn
from colorgan.voting.protocol import EXPOSURE_MS

if TYPE_CHECKING:
    from colorgan.voting import Store, Study
    from colorgan.voting.creation import StudyPhotos
    from colorgan.voting.sources import StudyModel


def add_create(actions: Any) -> None:
    """`colorgan study create`."""
    parser = action(
        actions,
        "create",
        "render a study's pictures and open it",
        "Render all pictures of a study ahead, and open it. Photos come in an order drawn by the seed: the first are "
        "practice, the next catch trials, the rest is scored. No model may have been trained on them.",
        _create,
    )
    parser.add_argument("name", metavar="NAME", help="small letters, digits and hyphens")
    add_data(parser)
    parser.add_argument(
        "--model", action="append", metavar="M", help="Hub id or folder, repeatable; default: the bundled one"
    )
    parser.add_argument(
        "--photos",
        type=whole_number(6, 10**6),
        metavar="N",
        help="at most so many, practice and catch trials' among them; default: all",
    )
    add_seed(parser, "of the photos' order")
    parser.add_argument("--quick", action="store_true", help="single photos without an end, instead of pairs")
    parser.add_argument(
        "--exposure-ms",
        type=whole_number(100, 10_000),
        default=EXPOSURE_MS,
        metavar="MS",
        help="how long each photo of a pair is shown (default: 1000)",
    )
    parser.add_argument(
        "--side",
        type=whole_number(96, 2048),
        default=384,
        metavar="PX",
        help="longer side of the pictures; smaller photos stay as they are (default: 384)",
    )
    add_device(parser)


def _create(chosen: argparse.Namespace) -> int:
    from colorgan.voting.creation import StudyPhotos, check_new

    signal.signal(signal.SIGTERM, interrupt)  # so that what is half made is removed
    hush_hub()
    with opened_store(chosen) as store:
        check_new(store, chosen.name)
        photos = StudyPhotos(chosen.data, chosen.split, chosen.seed)
        models = _models(chosen, photos)
        _warn_if_few(min(photos.most, chosen.photos or photos.most))
        study = _render(chosen, store, photos, models)
        _report(study)
    return 0


def _models(chosen: argparse.Namespace, photos: "StudyPhotos") -> "list[StudyModel]":
    from colorgan.publishing.training_photos import training_photos
    from colorgan.voting.creation import seen_in_training, study_models

    loaded = [(source, load(source, chosen.device)) for source in chosen.model or [DEFAULT_WEIGHTS]]
    models = study_models(loaded)
    for model, (source, colorizer) in zip(models, loaded, strict=True):
        if known := seen_in_training(photos, *training_photos(source, colorizer)):
            warn(
                f"{model.model_id!r} was trained on the split {chosen.split!r} of {known!r}: people would judge what "
                "it remembers"
            )
    return models


def _render(
    chosen: argparse.Namespace, store: "Store", photos: "StudyPhotos", models: "Sequence[StudyModel]"
) -> "Study":
    from tqdm import tqdm

    from colorgan.voting.creation import create_study

    total = min(photos.most, chosen.photos or photos.most)
    with tqdm(total=total, unit="photo", disable=None) as bar:  # None: no bar where stderr is not a terminal
        return create_study(
            store,
            chosen.name,
            photos,
            models,
            most=chosen.photos,
            quick=chosen.quick,
            exposure_ms=chosen.exposure_ms,
            side_px=chosen.side,
            report=lambda: bar.update() and None,
        )


def _warn_if_few(count: int) -> None:
    from colorgan.voting.creation import ENOUGH_PHOTOS

    if count < ENOUGH_PHOTOS:
        warn(f"{count} photos are few: a rate that says something about a model takes {ENOUGH_PHOTOS} or more")


def _report(study: "Study") -> None:
    """What was made, what was left out, and what to do next."""
    manifest = study.pool.manifest
    kinds = [photo["kind"] for photo in manifest["photos"]]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    models = ", ".join(model["model_id"] for model in manifest["models"])
    print(f"open: {study.row.study_id}, {len(kinds)} photos ({counts}), in the colours of {models}")
    for reason in sorted(set(manifest["left_out"].values())):
        note(f"{list(manifest['left_out'].values()).count(reason)} left out: {reason}")
    if study.row.protocol_version.endswith("short"):
        warn("fewer than 52 photos make a short study: a demonstration, not a measurement")
    print(f"next: colorgan study serve {study.row.study_id}")
