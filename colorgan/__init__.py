"""Black-and-white photographs in colour.

from colorgan import Colorizer, DEFAULT_WEIGHTS
colorizer = Colorizer.from_pretrained(DEFAULT_WEIGHTS)
picture = colorizer.colorize(image)
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from colorgan.colorizer import Colorizer
    from colorgan.hints import Hint
    from colorgan.recipes import RECIPES

__version__ = "0.1.0"
__all__ = ["DEFAULT_WEIGHTS", "RECIPES", "Colorizer", "Hint"]

DEFAULT_WEIGHTS = str(Path(__file__).parent / "weights")  # the bundled flagship: works offline


def __getattr__(name: str) -> Any:
    """Import what needs torch only when it is asked for: `colorgan --help` must not wait for it."""
    if name == "Colorizer":
        from colorgan.colorizer import Colorizer

        return Colorizer
    if name == "Hint":
        from colorgan.hints import Hint

        return Hint
    if name == "RECIPES":
        from colorgan.recipes import RECIPES

        return RECIPES
    raise AttributeError(f"module 'colorgan' has no attribute {name!r}")
