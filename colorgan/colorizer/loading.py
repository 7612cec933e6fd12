"""What `Colorizer.from_pretrained` and a config.json may say, and what weights must be; anything else, in one line."""

import json
import math
import numbers
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from colorgan.files import one_line
from colorgan.machine import fastest_device
from colorgan.networks import GENERATORS
from colorgan.upsampling import MAX_LEVELS

HUB_OPTIONS = ("revision", "token", "cache_dir", "force_download", "local_files_only", "subfolder")
# Some are the words of other libraries.
PLACE_OPTIONS = ("device", "map_location", "device_map", "dtype", "torch_dtype")
DTYPES = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
VIEWS = (16, 4096)  # the least and the largest `view_size`


def build_generator(network: object, options: object) -> Any:
    """The network of this name with these hyper-parameters. Raises ValueError where there is none such."""
    if not isinstance(network, str) or network not in GENERATORS:
        raise ValueError(f"network must be one of {', '.join(sorted(GENERATORS))}, got {network!r}")
    if not isinstance(options, dict | None):
        raise ValueError(f"options must be a dictionary of {network}'s hyper-parameters, got {options!r}")
    try:
        generator: nn.Module = GENERATORS[network](**(options or {}))
    except ValueError:
        raise
    except (TypeError, LookupError, ArithmeticError, AttributeError, RuntimeError) as error:
        raise ValueError(f"{network} cannot be built with the options {options}: {one_line(error)}") from error
    return generator


def check_config(view_size: object, gain: object, variant_strength: object, smoothing: object, recipe: object) -> None:
    """Refuse arguments of `Colorizer` that no picture can be made with."""
    if not _is_whole(view_size) or not VIEWS[0] <= view_size <= VIEWS[1]:  # type: ignore[operator]
        raise ValueError(f"view_size must be a whole number from {VIEWS[0]} to {VIEWS[1]}, got {view_size!r}")
    if not _is_whole(smoothing) or not 0 <= smoothing <= MAX_LEVELS:  # type: ignore[operator]
        raise ValueError(f"smoothing must be from 0 to {MAX_LEVELS} levels, got {smoothing!r}")
    for name, value in (("gain", gain), ("variant_strength", variant_strength)):
        # JSON as Python reads it may hold NaN.
        if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value) or value < 0:
            raise ValueError(f"{name} must be a finite number of at least 0, got {value!r}")
    if not isinstance(recipe, str):
        raise ValueError(f"recipe must be a name, got {recipe!r}")


def check_config_file(model_id: str, path: Path, arguments: Iterable[str]) -> None:
    """Refuse a config.json, where there is one, that says what `Colorizer` has no argument for."""
    config = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if not isinstance(config, dict):
        raise ValueError(f"the config.json of {model_id!r} is broken: it must hold one object, got {config!r:.40}")
    if "network" not in config:
        return  # not a model of ours, which `Colorizer` says
    if unknown := sorted(config.keys() - set(arguments)):
        raise ValueError(f"{model_id!r} has a config.json this version cannot use: it does not know {unknown[0]!r}")


def _is_whole(value: object) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def check_same_tensors(model_id: str, found: dict[str, Tensor], wanted: dict[str, Tensor]) -> None:
    """Name the first tensors that are missing, unexpected or of another shape."""
    missing, extra = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
    shapes = sorted(name for name in wanted.keys() & found.keys() if wanted[name].shape != found[name].shape)
    for problem, names in (("lack", missing), ("have an unexpected", extra), ("have another shape of", shapes)):
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            raise ValueError(f"the weights of {model_id!r} {problem} {names[0]}{more}: not this network's weights")


def check_finite(model_id: str, weights: dict[str, Tensor]) -> None:
    """Name the first tensor that holds NaN or infinity: one such number, and every colour is one."""
    for name, weight in sorted(weights.items()):
        if not weight.float().isfinite().all():
            raise ValueError(f"the weights of {model_id!r} are damaged: {name} holds numbers that are not finite")


def check_options(options: Iterable[str], arguments: Iterable[str]) -> None:
    """Refuse an option of `from_pretrained` that there is not; its name, and those that there are."""
    known = (*PLACE_OPTIONS, *HUB_OPTIONS, *(name for name in arguments if name != "self"))
    for option in options:
        if option not in known:
            raise ValueError(f"from_pretrained takes no {option!r}; it takes {', '.join(known)}")


def named_device(options: dict[str, Any]) -> "str | torch.device":
    """Where `from_pretrained` is to put a model, by the options that say so, which are taken out of them."""
    device, location, chart = (options.pop(name, None) for name in ("device", "map_location", "device_map"))
    if chart == "auto":
        chart = fastest_device()
    elif not isinstance(chart, str | torch.device | None):
        raise ValueError(f"device_map must be 'auto' or one device, on which the whole network lies, got {chart!r}")
    return device or location or chart or "cpu"


def check_call(given: tuple[object, ...], named: Iterable[str]) -> None:
    """Refuse pictures for `Colorizer.__call__`, which is for tensors, with the call that is meant.

    given: what was handed over by place; named: the names of what was handed over by name.
    """
    others = sorted(set(named) - {"lightness"})
    if others or not all(isinstance(one, Tensor) for one in given):
        what = f"{others[0]}=" if others else type(given[0]).__name__
        raise ValueError(
            f"a call of the model itself takes lightness as a tensor (N, 1, H, W), got {what}; for pictures, paths and "
            "arrays it is colorizer.colorize(image), or colorizer.colorize([first, second])"
        )


def known_dtype(dtype: str | torch.dtype | None) -> torch.dtype:
    """One of `DTYPES`, by itself or by its name with or without "torch."; float32 for None."""
    if dtype is None:
        return torch.float32
    for known in DTYPES:
        if dtype == known or str(dtype).removeprefix("torch.") == str(known).removeprefix("torch."):
            return known
    names = ", ".join(str(known).removeprefix("torch.") for known in DTYPES)
    raise ValueError(f"dtype must be one of {names}, got {str(dtype)!r}")
