"""What tells two models apart: SHA-256 over their weights, whatever file these came in."""

import hashlib
from typing import Any

import torch


def weights_sha256(model: torch.nn.Module) -> str:
    """SHA-256 of every weight with its name, type and shape."""
    return _digest(model, b"")


def model_revision(model: Any) -> str:
    """What a model is: SHA-256 of its configuration and of every weight.

    Raises:
        ValueError: it has no weights to look at, so its revision must be said.
    """
    if not isinstance(model, torch.nn.Module):
        raise ValueError(f"say which revision this {type(model).__name__} is: it has no weights to tell it by")
    return _digest(model, repr(sorted((getattr(model, "_hub_mixin_config", None) or {}).items())).encode())


def _digest(model: torch.nn.Module, start: bytes) -> str:
    digest = hashlib.sha256(start)
    for name, weight in sorted(model.state_dict().items()):
        digest.update(f"{name} {weight.dtype} {tuple(weight.shape)}".encode())
        digest.update(weight.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()
