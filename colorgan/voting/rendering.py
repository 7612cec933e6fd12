"""Rendering a study's pictures, all of them ahead: what a person will see never depends on when they come."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from colorgan import __version__
from colorgan.files import folder_whole
from colorgan.voting import protocol, stimuli
from colorgan.voting.pool import IMAGES, MANIFEST, Pool, image_path
from colorgan.voting.protocol import PLAN, Plan
from colorgan.voting.sources import CATCH_MODEL, Pixels, StudyModel, StudyPhoto, photo_sha256, pixel_sha256, upright


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
    with folder_whole(folder) as draft:
        (draft / IMAGES).mkdir()
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
        (draft / MANIFEST).write_bytes(written)
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
        image = upright(photo)
        sha256 = photo_sha256(image)
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
        image_path(folder, stimulus_id, side).write_bytes(file)
        files[side] = hashlib.sha256(file).hexdigest()
    return {
        "stimulus_id": stimulus_id,
        "photo_id": photo_id,
        "model_id": model_id,
        "model_revision": revision,
        "kind": kind,
        "pixel_sha256": pixel_sha256(real, fake),
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
