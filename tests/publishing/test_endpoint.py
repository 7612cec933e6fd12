"""What is published for Inference Endpoints, run as huggingface-inference-toolkit runs it: its own process, handler.py
by its path, the model's folder first on the path, requests of JSON, and an exception as status 400."""

import base64
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases.hub import TOKEN, hub, hub_server, waits
from cases.hub_server import HubServer
from PIL import Image

from colorgan.publishing import publish
from colorgan.publishing.run import endpoint_files

__all__ = ["hub", "hub_server", "waits"]  # fixtures that live elsewhere
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the client's, to its own parts
ALONE = Path(__file__).parents[1] / "cases" / "installed_alone.py"
TOOLKIT = """
import importlib.util, json, sys
folder, requests = sys.argv[1], json.load(sys.stdin)
spec = importlib.util.spec_from_file_location("handler", f"{folder}/handler.py")
sys.path.insert(0, folder)
module = importlib.util.module_from_spec(spec)
sys.modules["handler"] = module
spec.loader.exec_module(module)
handler = module.EndpointHandler(folder)
answers = []
for body in requests:
    try:
        if "inputs" not in body:
            raise ValueError("Body needs to provide a inputs key")
        answers.append([200, json.loads(json.dumps(handler(body)))])
    except Exception as error:
        answers.append([400, {"error": str(error)}])
import colorgan
print(json.dumps([colorgan.__file__, answers]))
"""


def base64_of(image: Image.Image, kind: str) -> str:
    file = io.BytesIO()
    image.save(file, kind)
    return base64.b64encode(file.getvalue()).decode()


def decoded(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text)))


@pytest.fixture
def published(hub: HubServer, words: str, tmp_path: Path) -> Path:
    """The files of a repository with an endpoint, as its container fetches them."""
    publish(words, "tester/words", endpoint=True)
    commit = hub.repository("tester/words").at("main")
    assert commit is not None
    for name, file in commit.files.items():
        path = tmp_path / "repository" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
        assert TOKEN.encode() not in file.data
    return tmp_path / "repository"


def asked(folder: Path, requests: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
    ran = subprocess.run(
        [sys.executable, str(ALONE), "", TOOLKIT, str(folder)],
        input=json.dumps(requests),
        cwd=folder.parent,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert ran.returncode == 0, ran.stderr
    program, answers = json.loads(ran.stdout)
    assert Path(program) == folder / "colorgan" / "__init__.py"
    return [(status, body) for status, body in answers]


def test_an_endpoint_answers(published: Path) -> None:
    blobs = np.random.default_rng(0).integers(40, 220, (4, 5), dtype=np.uint8)
    gray = Image.fromarray(blobs).resize((96, 80), Image.Resampling.BICUBIC)
    photo = base64_of(gray, "JPEG")
    hint = [{"x": 40, "y": 40, "colour": "red"}]
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"photo": photo}, "Body needs to provide a inputs key"),
        ({"inputs": 7}, "inputs must be the base64 of a photo's file, got int"),
        ({"inputs": "not base64!"}, "inputs must be the base64 of a photo's file: "),
        (
            {"inputs": base64.b64encode(b"no photo").decode()},
            "the file is not a picture in any format",
        ),
        ({"inputs": photo, "parameters": [1]}, "parameters must be an object, got list"),
        ({"inputs": photo, "parameters": {"hint": hint}}, "'hint' is no parameter: there are vividness, variants, "),
        ({"inputs": photo, "parameters": {"vividness": "much"}}, "vividness must be a number from 0 to 3, got 'much'"),
        ({"inputs": photo, "parameters": {"variants": 1.5}}, "variants must be a whole number from 0 to 16, got 1.5"),
        ({"inputs": photo, "parameters": {"format": "gif"}}, "format must be one of jpg, png, webp, tiff, got 'gif'"),
        ({"inputs": photo, "parameters": {"hints": [{"x": 1}]}}, 'hint 1 must have "x", "y" and "colour"'),
        ({"inputs": photo, "parameters": {"hints": [{"x": 999, "y": 0, "colour": "red"}]}}, "hint 1"),
    ]
    right: list[dict[str, Any]] = [
        {"inputs": photo},
        {"inputs": f"data:image/jpeg;base64,{photo}", "parameters": {"vividness": 0}},
        {"inputs": photo, "parameters": {"hints": hint, "variants": 2, "seed": 7, "daring": 0.5, "format": "png"}},
        {"inputs": base64_of(gray, "TIFF"), "parameters": {"hints": []}},
    ]
    answers = asked(published, [*right, *(body for body, _ in wrong)])
    for (status, body), (_, line) in zip(answers[len(right) :], wrong, strict=True):
        assert status == 400 and body["error"].startswith(line) and "\n" not in body["error"], body
    assert [status for status, _ in answers[: len(right)]] == [200] * len(right)
    plain, calm, told, tiff = (body for _, body in answers[: len(right)])
    assert [body["content_type"] for body in (plain, calm, told, tiff)] == [
        "image/jpeg",
        "image/jpeg",
        "image/png",
        "image/tiff",
    ]
    assert (decoded(plain["image"]).format, decoded(plain["image"]).size) == ("JPEG", (96, 80))
    assert np.ptp(np.asarray(decoded(calm["image"])).astype(int), axis=2).max() <= 3  # gray, as JPEG has it
    assert np.ptp(np.asarray(decoded(plain["image"])).astype(int), axis=2).max() > 3
    assert len({told["image"], *told["variants"]}) == 3 and plain["variants"] == []
    assert "guided by a person's hints" in decoded(told["image"]).text["Software"]  # type: ignore[attr-defined]


def test_what_goes_along_and_what_stays(published: Path, hub: HubServer, words: str) -> None:
    needed = (published / "requirements.txt").read_text().splitlines()
    assert any(line.startswith("torch>=") for line in needed) and not any("gradio" in line for line in needed)
    assert (published / "colorgan" / "LICENSE").read_text().lstrip().startswith("Apache License")
    assert not (published / "colorgan" / "weights").exists() and not list(published.rglob("*.pyc"))
    repository = hub.repository("tester/words")
    before = repository.at("main")
    assert before is not None
    repository.add("main", "by hand", {**before.files, "colorgan/old.py": before.files["handler.py"]})
    publish(words, "tester/words")  # without the flag the endpoint works on, with the program that it has
    after = repository.at("main")
    assert after is not None and {"handler.py", "colorgan/old.py"} <= after.files.keys()
    publish(words, "tester/words", endpoint=True)
    last = repository.at("main")
    assert last is not None and "colorgan/old.py" not in last.files
    assert endpoint_files().keys() <= last.files.keys()
