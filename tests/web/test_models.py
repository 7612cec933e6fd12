"""The models of a page: what they are called, what their weights may be used for, and what a study knows them as."""

import shutil
from pathlib import Path

import pytest
from cases.hub import hub, hub_server, make_run
from cases.hub_server import HubServer

from colorgan import DEFAULT_WEIGHTS, RECIPES, Colorizer
from colorgan.fingerprint import model_revision
from colorgan.publishing import publish
from colorgan.publishing.run import NOTES
from colorgan.web.models import Models

__all__ = ["hub", "hub_server"]  # fixtures that live elsewhere
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the client's, to its own parts


def test_a_licence_is_the_models_own(hub: HubServer, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    (run / NOTES).write_text("---\nlicense: cc-by-nc-4.0\n---\nOf photos that may not be sold.\n")
    publish(run, "tester/theirs")
    publish(run / "model", "tester/plain")
    bare = shutil.copytree(run / "model", tmp_path / "bare", ignore=shutil.ignore_patterns("README.md"))
    expected = {"tester/theirs": "cc-by-nc-4.0", "tester/plain": "apache-2.0", str(bare): "not stated"}
    models = Models(list(expected))
    assert {source: models.get(source).license for source in expected} == expected


def test_a_model_of_the_hub_without_a_card_states_nothing(hub: HubServer, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    publish(run / "model", "tester/model")
    repository = hub.repository("tester/model")
    files = {name: file for name, file in repository.history()[0].files.items() if name != "README.md"}
    repository.add("main", "no card", files)
    assert Models(["tester/model"]).get().license == "not stated"


@pytest.mark.parametrize("folder", ["", "twin"])
def test_the_bundled_models_are_not_called_by_a_recipe_that_did_not_make_them(folder: str, tmp_path: Path) -> None:
    source = Path(DEFAULT_WEIGHTS) / folder
    model = Models([str(source)]).get()
    assert model.name == f"{model.colorizer.recipe} (bundled)" and model.name not in RECIPES
    assert model.license == "apache-2.0"

    ignored = shutil.ignore_patterns("README.md", "twin")
    bare = Colorizer.from_pretrained(shutil.copytree(source, tmp_path / "bare", ignore=ignored))
    assert model.study_name == bare.name == model.colorizer.recipe, "the built-in studies keep their name"
    assert model_revision(model.colorizer) == model_revision(bare)
