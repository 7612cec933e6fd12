"""What a network that takes hints is taught: colours that a person may know, and things that got another colour.

Every photo of a batch is one lesson of three: words of whole blocks are known and the others are to be said (drawing);
places have the colour that they have (a person who remembers); or one thing got a colour that it never had, and a hint
says so (a person who wants it). Without the last, an odd colour could only mean a photo tinted as a whole.

Each photo's lesson is drawn by its own generator, so that it does not depend on how a batch is divided.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from skimage.segmentation import felzenszwalb
from torch import Tensor
from torch.nn import functional

from colorgan.color import CHROMA_SCALE
from colorgan.networks.painter import CELL
from colorgan.networks.word_head import Look, Points, Prepared, WordHead, known_blocks
from colorgan.networks.words import BLOCK, Known, near_words
from colorgan.recipes import Objective
from colorgan.training.batches import Pair

DRAWING, REMEMBERING, WANTING = range(3)
LESSONS = (0.35, 0.35, 0.30)  # shares of each
MOST_HINTS = 100
SMALLEST_THING, LARGEST_THING = 160, 25_600  # pixels of the view
OWN_TINTS = 0.35  # light and shade within a recoloured thing keep so much of their differences
MOST_CHROMA = 60.0  # ab units, of the colours that things get
NOISE = 4.0  # squared ab units: errors below are no better for being smaller
ONE_IN_PAINTED = 4  # photos of a batch is painted from all of its words, as drawings are


@dataclass
class Lesson:
    """What photos are taught with: ab (N, 2, h, w) in ab units, what is known, and which blocks count.

    `wanted` (N, P, 2) are the blocks' true colours and `asked` (N, P) says which of them are to be found. `hints`
    (N, K, 4) are the places said, x and y in places of the features, and their ab; `given` (N, K) which are there.
    `weight` (N,) is what a photo's words count: 0 for those that are painted from all of their words, and 1 on
    average over the whole batch.
    """

    ab: Tensor
    wanted: Tensor
    known: Known
    asked: Tensor
    hints: Tensor
    given: Tensor
    weight: Tensor

    def to(self, device: torch.device) -> "Lesson":
        """The same on a device."""
        return _combined([self], lambda tensors: tensors[0].to(device))


def draw_lessons(pair: Pair, generators: Sequence[torch.Generator]) -> Lesson:
    """A lesson of each photo of a pair in ab / 110, drawn by its own generator; on the pair's device."""
    pixels = pair.lightness.shape[-1] // pair.colour.shape[-1]  # of the view that a colour stands for, squared
    lightness = functional.avg_pool2d(pair.lightness, pixels).float().cpu()
    ab = pair.colour.float().cpu() * CHROMA_SCALE
    each = [
        draw_lesson(lightness[photo : photo + 1], ab[photo : photo + 1], pixels, generator)
        for photo, generator in enumerate(generators)
    ]
    piece = pair.piece
    painted = torch.tensor([photo % ONE_IN_PAINTED == ONE_IN_PAINTED - 1 for photo in piece.photos])
    weight = ~painted * (piece.total / (piece.total - piece.total // ONE_IN_PAINTED))
    return replace(combined(each), weight=weight).to(pair.lightness.device)


def combined(lessons: Sequence[Lesson]) -> Lesson:
    """Lessons of several photos -> one of all of them, in order."""
    return _combined(lessons, torch.cat)


def _combined(lessons: Sequence[Lesson], combine: Callable[[list[Tensor]], Tensor]) -> Lesson:
    """Several lessons -> one, tensor by tensor."""

    def of(parts: Sequence[Any]) -> dict[str, Tensor]:
        names = [one.name for one in fields(parts[0]) if one.name != "known"]
        return {name: combine([getattr(part, name) for part in parts]) for name in names}

    return Lesson(known=Known(**of([lesson.known for lesson in lessons])), **of(lessons))


def draw_lesson(lightness: Tensor, ab: Tensor, pixels: int, generator: torch.Generator) -> Lesson:
    """One photo's L (1, 1, h, w) in [-1, 1] and ab (1, 2, h, w) in ab units -> a lesson whose words count.

    Each of their values stands for `pixels` x `pixels` of the view.
    """
    block = BLOCK // pixels
    grid = ab.shape[2] // block, ab.shape[3] // block
    kind = torch.multinomial(torch.tensor(LESSONS), 1, generator=generator)
    ab, thing = ab.clone(), torch.zeros(lightness.shape, dtype=torch.bool)
    if kind == WANTING:
        ab[0], thing[0] = recolour(lightness[0], ab[0], pixels, generator)
    hints, given = draw_hints(ab, thing, kind, generator)
    told = Points(hints[given][:, :2] * pixels, hints[given][:, 2:])
    known = known_blocks(told, functional.avg_pool2d(lightness, CELL // pixels)[0, 0], grid)
    hints[..., :2] *= pixels / CELL
    whole = functional.avg_pool2d(ab, block).flatten(2).transpose(1, 2)
    if kind == DRAWING:
        hidden = torch.cos(math.pi / 2 * torch.rand((), generator=generator)).clamp(min=0.01)
        shown = (torch.rand(known.state.shape, generator=generator) > hidden) & (known.state == 0)
        known.state[shown] = 1
        known.colours = torch.where(shown[..., None], whole, known.colours)
    return Lesson(ab, whole, known, known.state != 1, hints, given, torch.ones(1))


def recolour(lightness: Tensor, ab: Tensor, pixels: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """One thing of a photo gets another colour: L (1, h, w), ab (2, h, w) -> ab (2, h, w), the thing (1, h, w) bool.

    Things are segments of Felzenszwalb and Huttenlocher 2004 ("Efficient Graph-Based Image Segmentation") at a scale
    drawn anew; half of the time of lightness alone, whose ends a gray photo shows.
    """

    def uniform(low: float, high: float) -> float:
        return low + (high - low) * torch.rand((), generator=generator).item()

    seen = (lightness + 1) / 2
    if uniform(0, 1) < 0.5:
        seen = torch.cat((seen, ab / 100))
    scale = math.exp(uniform(math.log(15), math.log(400))) * CELL / pixels
    smallest, largest = SMALLEST_THING // pixels**2, LARGEST_THING // pixels**2
    values = seen.permute(1, 2, 0).numpy().astype(np.float64)
    labels = torch.from_numpy(felzenszwalb(values, scale, 2 / pixels, smallest, channel_axis=-1))
    at = int(torch.randint(labels.numel(), (), generator=generator))
    thing = labels == labels.flatten()[at]
    if not smallest <= int(thing.sum()) <= largest:
        return ab, torch.zeros_like(lightness, dtype=torch.bool)
    angle, chroma = uniform(0, 2 * math.pi), MOST_CHROMA * uniform(0.1, 1)
    wanted = torch.tensor((math.cos(angle), math.sin(angle))) * chroma
    mean = ab[:, thing].mean(1)
    changed = (wanted[:, None, None] + OWN_TINTS * (ab - mean[:, None, None])).clamp(-100, 100)
    return torch.where(thing, changed, ab), thing[None]


def draw_hints(ab: Tensor, thing: Tensor, kind: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Places of ab (N, 2, h, w) and their colours: hints (N, K, 4) of x, y and ab; which are given (N, K).

    A person who remembers says nothing (one in seven) to a hundred places, few more often. One who wants a thing (N,
    1, h, w) in another colour says so at one to four places of it, and half of the time something of the rest.
    """
    count, _, height, width = ab.shape

    def uniform() -> Tensor:
        return torch.rand(count, generator=generator)

    several = torch.exp(uniform() * math.log(MOST_HINTS)).round().long()
    rare = uniform()
    several = torch.where(rare < torch.tensor((0.7, 0.15, 0.0))[kind], 0, several)
    inside = torch.where(uniform() < 0.6, 1, 1 + (uniform() * 4).long())
    flat = thing.flatten(1)
    wanting = (kind == WANTING) & flat.any(1)
    inside = torch.minimum(torch.where(wanting, inside, 0), flat.sum(1))
    several = torch.where(wanting, inside + torch.where(uniform() < 0.5, 0, several // 4), several)
    order = torch.rand(count, height * width, generator=generator)
    within = order.masked_fill(~flat, -1.0).topk(MOST_HINTS).indices
    elsewhere = order.masked_fill(flat, -1.0).topk(MOST_HINTS).indices
    number = torch.arange(MOST_HINTS)
    after = (number - inside[:, None]).clamp(min=0)
    at = torch.where(number < inside[:, None], within, elsewhere.gather(1, after))
    colours = ab.flatten(2).gather(2, at[:, None].expand(-1, 2, -1))
    # A colour that is remembered is that of a patch: of one value or of two by two of them.
    patch = functional.avg_pool2d(functional.pad(ab, (0, 1, 0, 1), mode="replicate"), 2, 1)
    patches = patch.flatten(2).gather(2, at[:, None].expand(-1, 2, -1))
    colours = torch.where(((uniform() < 0.5) & ~wanting)[:, None, None], patches, colours)
    x, y = (at % width) + 0.5, (at // width) + 0.5
    return torch.cat((torch.stack((x, y), -1), colours.transpose(1, 2)), -1), number < several[:, None]


def words_loss(head: WordHead, look: Look, lesson: Lesson) -> dict[str, Tensor]:
    """What words and painter minimise on a look at photos, by a lesson at half of the view; means over the photos.

    `words`: the cross-entropy of the words that are asked, near ones counting as nearly right. `mean`: the logarithm of
    the squared error of their mean, which is what PSNR measures. `painter`: the same of what is painted.
    """
    vocabulary, from_words = head.words.vocabulary, lesson.weight == 0
    true = true_words(lesson, vocabulary)
    known = _with_all_words(lesson.known, vocabulary[true], from_words)
    seen = Prepared(head, look)
    logits, state = head.think(seen, known)
    terms, said = terms_of_words(logits, vocabulary, lesson, true)
    colours = torch.where(from_words[:, None, None], known.colours, said)
    drawn = from_words.to(look.lightness)
    painted = head.painter.paint(seen.canvas, state, colours, lesson.hints, lesson.given, drawn)
    return terms | {"painter": ((painted.float() - lesson.ab).square().sum(1).mean((1, 2)) + NOISE).log().mean()}


def true_words(lesson: Lesson, vocabulary: Tensor) -> Tensor:
    """The word (N, P), int64, that each block's true colour is nearest to, of a vocabulary (Q, 2)."""
    return torch.cdist(lesson.wanted, vocabulary.expand(len(lesson.wanted), -1, -1)).argmin(-1)


def terms_of_words(
    logits: Tensor, vocabulary: Tensor, lesson: Lesson, true: Tensor
) -> tuple[dict[str, Tensor], Tensor]:
    """What words alone minimise, `words` and `mean` of `words_loss`, and the mean colours that they say (N, P, 2)."""
    with torch.autocast(logits.device.type, enabled=False):  # half precision is coarser than colours are
        log_probability = logits.float().log_softmax(-1)
        share = lesson.asked / lesson.asked.sum(1, keepdim=True).clamp(min=1)  # of each block in its photo's mean
        entropy = -((near_words(vocabulary)[true] * log_probability).sum(-1) * share).sum(1)
        said = log_probability.exp() @ vocabulary
        error = ((said - lesson.wanted).square().sum(-1) * share).sum(1)
    terms = {"words": (entropy * lesson.weight).mean(), "mean": ((error + NOISE).log() * lesson.weight).mean()}
    return terms, said


def weighted_terms(found: dict[str, Tensor], objective: Objective) -> dict[str, Tensor]:
    """What `words_loss` found, each term with its weight, under the names that curves have."""
    return {
        "words": objective.words_weight * found["words"],
        "words_mean": objective.words_mean_weight * found["mean"],
        "painter": objective.painter_weight * found["painter"],
    }


def _with_all_words(known: Known, words: Tensor, photos: Tensor) -> Known:
    """What is known, and of some photos (N,) bool the colours of all words (N, P, 2)."""
    return Known(
        torch.where(photos[:, None, None], words, known.colours),
        known.state.masked_fill(photos[:, None], 1),
        known.place.masked_fill(photos[:, None, None], 0.0),
    )
