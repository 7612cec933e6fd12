"""Packages that read the rarer files, where they are installed (`pip install 'colorgan[files]'`)."""

import importlib
from typing import Any


def extra(module: str) -> Any:
    """The module; None where it is missing, or a library that it needs is. Slow ones are imported here alone."""
    try:
        return importlib.import_module(module)
    except ImportError:
        return None
