"""The study's HTML pages, and their scripts and styles. They hold names and words, never a trial."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from colorgan.voting.privacy import RateLimiter
from colorgan.voting.protocol import PAIRED_SHORT, sequence_ms
from colorgan.voting.study import Study
from colorgan.web.address import frame_ancestors
from colorgan.web.navigation import RESULTS, VOTE
from colorgan.web.study import results
from colorgan.web.study.guards import RefusedError, guarded
from colorgan.web.study.studies import Studies
from colorgan.web.templating import ASSETS, render

_ANSWER_MS = 2500  # what people take to answer and to breathe, for the consent page's minutes
_MEASUREMENT = "We measure how often a computer’s colours pass for real ones."
_DEMONSTRATION = "This is a demonstration on a few photos, not a measurement."
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    + frame_ancestors(),
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Pages:
    """The pages, with the header of the server they stand in."""

    def __init__(self, studies: Studies, links: Sequence[tuple[str, str]]):
        self.studies, self.links = studies, links

    def routes(self, limiter: RateLimiter) -> list[BaseRoute]:
        """One route for each page, and one for the files they need."""

        def page(path: str, handler: Callable[[Request], Response]) -> Route:
            return Route(path, guarded(handler, limiter), methods=["GET"])

        return [
            page("/vote", self.vote),
            page("/quick", self.quick),
            page("/results", self.results),
            Route("/study-assets/{name}", asset, methods=["GET"]),
        ]

    def vote(self, request: Request) -> Response:
        """Pairs: consent, practice, trials, score."""
        return self._game(request, "Real or fake?", quick=False)

    def quick(self, request: Request) -> Response:
        """Single photos without an end."""
        return self._game(request, "Real or fake? One photo at a time", quick=True)

    def results(self, request: Request) -> Response:
        """Figures of closed studies, progress of open ones."""
        try:
            shown = results.results_view(self.studies, request.query_params.get("study"))
        except RefusedError as refusal:
            return self._page("none.html", RESULTS, RESULTS, status=refusal.status)
        return self._page("results.html", RESULTS, RESULTS, shown)

    def _page(
        self, template: str, title: str, current: str, values: Mapping[str, object] | None = None, status: int = 200
    ) -> HTMLResponse:
        """A template that extends page.html, with `values`; `current` is the link of the header that it stands on."""
        html = render(template, title=title, current=current, links=self.links, **values or {})
        return HTMLResponse(html, status, _HEADERS)

    def _game(self, request: Request, title: str, *, quick: bool) -> Response:
        name = request.query_params.get("study")
        study = self.studies.get(name) if name else self.studies.choose(quick=quick)
        other = self.studies.choose(quick=not quick)
        if study is not None and study.quick == quick:
            template, name_of_other = ("quick.html", "pairs") if quick else ("vote.html", "quick")
            values = {"study": study.row.study_id, name_of_other: other.row.study_id if other else ""}
            return self._page(template, title, VOTE, values | _counts(study))
        if self.studies.preparing:
            return self._page("preparing.html", title, VOTE)
        if other and not name:
            return RedirectResponse("vote" if quick else "quick", headers=_HEADERS)
        return self._page("none.html", title, VOTE, status=404)


def _counts(study: Study) -> dict[str, str]:
    """What the consent page says of a paired study, in words."""
    plan = study.pool.plan
    if plan is None:
        return {}
    judged = plan.scored + plan.catch
    minutes = round(plan.trials * (sequence_ms(study.row.exposure_ms) + _ANSWER_MS) / 60_000)
    return {
        "purpose": _DEMONSTRATION if study.row.protocol_version == PAIRED_SHORT else _MEASUREMENT,
        "practice": _pairs(plan.practice),
        "judged": _pairs(judged),
        "minutes": f"{minutes} minutes" if minutes > 1 else "a minute",
        "exposure": "One second" if study.row.exposure_ms == 1000 else f"{study.row.exposure_ms / 1000:g} seconds",
    }


def _pairs(count: int) -> str:
    return f"{count} pair{'s' if count != 1 else ''}"


def asset(request: Request) -> Response:
    """A script or a style; checked anew by each page that needs it, and sent only when it changed."""
    path = ASSETS / request.path_params["name"]
    if path.parent != ASSETS or path.suffix not in _TYPES or not path.is_file():
        return PlainTextResponse("no such file", 404)
    content = path.read_bytes()
    headers = {"Cache-Control": "no-cache", "ETag": f'"{hashlib.sha256(content).hexdigest()[:16]}"'}
    headers["X-Content-Type-Options"] = "nosniff"
    if request.headers.get("if-none-match", "").removeprefix("W/") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=_TYPES[path.suffix], headers=headers)
