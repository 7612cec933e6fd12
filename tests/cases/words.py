"""A small untrained model with colour words: wrong colours, soon, by the rules of the trained one."""

import math

import numpy as np
import torch
from PIL import Image

from colorgan import Colorizer

WORDS = 32


def untrained_words() -> Colorizer:
    """A `LiteUNet` of a few channels that sees photos at 64 pixels and is sure of random words."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        words = {"count": WORDS, "width": 24, "layers": 2, "heads": 2, "painter": 8}
        colorizer = Colorizer("LiteUNet", {"widths": [8, 8, 8, 8], "cells": 4, "words": words}, view_size=64)
        head = colorizer.generator.words.words
        turn = torch.arange(WORDS) * (2 * math.pi / 8)
        chroma = torch.arange(WORDS) // 8 * 15.0 + 10
        head.vocabulary.copy_(torch.stack((turn.cos() * chroma, turn.sin() * chroma), 1))
        torch.nn.init.normal_(head.leave[-1].weight, std=1.0)
    return colorizer


def scene(size: tuple[int, int] = (160, 120), seed: int = 0) -> Image.Image:
    """A gray photo of soft blobs, mode "L"."""
    blobs = np.random.default_rng(seed).integers(60, 200, (6, 8), dtype=np.uint8)
    return Image.fromarray(blobs).resize(size, Image.Resampling.BICUBIC)


def colourful(size: tuple[int, int] = (160, 120), seed: int = 0) -> Image.Image:
    """The same scene in random colours, mode "RGB"."""
    hues = np.random.default_rng(seed + 1).integers(0, 256, (3, 4, 2), dtype=np.uint8)
    bands = [Image.fromarray(hues[..., band]).resize(size, Image.Resampling.BICUBIC) for band in range(2)]
    return Image.merge("YCbCr", (scene(size, seed), *bands)).convert("RGB")
