"""The model people load, and what it said about a photo."""

from colorgan.colorizer.model import Colorizer, check_vividness
from colorgan.colorizer.prediction import Prediction, ShownColour, check_daring

__all__ = ["Colorizer", "Prediction", "ShownColour", "check_daring", "check_vividness"]
