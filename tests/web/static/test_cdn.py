"""A site whose runtime comes from another origin, held against hashes; the other origin is a server of this machine."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cases.browsing import chroma
from cases.exports import kept_export
from cases.static_site import Visit, installed_runtime, picture, served
from PIL import Image
from skimage import data

from colorgan import DEFAULT_WEIGHTS
from colorgan.web.static_runtime import FILES, Runtime
from colorgan.web.static_site import write_static_site

ANYONE = {"Access-Control-Allow-Origin": "*"}
ADD = "#stage .drop input[type=file]"
BACKEND = "() => document.querySelector('.backend').textContent"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of onnxruntime-web's files, to be changed by a test."""
    folder = tmp_path_factory.mktemp("cdn")
    runtime = Runtime.found(installed_runtime(folder))
    (folder / "dist").mkdir()
    for name in FILES:
        shutil.copyfile(runtime.distribution / name, folder / "dist" / name)
    return folder / "dist"


@pytest.fixture(scope="module")
def cdn(files: Path) -> Iterator[str]:
    with served(files, ANYONE) as address:
        yield address


@pytest.fixture(scope="module")
def address(cdn: str, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hosted")
    (folder / "runtime").mkdir()
    networks = kept_export(DEFAULT_WEIGHTS, pytestconfig.cache)
    site = write_static_site(folder / "site", DEFAULT_WEIGHTS, installed_runtime(folder / "runtime"), networks, cdn=cdn)
    assert not (site / "runtime").exists()
    with served(site) as address:
        yield address


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Visit]:
    visit = Visit(browser, address)
    yield visit
    visit.context.close()


def test_it_computes_with_what_another_origin_sends_and_asks_nobody_else(
    visit: Visit, cdn: str, address: str, tmp_path: Path
) -> None:
    Image.fromarray(data.chelsea()).convert("L").save(tmp_path / "cat.png")
    visit.page.set_input_files(ADD, tmp_path / "cat.png")
    visit.page.wait_for_selector(".viewer[data-ready]")
    assert chroma(picture(visit.page)) > 2
    origins = {url.split("/")[2] for _, url in visit.asked if url.startswith("http")}
    assert origins == {address.split("/")[2], cdn.split("/")[2]}
    names = {url.rsplit("/", 1)[1] for _, url in visit.asked if url.startswith(cdn)}
    assert names == {"ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"}
    assert visit.complaints == []
    visit.page.evaluate("() => navigator.serviceWorker.ready")
    visit.asked.clear()
    visit.page.reload()  # now its workers have their policy, and all comes from what was kept
    visit.page.wait_for_function(f"{BACKEND}.startsWith('Computed')")
    visit.page.set_input_files(ADD, tmp_path / "cat.png")
    visit.page.wait_for_selector(".viewer[data-ready]")
    assert "thread" in visit.page.evaluate(BACKEND) and visit.complaints == []
    assert not [url for _, url in visit.asked if url.startswith(cdn)]


@pytest.mark.parametrize("name", ["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"])
def test_a_file_with_another_byte_is_not_run(browser: Any, address: str, files: Path, name: str) -> None:
    whole = (files / name).read_bytes()
    (files / name).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    visit = Visit(browser, address)
    try:
        visit.page.wait_for_function(f"{BACKEND}.includes('could not be fetched')")
        assert [url for _, url in visit.asked if url.endswith(f"/{name}")], "it was sent, whole but for that byte"
    finally:
        visit.context.close()
        (files / name).write_bytes(whole)
