"""The study's JSON and pictures: what a participant's browser asks for, and nothing that tells an answer.

Every handler is synchronous and runs in the thread pool; `guards` has checked rate, origin and form before.
"""

import re
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from colorgan.voting import protocol
from colorgan.voting.privacy import RateLimiter, new_token
from colorgan.voting.records import AnswerReport, VoteOutcome
from colorgan.voting.study import Study
from colorgan.web.address import is_own_name
from colorgan.web.study.guards import NO_STORE, RefusedError, answered, guarded, report
from colorgan.web.study.studies import Studies

COOKIE = "colorgan_participant"
_COOKIE_AGE_S = 365 * 86_400
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_FOLDER = re.compile(r"/([A-Za-z0-9._~%-]+/)*")
_STATUS = {VoteOutcome.EARLY: 425, VoteOutcome.LATE: 410, VoteOutcome.CLOSED: 409, VoteOutcome.UNKNOWN: 404}


class Api:
    """The handlers of all studies that are served."""

    def __init__(self, studies: Studies):
        self.studies = studies

    def routes(self, limiter: RateLimiter, session_limiter: RateLimiter) -> list[BaseRoute]:
        """One route for each handler."""

        def get(path: str, handler: Any) -> Route:
            return Route(f"/study/{{study_id}}{path}", guarded(handler, limiter), methods=["GET"])

        def post(path: str, handler: Any, *limiters: RateLimiter) -> Route:
            endpoint = guarded(handler, limiter, *limiters, takes_json=True)
            return Route(f"/study/{{study_id}}{path}", endpoint, methods=["POST"])

        return [
            get("", self.describe),
            post("/session", self.start, session_limiter),
            get("/trial", self.trial),
            get("/image/{trial_id}", self.image),
            post("/answer", self.answer),
            get("/score", self.score),
            get("/progress", self.progress),
        ]

    def describe(self, request: Request) -> Response:
        """What a page needs to know before it asks for consent."""
        study = self._study(request)
        plan = study.pool.plan
        started, finished = study.standing(token) if (token := _token(request)) else (False, False)
        return answered(
            {
                "quick": study.quick,
                "open": study.is_open(),
                "consent_version": protocol.CONSENT_VERSION,
                "scored": plan and plan.scored,
                "catch": plan and plan.catch,
                "practice": plan and plan.practice,
                "exposure_ms": study.row.exposure_ms,
                "started": started,
                "finished": finished,
            }
        )

    def start(self, request: Request, posted: dict[str, Any]) -> Response:
        """Consent: the session begins, and the browser gets its random token if it has none."""
        study, values = self._study(request), _consent(posted)
        if not study.is_open():
            raise RefusedError(409, VoteOutcome.CLOSED.value)
        known = _token(request)
        token = known or new_token()
        try:
            study.start(token, **values)
        except ValueError as error:  # the values were checked: closed this moment, or too few unseen photos
            raise RefusedError(409, str(error)) from None
        response = answered({})
        if known is None:
            _keep(response, token, request)
        return response

    def trial(self, request: Request) -> Response:
        """The trial that is out, or the next."""
        study, token = self._study(request), self._participant(request)
        shown = study.next_trial(token)
        if shown is not None:
            address = f"study/{study.row.study_id}/image/{shown.trial_id}"
            return answered({"trial": {**asdict(shown), "image": address}})
        started, finished = study.standing(token)
        if not started:
            raise RefusedError(403, "no session was begun here")
        if not finished and not study.is_open():
            raise RefusedError(409, VoteOutcome.CLOSED.value)
        return answered({"trial": None})

    def image(self, request: Request) -> Response:
        """The picture of a trial that is out to this participant; the same headers for every picture."""
        study, token = self._study(request), _token(request)
        try:
            file = study.image(token, request.path_params["trial_id"]) if token else None
        except ValueError as error:
            report(str(error))
            raise RefusedError(503, "this study cannot be served any more: its pictures changed") from None
        if file is None:
            raise RefusedError(404, VoteOutcome.UNKNOWN.value)
        # Two files of a pair have one length; what compresses or converts on the way could tell them apart again.
        return Response(file, media_type="image/png", headers={**NO_STORE, "Cache-Control": "no-store, no-transform"})

    def answer(self, request: Request, posted: dict[str, Any]) -> Response:
        """Record an answer. What is acknowledged is on the disk."""
        study, token = self._study(request), self._participant(request)
        trial_id, values = _report(posted)
        reply = study.answer(token, trial_id, values)
        if reply.outcome in _STATUS:
            raise RefusedError(_STATUS[reply.outcome], reply.outcome.value)
        feedback = {"fake_side": reply.fake_side} if reply.fake_side else {}
        return answered({"outcome": reply.outcome.value, **feedback})

    def score(self, request: Request) -> Response:
        """The participant's own score, when there is one."""
        study, token = self._study(request), _token(request)
        score = study.score(token) if token else None
        return answered({"score": asdict(score) if score else None})

    def progress(self, request: Request) -> Response:
        """How far the study is; no rates."""
        return answered(asdict(self._study(request).progress()))

    def _study(self, request: Request) -> Study:
        study = self.studies.get(request.path_params["study_id"])
        if study is None:
            raise RefusedError(404, "no such study")
        return study

    def _participant(self, request: Request) -> str:
        token = _token(request)
        if token is None:
            raise RefusedError(403, "no session was begun here")
        return token


def _keep(response: Response, token: str, request: Request) -> None:
    """Have the browser keep a token for a year, for all studies, out of the reach of scripts and other sites.

    The page says what only a browser knows (study.js): in which folder of the host the pages are, since a proxy may
    serve them below any path; and whether it is in a frame. In one of another site browsers keep only what is secure
    (that is, comes by https or from the same machine) and partitioned by that site.
    """
    folder = request.query_params.get("folder", "")
    secure = request.url.scheme == "https"
    framed = "framed" in request.query_params and (secure or is_own_name(request.headers.get("host", "")))
    response.set_cookie(
        COOKIE,
        token,
        max_age=_COOKIE_AGE_S,
        path=f"{folder if _FOLDER.fullmatch(folder) else '/'}study/",
        secure=secure or framed,
        httponly=True,
        samesite="none" if framed else "strict",  # who asks is checked by `guards`, whatever cookies come along
    )
    if framed:
        response.headers["set-cookie"] += "; Partitioned"  # Starlette knows it from Python 3.14 on


def _token(request: Request) -> str | None:
    """The browser's token; whatever else stands in its place counts as none."""
    token = request.cookies.get(COOKIE, "")
    return token if _TOKEN.fullmatch(token) else None


def _consent(posted: dict[str, Any]) -> dict[str, Any]:
    """The posted values of a session -> arguments of `Study.start`."""
    accepted: dict[str, tuple[Any, ...]] = {
        "consent_version": (protocol.CONSENT_VERSION,),
        "device_class": protocol.DEVICE_CLASSES,
        "colour_vision": (*protocol.COLOUR_VISIONS, None),
        "timed": (True, False),
    }
    _check_names(posted, accepted)
    values = {"colour_vision": None, **posted}
    for name, choices in accepted.items():
        # 1 == True: the type counts too.
        if name not in values or not any(values[name] == one and type(values[name]) is type(one) for one in choices):
            known = ", ".join("null" if one is None else str(one).lower() for one in choices)
            raise RefusedError(400, f"{name} must be {'one of ' if len(choices) > 1 else ''}{known}")
    return values


def _report(posted: dict[str, Any]) -> tuple[str, AnswerReport]:
    """The posted values of an answer -> the trial's id and the report."""
    _check_names(posted, ("trial_id", *AnswerReport.__dataclass_fields__))
    values = dict(posted)
    trial_id = values.pop("trial_id", None)
    if not isinstance(trial_id, str):
        raise RefusedError(400, "trial_id must be a string")
    try:
        return trial_id, AnswerReport(**values)
    except (TypeError, ValueError) as error:
        line = str(error) if isinstance(error, ValueError) else "chosen_side and response_ms must be there"
        raise RefusedError(400, line) from None


def _check_names(posted: dict[str, Any], known: Any) -> None:
    if unknown := sorted(set(posted) - set(known)):
        raise RefusedError(400, f"unknown name {unknown[0][:40]!r}; known are {', '.join(known)}")
