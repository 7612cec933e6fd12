"""The Colorize page as a site without a server: the networks run in the visitor's own browser, by onnxruntime-web."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from colorgan.colorizer import Colorizer
from colorgan.exporting import export
from colorgan.files import folder_whole
from colorgan.hub.sending import send
from colorgan.web.examples import prepare_examples
from colorgan.web.limits import MAX_VIVIDNESS_PERCENT
from colorgan.web.static_constants import page_constants, worker_constants, written
from colorgan.web.static_network import layers_of, places_of
from colorgan.web.static_pages import index
from colorgan.web.static_runtime import FOLDER, Runtime
from colorgan.web.templating import ASSETS, render

SCRIPTS = Path(__file__).parent / "site"
ENGINE = SCRIPTS / "engine.wasm"  # of engine.c, by experiments/engine_wasm.py
STYLES = ("common.css", "page.css", "hints.css", "album.css", "site.css")
# One after another, as one module; the first gives what the shared ones need.
PAGE_SCRIPTS = ("host.js", "history.js", "view.js", "photos.js", "told.js", "taking.js", "begin.js")
SHARED_SCRIPTS = ("stage.js", "zoom.js", "album.js", "follow.js", "palette.js", "hints.js")
# No inline script or style, nothing from elsewhere. A page's policy is not its workers': see `Runtime.worker_policy`.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)


def write_static_site(
    folder: str | Path, model: str, runtime: str | Path, networks: str | Path | None = None, *, cdn: str = ""
) -> Path:
    """Write the site with a model -> its folder, which is there whole or not at all. Any web server can serve it.

    Args:
        folder: to write; must be new or empty.
        model: a folder or a Hub id.
        runtime: where `npm ci` (or `npm install onnxruntime-web`) was run, or the package itself.
        networks: what `export` wrote of this model before, in place of another export.
        cdn: address of a folder from which visitors get onnxruntime-web's files, in place of the site's own; their
            browsers hold each against the hash of the one in `runtime`.

    Raises:
        ValueError: the folder holds something, there is no such model, no such runtime, or no such address; one line.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{str(folder)!r} is not empty: a site is written into a new folder")
    files = Runtime.found(runtime, cdn)
    colorizer = Colorizer.from_pretrained(model)
    with folder_whole(folder) as draft:
        if networks is None:
            export(colorizer, draft / "model")
        else:
            shutil.copytree(networks, draft / "model")
        _fill(draft, colorizer, files)
    return folder


def upload_static_site(folder: str | Path, space_id: str, *, private: bool = False, token: str | None = None) -> str:
    """Put a site on the Hub as a static Space, in one commit -> its address. ValueError, one line, if that fails."""
    root = Path(folder)
    files = {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*")) if path.is_file()}
    return send(
        files,
        space_id,
        "The page without a server, published by colorgan",
        owned=lambda name: name.startswith(("model/", FOLDER, "examples/")),
        private=private,
        token=token,
        repo_type="space",
        space_sdk="static",
    )


def _fill(folder: Path, colorizer: Colorizer, runtime: Runtime) -> None:
    for path in (*sorted(SCRIPTS.glob("*.js")), ENGINE):
        shutil.copyfile(path, folder / path.name)
    for name in (*STYLES, "icon.svg"):
        shutil.copyfile(ASSETS / name, folder / name)
    runtime.write(folder)
    examples = [
        replace(example, path=example.path.relative_to(folder)) for example in prepare_examples(folder / "examples")
    ]
    model = json.loads((folder / "model" / "model.json").read_text(encoding="utf-8"))
    _write(folder / "page.js", _page_script(model))
    facts = {"policy": POLICY, "styles": STYLES, "most_vivid": MAX_VIVIDNESS_PERCENT}
    _write(folder / "index.html", index(examples, facts))
    _write(folder / "manifest.webmanifest", json.dumps(_manifest(), indent=1))
    _write(folder / "README.md", render("static_readme.md", model=model["name"]) + "\n")
    graphs = [f"model/{graph['file']}" for graph in model["graphs"].values()]
    heavy = runtime.sizes(folder)
    computing = runtime.constants()
    files = {
        "cache": f"colorgan-{_version(folder, json.dumps(computing))}",
        "models": graphs,
        "runtime": computing,
        "sizes": {**heavy, **{name: (folder / name).stat().st_size for name in graphs}},
    }
    constants = worker_constants(model, colorizer, files) | {"ENGINE": _plan(folder, colorizer)}
    _write(folder / "constants.js", written(constants))
    left = {*graphs, *heavy, "README.md", "model/model.json", "offline.js"}
    kept = [name for name in _names(folder) if name not in left]
    offline = {"cache": files["cache"], "files": ["./", *kept], "workerPolicy": runtime.worker_policy()}
    script = (SCRIPTS / "offline.js").read_text(encoding="utf-8")
    _write(folder / "offline.js", f"self.SITE = {json.dumps(offline)};\n{script}")


def _plan(folder: Path, colorizer: Colorizer) -> dict[str, Any] | None:
    """What engine.js runs; None where the network is none that it can."""
    plan = layers_of(colorizer.generator)
    return None if plan is None else plan | {"places": places_of(folder / "model" / "model.onnx", plan)}


def _page_script(model: dict[str, Any]) -> str:
    first, *others = PAGE_SCRIPTS
    paths = [SCRIPTS / "page" / first, *(ASSETS / name for name in SHARED_SCRIPTS)]
    paths += [SCRIPTS / "page" / name for name in others]
    head = (
        f"import {{ crc32 }} from './png.js';\nconst site = {json.dumps(page_constants(model), ensure_ascii=False)};\n"
    )
    return head + "\n".join(path.read_text(encoding="utf-8") for path in paths)


def _manifest() -> dict[str, Any]:
    return {
        "name": "colorgan",
        "short_name": "colorgan",
        "description": "Black-and-white photographs in colour, in your own browser.",
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": "#ededed",
        "theme_color": "#ededed",
        "icons": [{"src": "icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    }


def _version(folder: Path, elsewhere: str) -> str:
    """Of all files together, and of what comes from elsewhere: another one makes browsers forget the last one's."""
    digest = hashlib.sha256(elsewhere.encode())
    for name in _names(folder):
        digest.update(name.encode() + (folder / name).read_bytes())
    return digest.hexdigest()[:16]


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
