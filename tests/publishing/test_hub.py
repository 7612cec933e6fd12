"""Publishing to a Hub and loading from it, with the real client over real HTTP, on good days and bad."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import huggingface_hub.constants as constants
import numpy as np
import pytest
import torch
from cases.hub import TOKEN, hub, hub_server, make_run, point_client_to, report_on, waits
from cases.hub_server import File, HubServer, Repository, Request
from huggingface_hub import HfApi, ModelCard
from PIL import Image

from colorgan import cli
from colorgan.colorizer import Colorizer
from colorgan.evaluation.report import REPORT
from colorgan.hub.sending import DELAYS_S
from colorgan.publishing import publish

__all__ = ["hub", "hub_server", "waits"]  # fixtures that live elsewhere
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the client's, to its own parts
ROOT = Path(__file__).parents[2]
ID = "tester/model"
PUBLISHED = {
    *("model.safetensors", "config.json", "README.md", "recipe.json"),
    *("metrics.json", "samples.png", "curves.png"),
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run."""
    return make_run(tmp_path / "runs" / "bedroom")


def files(hub: HubServer, name: str = ID, revision: str = "main", kind: str = "model") -> dict[str, File]:
    commit = hub.repository(name, kind).at(revision)
    assert commit is not None
    return {path: file for path, file in commit.files.items() if path != ".gitattributes"}


def weights(model: Colorizer) -> dict[str, torch.Tensor]:
    return dict(model.state_dict())


def same(one: Colorizer, other: Colorizer) -> bool:
    first, second = weights(one), weights(other)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def refused(message: str, *arguments: Any, **options: Any) -> str:
    """What a load that must fail says, in one line that holds no token."""
    with pytest.raises(ValueError, match=message) as caught:
        Colorizer.from_pretrained(*arguments, **options)
    assert "\n" not in str(caught.value) and TOKEN not in str(caught.value)
    return str(caught.value)


class TestPublish:
    def test_everything_in_one_commit(self, hub: HubServer, run: Path) -> None:
        assert publish(run, ID) == f"{hub.url}/{ID}"
        assert len(hub.repository(ID).history()) == 2  # the Hub's own first one, and ours
        found = files(hub)
        assert found.keys() == PUBLISHED
        for name, path in {
            "model.safetensors": "model/model.safetensors",
            "config.json": "model/config.json",
            "samples.png": "samples/000000064.png",
            "curves.png": "curves.png",
        }.items():
            assert found[name].data == (run / path).read_bytes()
        assert [row["images_seen"] for row in json.loads(found["metrics.json"].data)] == [32, 64]
        assert json.loads(found["recipe.json"].data)["recipe"]["name"] == "wgan-bedroom"

    def test_an_evaluation_is_in_the_hubs_tables(self, hub: HubServer, run: Path) -> None:
        (run / REPORT).write_text(json.dumps(report_on(run)))
        publish(run, ID)
        assert files(hub).keys() == PUBLISHED | {REPORT, ".eval_results/colorgan.yaml"}
        found = HfApi().model_info(ID, expand=["evalResults"]).eval_results
        assert found and {one.task_id: one.value for one in found}["colorization_psnr"] == 23.456
        (run / REPORT).unlink()
        publish(run, ID)
        assert files(hub).keys() == PUBLISHED

    def test_optimisers_logs_and_paths_stay_home(self, hub: HubServer, tmp_path: Path) -> None:
        run = make_run(tmp_path / "runs" / "mine", dataset=(str(tmp_path / "secret" / "album"), "someone/photos"))
        publish(run, ID)
        for name, file in files(hub).items():
            assert str(tmp_path).encode() not in file.data, name
            assert b"optimisers' memory" not in file.data and b"a tracker's" not in file.data, name
        recorded = json.loads(files(hub)["recipe.json"].data)
        assert recorded["run"]["output_dir"] == "mine"
        assert recorded["recipe"]["data"]["dataset"] == ["album", "someone/photos"]

    def test_it_colours_as_it_did_at_home(self, hub: HubServer, run: Path) -> None:
        publish(run, ID)
        image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 50), np.uint8))
        there, here = Colorizer.from_pretrained(ID), Colorizer.from_pretrained(run / "model")
        assert there.colorize(image).tobytes() == here.colorize(image).tobytes()

    def test_a_folder_with_a_model_will_do(self, hub: HubServer, run: Path) -> None:
        publish(run / "model", ID)
        assert files(hub).keys() == {"model.safetensors", "config.json", "README.md"}

    def test_again_is_a_second_commit_without_leftovers(self, hub: HubServer, run: Path, tmp_path: Path) -> None:
        publish(run, ID)
        repository = hub.repository(ID)
        repository.add("main", "a note", {**repository.history()[0].files, "NOTES.md": File(b"not ours")})
        second = make_run(tmp_path / "second", width=6)
        (second / "curves.png").unlink()
        publish(second, ID)
        assert len(repository.history()) == 4
        assert files(hub).keys() == PUBLISHED - {"curves.png"} | {"NOTES.md"}
        assert same(Colorizer.from_pretrained(ID), Colorizer.from_pretrained(second / "model"))

    def test_the_same_again_is_no_commit(self, hub: HubServer, run: Path) -> None:
        assert publish(run, ID) == publish(run, ID)
        assert len(hub.repository(ID).history()) == 2

    def test_to_a_branch(self, hub: HubServer, run: Path, tmp_path: Path) -> None:
        publish(run, ID)
        second = make_run(tmp_path / "second", width=6)
        assert publish(second, ID, revision="wide").endswith(f"{ID}/tree/wide")
        assert same(Colorizer.from_pretrained(ID, revision="wide"), Colorizer.from_pretrained(second / "model"))
        assert same(Colorizer.from_pretrained(ID), Colorizer.from_pretrained(run / "model"))
        assert len(hub.repository(ID).history("main")) == 2

    def test_private_when_new_and_refused_when_public(self, hub: HubServer, run: Path) -> None:
        publish(run, ID, private=True)
        assert hub.repository(ID).private
        publish(run, ID, private=True)
        publish(run, "tester/open")
        with pytest.raises(ValueError, match="'tester/open' is there already and public"):
            publish(run, "tester/open", private=True)

    @pytest.mark.parametrize(
        ("damage", "message"),
        [
            (lambda run: (run / "model" / "model.safetensors").unlink(), "holds no trained model"),
            (lambda run: (run / "model" / "model.safetensors").write_bytes(b"junk"), "not a readable safetensors"),
            (lambda run: (run / "recipe.json").write_text("{"), "recipe.json' is not JSON"),
            (lambda run: (run / "recipe.json").write_text("[]"), "must hold a JSON object, got list"),
            (lambda run: (run / "metrics.jsonl").write_text('{"images_seen": 3'), "a line that is not JSON"),
            (lambda run: (run / "report.json").write_text('{"a": 1}'), "cannot read: KeyError"),
        ],
    )
    def test_a_run_that_cannot_be_published(self, hub: HubServer, run: Path, damage: Any, message: str) -> None:
        damage(run)
        with pytest.raises(ValueError, match=message) as caught:
            publish(run, ID)
        assert "\n" not in str(caught.value)
        assert not hub.requests

    def test_not_an_id(self, hub: HubServer, run: Path) -> None:
        with pytest.raises(ValueError, match="'user/name', got 'model'"):
            publish(run, "model")


class TestBadDays:
    @pytest.mark.parametrize("kind", ["status", "drop", "drop answer"])
    @pytest.mark.parametrize(
        "request_",
        [
            *("POST /api/repos/create", "GET /api/models/tester/model", "POST /api/validate-yaml"),
            *("POST .*/preupload/", "POST .*/objects/batch", "PUT /lfs/", "POST .*/commit/"),
        ],
    )
    def test_one_failure_is_survived(
        self, hub: HubServer, run: Path, waits: list[float], request_: str, kind: str
    ) -> None:
        fault = hub.fail(request_, kind)
        publish(run, ID)
        assert fault.happened == 1 and waits
        assert len(hub.repository(ID).history()) == 2
        assert files(hub).keys() == PUBLISHED
        assert same(Colorizer.from_pretrained(ID), Colorizer.from_pretrained(run / "model"))

    def test_many_failures_and_a_slow_line(self, hub: HubServer, run: Path, waits: list[float]) -> None:
        for request_ in ("PUT /lfs/", "POST .*/commit/"):
            hub.fail(request_, "status", times=2, status=503)
            hub.fail(request_, "drop")
        hub.fail("POST .*/preupload/", "slow", seconds=0.3)
        publish(run, ID)
        assert len(hub.repository(ID).history()) == 2
        assert files(hub).keys() == PUBLISHED

    @pytest.mark.parametrize("request_", ["PUT /lfs/", "POST .*/commit/"])
    def test_whoever_reads_has_the_old_model_until_the_new_one_is_whole(
        self, hub: HubServer, run: Path, tmp_path: Path, waits: list[float], request_: str
    ) -> None:
        publish(run, ID)
        old, second = files(hub), make_run(tmp_path / "second", width=6)
        fault = hub.fail(request_, "drop", times=1000)
        with pytest.raises(ValueError, match=rf"cannot publish to '{ID}': no connection to http://127") as caught:
            publish(second, ID)
        assert "\n" not in str(caught.value)
        assert files(hub) == old
        assert same(Colorizer.from_pretrained(ID), Colorizer.from_pretrained(run / "model"))
        fault.times = 0
        publish(second, ID)
        assert same(Colorizer.from_pretrained(ID), Colorizer.from_pretrained(second / "model"))

    def test_a_reader_between_two_models_has_one_of_them(self, hub: HubServer, run: Path, tmp_path: Path) -> None:
        publish(run, ID)
        second = make_run(tmp_path / "second", width=6)

        def publish_before_the_weights(request: Request) -> None:
            if "model.safetensors" in request.path:
                hub.before = lambda request: None
                publish(second, ID)

        hub.before = publish_before_the_weights
        assert same(Colorizer.from_pretrained(ID), Colorizer.from_pretrained(run / "model"))
        assert same(Colorizer.from_pretrained(ID), Colorizer.from_pretrained(second / "model"))

    def test_somebody_else_commits_meanwhile(self, hub: HubServer, run: Path, waits: list[float]) -> None:
        publish(run / "model", ID)
        repository = hub.repository(ID)

        def somebody(request: Request) -> None:
            if "/commit/" in request.path:
                hub.before = lambda request: None
                repository.add("main", "theirs", {**repository.history()[0].files, "NOTES.md": File(b"theirs")})

        hub.before = somebody
        publish(run, ID)
        assert [commit.title for commit in repository.history()][1] == "theirs"
        assert files(hub).keys() == PUBLISHED | {"NOTES.md"}

    def test_a_hub_that_stays_down_is_given_up(self, hub: HubServer, run: Path, waits: list[float]) -> None:
        hub.fail("POST /api/repos/create", "status", times=1000, status=502)
        with pytest.raises(ValueError, match=r"the Hub fails \(status 502\); try again later"):
            publish(run, ID)
        assert waits == list(DELAYS_S)

    def test_what_answers_is_no_hub(self, hub: HubServer, run: Path, waits: list[float]) -> None:
        hub.fail("POST /api/validate-yaml", "status", times=1000, status=502)
        with pytest.raises(ValueError, match="what answers there is no Hub; try again later"):
            publish(run, ID)


class TestTokens:
    @pytest.mark.parametrize("given", ["argument", "environment"])
    def test_a_wrong_one(
        self, hub: HubServer, run: Path, monkeypatch: pytest.MonkeyPatch, given: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        wrong = "hf_thisIsNotIt"
        if given == "environment":
            monkeypatch.setenv("HF_TOKEN", wrong)
        with pytest.raises(ValueError, match="the Hub does not know this token") as caught:
            publish(run, ID, token=wrong if given == "argument" else None)
        assert wrong not in str(caught.value) + "".join(capfd.readouterr())
        assert not hub.repositories

    def test_none(self, hub: HubServer, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("HF_TOKEN")
        with pytest.raises(ValueError, match="the Hub wants a login: set HF_TOKEN or run `hf auth login`"):
            publish(run, ID)

    def test_somebody_elses_room(self, hub: HubServer, run: Path) -> None:
        with pytest.raises(ValueError, match="cannot publish to 'other/model': this token may not do that there"):
            publish(run, "other/model")

    @pytest.mark.parametrize("token", ["hf_cut\nin two", "", "hf_ümlaut"])
    def test_one_that_no_header_can_carry(self, hub: HubServer, run: Path, token: str) -> None:
        with pytest.raises(ValueError, match="the token is empty, or holds spaces") as caught:
            publish(run, ID, token=token)
        assert "hf_" not in str(caught.value)
        assert not hub.requests

    def test_never_printed(
        self, hub: HubServer, run: Path, waits: list[float], capfd: pytest.CaptureFixture[str]
    ) -> None:
        for request_, kind in (("PUT", "drop"), ("POST .*/commit/", "status"), ("POST .*/batch", "drop answer")):
            hub.fail(request_, kind)
        assert cli.main(["publish", str(run), "--to", ID]) == 0
        hub.fail("POST .*/commit/", "status", times=1000, status=403)
        (run / "curves.png").unlink()
        assert cli.main(["publish", str(run), "--to", ID]) == 2
        seen = "".join(capfd.readouterr())
        assert f"published: {hub.url}/{ID}" in seen and "this token may not do that there" in seen
        assert TOKEN not in seen


class TestLoad:
    def test_a_revision_is_a_branch_or_a_commit(self, hub: HubServer, run: Path, tmp_path: Path) -> None:
        publish(run, ID)
        first = hub.repository(ID).history()[0].oid
        publish(make_run(tmp_path / "second", width=6), ID)
        assert same(Colorizer.from_pretrained(ID, revision=first), Colorizer.from_pretrained(run / "model"))
        refused("there is no revision 'nonsense' of it", ID, revision="nonsense")

    def test_what_is_in_the_cache_is_not_fetched_again(self, hub: HubServer, run: Path) -> None:
        publish(run, ID)
        Colorizer.from_pretrained(ID)
        hub.requests.clear()
        Colorizer.from_pretrained(ID)
        assert hub.requests == [f"HEAD /{ID}/resolve/main/config.json -> 200"]

    def test_offline_afterwards(self, hub: HubServer, run: Path, tmp_path: Path) -> None:
        """By the command line, in a process of its own that never was online."""
        publish(run, ID)
        Colorizer.from_pretrained(ID)
        Image.new("L", (40, 30), 120).save(tmp_path / "photo.png")
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(constants.HF_HUB_CACHE)}
        answers = {}
        for model in (ID, "tester/other"):
            command = f"colorize photo.png --output out-{model.split('/')[1]}.png --model {model}".split()
            answers[model] = subprocess.run(
                [sys.executable, "-m", "colorgan.cli", *command],
                cwd=tmp_path,
                env={**environment, "HF_ENDPOINT": "http://127.0.0.1:9", "PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
                timeout=120,
            )
        assert answers[ID].returncode == 0, answers[ID].stderr
        with Image.open(tmp_path / "out-model.png") as picture:
            assert picture.mode == "RGB"
        assert answers["tester/other"].returncode == 2
        assert answers["tester/other"].stderr == (
            "colorgan: error: 'tester/other' is neither a folder with a model nor one that can be fetched from the "
            "Hub: HF_HUB_OFFLINE is set, and it is not in the cache\n"
        )

    def test_without_a_network(
        self, hub: HubServer, run: Path, waits: list[float], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish(run, ID)
        kept = Colorizer.from_pretrained(ID)
        closed = "http://127.0.0.1:9"
        point_client_to(closed, Path(constants.HF_HUB_CACHE).parent, monkeypatch)
        assert same(Colorizer.from_pretrained(ID), kept)
        refused(f"no connection to {closed}, and it is not in the cache", "tester/other")

    def test_a_hub_that_is_down(self, hub: HubServer, waits: list[float]) -> None:
        hub.fail("HEAD", "status", times=1000, status=503)
        refused(r"the Hub fails \(status 503\); try again later, and it is not in the cache", ID)

    def test_no_such_model(self, hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
        refused("'tester/none' .*: there is no such repository that this login may see", "tester/none")
        monkeypatch.delenv("HF_TOKEN")
        refused("there is no such repository, or it is private: then set HF_TOKEN or run", "tester/none")
        refused("an id on the Hub looks like 'user/model'", "no/such/thing")

    def test_a_private_one(self, hub: HubServer, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        publish(run, ID, private=True)
        assert Colorizer.from_pretrained(ID)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(run / "another"))
        monkeypatch.setenv("HF_TOKEN", "hf_wrong")
        refused("the Hub does not know this token", ID)
        monkeypatch.delenv("HF_TOKEN")
        refused("or it is private", ID)
        assert same(Colorizer.from_pretrained(ID, token=TOKEN), Colorizer.from_pretrained(run / "model"))

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ({"pytorch_model.bin": b"pickle"}, "it has no config.json"),
            ({"config.json": b'{"model_type": "bert"}'}, "not a colorgan model: no config.json that names"),
            ({"config.json": b"{"}, "the config.json of 'tester/model' is broken"),
            ({"config.json": b'{"network": "LabUNet"}', "pytorch_model.bin": b"pickle"}, "it has no model.safetensors"),
        ],
    )
    def test_not_a_colorgan_model(self, hub: HubServer, content: dict[str, bytes], message: str) -> None:
        repository = hub.repositories["model", ID] = Repository(private=False)
        repository.add("main", "theirs", {name: File(data) for name, data in content.items()})
        refused(message, ID)
        assert not any("pytorch_model" in request for request in hub.requests)

    def test_weights_of_another_version(self, hub: HubServer, run: Path) -> None:
        publish(run, ID)
        config = files(hub)["config.json"].data.replace(b'"width": 4', b'"width": 6')
        hub.repository(ID).add("main", "mixed up", {**files(hub), "config.json": File(config)})
        refused("the weights of 'tester/model' have another shape of generator.*not this network's weights", ID)

    def test_a_damaged_download_is_fetched_again(self, hub: HubServer, run: Path) -> None:
        publish(run, ID)
        fault = hub.fail("GET .*model.safetensors", "corrupt")
        assert same(Colorizer.from_pretrained(ID), Colorizer.from_pretrained(run / "model"))
        assert fault.happened == 1

    def test_a_download_damaged_twice_is_refused_and_not_kept(self, hub: HubServer, run: Path) -> None:
        publish(run, ID)
        fault = hub.fail("GET .*model.safetensors", "corrupt", times=2)
        refused("model.safetensors of 'tester/model' came damaged twice", ID)
        assert fault.happened == 2
        assert same(Colorizer.from_pretrained(ID), Colorizer.from_pretrained(run / "model"))

    @pytest.mark.parametrize("links", [True, False], ids=["symbolic links", "without symbolic links"])
    @pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
    def test_a_file_damaged_in_the_cache(
        self, hub: HubServer, run: Path, name: str, links: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_SYMLINKS", not links)
        publish(run, ID)
        Colorizer.from_pretrained(ID)
        [cached] = Path(constants.HF_HUB_CACHE).glob(f"models--*/snapshots/*/{name}")
        assert cached.is_symlink() == links
        content = bytearray(cached.read_bytes())
        content[-1] ^= 1
        cached.resolve().write_bytes(content)
        if links:
            refused(f"{name} of .* in the cache is damaged, and cannot be fetched again", ID, local_files_only=True)
        assert same(Colorizer.from_pretrained(ID), Colorizer.from_pretrained(run / "model"))

    def test_without_symbolic_links_and_without_a_network(
        self, hub: HubServer, run: Path, waits: list[float], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_SYMLINKS", True)
        publish(run, ID)
        kept = Colorizer.from_pretrained(ID)
        point_client_to("http://127.0.0.1:9", Path(constants.HF_HUB_CACHE).parent, monkeypatch)
        assert same(Colorizer.from_pretrained(ID), kept)

    def test_a_cache_whose_files_are_links_to_a_store_of_other_names(self, hub: HubServer, run: Path) -> None:
        """As the client keeps what came by Xet: blobs/SHA256 is itself a link, to a file under Xet's own hash."""
        publish(run, ID)
        Colorizer.from_pretrained(ID)
        [cached] = Path(constants.HF_HUB_CACHE).glob("models--*/snapshots/*/model.safetensors")
        blob, stored = cached.resolve(), Path(constants.HF_HUB_CACHE) / ("ab" * 32)
        blob.rename(stored)
        blob.symlink_to(stored)
        before = len(hub.requests)
        assert same(Colorizer.from_pretrained(ID), Colorizer.from_pretrained(run / "model"))
        assert not any("GET" in str(request) and "safetensors" in str(request) for request in hub.requests[before:])

    def test_a_subfolder(self, hub: HubServer, run: Path) -> None:
        publish(run, ID)
        moved = {f"v2/best/{name}": file for name, file in files(hub).items()}
        hub.repository(ID).add("main", "deeper", {**moved, "config.json": File(b"{}")})
        loaded = Colorizer.from_pretrained(ID, subfolder="v2/best")
        assert same(loaded, Colorizer.from_pretrained(run / "model"))
        assert loaded.name == Colorizer.from_pretrained(run / "model").name
        refused("it has no v3/config.json", ID, subfolder="v3")

    def test_a_download_cut_short_goes_on(self, hub: HubServer, run: Path, waits: list[float]) -> None:
        publish(run, ID)
        fault = hub.fail("GET .*model.safetensors", "cut")
        assert same(Colorizer.from_pretrained(ID), Colorizer.from_pretrained(run / "model"))
        assert fault.happened == 1


def test_the_mixins_own_push_has_the_same_card(hub: HubServer, run: Path) -> None:
    model = Colorizer.from_pretrained(run / "model")
    model.push_to_hub(ID)
    card = ModelCard.load(ID)
    assert f'Colorizer.from_pretrained("{ID}")' in card.text
    assert card.content == model.generate_model_card(repo_id=ID).content
    assert same(Colorizer.from_pretrained(ID), model)
