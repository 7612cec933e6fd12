"""The static site's numbers: those of the export's `model.json`, and for the rest those of the rooms that own them."""

import json
from typing import Any

import torch

from colorgan import __version__, color
from colorgan.colorizer import Colorizer
from colorgan.colorizer.prediction import MOST_LIKELY
from colorgan.limits import MAX_MEGAPIXELS
from colorgan.photo.description import TEXT
from colorgan.photo.record import MIN_SIDE
from colorgan.seeds import seed_of
from colorgan.web import describing, retouch
from colorgan.web.limits import MAX_MEGABYTES

DRAWING_SEEDS = 400  # drawings of a photo before they come again
PROBE_SIDE, PROBE_STEP = 64, 16  # of the picture that a browser's backend is tried with; every 16th number is compared


def worker_constants(model: dict[str, Any], colorizer: Colorizer, files: dict[str, Any]) -> dict[str, Any]:
    """What the worker's modules import, by name: MODEL is the export's `model.json`, SITE the rest."""
    return {
        "MODEL": {name: value for name, value in model.items() if name != "graphs"},
        "SITE": {
            **files,
            "rgbToXyz": color.RGB_TO_XYZ_OVER_WHITE,
            "megapixels": MAX_MEGAPIXELS,
            "megabytes": MAX_MEGABYTES,
            "minSide": MIN_SIDE,
            "description": TEXT.replace("{version}", __version__),
            "guided": ", guided by a person's hints",
            "mostLikely": MOST_LIKELY,
            "hues": retouch.HUES,
            "strengths": retouch.STRENGTHS,
            "widest": retouch.WIDEST,
            "shaded": retouch.SHADED,
            "colourNames": describing.NAMES,
            "seen": describing.SEEN,
            # A seed of torch's generators on a processor counts by its lower half.
            "drawingSeeds": [seed_of("drawing", seed, 0) & 0xFFFFFFFF for seed in range(DRAWING_SEEDS)],
            "probe": {"side": PROBE_SIDE, "step": PROBE_STEP, "values": _probe(colorizer)},
        },
    }


def page_constants(model: dict[str, Any]) -> dict[str, Any]:
    """What the page itself begins with."""
    words = model.get("words")
    return {
        "items": [],
        "at": -1,
        "error": "",
        "backend": "",
        "drawings": retouch.DRAWINGS,
        "tellable": words is not None,
        "model": {
            "name": model["name"],
            "license": model["license"],
            "maxHints": words["max_hints"] if words else 0,
        },
    }


def written(values: dict[str, Any]) -> str:
    """JavaScript that exports each of the values."""
    lines = [f"export const {name} = {json.dumps(value, ensure_ascii=False)};" for name, value in values.items()]
    return "\n".join(
        ["// Written by colorgan from its own source and the model's; not to be changed by hand.", *lines, ""]
    )


@torch.inference_mode()
def _probe(colorizer: Colorizer) -> list[float]:
    """Every few of the network's numbers for a picture that network.js draws as well."""
    lightness = 50 + 40 * torch.sin(torch.arange(PROBE_SIDE**2) / 37)
    view = color.normalize_lightness(lightness.float().view(1, 1, PROBE_SIDE, PROBE_SIDE)).to(colorizer.device)
    ab = colorizer.generator(view.to(colorizer.dtype)).float().flatten() * color.CHROMA_SCALE
    return [round(value, 3) for value in ab[::PROBE_STEP].tolist()]
