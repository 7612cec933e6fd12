"""`evaluate`: models and data in, every metric out; `Evaluation.save` writes the report."""

import datetime
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from colorgan import __version__
from colorgan.colorizer import Colorizer, check_daring
from colorgan.data import DataError, DataSource
from colorgan.data.whole import EvaluationPhotos
from colorgan.evaluation.baselines import MEAN, TRAIN_PHOTOS, TRAIN_RESOLUTION, Gray, MeanChroma
from colorgan.evaluation.candidates import Candidate, ModelCandidate, PredictionFolder, distinct_names
from colorgan.evaluation.findings import Findings
from colorgan.evaluation.hinting import Said, measure_hints
from colorgan.evaluation.measurements import VARIANTS, Networks, measure
from colorgan.evaluation.report import save
from colorgan.evaluation.summary import summarise
from colorgan.machine import to_device
from colorgan.metrics.features import ImageNetFeatures
from colorgan.metrics.inception import InceptionFeatures
from colorgan.metrics.lpips import Lpips
from colorgan.metrics.table import OF_SETS


class Evaluation(Findings):
    """What `evaluate` has found."""

    def save(self, folder: str | Path) -> None:
        """Write report.json, report.md, report.html and photos.csv; each is there whole or not at all."""
        save(self, Path(folder))


def evaluate(
    models: Sequence[str | Colorizer] = (),
    data: Sequence[str | DataSource] = (),
    *,
    predictions: Sequence[str] = (),
    train_data: Sequence[str | DataSource] = (),
    split: str = "test",
    limit: int | None = None,
    resolution: int = 256,
    seed: int = 0,
    aged: bool = False,
    two_sample: bool = True,
    fid: bool | str | Path = False,
    lpips: bool | str | Path = False,
    variants: int = VARIANTS,
    daring: Sequence[float] = (),
    hints: Sequence[int] = (),
    references: bool = False,
    steady: bool = False,
    device: str | None = None,
    batch_size: int = 8,
    progress: bool = False,
) -> Evaluation:
    """Judge colorizers by the same photos.

    Args:
        models: Hub ids, folders, or Colorizers.
        data: data sets as `colorgan.data.resolve_source` takes them.
        predictions: folders of pictures that other people's models made, named as the photos are.
        train_data: photos whose mean chroma per lightness is a baseline; without them the split "train" of `data`.
        split: of `data`, "test" unless told; "all" takes every local file.
        limit: at most so many photos, drawn by the seed.
        resolution: pixels of the photos' shorter side.
        seed: draws the photos, the bootstrap, the variants and the two-sample test's halves.
        aged: show the colorizers each photo as an old print: faded, blurred, grained, scratched, on other films.
        two_sample: whether to train the two-sample test's classifier.
        fid: compute FID as well: True takes Inception v3's weights from torch's cache, else the file that has them.
        lpips: compute LPIPS as well, AlexNet's weights likewise.
        variants: how many are drawn of each of the first photos, for their variety; at least 2.
        daring: dials from 0 to 1 at each of which models that draw are judged, as candidates of their own; without any
            by their plain pictures.
        hints: give models that take them so many true colours at random places, and one that is odd; rising counts.
        references: show them another crop of the photo in colour, and one of another photo.
        steady: let them draw the photo as a JPEG, smaller and darker.
        device: "cpu", "cuda" ...; None leaves the models' own, or the CPU.
        batch_size: photos through a network together.
        progress: a bar on stderr, if that is a terminal.

    Raises:
        ValueError: one line, on a model, data set, folder or number that cannot be used.
    """
    _check_arguments(models, predictions, batch_size, aged, variants, daring)
    said = Said(tuple(hints), references, steady)
    # oneDNN keeps 1024 compiled kernels, one for each layer and shape of a batch; 128 are about those of one.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128")  # read at its first kernel
    photos = EvaluationPhotos(data, split, resolution, seed, limit, aged)
    inception, perceptual = InceptionFeatures(fid) if fid else None, Lpips(lpips) if lpips else None
    folders = [PredictionFolder(folder) for folder in predictions]
    colorizers = [candidate for one in models for candidate in _models(one, device, daring, seed)]
    telling = [one for one in colorizers if one.colorizer.takes_hints]
    if (said or daring) and not telling:
        raise ValueError(
            "hints, references, steadiness and daring are of models with colour words: none of these is one"
        )
    for folder in folders:  # before any network runs
        folder.check(photos)
    mean, why_not = _mean_chroma(train_data or data, split, seed, bool(train_data))
    candidates: list[Candidate] = [Gray(), *([mean] if mean else []), *colorizers, *folders]
    named = dict(zip(distinct_names(candidates), candidates, strict=True))
    features, note = _features()
    where = device or next((str(one.colorizer.device) for one in colorizers), "cpu")
    with tqdm(total=photos.most, unit="photo", disable=None if progress else True) as bar:
        done = measure(
            photos,
            named,
            Networks(features, inception, perceptual),
            device=where,
            batch_size=batch_size,
            two_sample=two_sample,
            variants=variants,
            advance=bar.update,
        )
        bar.total = len(done.names)
    if not done.names:
        left_out = ", ".join(f"{count} {why}" for why, count in photos.left_out.items())
        raise DataError(f"there is no photo to judge by in {split!r}: {left_out}")
    if said:
        with tqdm(total=len(done.names), unit="photo", disable=None if progress else True) as bar:
            asked = {name: one for name, one in named.items() if one in telling and isinstance(one, ModelCandidate)}
            done.hinted = measure_hints(photos, asked, said, bar.update)
    summary = summarise(done, [name for name, one in named.items() if not one.is_baseline], seed, two_sample)
    summary.notes |= _notes(named, telling if said or daring else None, note, why_not)
    described = [{"name": name, "kind": one.kind, **one.origin()} for name, one in named.items()]
    protocol = _protocol(photos, len(done.names), where, two_sample)
    protocol |= {"variants": variants, "daring": list(daring), "said": asdict(said)}
    if said.counts:
        protocol["photos_with_a_thing"] = max(len(one.values.get("spread", ())) for one in done.hinted.values())
    protocol["backbones"] = _backbones(inception, perceptual)
    return Evaluation(protocol, described, summary, done)


def _check_arguments(
    models: Sequence[str | Colorizer],
    predictions: Sequence[str],
    batch_size: int,
    aged: bool,
    variants: int,
    daring: Sequence[float],
) -> None:
    """Refuse what nothing can be judged by."""
    if not models and not predictions:
        raise ValueError("nothing to judge: give at least one model or folder of predictions")
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    if aged and predictions:
        raise ValueError("aged photos are made here, so folders of predictions cannot be of them")
    if variants < 2:
        raise ValueError(f"variants must be at least 2, of which a distance can be taken, got {variants}")
    for dial in daring:
        check_daring(dial)


def _notes(
    named: Mapping[str, Candidate], telling: Sequence[ModelCandidate] | None, features: str, mean: str
) -> dict[str, str]:
    """Why something is missing: by the key of a metric, or the name of a candidate.

    telling: the models that could be told something, if anything was to be told; features and mean: why the feature
    network and the baseline are missing, empty where they are not.
    """
    notes = {metric.key: features for metric in OF_SETS if features and metric.described_by == "features"}
    if mean:
        notes[MEAN] = mean
    for name, one in named.items():
        if telling is not None and isinstance(one, ModelCandidate) and one not in telling:
            notes[name] = f"{name} has no colour words: left out of hints, references, steadiness and daring"
    return notes


def _backbones(inception: InceptionFeatures | None, perceptual: Lpips | None) -> dict[str, dict[str, Any]]:
    """Which weights the networks have that were asked for."""
    loaded = {name: one.loaded for name, one in (("FID", inception), ("LPIPS", perceptual)) if one is not None}
    return {
        name: {"file": one.file, "sha256": one.sha256, "is_published": one.is_published} for name, one in loaded.items()
    }


def _models(model: str | Colorizer, device: str | None, daring: Sequence[float], seed: int) -> Iterator[ModelCandidate]:
    """A model as it is, or, if it draws, at each dial."""
    colorizer = Colorizer.from_pretrained(model) if isinstance(model, str) else model
    if device is not None:
        to_device(colorizer, device)
    for dial in daring if daring and colorizer.takes_hints else [None]:
        yield ModelCandidate(colorizer, model if isinstance(model, str) else "", dial, seed)


def _mean_chroma(
    data: Sequence[str | DataSource], split: str, seed: int, asked_for: bool
) -> tuple[MeanChroma | None, str]:
    """The baseline, or why there is none. Photos that were named must be there; guessed ones may be missing."""
    if not asked_for and (split in ("train", "all") or not all(isinstance(one, str) for one in data)):
        return None, f"needs training photos other than the {split!r} split that is judged by: none were given"
    try:
        return MeanChroma(EvaluationPhotos(data, "train", TRAIN_RESOLUTION, seed, TRAIN_PHOTOS)), ""
    except ValueError as error:
        if asked_for:
            raise
        return None, f"needs training photos: none were given, and the data has none of its own ({error})"


def _features() -> tuple[ImageNetFeatures | None, str]:
    """The feature network, or why there is none."""
    try:
        return ImageNetFeatures(), ""
    except ImportError as error:
        return None, str(error)


def _protocol(photos: EvaluationPhotos, count: int, device: str, two_sample: bool) -> dict[str, Any]:
    """Everything that is needed to do it again."""
    packages = ("torch", "numpy", "pillow", "scipy")
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "data": [
            {"name": one.name, "split": one.split, "revision": one.revision, "licence": one.licence}
            for one in photos.sources
        ],
        "split": photos.split,
        "limit": photos.limit,
        "photos": count,
        "photos_sha256": photos.digest,
        "left_out": dict(photos.left_out),
        "unreadable": photos.unreadable,
        "seed": photos.seed,
        "aged": photos.aged,
        "resolution": photos.resolution,
        "two_sample": two_sample,
        "device": device if not device.startswith("cuda") else f"{device} ({torch.cuda.get_device_name(device)})",
        "versions": {
            "colorgan": __version__,
            "python": platform.python_version(),
            **{package: version(package) for package in packages},
        },
        "machine": platform.machine(),
    }
