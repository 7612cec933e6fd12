"""Writes the graphs that `colorgan.networks.engine` runs: to be run again when the network computes something else.

`python experiments/engine_graphs.py`
"""

import json
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import Dim

from colorgan.exporting.graphs import Part, parts_of
from colorgan.exporting.run import example_inputs, traced
from colorgan.networks.engine import Graph, weights_of
from colorgan.networks.lite_unet import SEEN, LiteUNet
from colorgan.networks.painter import PAINT
from colorgan.networks.words import SAY
from colorgan.recipes import RECIPES

RECIPE = "flagship-words"
SHAPE = (96, 160)  # of the view that graphs are traced at


class Seen(nn.Module):
    """What the first graph computes."""

    def __init__(self, network: LiteUNet):
        super().__init__()
        self.network = network

    def forward(self, lightness: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See `LiteUNet.seen`."""
        return self.network.seen(lightness)


def write(graph: Graph, module: nn.Module, part: Part, inputs: Mapping[str, Tensor]) -> None:
    """Trace a part, and take the weights of its module out."""
    from onnx import TensorProto

    model = traced("LiteUNet", part, {name: one.detach() for name, one in inputs.items()}, fold=False)
    weights = weights_of(module, graph)
    for one in model.graph.initializer:
        name = one.name.partition(".")[2]  # without what the part calls its module
        if name not in weights:
            continue
        for node in model.graph.node:
            node.input[:] = [name if wanted == one.name else wanted for wanted in node.input]
        one.Clear()
        one.name, one.data_type, one.data_location = name, TensorProto.FLOAT, TensorProto.EXTERNAL
        one.dims.extend(weights[name].shape)
        location = one.external_data.add()
        location.key, location.value = "location", "weights"
    found = {one.name for one in model.graph.initializer}
    assert weights.keys() <= found, f"not in the graph: {sorted(weights.keys() - found)}"
    graph.path.write_bytes(model.SerializeToString(deterministic=True))
    shapes = {name: list(tensor.shape) for name, tensor in weights.items()}
    graph.shapes.write_text(json.dumps(shapes, indent=0) + "\n", encoding="utf-8")


def main() -> None:
    """All of the network of the recipe."""
    network: Any = LiteUNet(**RECIPES[RECIPE].generator.options).eval()
    free = {axis: network.size_multiple * Dim(name, min=1) for axis, name in ((2, "h"), (3, "w"))}
    seen = Part(Seen(network), {"lightness": free}, ("picture", "features", "objects"))
    parts = parts_of(network)
    with torch.enable_grad():  # torch computes them, and not the graphs that are to be written
        inputs = example_inputs(parts, network, SHAPE)
    with torch.no_grad():
        write(SEEN, network, seen, {"lightness": torch.rand(1, 1, *SHAPE)})
        write(SAY, network.words.words, parts["words"], inputs["words"])
        write(PAINT, network.words.painter, parts["painter"], inputs["painter"])


if __name__ == "__main__":
    main()
