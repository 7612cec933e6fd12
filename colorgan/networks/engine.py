"""A network's parts on the processor, by onnxruntime: the same picture in less of torch's time.

What is computed are graphs of parts of a network without their weights, traced from the network itself and kept beside
this module (`python experiments/engine_graphs.py` writes them); the weights are those of the module, at the moment.
torch stays in charge of all else: training, gradients, other devices, types and layers, modules with hooks, tracing.
"""

import json
import threading
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from colorgan.machine import give_back_memory

FOLDER = Path(__file__).with_name("graphs")
MEASURED = (1, 32)  # of onnxruntime: it spins as long as it is told
SPIN_US = "20"
_BUILDING = threading.Lock()


class Graph(NamedTuple):
    """What is known of a graph: its name in `FOLDER`, and what of its module it does without: children, and tensors by
    their own or their whole names."""

    name: str
    without: frozenset[str] = frozenset()

    @property
    def path(self) -> Path:
        """The graph itself, an ONNX file."""
        return FOLDER / f"{self.name}.onnx"

    @property
    def shapes(self) -> Path:
        """The shapes of the weights that the graph lacks, by name."""
        return FOLDER / f"{self.name}.json"

    def needs(self, name: str) -> bool:
        """Whether it has the tensor of this name of its module."""
        return self.without.isdisjoint((name, name.partition(".")[0], name.rpartition(".")[2]))


class Weight(NamedTuple):
    """A tensor of a network as sessions were given it: where it is, its version, and one of its numbers."""

    tensor: Tensor
    place: int
    version: int
    values: NDArray[np.float32]
    first: float

    @classmethod
    def of(cls, tensor: Tensor) -> "Weight":
        """As it is now."""
        values = tensor.detach().numpy()
        return cls(tensor, tensor.data_ptr(), _version(tensor), values, values.item(0))

    def is_still(self, tensor: Tensor) -> bool:
        """Whether it holds the same. What is written through `.data` has no version, but seldom spares a number."""
        return (
            tensor is self.tensor
            and tensor.data_ptr() == self.place
            and _version(tensor) == self.version
            and self.values.item(0) == self.first
        )


class Engine:
    """What a module keeps for a graph of it to be run: sessions, once there are some. A copy begins without."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._weights: list[Weight] = []
        self._sessions: dict[int, Any] = {}  # by the number of threads

    def __deepcopy__(self, memo: object) -> "Engine":
        return Engine(self._graph)

    def __reduce__(self) -> tuple[type["Engine"], tuple[Graph]]:
        return Engine, (self._graph,)

    def run(
        self, module: nn.Module, each: Mapping[str, Tensor], shared: Mapping[str, Tensor] | None = None
    ) -> list[Tensor] | None:
        """The graph's inputs by name, those of N photos (N, ...) and those that all share -> its outputs (N, ...).

        None where torch is to compute: see above. Photos go one by one, so that none depends on its company.
        """
        shared = shared or {}
        if not _are_plain((*each.values(), *shared.values())) or (tensors := _tensors(module, self._graph)) is None:
            return None
        session = self._session(module, tensors)
        if session is None:
            return None
        photos, common = ({name: one.contiguous().numpy() for name, one in some.items()} for some in (each, shared))
        made = [
            session.run(None, {name: one[at : at + 1] for name, one in photos.items()} | common)
            for at in range(len(next(iter(photos.values()))))
        ]
        outputs = zip(*made, strict=True)
        return [torch.from_numpy(parts[0] if len(parts) == 1 else np.concatenate(parts)) for parts in outputs]

    def _session(self, module: nn.Module, tensors: list[Tensor]) -> Any:
        """The session for the weights as they are, and as many threads as torch has; None: see `_new_session`."""
        threads = torch.get_num_threads()
        with _BUILDING:
            if not self._is_of(tensors):
                self._weights, self._sessions = [Weight.of(tensor) for tensor in tensors], {}
            if threads not in self._sessions:
                self._sessions[threads] = _new_session(module, self._graph, threads)
            return self._sessions[threads]

    def _is_of(self, tensors: list[Tensor]) -> bool:
        return len(tensors) == len(self._weights) and all(
            weight.is_still(tensor) for weight, tensor in zip(self._weights, tensors, strict=True)
        )


def _are_plain(inputs: Collection[Tensor]) -> bool:
    """Whether these are numbers on the processor that nobody wants gradients, another type or a trace of."""
    return (
        all(
            type(one) is Tensor and one.is_cpu and one.dtype in (torch.float32, torch.int64) and len(one) > 0
            for one in inputs
        )
        and not torch.is_grad_enabled()
        and not torch.is_autocast_enabled("cpu")
        and not torch.compiler.is_compiling()
        and not torch.jit.is_tracing()
    )


def _tensors(module: nn.Module, graph: Graph) -> list[Tensor] | None:
    """What a graph of a module computes with; None where some of it is in training, elsewhere, of another type,
    sharded, or has a hook."""
    found = list[Tensor]()
    for part in _parts(module, graph):
        if part.training or part._forward_hooks or part._forward_pre_hooks:
            return None
        for name, tensor in (*part._parameters.items(), *part._buffers.items()):
            # Integers: how many batches there were.
            if tensor is None or tensor.dtype == torch.long or name in graph.without:
                continue
            if type(tensor) not in (Tensor, nn.Parameter) or tensor.dtype != torch.float32 or not tensor.is_cpu:
                return None
            found.append(tensor)
    return found


def _parts(module: nn.Module, graph: Graph) -> Iterator[nn.Module]:
    yield module
    for name, child in module.named_children():
        if name not in graph.without:
            yield from child.modules()


def _version(tensor: Tensor) -> int:
    return 0 if tensor.is_inference() else tensor._version


def weights_of(module: nn.Module, graph: Graph) -> dict[str, Tensor]:
    """The weights that a graph of a module lacks, by name."""
    return {
        name: tensor for name, tensor in module.state_dict().items() if tensor.is_floating_point() and graph.needs(name)
    }


@cache
def _read(graph: Graph) -> tuple[bytes, dict[str, list[int]]]:
    """The graph, and the shapes of the weights that it lacks."""
    return graph.path.read_bytes(), json.loads(graph.shapes.read_text(encoding="utf-8"))


def _new_session(module: nn.Module, graph: Graph, threads: int) -> Any:
    """A session of the graph with this module's weights; None where the module is another than the graph's."""
    traced, shapes = _read(graph)
    weights = weights_of(module, graph)
    if {name: list(tensor.shape) for name, tensor in weights.items()} != shapes:
        return None
    import onnxruntime  # here, since much of what imports this module runs no network

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    for key, value in _spinning(onnxruntime.__version__).items():
        options.add_session_config_entry(f"session.{key}", value)
    options.enable_cpu_mem_arena = False  # each session's would keep what its largest photo took; no slower without
    options.log_severity_level = 3
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(_plain(tensor)) for tensor in weights.values()]
    options.add_external_initializers(list(weights), values)
    session = onnxruntime.InferenceSession(traced, options, providers=["CPUExecutionProvider"])
    del values  # it has laid them out anew
    give_back_memory()  # 50 MB of the network's session, which would stay until something else needed them
    return session


def _spinning(version: str) -> dict[str, str]:
    """How long threads spin while they wait for work: long enough for the next layer, and never between two photos, so
    that a busy machine's cores go to those that work. Releases that may not know the duration do not spin at all."""
    if tuple(int(part) for part in version.split(".")[:2]) < MEASURED:
        return {"intra_op.allow_spinning": "0"}
    return {"intra_op.spin_duration_us": SPIN_US, "force_spinning_stop": "1"}


def _plain(tensor: Tensor) -> NDArray[np.float32]:
    return np.array(tensor.numpy(), order="C")  # a copy: the session must not see what is written later
