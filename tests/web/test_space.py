"""The page as a Space: a folder that has all it needs, starts from itself, and goes to the Hub whole."""

import contextlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from cases.hub import hub, hub_server, make_run
from cases.hub_server import HubServer
from cases.study import Visitor
from huggingface_hub import HfApi

from colorgan import cli
from colorgan.hub.program import PACKAGE
from colorgan.publishing import publish
from colorgan.voting import backup as votes
from colorgan.voting.database import DATABASE_VARIABLE
from colorgan.voting.privacy import SECRET_VARIABLE
from colorgan.web import gpu
from colorgan.web.space import requirements, upload_space, write_space
from colorgan.web.space_votes import keep_votes

__all__ = ["hub", "hub_server"]  # fixtures that live elsewhere
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the client's, to its own parts
ROOT = Path(__file__).parents[2]
ID = "tester/model"


def front_matter(folder: Path) -> dict[str, object]:
    found = re.match(r"---\n(.*?)\n---\n", (folder / "README.md").read_text(), re.DOTALL)
    assert found
    return dict(yaml.safe_load(found[1]))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A small untrained model's folder."""
    return make_run(tmp_path / "run") / "model"


def test_a_space_has_all_it_needs(model: Path, tmp_path: Path) -> None:
    space = write_space(tmp_path / "space", str(model))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    front = front_matter(space)
    assert (front["sdk"], front["app_file"], front["sdk_version"]) == ("gradio", "app.py", version("gradio"))
    assert front["python_version"] == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert len(str(front["short_description"])) <= 60  # as much as the Hub takes
    assert "Apache License" in (space / "LICENSE").read_text()
    here = {path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py")}
    assert here == {path.relative_to(space / "colorgan") for path in (space / "colorgan").rglob("*.py")}
    assert (space / "colorgan/web/assets/page.css").is_file()
    assert not (space / "colorgan/weights").exists()
    assert not list(space.rglob("__pycache__"))
    assert {path.name for path in (space / "model").iterdir()} == {"config.json", "model.safetensors", "README.md"}


def test_what_tells_which_way_up_goes_along(model: Path, tmp_path: Path) -> None:
    own = shutil.copytree(model, tmp_path / "own")
    (own / "upright.safetensors").write_bytes(b"learnt for it")
    space = write_space(tmp_path / "space", str(own))
    assert (space / "model" / "upright.safetensors").read_bytes() == b"learnt for it"


def test_the_requirements_are_those_of_the_package_and_met_here() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    declared = [*project["dependencies"], *extras["app"], *extras["study"]]
    names = {re.split(r"[^\w.-]", line)[0] for line in declared} - {"colorgan"}
    extra, *pinned = requirements()
    assert extra.startswith("--extra-index-url https://download.pytorch.org/")
    found = dict(line.split("==") for line in pinned)
    assert found.keys() == names and {"torch", "gradio", "sqlalchemy", "numpy"} <= names
    for name, wanted in found.items():
        assert version(name).split("+")[0] == wanted


def test_it_starts_from_its_own_folder(model: Path, tmp_path: Path) -> None:
    """With pip and python alone, without a token: the page, and after a while the built-in study."""
    space = write_space(tmp_path / "space", str(model))
    (space / "colorgan" / "web" / "assets" / "page.css").write_text("/* of the Space's own copy */")
    stimuli = space / "colorgan" / "voting" / "stimuli.py"
    assert "\nSIDE_PX = 384" in stimuli.read_text()
    stimuli.write_text(stimuli.read_text().replace("\nSIDE_PX = 384", "\nSIDE_PX = 96"))  # small, and soon done
    with started(space, tmp_path) as address:
        page = fetched(address)
        config = fetched(address + "config")
        assert "of the Space's own copy" in page + config
        assert json.loads(config)["title"] == "colorgan"
        while "One moment" in (vote := fetched(address + "vote")):
            time.sleep(0.2)
        assert 'data-study="demo-' in vote and "a demonstration on a few photos, not a measurement" in vote
        assert "Real or fake? is still running" in fetched(address + "results")


@contextlib.contextmanager
def started(space: Path, home: Path, *, gently: bool = False, **settings: str) -> Iterator[str]:
    """The Space's program in a process of its own -> its address; killed, or, `gently`, told to end."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GRADIO"))}
    environment = {**clean, "HF_HUB_OFFLINE": "1", "TMPDIR": str(home), "OMP_NUM_THREADS": "1"}
    environment |= {"COLORGAN_HOME": str(home / "home"), **settings}
    with subprocess.Popen(
        [sys.executable, "app.py"], cwd=space, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        address = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
        try:
            assert address
            yield address[0]
        finally:
            if gently:
                process.terminate()
                process.wait(40)
            process.kill()


def fetched(address: str) -> str:
    with urllib.request.urlopen(address, timeout=30) as answer:
        return str(answer.read().decode())


_SPACES = """
\"\"\"Stands in for the package of that name: notes what was given to it, and runs it at home.\"\"\"
import functools

def GPU(function):
    @functools.wraps(function)
    def lent(*arguments):
        print("asked the card for", arguments[2:], flush=True)
        return function(*arguments)
    return lent
"""


def test_a_borrowed_card_is_asked_where_there_is_one(model: Path, tmp_path: Path) -> None:
    space = write_space(tmp_path / "space", str(model), gpu=True)
    assert front_matter(space)["suggested_hardware"] == "zero-a10g"
    needed = (space / "requirements.txt").read_text().splitlines()
    assert "spaces" in needed and not any("whl/cpu" in line or line.startswith("torch==") for line in needed)
    ask = """
from PIL import Image
from colorgan.web.models import Models
models = Models(["model"])
gray = Image.linear_gradient("L")
there, _ = models.predict(models.get(), gray, 0, 7)
here = models.get().colorizer.predict([gray], variants=0, seed=7)[0]
assert (there.lines == here.lines).all()
"""
    (space / "spaces.py").write_text(_SPACES)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"}
    asked = [sys.executable, "-c", ask]
    ran = subprocess.run(asked, cwd=space, env=environment, capture_output=True, text=True, timeout=100)
    assert (ran.returncode, ran.stdout) == (0, "asked the card for ({'variants': 0, 'seed': 7},)\n"), ran.stderr
    if importlib.util.find_spec("spaces") is None:
        assert not gpu.IS_BORROWED


def test_the_readme_says_how_votes_survive(model: Path, tmp_path: Path) -> None:
    """By the names that the program reads."""
    readme = (write_space(tmp_path / "space", str(model)) / "README.md").read_text()
    for name in (votes.VARIABLE, DATABASE_VARIABLE, SECRET_VARIABLE, "HF_TOKEN", "psycopg[binary]"):
        assert f"`{name}`" in readme


def test_a_hub_model_is_named_and_not_copied(hub: HubServer, model: Path, tmp_path: Path) -> None:
    publish(model, ID)
    space = write_space(tmp_path / "space", ID)
    assert front_matter(space)["models"] == [ID]
    assert f'MODEL = "{ID}"' in (space / "app.py").read_text()
    assert not list(space.rglob("*.safetensors"))
    assert not any("model.safetensors" in request and request.startswith("GET") for request in hub.requests)
    compile((space / "app.py").read_text(), "app.py", "exec")


def test_votes_on_a_volume_survive_a_restart(hub: HubServer, model: Path, tmp_path: Path) -> None:
    """The Space is put on the Hub; then its program runs here as the Hub was told, twice, with a new disk each time."""
    space, volume = tmp_path / "space", tmp_path / "bucket"
    asked = ["space", str(space), "--model", str(model), "--to", "tester/page", "--votes", "tester/votes"]
    assert cli.main(asked) == 0
    there = hub.repository("tester/page", "space")
    assert hub.repositories["bucket", "tester/votes"].private
    assert there.volumes == [{"type": "bucket", "source": "tester/votes", "mountPath": "/data"}]
    assert len(there.secrets[SECRET_VARIABLE]) >= 32
    settings = {name: value.replace("/data", str(volume)) for name, value in there.variables.items()} | there.secrets
    assert settings.keys() == {votes.VARIABLE, SECRET_VARIABLE}
    stimuli = space / "colorgan" / "voting" / "stimuli.py"
    stimuli.write_text(stimuli.read_text().replace("\nSIDE_PX = 384", "\nSIDE_PX = 96"))  # small, and soon done
    cookies: dict[str, str] = {}
    for start in range(2):
        (tmp_path / str(start)).mkdir()
        with started(space, tmp_path / str(start), gently=True, **settings) as address:
            while "One moment" in (page := fetched(address + "vote")):
                time.sleep(0.2)
            study = re.search('data-study="(demo-[^"]+)"', page)
            assert study
            with Visitor(address, study[1]) as visitor:
                visitor.client.cookies.update(cookies)
                assert visitor.start().status_code == 200
                cookies = dict(visitor.client.cookies) or cookies
                trial = visitor.trial()
                assert trial["position"] == 1 + start, "who voted goes on with the next pair"
                time.sleep(4)  # a pair is looked at for so long
                assert visitor.answer(trial["trial_id"], "left").json()["outcome"] == "recorded"


def test_a_space_that_has_volumes_and_a_secret_keeps_them(
    hub: HubServer, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    HfApi().create_repo("tester/page", repo_type="space", space_sdk="gradio")
    space = hub.repository("tester/page", "space")
    models = {"type": "model", "source": "tester/model", "mountPath": "/models", "readOnly": True}
    space.volumes, space.secrets = [models], {SECRET_VARIABLE: "x" * 32}
    ours = {"type": "bucket", "source": "tester/votes", "mountPath": "/data"}
    for _ in range(2):
        keep_votes("tester/page", "tester/votes")
        assert (space.volumes, space.secrets[SECRET_VARIABLE]) == ([models, ours], "x" * 32)
    with pytest.raises(ValueError, match=r"cannot mount 'tester/more' in .*: bucket 'tester/votes' is mounted"):
        keep_votes("tester/page", "tester/more")
    hub.add_bucket("tester/open", private=False)
    with pytest.raises(ValueError, match="the bucket is public"):
        keep_votes("tester/page", "tester/open")
    with pytest.raises(ValueError, match=r"cannot mount 'other/votes' in 'tester/page': this token may not"):
        keep_votes("tester/page", "other/votes")
    assert space.volumes == [models, ours]
    for flags in (["--votes", "tester/votes"], ["--votes", "tester/votes", "--to", "tester/page", "--static"]):
        assert cli.main(["space", str(tmp_path / "new"), "--model", str(model), *flags]) == 2
        assert "--votes goes with --to, and not with --static" in capsys.readouterr().err


def test_a_client_that_knows_no_volumes_is_named(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(HfApi, "set_space_volumes")
    with pytest.raises(ValueError, match="volumes need a newer huggingface_hub than"):
        keep_votes("tester/page", "tester/votes")
    assert not hub.requests


def test_to_the_hub_in_one_commit(
    hub: HubServer, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    space = tmp_path / "space"
    assert cli.main(["space", str(space), "--model", str(model), "--to", "tester/page", "--private"]) == 0
    assert f"published: {hub.url}/spaces/tester/page" in capsys.readouterr().out
    repository = hub.repository("tester/page", "space")
    assert len(repository.history()) == 2 and repository.private
    there = {name: file.data for name, file in repository.history()[0].files.items() if name != ".gitattributes"}
    assert there == {
        path.relative_to(space).as_posix(): path.read_bytes() for path in space.rglob("*") if path.is_file()
    }
    (space / "colorgan" / "degrade.py").unlink()
    upload_space(space, "tester/page")
    assert "colorgan/degrade.py" not in repository.history()[0].files


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["used", "--model", "run/model"], "'used' is not empty: a Space is written into a new folder"),
        (["file", "--model", "run/model"], "'file' is a file"),
        (["space", "--model", "used"], "'used' is no folder of a model: it lacks config.json"),
        (["space", "--model", ID], f"'{ID}' is neither a folder with a model nor one on the Hub: there is no such"),
    ],
)
def test_refusals(
    hub: HubServer,
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    assert cli.main(["space", *given]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "space").exists()
    with pytest.raises(ValueError, match="is no Space"):
        upload_space(tmp_path / "used", "tester/page")
