"""The study as routes for another server, as an app of its own, and that app as a server."""

from collections.abc import Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from colorgan.voting.privacy import RateLimiter
from colorgan.voting.study import Study
from colorgan.web.address import PRIVATE_NETWORKS
from colorgan.web.navigation import STUDY_PAGES
from colorgan.web.study import results
from colorgan.web.study.api import Api
from colorgan.web.study.connections import Connection
from colorgan.web.study.pages import Pages
from colorgan.web.study.studies import Studies

REQUESTS_PER_MINUTE = 600.0  # of one address: a person takes 40, and a school class may share one
SESSIONS_PER_MINUTE = 10.0
_SESSIONS_AT_ONCE = 40


def study_routes(
    studies: Studies | Sequence[Study],
    *,
    limiter: RateLimiter | None = None,
    session_limiter: RateLimiter | None = None,
    links: Sequence[tuple[str, str]] = STUDY_PAGES,
) -> list[BaseRoute]:
    """The study's pages, JSON and pictures.

    Args:
        studies: what is served; a `Studies` may grow afterwards.
        limiter: of all requests of one address; default 600 a minute.
        session_limiter: besides, of new sessions; default 10 a minute, 40 at once.
        links: name and address of the pages in the header.
    """
    known = studies if isinstance(studies, Studies) else Studies(studies)
    limiter = limiter or RateLimiter(REQUESTS_PER_MINUTE, int(REQUESTS_PER_MINUTE))
    session_limiter = session_limiter or RateLimiter(SESSIONS_PER_MINUTE, _SESSIONS_AT_ONCE)
    pages = [*Pages(known, links).routes(limiter), *results.routes(known, limiter)]
    return [*pages, *Api(known).routes(limiter, session_limiter)]


def study_app(
    studies: Studies | Sequence[Study],
    *,
    limiter: RateLimiter | None = None,
    session_limiter: RateLimiter | None = None,
) -> Starlette:
    """The study alone, as an ASGI app; arguments as of `study_routes`."""
    routes = study_routes(studies, limiter=limiter, session_limiter=session_limiter)
    return Starlette(routes=[Route("/", _to_the_vote), *routes])


def study_server(app: Starlette, host: str, port: int, *, behind_proxy: bool = False) -> uvicorn.Server:
    """A server for `study_app` that tells and keeps nothing needless: no log of addresses, no name of its software.

    Args:
        app: what to serve.
        host: address to listen on.
        port: to listen on; 0 for any.
        behind_proxy: whether to take a client's address and https from the X-Forwarded headers of a proxy in a private
            network. Without one, anybody could write them.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=Connection,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=behind_proxy,
            forwarded_allow_ips=PRIVATE_NETWORKS if behind_proxy else None,
            ws="none",
            lifespan="off",
        )
    )


async def _to_the_vote(request: Request) -> Response:
    return RedirectResponse("vote")
