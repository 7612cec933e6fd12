"""Validation of words and painter: what they minimise, what hints gain, and pictures with and without them."""

import copy
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from colorgan.color import lab_to_gamut_rgb, rgb_to_lab
from colorgan.colorizer import Colorizer
from colorgan.data.true_colours import true_colours
from colorgan.metrics import per_photo
from colorgan.networks.word_head import Points, Prepared
from colorgan.recipes import Recipe
from colorgan.training.batches import Pair, pair_of
from colorgan.training.hinting import draw_lessons, weighted_terms, words_loss
from colorgan.training.parallel import Piece, seeded
from colorgan.training.validation import CHUNK, validate

COUNTED_HINTS = (0, 1, 10, 100)  # whose gain is measured
SHOWN_HINTS = (0, 3, 20)  # whose pictures are on the sheet


@torch.no_grad()
def validate_words(colorizer: Colorizer, photos: Tensor, recipe: Recipe) -> tuple[dict[str, float], dict[str, Tensor]]:
    """As `validate`, whose metrics here say how the picture is that stays, and of the words and their painter:

    `loss` is what they minimise, and `words`, `words_mean` and `painter` its terms, each with its weight;
    `psnr_over_gray_N_hints` in dB over RGB, how much nearer to the truth photos come when the true colours of N places
    are said, than left gray.
    """
    metrics, columns = validate(colorizer, photos, recipe)
    generator = colorizer.generator
    head = copy.deepcopy(generator.words).cpu()  # photos are coloured anew there, wherever the network runs
    terms: dict[str, float] = {}
    gains: dict[int, list[float]] = {count: [] for count in COUNTED_HINTS}
    shown: dict[str, list[Tensor]] = {}
    for first in range(0, len(photos), CHUNK):
        rgb = photos[first : first + CHUNK].to(colorizer.device).float() / 255
        piece = Piece(first, len(rgb), len(photos))
        pair = pair_of(rgb, None, recipe.output_space, generator.output_stride, piece)
        for name, value in _terms(generator, pair, recipe).items():
            terms[name] = terms.get(name, 0.0) + float(value) * len(rgb) / len(photos)
        for number, photo, lightness in zip(piece.photos, rgb.cpu().split(1), pair.lightness.split(1), strict=True):
            seen = Prepared(head, generator.look(lightness)[1].on_processor())
            pictures = _pictures(seen, photo, number)
            of_gray = per_photo.psnr(pictures["gray"], photo)
            for count in COUNTED_HINTS:
                gains[count].append(float(per_photo.psnr(pictures[_title(count)], photo) - of_gray))
            for title in (*map(_title, SHOWN_HINTS), "drawn"):
                shown.setdefault(title, []).append(pictures[title])
    metrics |= {"loss": sum(terms.values()), **terms}
    metrics |= {f"psnr_over_gray_{count}_hints": sum(found) / len(found) for count, found in gains.items()}
    return metrics, {"picture": columns["generated"]} | {title: torch.cat(made) for title, made in shown.items()}


def true_points(rgb: Tensor, count: int, generator: torch.Generator) -> Points:
    """RGB (1, 3, H, W) in [0, 1] -> `count` places, uniform over the photo, with the colours that are there."""
    return Points(*true_colours(rgb_to_lab(rgb)[1], torch.rand(count, 2, generator=generator)))


def _terms(generator: Any, pair: Pair, recipe: Recipe) -> dict[str, Tensor]:
    """What words and painter minimise on photos, by lessons that are the same each time."""
    lesson = draw_lessons(pair, [seeded("lesson", "validation", photo) for photo in pair.piece.photos])
    return weighted_terms(words_loss(generator.words, generator.look(pair.lightness)[1], lesson), recipe.objective)


def _pictures(seen: Prepared, rgb: Tensor, number: int) -> dict[str, Tensor]:
    """Photo `number`, RGB (1, 3, H, W) in [0, 1] -> gray, with true hints, and drawn."""
    head, lightness = seen.head, rgb_to_lab(rgb)[0]
    most = true_points(rgb, max(COUNTED_HINTS), seeded("hints", number))
    half = {"gray": torch.zeros_like(rgb[:, :2, ::2, ::2])}
    for count in sorted({*COUNTED_HINTS, *SHOWN_HINTS}):
        points = Points(most.places[:count], most.colours[:count])
        half[_title(count)] = head.calm(seen, head.think(seen, head.known(seen, points)), points)
    unsaid = head.think(seen, head.known(seen, Points.none()))[0]
    half["drawn"] = head.draw(seen, Points.none(), number, unsaid)
    whole = {title: functional.interpolate(ab, rgb.shape[2:], mode="bilinear") for title, ab in half.items()}
    return {title: lab_to_gamut_rgb(lightness, ab) for title, ab in whole.items()}


def _title(hints: int) -> str:
    return "no hint" if hints == 0 else f"{hints} hints"
