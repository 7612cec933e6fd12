"""The study's HTML pages, and their scripts and styles. They hold names and words, never a trial."""

import hashlib
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from colorgan.voting.privacy import RateLimiter
from colorgan.voting.protocol import PAIRED_SHORT, sequence_ms
from colorgan.voting.study import Study
from colorgan.web.header import RESULTS, VOTE, header
from colorgan.web.study import results
from colorgan.web.study.guards import RefusedError, guarded
from colorgan.web.study.studies import Studies

ASSETS = Path(__file__).parent.parent / "assets"
_ANSWER_MS = 2500  # what people take to answer and to breathe, for the consent page's minutes
_MEASUREMENT = "We measure how often a computer’s colours pass for real ones."
_DEMONSTRATION = "This is a demonstration on a few photos, not a measurement."
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_HEADERS = {
    # The app may stand in a frame on a Space; nobody else frames it.
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self' https://huggingface.co",
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
            body = results.results_body(self.studies, request.query_params.get("study"))
        except RefusedError as refusal:
            return self.document("Results", RESULTS, _template("none"), status=refusal.status)
        return self.document("Results", RESULTS, body, styles=("results.css",))

    def document(
        self,
        title: str,
        current: str,
        body: str,
        *,
        styles: Sequence[str] = (),
        scripts: Sequence[str] = (),
        status: int = 200,
        again: bool = False,
    ) -> HTMLResponse:
        """A whole page: the head, the shared header, and `body` as its <main>; `again` looks again in a while."""
        sheets = ("common.css", "study.css", *styles)
        head = "".join(f'<link rel="stylesheet" href="/study-assets/{name}">' for name in sheets)
        head += "".join(f'<script type="module" src="/study-assets/{name}"></script>' for name in scripts)
        head += '<meta http-equiv="refresh" content="5">' if again else ""
        return HTMLResponse(
            f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{escape(title)} · colorgan</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="/study-assets/icon.svg">
{head}</head>
<body>{header(current, self.links)}<main>{body}</main></body>
</html>
""",
            status,
            _HEADERS,
        )

    def _game(self, request: Request, title: str, *, quick: bool) -> Response:
        name = request.query_params.get("study")
        study = self.studies.get(name) if name else self.studies.choose(quick=quick)
        other = self.studies.choose(quick=not quick)
        if study is not None and study.quick == quick:
            script, name_of_other = ("quick", "pairs") if quick else ("vote", "quick")
            values = {"study": study.row.study_id, name_of_other: other.row.study_id if other else ""}
            body = _template(script, **values, **_counts(study))
            return self.document(title, VOTE, body, scripts=(f"{script}.js",))
        if self.studies.preparing:
            return self.document(title, VOTE, _template("preparing"), again=True)
        if other and not name:
            return RedirectResponse("/vote" if quick else "/quick", headers=_HEADERS)
        return self.document(title, VOTE, _template("none"), status=404)


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


def _template(name: str, **values: str) -> str:
    """A page's HTML with its names put in; a game's ends with the trial screen, which all games share."""
    html = Template((ASSETS / f"{name}.html").read_text(encoding="utf-8"))
    trial = (ASSETS / "trial.html").read_text(encoding="utf-8")
    return html.substitute({key: escape(value) for key, value in values.items()} | {"trial": trial})


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
