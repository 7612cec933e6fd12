"""The server: pages, theme and limits."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from colorgan.machine import without_collector
from colorgan.web.address import OWN_NAMES, PRIVATE_NETWORKS, HostNames, check_free, is_on_space
from colorgan.web.colorize import ColorizePage
from colorgan.web.compare import ComparePage
from colorgan.web.examples import prepare_examples
from colorgan.web.film import FilmPage
from colorgan.web.gate import Door, Gate
from colorgan.web.gradio_import import gradio as gr
from colorgan.web.gradio_import import no_applications
from colorgan.web.limits import Limits
from colorgan.web.masks import SERVED, Masks
from colorgan.web.mcp import PATH, Tools, mcp_route
from colorgan.web.models import Models, bundled_models
from colorgan.web.navigation import APP_PAGES, COLORIZE, COMPARE, FILM
from colorgan.web.pages import PageBlocks
from colorgan.web.quota import Quota
from colorgan.web.sent import Events
from colorgan.web.session_files import SESSIONS
from colorgan.web.study import Studies, study_routes
from colorgan.web.templating import ASSETS, render
from colorgan.web.uploads import Uploads
from colorgan.web.visits import Visits
from colorgan.web.workspace import kept_workspace, temporary_workspace

MAX_TABS = 1000  # that Gradio remembers; who comes back after so many others finds the photos by the visit's token
QUEUE_SIZE = 64  # events that may wait before the page says that it is busy
TITLE = "colorgan"
PRIVATE_HERE = "Your photos and films stay on this machine. The page lets go of them {after} you last did something."
PRIVATE_THERE = (
    "Your photos and films are shown to nobody else. Until {after} you last did something, you can come back to them; "
    "then they go."
)
_SYSTEM_FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")


@no_applications()
def build(
    models: Models,
    folder: Path | None = None,
    limits: Limits | None = None,
    privacy: str = PRIVATE_HERE,
    visits: Visits | None = None,
) -> PageBlocks:
    """The pages as one `gr.Blocks`, to launch or to mount under another server.

    More pages are more `with demo.route(name, path, show_in_navbar=False)` blocks after this one, each with its
    `_header`; the study's are plain routes (`colorgan.web.study`).

    Args:
        models: what colorizes.
        folder: where files of sessions go; below Gradio's own cache folder, which is what it serves files from.
        limits: what one person may bring.
        privacy: the line under the drop target; it must be true of the machine that this runs on. "{after}" in it is
            how long after the last touch photos go.
        visits: who looks after everybody's photos.
    """
    limits = limits or Limits()
    folder = folder or Path(gr.utils.get_upload_folder()) / SESSIONS
    visits = visits or Visits(folder, limits)
    privacy = privacy.replace("{after}", f"{limits.kept_for} after")
    examples = prepare_examples(folder / "examples")
    with PageBlocks(visits, title=TITLE, analytics_enabled=False, fill_width=True) as demo:
        _header(COLORIZE)
        ColorizePage(models, folder, examples, limits, privacy, visits).build()
    with demo.route(FILM, "/film", show_in_navbar=False):
        _header(FILM)
        FilmPage(models, folder, [], limits, privacy, visits).build()
    with demo.route(COMPARE, "/compare", show_in_navbar=False):
        _header(COMPARE)
        in_colour = prepare_examples(folder / "examples-in-colour", in_colour=True)
        ComparePage(models, folder, in_colour, limits, privacy, visits).build()
    demo.queue(max_size=QUEUE_SIZE, default_concurrency_limit=4)
    return demo


def launch(
    sources: Sequence[str],
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    share: bool = False,
    open_browser: bool = False,
    limits: Limits | None = None,
    studies: Studies | None = None,
    prepare: Callable[[Models], None] | None = None,
    block: bool = True,
    proxies: Sequence[str] = (),
    public_names: Sequence[str] = (),
    keep: Path | None = None,
    mcp: bool = False,
) -> gr.Blocks:
    """Serve the pages until interrupted, or, without `block`, until the returned Blocks is closed.

    The server answers while the models are still being loaded.

    Args:
        sources: models, folders or Hub ids; the first is the default.
        host: address to listen on; "0.0.0.0" for all.
        port: to listen on; None takes 7860, or the next free one.
        share: also at a public address, through Gradio's tunnel.
        open_browser: show the page in the browser.
        limits: what one person may bring.
        studies: what "Real or fake?" and "Results" are about; may grow while the server runs.
        prepare: called in the background once the models are loaded, such as to render a study.
        block: stay here until the server is stopped.
        proxies: addresses or networks of proxies, whose word counts on who visits (X-Forwarded-For and the like);
            without any those of the variable FORWARDED_ALLOW_IPS, or on a Space all of private networks.
        public_names: host names that the page may be asked for by, beside its own.
        keep: a folder for the visits of a server of one's own, which are there again when it is started anew. Without
            one, or where others have access, they go when the server stops.
        mcp: also answer agents, at /mcp.

    Raises:
        ValueError: a source is not a model, or the port is taken; one line.
    """
    if port is not None:
        check_free(host, port)
    is_own = host in OWN_NAMES and not share  # nobody but who sits here
    models, limits = Models(sources, others_welcome=is_own), limits or Limits.of(alone=is_own)
    workspace, visits = _workspace(keep if is_own else None, models, limits)
    names = HostNames(host, [*public_names, *filter(None, [os.environ.get("SPACE_HOST")])])
    door = _door(workspace, models, visits, names, proxies, more=frozenset({PATH} if mcp else ()))
    visits.also_sweep(door.uploads.sweep)
    with without_collector():
        demo = build(models, workspace / SESSIONS, limits, PRIVATE_HERE if is_own else PRIVATE_THERE, visits)
        demo.door, visits.quota = door, door.uploads.quota
        door.events.inputs = {number: len(function.inputs) for number, function in demo.fns.items()}
        routes = study_routes(Studies() if studies is None else studies, links=APP_PAGES)
        if mcp:
            routes.append(mcp_route(Tools(models, workspace / SESSIONS, limits, door.uploads.quota)))
        _serve(demo, door, host, port, share, routes)
        models.start()  # not before: torch's import would take turns with Gradio's, and the page come later
        if share_url := str(demo.share_url or ""):
            names.add(urlsplit(share_url).netloc)
        try:
            models.wait()
        except BaseException:
            demo.close()
            raise
    if prepare is not None:
        threading.Thread(target=prepare, args=(models,), name="prepare", daemon=True).start()
    address = str(demo.share_url or demo.local_url)
    _say(f"colorgan is at {address}  (stop with Ctrl-C)" + f"; for agents at {address.rstrip('/')}{PATH}" * mcp)
    if open_browser:
        import webbrowser

        webbrowser.open(address)
    if block:
        signal.signal(signal.SIGTERM, _stop)
        demo.block_thread()
    return demo


def _workspace(keep: Path | None, models: Models, limits: Limits) -> tuple[Path, Visits]:
    """The folder of all that visits bring, and who looks after it; that of `keep`, if it can be had."""
    kept = None if keep is None else kept_workspace(keep)
    workspace = kept or temporary_workspace()
    visits = Visits(workspace / SESSIONS, limits, keeps=kept is not None)
    if visits.keeps:
        visits.go_on(models.sources)
    return workspace, visits


def _serve(demo: PageBlocks, door: Door, host: str, port: int | None, share: bool, routes: list[BaseRoute]) -> None:
    """Have Gradio serve the pages, behind the door, beside other routes; it goes on in the background."""
    demo.launch(
        server_name=host,
        server_port=port,
        share=share,
        quiet=True,
        prevent_thread_lock=True,
        max_file_size=demo.visits.limits.max_bytes,
        run_history=False,
        footer_links=[],
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        favicon_path=ASSETS / "icon.svg",
        theme=_theme(),
        css_paths=[
            ASSETS / "common.css",
            ASSETS / "page.css",
            ASSETS / "compare.css",
            ASSETS / "hints.css",
            ASSETS / "album.css",
            ASSETS / "film.css",
        ],
        state_session_capacity=MAX_TABS,
        app_kwargs={
            "routes": routes,
            "middleware": [Middleware(Gate, door=door)],
        },
    )


def _door(
    workspace: Path,
    models: Models,
    visits: Visits,
    names: HostNames,
    proxies: Sequence[str],
    more: frozenset[str] = frozenset(),
) -> Door:
    """What the gate goes by. uvicorn itself believes no proxy: the gate has to know which requests came through one."""
    believed = proxies or os.environ.get("FORWARDED_ALLOW_IPS", PRIVATE_NETWORKS if is_on_space() else "").split(",")
    os.environ["FORWARDED_ALLOW_IPS"] = ""
    folders = {workspace: SERVED}
    for number, source in enumerate(dict.fromkeys((*models.sources, *bundled_models()))):
        if Path(source).is_absolute():
            folders[Path(source)] = f"/model-{number}/{Path(source).name}"
    uploads = Uploads(workspace, Quota(workspace, visits.limits), visits)
    return Door(names, [one for one in believed if one], Masks(folders), uploads, Events(uploads), more)


def _header(current: str) -> None:
    """The header of a page; each `demo.route` begins with its own."""
    gr.HTML(render("app_header.html", current=current, links=APP_PAGES), elem_id="masthead")


def _theme() -> gr.themes.Base:
    """Neutral grays (equal red, green and blue), the system's own typeface, and one accent."""
    gray = gr.themes.colors.neutral
    accent, accent_dark = "#1d5fbf", "#8ab4f8"
    return gr.themes.Base(
        primary_hue="blue",
        secondary_hue=gray,
        neutral_hue=gray,
        font=_SYSTEM_FONT,
        font_mono=("ui-monospace", "Consolas", "monospace"),
        text_size=gr.themes.sizes.text_md,
        radius_size=gr.themes.sizes.radius_md,
    ).set(
        body_background_fill="#ededed",
        body_background_fill_dark="#1f1f1f",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        block_padding="0px",
        border_color_accent=accent,
        border_color_accent_dark=accent_dark,
        button_primary_background_fill=accent,
        button_primary_background_fill_dark=accent_dark,
        button_primary_background_fill_hover="#174e9e",
        button_primary_background_fill_hover_dark="#a8c7fa",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#121212",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_dark="#333333",
        button_secondary_background_fill_hover="#f5f5f5",
        button_secondary_background_fill_hover_dark="#404040",
        slider_color="#525252",
        slider_color_dark="#d4d4d4",
        checkbox_background_color_selected=accent,
        checkbox_background_color_selected_dark="#3b78d8",
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _stop(signal_number: int, frame: FrameType | None) -> None:
    """SIGTERM ends the process the way Ctrl-C does, so that its folder is removed."""
    raise KeyboardInterrupt
