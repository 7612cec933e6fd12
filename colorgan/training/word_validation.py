"""Validation of words and painter: what they minimise, what hints gain, and pictures with and without them."""

import torch
from torch import Tensor
from torch.nn import functional

from colorgan.color import lab_to_gamut_rgb, rgb_to_lab
from colorgan.colorizer import Colorizer
from colorgan.metrics import per_photo
from colorgan.networks.word_head import Look, Points, WordHead
from colorgan.recipes import Recipe
from colorgan.training.batches import Pair, pair_of
from colorgan.training.hinting import draw_lessons, weighted_terms, words_loss
from colorgan.training.parallel import Piece, seeded
from colorgan.training.validation import CHUNK, validate

COUNTED_HINTS = (0, 1, 10, 100)  # whose gain is measured
SHOWN_HINTS = (0, 3, 20)  # whose pictures are on the sheet
SQUARE = 6  # pixels; a hint is the mean colour of such a square


@torch.no_grad()
def validate_words(colorizer: Colorizer, photos: Tensor, recipe: Recipe) -> tuple[dict[str, float], dict[str, Tensor]]:
    """As `validate`, whose metrics here say how the picture is that stays, and of the words and their painter:

    `loss` is what they minimise, and `words`, `words_mean` and `painter` its terms, each with its weight;
    `psnr_over_gray_N_hints` in dB over RGB, how much nearer to the truth photos come when the true colours of N places
    are said, than left gray.
    """
    metrics, columns = validate(colorizer, photos, recipe)
    terms: dict[str, float] = {}
    gains: dict[int, list[float]] = {count: [] for count in COUNTED_HINTS}
    shown: dict[str, list[Tensor]] = {}
    for first in range(0, len(photos), CHUNK):
        rgb = photos[first : first + CHUNK].to(colorizer.device).float() / 255
        piece = Piece(first, len(rgb), len(photos))
        pair = pair_of(rgb, None, recipe.output_space, colorizer.generator.output_stride, piece)
        look = colorizer.generator.look(pair.lightness)[1]
        for name, value in _terms(colorizer.generator.words, look, pair, recipe).items():
            terms[name] = terms.get(name, 0.0) + float(value) * len(rgb) / len(photos)
        for index, photo in enumerate(rgb.split(1)):
            pictures = _pictures(colorizer.generator.words, look.of(index), photo, first + index)
            truth = per_photo.psnr(pictures.pop("gray"), photo)
            for count in COUNTED_HINTS:
                gains[count].append(float(per_photo.psnr(pictures[_title(count)], photo) - truth))
            for title in (*map(_title, SHOWN_HINTS), "drawn"):
                shown.setdefault(title, []).append(pictures[title].cpu())
    metrics |= {"loss": sum(terms.values()), **terms}
    metrics |= {f"psnr_over_gray_{count}_hints": sum(found) / len(found) for count, found in gains.items()}
    return metrics, {"picture": columns["generated"]} | {title: torch.cat(made) for title, made in shown.items()}


def true_hints(rgb: Tensor, count: int, generator: torch.Generator) -> Points:
    """RGB (1, 3, H, W) in [0, 1] -> `count` places, uniform over the photo, with the mean colour of a square there."""
    ab, (height, width), half = rgb_to_lab(rgb)[1], rgb.shape[2:], SQUARE // 2
    space = torch.tensor((width - SQUARE, height - SQUARE))
    places = torch.rand(count, 2, generator=generator) * space + half
    means = functional.avg_pool2d(ab, SQUARE, stride=1)[0]  # at (y, x): of the square that begins there
    x, y = (places.long() - half).unbind(1)
    return Points(places.to(rgb.device), means[:, y, x].T)


def _terms(head: WordHead, look: Look, pair: Pair, recipe: Recipe) -> dict[str, Tensor]:
    """What words and painter minimise on photos, by lessons that are the same each time."""
    lesson = draw_lessons(pair, [seeded("lesson", "validation", photo) for photo in pair.piece.photos])
    return weighted_terms(words_loss(head, look, lesson), recipe.objective)


def _pictures(head: WordHead, look: Look, rgb: Tensor, number: int) -> dict[str, Tensor]:
    """Photo `number`, RGB (1, 3, H, W) in [0, 1] -> gray, with true hints, and drawn."""
    lightness = rgb_to_lab(rgb)[0]
    most = true_hints(rgb, max(COUNTED_HINTS), seeded("hints", number))
    half = {"gray": torch.zeros_like(rgb[:, :2, ::2, ::2])}
    for count in sorted({*COUNTED_HINTS, *SHOWN_HINTS}):
        half[_title(count)] = head.calm(look, Points(most.places[:count], most.colours[:count]))[0]
    half["drawn"] = head.draw(look, Points.none(), [number], head.drawing)
    whole = {title: functional.interpolate(ab, rgb.shape[2:], mode="bilinear") for title, ab in half.items()}
    return {title: lab_to_gamut_rgb(lightness, ab) for title, ab in whole.items()}


def _title(hints: int) -> str:
    return "no hint" if hints == 0 else f"{hints} hints"
