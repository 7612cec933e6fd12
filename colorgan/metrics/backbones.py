"""The weights that FID and LPIPS are defined by: found, checked and read; never fetched, and never run as a program."""

import pickle
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from colorgan.files import sha256


@dataclass(frozen=True)
class Weights:
    """A published file of weights: its names in the usual caches, and how its SHA-256 begins."""

    metric: str
    network: str
    names: tuple[str, ...]
    sha256: str
    origin: str
    megabytes: int


INCEPTION = Weights(
    metric="FID",
    network="Inception v3",
    names=("pt_inception-2015-12-05-6726825d.pth", "weights-inception-2015-12-05-6726825d.pth"),
    sha256="6726825d",
    origin="https://github.com/mseitzer/pytorch-fid/releases/tag/fid_weights",
    megabytes=91,
)
ALEXNET = Weights(
    metric="LPIPS",
    network="AlexNet",
    names=("alexnet-owt-7be5be79.pth",),
    sha256="7be5be79",
    origin="https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
    megabytes=233,
)


@dataclass(frozen=True)
class Loaded:
    """Tensors by name, and where they come from."""

    tensors: dict[str, Tensor]
    file: str
    sha256: str
    is_published: bool  # it is the file that the metric is defined by


def load_weights(weights: Weights, file: str | Path | bool = True) -> Loaded:
    """Read the weights from a file; True looks where torch keeps what it has fetched.

    Raises:
        ValueError: they are not there, or the file is not one of tensors alone; one line.
    """
    path = _found(weights) if isinstance(file, bool) else Path(file).expanduser()
    try:
        digest = sha256(path)
        tensors = load_file(path) if path.suffix == ".safetensors" else _state_dict(path)
    except OSError as error:
        raise ValueError(f"cannot read the weights of {weights.network}, {str(path)!r}: {error.strerror}") from error
    except (pickle.UnpicklingError, SafetensorError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise ValueError(
            f"{str(path)!r} is not a file of tensors alone (a state dict saved by torch, or safetensors; programs such "
            f"as TorchScript are not run): {weights.metric} needs {weights.names[0]} from {weights.origin}"
        ) from error
    return Loaded(tensors, path.name, digest, digest.startswith(weights.sha256))


def fill(network: nn.Module, loaded: Loaded, weights: Weights) -> None:
    """Put weights into a network; the file may hold more, such as a classifier's head.

    Raises:
        ValueError: one is missing or of another shape; one line that names it.
    """
    wanted = {name: tensor for name, tensor in network.state_dict().items() if "num_batches_tracked" not in name}
    for name, tensor in wanted.items():
        found = loaded.tensors.get(name)
        if found is None or found.shape != tensor.shape:
            what = "lacks" if found is None else "has another shape of"
            raise ValueError(f"{loaded.file!r} {what} {name}: it is not the {weights.network} of {weights.metric}")
    network.load_state_dict({name: loaded.tensors[name] for name in wanted}, strict=False)


def _found(weights: Weights) -> Path:
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    for name in weights.names:
        if (folder / name).is_file():
            return folder / name
    raise ValueError(
        f"{weights.metric} needs the weights of {weights.network}: fetch {weights.names[0]} ({weights.megabytes} MB) "
        f"from {weights.origin} and put it into {str(folder)!r}, or name the file"
    )


def _state_dict(path: Path) -> dict[str, Tensor]:
    """What `torch.load` reads while it refuses to run anything."""
    found = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(found, dict) or not all(isinstance(one, Tensor) for one in found.values()):
        raise ValueError("not a state dict")
    return {name: tensor.detach().float() for name, tensor in found.items()}
