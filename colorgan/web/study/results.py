"""The results page: figures of closed studies, of open ones only how far they are; and pictures of closed ones.

Figures are worked out once for a closed study, which cannot change, and otherwise at most every few seconds.
"""

import io
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from colorgan.charts import Bar, share_chart
from colorgan.intervals import Interval
from colorgan.photo.fitting import fit
from colorgan.templating import count_people
from colorgan.voting import results
from colorgan.voting.privacy import RateLimiter
from colorgan.voting.protocol import PAIRED_SHORT, QUICK
from colorgan.voting.results import StudyResults
from colorgan.voting.statistics import MIN_PEOPLE_TO_RANK, MIN_PHOTO_VOTES, ModelDifference
from colorgan.voting.study import Study
from colorgan.web.study.guards import NO_STORE, RefusedError, guarded
from colorgan.web.study.studies import Studies

FRESH_S = 10.0  # figures of a running study are at most this old
SHOWN_AT_ONCE = 12  # photos; the others unfold
_THUMBNAIL_PX = 320  # the longer side of each half
_REASONS = {
    "unfinished": "did not reach the end",
    "lapsed": "left more than 4 trials unanswered",
    "catch": "missed more than 1 of the photos in grossly wrong colours",
    "fast": "answered within a quarter of a second, half of the time or more",
    "one side": "gave the same side nine times of ten",
    "exposure": "shown more than 0.1 seconds too long or too short, or not reported",
    "lost focus": "the page lost the focus",
}
_CONTEXT = (
    Bar("A student's GAN, dogs and flowers", Interval(0.42, 0.42, 0.42), "42 %", "context"),
    Bar("Zhang et al. 2016, their method", Interval(0.323, 0.323, 0.323), "32.3 %", "context"),
)


@dataclass(frozen=True)
class RatedPhoto:
    """A photo of the list: where its picture is, what the list says, and whether it has enough votes."""

    address: str
    width: int
    height: int
    name: str
    model: str
    rate: str
    enough: bool


class _Cache:
    """What was worked out for each study, as long as it is good; one at a time, so that a crowd does not work twice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: weakref.WeakKeyDictionary[Study, tuple[float, Any]] = weakref.WeakKeyDictionary()

    def get(self, study: Study, for_s: float, compute: Callable[[], Any]) -> Any:
        """The value, computed now if it is not there or older than `for_s` seconds."""
        with self._lock:
            at, value = self._known.get(study, (-for_s, None))
            if value is None or time.monotonic() - at >= for_s:
                value = compute()
                self._known[study] = (time.monotonic(), value)
            return value


_PROGRESS, _RESULTS = _Cache(), _Cache()


def results_view(studies: Studies, study_id: str | None) -> dict[str, Any]:
    """What results.html shows: one study, or all.

    Raises:
        RefusedError: 404, no study of this name is served.
    """
    shown = [study for study in studies if study_id in (None, study.row.study_id)]
    if study_id is not None and not shown:
        raise RefusedError(404, "no such study")
    closed = [study for study in shown if not study.is_open() and not study.quick]
    parts = sorted((_view(study, whole=len(closed) == 1) for study in shown), key=lambda view: str(view["order"]))
    return {"parts": parts, "preparing": studies.preparing}


def routes(studies: Studies, limiter: RateLimiter) -> list[BaseRoute]:
    """The pictures of closed studies."""

    def picture(request: Request) -> Response:
        study = studies.get(request.path_params["study_id"])
        if study is None or study.quick or study.is_open():
            raise RefusedError(404, "pictures are shown when a study is closed")
        scored = {one["stimulus_id"] for one in study.pool.manifest["stimuli"] if one["kind"] == "scored"}
        if request.path_params["stimulus_id"] not in scored:
            raise RefusedError(404, "no such picture")
        headers = {**NO_STORE, "Cache-Control": "public, max-age=86400"}  # a closed study does not change
        return Response(_both(study, request.path_params["stimulus_id"]), media_type="image/jpeg", headers=headers)

    path = "/results/{study_id}/{stimulus_id}.jpg"
    return [Route(path, guarded(picture, limiter), methods=["GET"])]


def _between(interval: Interval) -> str:
    if interval.value != interval.value:
        return "no votes"
    return f"{100 * interval.value:.0f} % ({100 * interval.low:.0f} to {100 * interval.high:.0f})"


def _view(study: Study, *, whole: bool) -> dict[str, Any]:
    """What the template shows of a study; `order` puts closed ones first, and quick ones last."""
    is_open = study.is_open()
    progress = _PROGRESS.get(study, FRESH_S if is_open else float("inf"), study.progress)
    view: dict[str, Any] = {
        "id": study.row.study_id,
        "models": [model["model_id"] for model in study.pool.manifest["models"]],
        "is_open": is_open,
        "progress": progress,
        "demonstration": study.row.protocol_version == PAIRED_SHORT,
    }
    if study.row.protocol_version == QUICK:
        figures = _RESULTS.get(
            study,
            FRESH_S if is_open else float("inf"),
            lambda: results.quick_results(study.store, study.row.study_id),
        )
        return {**view, "kind": "quick", "order": 2, "quick": figures.figures, "rates": _quick_rows(figures.figures)}
    if is_open:
        return {**view, "kind": "open", "order": 1}
    found = _RESULTS.get(study, float("inf"), lambda: results.study_results(study.store, study.row.study_id))
    return {**view, "kind": "closed", "order": 0, "whole": whole, **_figures(study, found, whole=whole)}


def _figures(study: Study, found: StudyResults, *, whole: bool) -> dict[str, Any]:
    photos = _photos(study, found) if whole else []
    return {
        "found": found,
        "headline": results.plain_sentence(found.headline),
        "picture": _picture(found) if found.headline.votes else "",
        "groups": [one for one in (found.untimed, found.colour_vision_deficient, *found.devices) if one.votes],
        "reasons": _REASONS,
        "differences": [_compared(one) for one in found.model_differences] if found.may_rank else [],
        "min_people": MIN_PEOPLE_TO_RANK,
        "min_votes": MIN_PHOTO_VOTES,
        "first": photos[:SHOWN_AT_ONCE],
        "more": photos[SHOWN_AT_ONCE:],
        "between": _between,
    }


def _picture(found: StudyResults) -> str:
    """Both intervals, each model's, and what others reported."""
    headline = found.headline
    rows = [
        Bar("These photos, other people", headline.these_photos, _between(headline.these_photos), "main"),
        Bar("New photos, other people", headline.new_photos, _between(headline.new_photos), "wide"),
    ]
    if len(found.models) > 1:
        rows += [Bar(one.name, one.these_photos, _between(one.these_photos), "model") for one in found.models]
    return share_chart([*rows, *_CONTEXT])


def _quick_rows(figures: Any) -> str:
    if not figures.votes:
        return ""
    rows = [
        Bar("Computer's pictures called fake", figures.hit_rate, _between(figures.hit_rate), "main"),
        Bar("Real photos called fake", figures.false_alarm_rate, _between(figures.false_alarm_rate), "main"),
    ]
    return share_chart(rows)


def _compared(one: ModelDifference) -> str:
    """Two models in a sentence."""
    points, low, high = (100 * value for value in vars(one.difference).values())
    within = (
        f"95 % interval {low:+.0f} to {high:+.0f}, p = {one.p_holm:.2g}, {count_people(one.people)} who judged both"
    )
    if one.difference.low <= 0 <= one.difference.high:
        return f"{one.first} and {one.second}: no difference could be shown ({points:+.0f} points, {within})."
    better, worse = (one.first, one.second) if points > 0 else (one.second, one.first)
    return f"{better} fooled the same people more often than {worse}, by {abs(points):.0f} points ({within})."


def _photos(study: Study, found: StudyResults) -> list[RatedPhoto]:
    names = study.pool.photo_names()
    stimuli = {
        (one["photo_id"], one["model_id"]): one for one in study.pool.manifest["stimuli"] if one["kind"] == "scored"
    }
    listed = []
    for one in found.photos:
        stimulus = stimuli[one.photo_id, one.model_id]
        listed.append(
            RatedPhoto(
                address=f"results/{study.row.study_id}/{stimulus['stimulus_id']}.jpg",
                width=2 * stimulus["width"],
                height=stimulus["height"],
                name=names[one.photo_id],
                model=one.model_id if len(found.models) > 1 else "",
                rate=f"Fooled {one.fooled} of {one.votes} ({100 * one.rate.low:.0f} to {100 * one.rate.high:.0f} %)",
                enough=one.enough,
            )
        )
    return listed


def _both(study: Study, stimulus_id: str) -> bytes:
    """The photo and its colorized version side by side, small, as a JPEG with all of its colour."""
    real, fake = study.pool.versions(stimulus_id)
    width, height = fit(real, _THUMBNAIL_PX).size
    both = Image.new("RGB", (2 * width, height))
    for place, version in enumerate((real, fake)):
        both.paste(fit(version, _THUMBNAIL_PX), (place * width, 0))
    buffer = io.BytesIO()
    both.save(buffer, "JPEG", quality=88, subsampling=0)
    return buffer.getvalue()
