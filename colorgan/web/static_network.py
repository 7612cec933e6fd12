"""The flagship's picture network as a list of layers, which engine.js runs in less time than onnxruntime-web.

Weights are told by their places in model.onnx, which every visitor has anyway; other networks have no such list, and
run by onnxruntime-web.
"""

from pathlib import Path
from typing import Any

from torch import nn

from colorgan.networks.encoders import TAPPED_STAGES
from colorgan.networks.lite_unet import PIXELS, LiteUNet

LANES = 8  # channels that the engine computes at once: all counts must be multiples
PREFIX = "generator."  # of the weights' names in the export
FIRST_STRIDE = 2


def layers_of(generator: nn.Module) -> dict[str, Any] | None:
    """A network -> what engine.js runs, ready for JSON; None for one that it cannot.

    "layers", in their order, each with its kind, the names of the tensors that it reads and makes, and of its weights
    without their endings; "tensors" by name, as [pixels of the view to one of theirs (0 for a single one), channels,
    pixels of zeros round them]; "objects", the tensor that colour words read as `Look.objects`.
    """
    if not isinstance(generator, LiteUNet):
        return None
    convolutions = [one for one in generator.modules() if isinstance(one, nn.Conv2d)]
    heads = [part for part in (generator.words, generator.distribution) if part is not None]
    others = {id(one) for part in heads for one in part.modules()}
    told = [one for one in convolutions if id(one) not in others]
    if any(one.out_channels % LANES or (one.in_channels % LANES and one.in_channels > 1) for one in told):
        return None
    return _Plan(generator).said()


class _Plan:
    def __init__(self, network: LiteUNet):
        self.network: Any = network  # whose parts' types torch does not know
        self.names = {module: PREFIX + name for name, module in network.named_modules()}
        self.layers: list[dict[str, Any]] = []
        self.tensors: dict[str, list[int]] = {}

    def said(self) -> dict[str, Any]:
        """All layers, in the order that they run in."""
        encoder, network = self.network.encoder, self.network
        skips, stride = [], FIRST_STRIDE
        fine = encoder.channels[0]
        self._add(
            "stem", "L", self._tensor("stem", stride, encoder.stem[0], encoder.stages[0][0]), encoder.stem, "relu6"
        )
        name = "stem"
        for number, stage in enumerate(encoder.stages):
            for block in stage:
                stride *= block.depthwise[0].stride[0]
                name = self._block(block, name, stride)
            if number in TAPPED_STAGES:
                skips.append(name)
        # The photo's own pixels go along with the finest features, in the same tensor.
        self.tensors[skips[0]][1] += PIXELS**2
        self.layers.append({"kind": "squares", "in": "L", "out": skips[0], "from": fine})
        *skips, deepest = skips
        self.tensors["scene"] = [0, network.neck.out_channels, 0]
        scene = [self.names[network.scene[0]], self.names[network.scene[2]], self.names[network.neck]]
        self.layers.append({"kind": "scene", "in": deepest, "out": "scene", "weights": scene})
        self._tensor("neck", stride, network.neck)
        self._add("pointwise", deepest, "neck", network.neck, told="scene")
        name = "neck"
        for number, (stage, skip) in enumerate(zip(network.stages, reversed(skips), strict=True)):
            name = self._stage(stage, name, skip, f"decoder {number}")
        stride, channels, _ = self.tensors[name]
        self.tensors["fine"] = [stride, channels, 0]
        self.layers.append({"kind": "rectify", "in": name, "out": "fine", "before": self._norm(network.finish[0])})
        self._tensor("picture", stride, network.regression)
        self._add("pointwise", "fine", "picture", network.regression)
        return {"layers": self.layers, "tensors": self.tensors, "objects": skips[-1]}

    def _block(self, block: Any, before: str, stride: int) -> str:
        name = self.names[block].removeprefix(f"{PREFIX}encoder.stages.")
        wide = before
        if len(block.expand):
            wide = self._tensor(f"{name} wide", self.tensors[before][0], block.expand[0], block)
            self._add("pointwise", before, wide, block.expand, "relu6")
        deep = self._tensor(f"{name} deep", stride, block.depthwise[0])
        self._add("depthwise", wide, deep, block.depthwise, "relu6")
        self.layers[-1].update(kernel=block.depthwise[0].kernel_size[0], stride=block.depthwise[0].stride[0])
        made = self._tensor(name, stride, block.project[0])
        self._add("pointwise", deep, made, block.project, added=before if block.has_shortcut else "")
        return made

    def _stage(self, stage: Any, before: str, skip: str, name: str) -> str:
        stride = self.tensors[skip][0]
        reduced = self._tensor(f"{name} reduced", self.tensors[before][0], stage.reduce)
        self._add("pointwise", before, reduced, stage.reduce)
        met = self._tensor(f"{name} met", stride, stage.lateral)
        self._add("pointwise", skip, met, stage.lateral, added=reduced)
        first, _, conv, *_ = stage.refine
        inner = self._tensor(f"{name} inner", stride, conv)
        self._add("dense", met, inner, stage.refine[2:4], "relu")
        self.layers[-1]["before"] = self._norm(first)
        made = self._tensor(f"{name} refined", stride, stage.refine[5])
        self._add("dense", inner, made, stage.refine[5], added=met)
        return made

    def _tensor(self, name: str, stride: int, conv: nn.Module, reader: Any = None) -> str:
        border = reader.depthwise[0].kernel_size[0] // 2 if reader is not None else 0
        assert isinstance(conv, nn.Conv2d)
        self.tensors[name] = [stride, conv.out_channels, border]
        return name

    def _add(
        self, kind: str, before: str, made: str, module: nn.Module, act: str = "linear", added: str = "", told: str = ""
    ) -> None:
        """A convolution, or one and its norm; told: the tensor that is its bias."""
        conv, norm = (module[0], module[1]) if isinstance(module, nn.Sequential) else (module, None)
        layer = {"kind": kind, "in": before, "out": made, "weights": self.names[conv], "act": act}
        if norm is not None:
            layer["norm"] = self._norm(norm)
        if added:
            layer["added"] = added
        if told:
            layer["told"] = told
        elif conv.bias is not None:
            layer["bias"] = f"{self.names[conv]}.bias"
        self.layers.append(layer)

    def _norm(self, norm: nn.Module) -> list[Any]:
        assert isinstance(norm, nn.BatchNorm2d)
        return [self.names[norm], norm.eps]


def places_of(path: str | Path, plan: dict[str, Any]) -> dict[str, list[Any]]:
    """Of each weight that a plan's layers name: [its first byte in model.onnx, how many numbers, bytes of one]."""
    import onnx

    content = Path(path).read_bytes()
    wanted = {name for layer in plan["layers"] for name in _weights(layer)}
    places = {}
    for weight in onnx.load_from_string(content).graph.initializer:
        name = weight.name.removesuffix(".half")
        if name not in wanted:
            continue
        size = len(weight.raw_data)
        count = 1
        for side in weight.dims:
            count *= side
        places[name] = [content.index(weight.raw_data), count, size // count]
    if missing := wanted - places.keys():
        raise ValueError(f"{str(path)!r} has no weights named {sorted(missing)[0]!r}")
    return places


def _weights(layer: dict[str, Any]) -> list[str]:
    weights = layer.get("weights", [])
    names = [f"{one}.weight" for one in (weights if isinstance(weights, list) else [weights])]
    if isinstance(weights, list):
        names = [*names[:2], *(f"{one}.bias" for one in weights)]
    for norm in ("norm", "before"):
        if norm in layer:
            names += [f"{layer[norm][0]}.{part}" for part in ("weight", "bias", "running_mean", "running_var")]
    return names + ([layer["bias"]] if "bias" in layer else [])
