"""`export`: a model as ONNX files that run without torch, checked against it before anyone sees them."""

import contextlib
import copy
import importlib.util
import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from colorgan.colorizer import Colorizer
from colorgan.exporting.constants import constants
from colorgan.exporting.graphs import Part, chain, parts_of
from colorgan.files import folder_whole, one_line
from colorgan.networks.word_head import Points

OPSET = 20
CONSTANTS = "model.json"
TOLERANCE = 0.05  # ab units between torch and onnxruntime
SHAPES = ((224, 288), (32, 64), (320, 160))  # that it is checked at, each side brought to what the network takes
HINTS = 5  # of the examples that graphs are traced and checked with
FEWEST = 16  # numbers of a weight that is worth a node to be kept in half precision
PACKAGES = ("onnx", "onnxscript", "onnxruntime")


def export(colorizer: Colorizer, folder: str | Path) -> Path:
    """Write a model as ONNX files, with model.json beside them -> the folder, which is there whole or not at all.

    docs/onnx.md says which files, and what goes in and out. Height and width stay free. Weights that half precision
    holds exactly are stored in it; all is computed in float32. The model itself is left alone.

    Args:
        colorizer: any model; one in training mode is exported as it would colorize.
        folder: to write; must be new or empty.

    Raises:
        ValueError: the folder holds something, a package is missing, the network is none that ONNX can hold, or
            onnxruntime gives other colours than torch; one line.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{str(folder)!r} is no empty folder: an export is written into a new one")
    check_packages()
    with folder_whole(folder) as draft:
        write_export(colorizer, draft)
    return folder


def check_packages() -> None:
    """Refuse to begin where a package is missing; ValueError says how to install it."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ValueError(f"exporting needs {missing[0]}: pip install 'colorgan[onnx]'")


def write_export(colorizer: Colorizer, folder: Path) -> list[str]:
    """Fill a folder with the files of `export` -> their names."""
    model = copy.deepcopy(colorizer).to("cpu", torch.float32).eval()
    generator: Any = model.generator.to(memory_format=torch.contiguous_format)
    parts, shapes = parts_of(generator), _shapes(generator)
    with torch.enable_grad():  # torch computes, and not `networks.engine`, which is an export itself
        by_torch = [chain(lambda name, inputs: parts[name](inputs), *_example(shape, generator)) for shape in shapes]
    with torch.no_grad():
        for name, inputs in example_inputs(parts, generator, shapes[0]).items():
            _write_graph(type(generator).__name__, parts[name], inputs, folder / f"{name}.onnx")
    sessions = {name: _session(folder / f"{name}.onnx") for name in parts}
    for shape, wanted in zip(shapes, by_torch, strict=True):
        _check(wanted, chain(lambda name, inputs: _run(sessions[name], inputs), *_example(shape, generator)), shape)
    graphs = {
        name: {"file": f"{name}.onnx", "inputs": _told(one.get_inputs()), "outputs": _told(one.get_outputs())}
        for name, one in sessions.items()
    }
    said = constants(model) | {"opset": OPSET, "graphs": graphs}
    (folder / CONSTANTS).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    return [*(f"{name}.onnx" for name in parts), CONSTANTS]


def _shapes(generator: Any) -> list[tuple[int, int]]:
    """Three sizes of a view, (height, width), that the network takes."""
    multiple, least = generator.size_multiple, generator.minimum_size
    return [(_fitting(height, multiple, least), _fitting(width, multiple, least)) for height, width in SHAPES]


def _fitting(side: int, multiple: int, least: int) -> int:
    return max(-(-side // multiple) * multiple, least)


def _example(shape: tuple[int, int], generator: Any) -> tuple[Tensor, Points | None]:
    """L (1, 1, H, W) in [0, 100] with large and small shapes, and hints; the same each time."""
    random = torch.Generator().manual_seed(sum(shape))
    coarse = torch.rand(1, 1, 5, 6, generator=random) * 100
    lightness = functional.interpolate(coarse, shape, mode="bicubic") + torch.randn(1, 1, *shape, generator=random) * 3
    if getattr(generator, "words", None) is None:
        return lightness.clamp(0, 100), None
    places = torch.rand(HINTS, 2, generator=random) * torch.tensor(shape[::-1])
    colours = torch.randn(HINTS, 2, generator=random) * 40
    return lightness.clamp(0, 100), Points(places, colours)


def example_inputs(parts: Mapping[str, Part], generator: Any, shape: tuple[int, int]) -> dict[str, dict[str, Tensor]]:
    """What goes into each part when an example is computed."""
    seen: dict[str, dict[str, Tensor]] = {}

    def note(name: str, inputs: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        seen[name] = {one: inputs[one] for one in parts[name].inputs}
        return parts[name](inputs)

    chain(note, *_example(shape, generator))
    return seen


def _write_graph(network: str, part: Part, inputs: Mapping[str, Tensor], path: Path) -> None:
    """A part, with the weights that half precision holds exactly in it."""
    import onnx

    onnx.save(_halved(traced(network, part, inputs)), str(path))


def traced(network: str, part: Part, inputs: Mapping[str, Tensor], fold: bool = True) -> Any:
    """Trace a part of a network at an example -> an ONNX model whose weights are the part's own, by their names.

    fold: whether what is computed of weights alone is computed now, and takes their place.

    Raises ValueError, with the network's name, where ONNX cannot hold it.
    """
    from onnxscript import optimizer

    try:
        with _quiet():
            program = torch.onnx.export(
                part.module,
                tuple(inputs.values()),
                dynamo=True,
                opset_version=OPSET,
                dynamic_shapes=tuple(part.inputs.values()),
                input_names=list(part.inputs),
                output_names=list(part.outputs),
                optimize=False,  # it would work batch norms into the weights, which half precision no longer holds then
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        raise ValueError(f"{network} cannot be exported to ONNX: {one_line(error)}") from error
    assert program is not None
    own = {name for name, _ in part.module.named_parameters()} | {name for name, _ in part.module.named_buffers()}

    def should_fold(node: Any) -> bool | None:
        return None if fold or own.isdisjoint(one.name for one in node.inputs if one is not None) else False

    optimizer.fold_constants(program.model, should_fold=should_fold)
    optimizer.remove_unused_nodes(program.model)
    model: Any = program.model_proto
    for node in model.graph.node:
        del node.metadata_props[:]  # where in which file of this machine it came from
        node.ClearField("doc_string")
    del model.graph.value_info[:], model.graph.metadata_props[:], model.metadata_props[:]
    _drop_zero_biases(model.graph)
    return model


def _drop_zero_biases(graph: Any) -> None:
    """A convolution that has no bias gets one of zeros from the exporter."""
    from onnx import numpy_helper

    zeros = {one.name for one in graph.initializer if one.dims and not numpy_helper.to_array(one).any()}
    made = {one.name for one in graph.initializer if one.name.startswith("val_")}
    for node in graph.node:
        if node.op_type == "Conv" and len(node.input) == 3 and node.input[2] in zeros & made:
            del node.input[2]
    used = {name for node in graph.node for name in node.input}
    kept = [one for one in graph.initializer if one.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def _halved(model: Any) -> Any:
    """An ONNX model with weights in half precision where that is exact, and a node for each that widens it again."""
    from onnx import TensorProto, helper, numpy_helper

    widening = []
    for weight in model.graph.initializer:
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) < FEWEST:
            continue
        whole = numpy_helper.to_array(weight)
        with np.errstate(over="ignore"):
            half = whole.astype(np.float16)
        if np.array_equal(half.astype(np.float32), whole):
            name = weight.name
            weight.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
            widening.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*widening, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def _session(path: Path) -> Any:
    import onnxruntime

    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def _run(session: Any, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    wanted = {one.name: inputs[one.name].numpy() for one in session.get_inputs()}
    names = [one.name for one in session.get_outputs()]
    return {name: torch.from_numpy(found) for name, found in zip(names, session.run(names, wanted), strict=True)}


def _check(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor], shape: tuple[int, int]) -> None:
    """Refuse an export whose colours are not torch's."""
    for name, colours in wanted.items():
        off = float((found[name] - colours.detach()).abs().max())
        if not off <= TOLERANCE:  # NaN is not, either
            raise ValueError(
                f"the export is not what torch computes: {name} is off by {off:g} ab units at {shape[0]} x {shape[1]}, "
                f"at most {TOLERANCE:g} is accepted"
            )


def _told(values: Any) -> list[dict[str, Any]]:
    """A session's inputs or outputs, for model.json."""
    return [{"name": one.name, "shape": one.shape, "type": one.type[len("tensor(") : -1]} for one in values]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter warns of what is none of a user's business: packages that are not needed, its own deprecations."""
    logger = logging.getLogger("torch.onnx._internal.exporter._registration")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
