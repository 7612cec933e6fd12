"""The gain of a trained model: how much its chroma is scaled, so that it is as vivid as the recipe wants."""

import torch

from colorgan.color import lab_to_gamut_rgb, rgb_to_lab
from colorgan.colorizer import Colorizer
from colorgan.data import fixed_photos
from colorgan.limits import MAX_VIVIDNESS
from colorgan.recipes import Data

GAIN_PHOTOS, GAIN_ROUNDS = 128, 4


@torch.no_grad()
def calibrated_gain(colorizer: Colorizer, data: Data, target: float, seed: int) -> float:
    """The gain, a factor on chroma, that brings its mean over training photos to `target` of theirs, at most 3.

    A regression is paler than photos are, as it leaves open what it cannot know. Training photos, a fixed draw, because
    those that judge the model must not have made it. Gains bend near the limits of sRGB, so it takes a few rounds.
    """
    drawn = fixed_photos(
        data.dataset,
        split=data.split,
        resolution=max(data.phases[-1].resolution),
        count=GAIN_PHOTOS,
        seed=seed,
        min_chroma=data.min_chroma,
        max_photos=data.max_photos,
    )
    photos = (drawn.float() / 255).split(1)
    found = [(lightness, colorizer(lightness.to(colorizer.device)).cpu()) for lightness, _ in map(rgb_to_lab, photos)]
    wanted = target * float(sum(rgb_to_lab(photo)[1].norm(dim=1).mean() for photo in photos))
    gain = 1.0
    for _ in range(GAIN_ROUNDS):
        shown = [rgb_to_lab(lab_to_gamut_rgb(lightness, ab * (gain / colorizer.gain)))[1] for lightness, ab in found]
        gain *= wanted / max(float(sum(ab.norm(dim=1).mean() for ab in shown)), 1e-6)
        gain = min(gain, MAX_VIVIDNESS)
    return round(gain, 3)
