"""The model people load, and what it said about a photo."""

from colorgan.colorizer.model import Colorizer, check_vividness
from colorgan.colorizer.prediction import NO_WORDS, LikelyColour, Prediction, ShownColour, check_daring
from colorgan.colorizer.reference import Reference, References, check_reference
from colorgan.colorizer.repainting import Memory

__all__ = [
    "NO_WORDS",
    "Colorizer",
    "LikelyColour",
    "Memory",
    "Prediction",
    "Reference",
    "References",
    "ShownColour",
    "check_daring",
    "check_reference",
    "check_vividness",
]
