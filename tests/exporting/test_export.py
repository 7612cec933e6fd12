"""A model as ONNX files: what is in them, that they compute what torch does, and what is refused."""

import copy
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import skimage.data
import torch
from cases.hub import hub, hub_server, waits
from cases.hub_server import HubServer
from PIL import Image

from colorgan import DEFAULT_WEIGHTS, Colorizer, cli
from colorgan.color import denormalize_lightness, normalize_lightness
from colorgan.colorizer import repainting
from colorgan.exporting import OPSET, export, run
from colorgan.exporting.constants import constants
from colorgan.networks.word_head import Points, Prepared
from colorgan.upsampling import CONTRAST

__all__ = ["hub", "hub_server", "waits"]  # fixtures that live elsewhere
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the Hub client's, to its own parts
ROOT = Path(__file__).parents[2]
GRAPHS = ("model", "prepare", "words", "painter")


@pytest.fixture(scope="module")
def small() -> Colorizer:
    """A network that is soon exported, without words; its output is RGB."""
    colorizer = seeded("DropoutUNet", steps=5, width=4)
    for layer in convolutions(colorizer)[:2]:
        layer.weight.data = layer.weight.data.half().float()
    return colorizer


@pytest.fixture(scope="module")
def small_export(small: Colorizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(small, tmp_path_factory.mktemp("export") / "small")


@pytest.fixture
def that_export(small_export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of tracing a network once more, a graph that is there already."""
    monkeypatch.setattr(run, "_write_graph", lambda *what: shutil.copy(small_export / "model.onnx", what[-1]))


def seeded(network: str, **options: Any) -> Colorizer:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Colorizer(network, options, view_size=48)


def convolutions(colorizer: Colorizer) -> list[torch.nn.Conv2d]:
    return [layer for layer in colorizer.modules() if isinstance(layer, torch.nn.Conv2d)]


def session(folder: Path, name: str) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(folder / f"{name}.onnx", providers=["CPUExecutionProvider"])


def run_with(folder: Path, name: str, **inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    graph = session(folder, name)
    names = [one.name for one in graph.get_outputs()]
    found = graph.run(names, {one.name: inputs[one.name].numpy() for one in graph.get_inputs()})
    return dict(zip(names, map(torch.from_numpy, found), strict=True))


def refused(message: str, colorizer: Colorizer, folder: Path) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        export(colorizer, folder)
    assert "\n" not in str(caught.value)


class TestFiles:
    def test_a_model_with_words_is_four_graphs_and_its_constants(self, exported: Path) -> None:
        assert {path.name for path in exported.iterdir()} == {*(f"{name}.onnx" for name in GRAPHS), "model.json"}

    def test_a_model_without_is_one(self, small_export: Path) -> None:
        assert {path.name for path in small_export.iterdir()} == {"model.onnx", "model.json"}
        assert "words" not in json.loads((small_export / "model.json").read_text())

    @pytest.mark.parametrize("name", GRAPHS)
    def test_graphs_are_sound_of_one_opset_and_say_nothing_of_this_machine(self, exported: Path, name: str) -> None:
        model = onnx.load(exported / f"{name}.onnx")
        onnx.checker.check_model(model, full_check=True)
        assert [(one.domain, one.version) for one in model.opset_import] == [("", OPSET)]
        assert str(ROOT).encode() not in (exported / f"{name}.onnx").read_bytes()
        assert not any(node.metadata_props or node.doc_string for node in model.graph.node)

    def test_weights_that_half_precision_holds_are_stored_in_it_and_others_are_not(
        self, small: Colorizer, small_export: Path
    ) -> None:
        graph = onnx.load(small_export / "model.onnx").graph
        stored = {one.name: one.data_type for one in graph.initializer}
        names = {layer: name for name, layer in small.generator.named_modules()}
        weights = [f"generator.{names[layer]}.weight" for layer in convolutions(small)]
        assert [stored.get(f"{name}.half") for name in weights[:2]] == [onnx.TensorProto.FLOAT16] * 2
        assert {stored.get(name) for name in weights[2:]} == {onnx.TensorProto.FLOAT}

    def test_all_is_computed_in_float32(self, exported: Path) -> None:
        for name in GRAPHS:
            graph = onnx.load(exported / f"{name}.onnx").graph
            to = [node.attribute[0].i for node in graph.node if node.op_type == "Cast"]
            assert onnx.TensorProto.FLOAT in to and onnx.TensorProto.FLOAT16 not in to

    def test_model_json_has_the_numbers_that_python_has(self, exported: Path) -> None:
        said = json.loads((exported / "model.json").read_text())
        colorizer = Colorizer.from_pretrained(DEFAULT_WEIGHTS)
        assert said["opset"] == OPSET
        assert {key: value for key, value in said.items() if key not in ("opset", "graphs")} == json.loads(
            json.dumps(constants(colorizer))
        )
        assert said["view"] == {"size": 224, "longest_side": False, "multiple": 32, "minimum": 32}
        assert said["picture"]["contrast"] == CONTRAST and said["picture"]["smoothing"] == colorizer.smoothing
        assert said["words"]["hints"]["odd"] == repainting.ODD
        assert said["words"]["vocabulary"] == colorizer.generator.words.words.vocabulary.tolist()

    def test_model_json_names_what_goes_in_and_out(self, exported: Path) -> None:
        graphs = json.loads((exported / "model.json").read_text())["graphs"]
        assert tuple(graphs) == GRAPHS
        for name, one in graphs.items():
            graph = session(exported, name)
            assert [value["name"] for value in one["inputs"]] == [value.name for value in graph.get_inputs()]
            assert [value["name"] for value in one["outputs"]] == [value.name for value in graph.get_outputs()]
        assert {value["name"]: value["type"] for value in graphs["words"]["inputs"]}["state"] == "int64"


class TestColours:
    @pytest.mark.parametrize(("shape", "hints"), [((64, 96), 3), ((32, 32), 1), ((160, 64), 40), ((96, 352), 0)])
    def test_the_graphs_paint_what_the_network_does(self, exported: Path, shape: tuple[int, int], hints: int) -> None:
        """At shapes other than those that the export checks, with more hints and with none."""
        colorizer = Colorizer.from_pretrained(DEFAULT_WEIGHTS)
        random = torch.Generator().manual_seed(hints)
        lightness = torch.rand(1, 1, *shape, generator=random) * 100
        points = Points(
            torch.rand(hints, 2, generator=random) * torch.tensor(shape[::-1]),
            torch.randn(hints, 2, generator=random) * 30,
        )
        with torch.inference_mode():
            picture, look = colorizer.generator.look(normalize_lightness(lightness))
            head = colorizer.generator.words
            seen = Prepared(head, look)
            known = head.known(seen, points)
            thought = head.think(seen, known)
            painted = head.calm(seen, thought, points)
        first = run_with(exported, "model", lightness=lightness)
        assert (first["ab"] - picture * 110).abs().max() < 0.01
        ready = run_with(exported, "prepare", lightness=lightness, **first)
        grid = look.grid
        said = run_with(
            exported,
            "words",
            **ready,
            colours=known.colours.view(1, *grid, 2),
            state=known.state.view(1, *grid),
            place=known.place.view(1, *grid, 3),
        )
        assert (said["logits"].flatten(1, 2) - thought[0]).abs().max() < 0.01
        told = torch.cat((points.places, points.colours), 1)[None]
        ready |= {"thought": said["thought"], "colours": said["mean"], "hints": told, "drawn": torch.zeros(1)}
        assert (run_with(exported, "painter", **ready)["ab"] - painted).abs().max() < 0.01

    def test_a_network_whose_output_is_rgb_gives_ab(self, small: Colorizer, small_export: Path) -> None:
        self.check(small, small_export, (64, 32))

    def test_a_network_of_any_size(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(run, "SHAPES", ((48, 72), (33, 64), (80, 41)))  # it computes at full resolution
        colorizer = seeded("UnpaddedFCN")
        colorizer.generator.head.weight.data *= 200  # as it begins, it says next to nothing
        self.check(colorizer, export(colorizer, tmp_path / "export"), (53, 41))

    def check(self, colorizer: Colorizer, folder: Path, shape: tuple[int, int]) -> None:
        seen = normalize_lightness(torch.rand(1, 1, *shape) * 100)
        with torch.inference_mode():
            wanted = colorizer._to_ab(colorizer.generator(seen), seen, seen.shape)
        found = run_with(folder, "model", lightness=denormalize_lightness(seen))["ab"]
        assert wanted.abs().max() > 1 and (found - wanted).abs().max() < 0.01

    def test_the_program_of_the_documents_runs_without_torch(self, exported: Path, tmp_path: Path) -> None:
        """NumPy, Pillow and onnxruntime alone; its picture is Python's but for a step of 8 bits."""
        Image.fromarray(skimage.data.coffee()).convert("L").resize((300, 200)).save(tmp_path / "photo.jpg")
        (tmp_path / "export").symlink_to(exported)
        [program] = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs" / "onnx.md").read_text(), re.M | re.S)
        hidden = "import sys; sys.modules.update(torch=None, colorgan=None, onnx=None, scipy=None)\n"
        subprocess.run([sys.executable, "-c", hidden + program], cwd=tmp_path, check=True, timeout=120)
        with Image.open(tmp_path / "photo.jpg") as photo:
            wanted = np.asarray(Colorizer.from_pretrained(DEFAULT_WEIGHTS).colorize(photo), np.int16)
        found = np.asarray(Image.open(tmp_path / "photo-onnx.png"), np.int16)
        assert np.abs(found - wanted).max() <= 2 and np.abs(found - wanted).mean() < 0.1
        told = np.asarray(Image.open(tmp_path / "photo-told.png"), np.int16)
        assert told.shape == found.shape and np.abs(told - found).mean() > 1


class TestRefused:
    def test_a_folder_that_holds_something(self, small: Colorizer, tmp_path: Path) -> None:
        (tmp_path / "mine.txt").write_text("mine")
        refused("is no empty folder", small, tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]

    @pytest.mark.usefixtures("that_export")
    def test_other_colours_than_torchs(self, small: Colorizer, tmp_path: Path) -> None:
        other = copy.deepcopy(small)
        assert other.generator.head.bias is not None
        other.generator.head.bias.data += torch.tensor((0.05, 0.0, -0.05))  # before tanh
        refused("is not what torch computes: ab is off by .* at most 0.05", other, tmp_path / "export")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.usefixtures("that_export")
    def test_numbers_that_are_not_finite(self, small: Colorizer, tmp_path: Path) -> None:
        other = copy.deepcopy(small)
        next(other.parameters()).data.fill_(float("nan"))
        refused("is not what torch computes: ab is off by nan", other, tmp_path / "export")

    def test_a_package_that_is_missing(self, small: Colorizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(run, "PACKAGES", ("numpy", "no_such_package"))
        refused(r"needs no_such_package: pip install 'colorgan\[onnx\]'", small, tmp_path / "export")

    @pytest.mark.usefixtures("that_export")
    def test_the_model_is_left_alone(self, small: Colorizer, tmp_path: Path) -> None:
        colorizer = copy.deepcopy(small).train().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        before = {name: tensor.clone() for name, tensor in colorizer.state_dict().items()}
        export(colorizer, tmp_path / "export")
        assert colorizer.training
        assert all(torch.equal(before[name], tensor) for name, tensor in colorizer.state_dict().items())
        assert convolutions(colorizer)[1].weight.is_contiguous(memory_format=torch.channels_last)


class TestCommand:
    @pytest.mark.usefixtures("that_export")
    def test_export(self, small: Colorizer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        small.save_pretrained(tmp_path / "model")
        assert cli.main(["export", str(tmp_path / "model"), "--output", str(tmp_path / "export")]) == 0
        said = capsys.readouterr()
        assert said.out == f"written: {str(tmp_path / 'export')!r}\n" and said.err == ""
        assert {path.name for path in (tmp_path / "export").iterdir()} == {"model.onnx", "model.json"}
        assert cli.main(["export", str(tmp_path / "model"), "--output", str(tmp_path / "export")]) == 2
        assert "is no empty folder" in capsys.readouterr().err

    def test_the_bundled_model_is_what_is_exported_where_none_is_named(self) -> None:
        assert cli.build_parser().parse_args(["export", "--output", "x"]).model == DEFAULT_WEIGHTS

    @pytest.mark.usefixtures("that_export")
    def test_publish(self, hub: HubServer, small: Colorizer, tmp_path: Path) -> None:
        """The files go along when that is asked for, and an earlier commit's go away when it is not."""
        small.save_pretrained(tmp_path / "run")
        assert cli.main(["publish", str(tmp_path / "run"), "--to", "tester/model", "--onnx"]) == 0
        commit = hub.repository("tester/model").at("main")
        assert commit is not None and {"onnx/model.onnx", "onnx/model.json"} <= commit.files.keys()
        assert cli.main(["publish", str(tmp_path / "run"), "--to", "tester/model"]) == 0
        commit = hub.repository("tester/model").at("main")
        assert commit is not None and not any(name.startswith("onnx/") for name in commit.files)
