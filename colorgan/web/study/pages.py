"""The study's HTML pages, and their scripts and styles. They hold names and words, never a trial."""

import hashlib
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from colorgan.voting.privacy import RateLimiter
from colorgan.web.header import RESULTS, VOTE, header
from colorgan.web.study import results
from colorgan.web.study.guards import guarded
from colorgan.web.study.studies import Studies

ASSETS = Path(__file__).parent.parent / "assets"
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
        body = results.results_body(self.studies, request.query_params.get("study"))
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
        head = "".join(f'<link rel="stylesheet" href="/study-assets/{name}">' for name in ("study.css", *styles))
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
        if study is None or study.quick != quick:
            if self.studies.preparing:
                return self.document(title, VOTE, "<h1>Being prepared</h1>", again=True)
            return self.document(title, VOTE, "<h1>No study is running here</h1>", status=404)
        body = f'<div id="game" data-study="{escape(study.row.study_id)}"></div>'
        script = "quick" if quick else "vote"
        return self.document(title, VOTE, body, styles=(f"{script}.css",), scripts=(f"{script}.js",))


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
