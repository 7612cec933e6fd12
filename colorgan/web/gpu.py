"""A borrowed graphics card: on a Space with ZeroGPU a function marked here runs where the card is, elsewhere at home.

ZeroGPU runs the function in another process, which was forked when it was first asked for: arguments and results are
sent between the two, and what the server loads later the other does not have.
"""

import importlib.util
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar

from PIL import Image

if TYPE_CHECKING:
    from torch import Tensor

    from colorgan.colorizer import Colorizer, Memory
    from colorgan.hints import Hint

P = ParamSpec("P")
R = TypeVar("R")


def on_gpu(function: Callable[P, R]) -> Callable[P, R]:
    """`spaces.GPU(function)` where the package `spaces` is, as on Spaces; the function itself everywhere else."""
    if importlib.util.find_spec("spaces") is None:
        return function
    import spaces  # type: ignore[import-not-found,unused-ignore]

    marked: Callable[P, R] = spaces.GPU(function)
    return marked


_COPIES: "dict[str, Colorizer]" = {}  # by source, in the process that has the card


Sent: TypeAlias = "tuple[Tensor, Memory | None, tuple[Hint, ...]]"  # the arguments of `Colorizer.recall`


def _predict(source: str, image: Image.Image, how: dict[str, Any]) -> Sent:
    import torch

    from colorgan.colorizer import Colorizer

    if source not in _COPIES:
        _COPIES[source] = Colorizer.from_pretrained(source).to("cuda" if torch.cuda.is_available() else "cpu")
    [prediction] = _COPIES[source].predict([image], **how)
    return prediction.lines.cpu(), prediction.memory, prediction.hints


# What a model says about an image, asked of the card. The answer is on the processor and without the network, which
# the server has, too: `Colorizer.recall` puts the two together, so that hints need no card.
predict = on_gpu(_predict)
IS_BORROWED = predict is not _predict
