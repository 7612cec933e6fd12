"""model.json: every number that belongs to a picture and is not in the graphs, as the code itself has it."""

from types import ModuleType
from typing import Any

from colorgan import borders, color, limits, upsampling
from colorgan.colorizer import Colorizer, reference, repainting
from colorgan.networks import painter, word_head, words
from colorgan.networks.word_head import WordHead

FORMAT = 1  # of model.json: another number where a reader of this one would be wrong

_UPSAMPLING = ("RADIUS", "CONTRAST", "REGULARIZATION")
_BORDERS = (
    "FLAT", "EDGE", "FLAT_SHARE", "EDGE_SHARE", "OPENING_SHARE", "SMALLEST", "MOST_FRAMES", "RING", "SHADING", "BLEND",
    "GRAIN", "LINE", "RAGGED",
)  # fmt: skip
_HINTS = (
    "LEVELS", "POINTS", "MOST_POINTS", "SPREAD_POINTS", "UNLIKE", "FEWEST_LIKELY", "ODD", "A_WASH", "A_THING",
    "SETTLED", "MUCH", "EXACT",
)  # fmt: skip
_NOISE = ("LATTICE", "FLAT", "LAYOUT", "FIELDS", "SHIFTS", "TONES", "TINTS")
_REFERENCE = ("LIKENESS", "MARGIN", "MOST", "FAINTEST")


def constants(colorizer: Colorizer) -> dict[str, Any]:
    """What pre- and post-processing need to know of a model, by name, ready for JSON; docs/onnx.md explains each."""
    generator = colorizer.generator
    lightness, luminance = color.byte_tables()
    said: dict[str, Any] = {
        "format": FORMAT,
        "name": colorizer.name,
        "license": colorizer.license,
        "recipe": colorizer.recipe,
        "network": type(generator).__name__,
        "view": {
            "size": colorizer.view_size,
            "longest_side": colorizer.longest_fits,
            "multiple": generator.size_multiple,
            "minimum": generator.minimum_size,
        },
        "picture": {
            "stride": generator.output_stride,
            "smoothing": colorizer.smoothing,
            "gain": colorizer.gain,
            "max_vividness": limits.MAX_VIVIDNESS,
            **_named(upsampling, _UPSAMPLING),
        },
        "color": {
            "lightness": lightness.tolist(),
            "luminance": luminance.tolist(),
            "xyz_over_white_to_rgb": color.XYZ_OVER_WHITE_TO_RGB,
            "delta": color.DELTA,
        },
        "border": _named(borders, _BORDERS),
    }
    if colorizer.takes_hints:
        said["words"] = _words(generator.words)
    return said


def _words(head: WordHead) -> dict[str, Any]:
    how = head.drawing
    return {
        "vocabulary": head.words.vocabulary.tolist(),
        "least_entropy": head.words.least_entropy,
        "objects": head.objects,
        "block": words.BLOCK,
        "cell": painter.CELL,
        "like": word_head.LIKE,
        "max_hints": limits.MAX_HINTS,
        "max_lassos": limits.MAX_LASSOS,
        "hints": _named(repainting, _HINTS),
        "drawing": {"rounds": how.rounds, "temperature": how.temperature, "reach": how.reach, "gain": how.gain},
        "noise": _named(word_head, _NOISE),
        "reference": _named(reference, _REFERENCE),
    }


def _named(module: ModuleType, names: tuple[str, ...]) -> dict[str, Any]:
    """A module's constants, by their names in small letters."""
    return {name.lower(): getattr(module, name) for name in names}
