"""To the Hub: a trained run as a model with its card, figures and pictures; the page as a Space; a study's votes."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from colorgan.hub.publishing import publish
    from colorgan.hub.space import upload_space, write_space
    from colorgan.hub.votes import VoteBackup

__all__ = ["VoteBackup", "publish", "upload_space", "write_space"]

_MODULES = {"publishing": ("publish",), "space": ("upload_space", "write_space"), "votes": ("VoteBackup",)}


def __getattr__(name: str) -> Any:
    """Import a module when its name is asked for: a study's server must not wait for torch."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
