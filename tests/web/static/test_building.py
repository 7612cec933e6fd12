"""What the static site is made of, what is refused, and how it goes to the Hub."""

import gzip
import json
import re
from pathlib import Path

import pytest
import yaml
from cases.hub import hub, hub_server
from cases.hub_server import HubServer

from colorgan import cli
from colorgan.web.static_runtime import KINDS, PACKAGE, PINNED, Runtime
from colorgan.web.static_site import SCRIPTS, upload_static_site, write_static_site

__all__ = ["hub", "hub_server"]  # fixtures that live elsewhere
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the client's, to its own parts
FIRST_VISIT_MB = 26  # of the model and one runtime, as they are sent


def test_a_first_visit_is_no_heavier_than_it_may_be(site: Path) -> None:
    """The files are sent as they lie there, so that this holds on a server that compresses nothing."""
    loader = {"ort-wasm-simd-threaded": "ort.wasm.min.mjs"}
    others = {path for path in site.rglob("*") if path.is_file() and path.parent.name not in ("runtime", "examples")}
    for runtime in KINDS:
        own = [f"{runtime}.mjs", f"{runtime}.wasm.gz", loader.get(runtime, "ort.webgpu.min.mjs")]
        sent = others | {site / "runtime" / name for name in own}
        assert 10 < sum(path.stat().st_size for path in sent) / 1e6 < FIRST_VISIT_MB
        with gzip.open(site / "runtime" / f"{runtime}.wasm.gz") as content:
            assert content.read(4) == b"\0asm"


def test_every_file_that_is_named_is_there(site: Path) -> None:
    html = (site / "index.html").read_text()
    named = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert {"page.js", "site.css", "icon.svg", "manifest.webmanifest"} <= set(named)
    for path in site.glob("*.js"):
        named += re.findall(r"(?:from|import\() ?'\./([^']+)'", path.read_text())
    kept = json.loads(re.findall(r"self\.SITE = (.*?);\n", (site / "offline.js").read_text())[0])["files"]
    assert "worker.js" in kept and not [name for name in kept if name.endswith((".onnx", ".wasm.gz"))]
    for name in [*named, *kept]:
        assert "://" not in name and (site / name).exists(), name
    assert "style=" not in html and "onclick" not in html and "<script>" not in html


def test_scripts_have_no_number_of_python_by_heart() -> None:
    """A number that Python may change comes from constants.js."""
    known = {"0.206896", "0.412453", "0.180423", "25.0", "224", "CONTRAST =", "RADIUS ="}
    for path in SCRIPTS.glob("*.js"):
        text = path.read_text()
        assert not [number for number in known if number in text], path.name


def test_a_space_is_isolated_by_its_front_matter(site: Path) -> None:
    found = re.match(r"---\n(.*?)\n---\n", (site / "README.md").read_text(), re.DOTALL)
    assert found
    said = yaml.safe_load(found[1])
    assert said["sdk"] == "static" and said["app_file"] == "index.html"
    headers = said["custom_headers"]
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-embedder-policy"] == "require-corp"


def test_it_goes_to_the_hub_whole(site: Path, hub: HubServer) -> None:
    upload_static_site(site, "tester/page")
    [last, _] = hub.repository("tester/page", "space").history()
    there = {name: file.data for name, file in last.files.items() if name != ".gitattributes"}
    assert there == {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--static"], "--static needs --runtime"),
        (["--static", "--gpu", "--runtime", "x"], "--gpu does not go with --static"),
        (["--runtime", "x"], "--runtime goes with --static"),
        (["--cdn", "https://cdn.test/"], "--cdn goes with --static"),
        (["--static", "--runtime", "nowhere"], "'nowhere' holds no onnxruntime-web: run 'npm ci'"),
    ],
)
def test_refused_in_one_line(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["space", str(tmp_path / "site"), *arguments]) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1
    assert not (tmp_path / "site").exists()


def test_another_version_of_the_runtime_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "package.json").write_text('{"name": "onnxruntime-web", "version": "1.2.3"}')
    with pytest.raises(ValueError, match=r"onnxruntime-web 1\.2\.3, wanted 1\.\d+\.\d+: run 'npm ci'"):
        Runtime.found(tmp_path)


def test_the_documents_name_a_cdns_folder_of_the_version_that_is_pinned() -> None:
    version = json.loads(PINNED.read_text())["dependencies"][PACKAGE]
    text = (Path(__file__).parents[3] / "docs" / "static-site.md").read_text()
    [address] = re.findall(r"--cdn (\S+)", text.split("## From a CDN")[1].split("```")[1])
    assert Runtime(Path(), address).cdn.endswith(f"/{PACKAGE}@{version}/dist/")


@pytest.mark.parametrize(
    "address", ["http://cdn.test/", "https://cdn.test/dist", "https://cdn.test/; script-src *//", "/"]
)
def test_an_address_that_is_no_folder_of_a_cdn_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(ValueError, match="is no address of a folder: https://, and a slash at its end"):
        Runtime(tmp_path, address)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="is not empty"):
        write_static_site(tmp_path, "nowhere", "nowhere")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
