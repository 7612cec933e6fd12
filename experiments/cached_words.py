"""Colour words trained on features that are kept: a photo goes through the encoder once, not once in each epoch.

    python experiments/cached_words.py --data PHOTOS [--data ...] --features DIR --images 116000 --output MODEL
    python train_accelerate.py --recipe flagship-words --initial_weights MODEL --dataset PHOTOS ...

The words read nothing but the blocks' features, which do not change while the flagship stays as it is. DIR gets those
of each photo at one random crop in float16, 92 kB a photo, and is read as it is if it has them. They are then held in
memory. MODEL is the flagship with trained words and a painter that knows nothing yet: the second command trains both on
photos as they come. The bundled flagship's words began so.
"""

import argparse
import math
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from colorgan import DEFAULT_WEIGHTS, Colorizer
from colorgan.color import normalize_lightness, rgb_to_lab
from colorgan.data import PhotoStream
from colorgan.degrade import age_lightness, film_lightness
from colorgan.files import folder_whole
from colorgan.networks.painter import CELL
from colorgan.networks.words import BLOCK, ColourWords, make_vocabulary
from colorgan.recipes import RECIPES
from colorgan.training.hinting import combined, draw_lesson, terms_of_words, true_words
from colorgan.training.parallel import seeded

RECIPE = RECIPES["flagship-words"]
CHUNK = 32  # photos to a file
VOCABULARY_PHOTOS, SCALE_PHOTOS = 4000, 1000
WARM_UP, LEAST = 7200, 0.01  # images over which the learning rate rises; the share of it that is left at the end
NARROWEST = 1e-3  # of a feature that never changes, which would else be divided by 0


@torch.inference_mode()
def keep_features(generator: Any, data: list[str], folder: Path, photos: int = 0, seed: int = 0) -> None:
    """What the words read of every photo of the sets' train splits, once, in files of `CHUNK` photos.

    features (N, P, F) and ab (N, 2, h, w) by cells of 4 pixels, in ab units; both float16.
    """
    plan, phase = RECIPE.data, RECIPE.data.phases[0]
    stream = PhotoStream(
        data,
        resolution=phase.resolution[0],
        crop=plan.crop,
        crop_scale=phase.crop_scale,
        flip=plan.flip,
        min_chroma=plan.min_chroma,
        seed=seed,
        batch_size=CHUNK,
        max_photos=photos,
    )
    count = math.ceil(stream.photos_per_epoch / CHUNK)
    with folder_whole(folder) as draft:
        for number, batch in zip(tqdm(range(count), unit="file"), stream, strict=False):
            draws, rgb = seeded("features", seed, number), batch["rgb"].float() / 255
            aged = [age_lightness(film_lightness(one, plan.film, draws), plan.aging, draws) for one in rgb.split(1)]
            with torch.autocast("cpu", torch.bfloat16):
                _, look = generator.look(normalize_lightness(torch.cat(aged)))
            ab = functional.avg_pool2d(rgb_to_lab(rgb)[1], CELL)
            save_file(
                {"features": look.features.half().contiguous(), "ab": ab.half()}, draft / f"{number:05}.safetensors"
            )


def load_features(folder: Path) -> tuple[Tensor, Tensor]:
    """All that `keep_features` wrote."""
    chunks = [load_file(file) for file in sorted(folder.glob("*.safetensors"))]
    if not chunks:
        raise ValueError(f"{str(folder)!r} holds no features: give another folder, to be made")
    return torch.cat([chunk["features"] for chunk in chunks]), torch.cat([chunk["ab"] for chunk in chunks])


def start_words(words: ColourWords, features: Tensor, ab: Tensor, seed: int) -> None:
    """Give new words their vocabulary, and the scale of what they read."""
    draws = seeded("vocabulary", seed)
    some = torch.randperm(len(features), generator=draws)[:VOCABULARY_PHOTOS]
    colours = functional.avg_pool2d(ab[some].float(), BLOCK // CELL).flatten(2).transpose(1, 2).reshape(-1, 2)
    words.vocabulary.copy_(make_vocabulary(colours, len(words.vocabulary), draws))
    seen = features[some[:SCALE_PHOTOS]].float().flatten(0, 1)
    words.mean.copy_(seen.mean(0))
    words.deviation.copy_(seen.std(0) + NARROWEST)


def train_words(
    words: ColourWords, features: Tensor, ab: Tensor, images: int, batch_size: int = 48, seed: int = 0
) -> float:
    """Train on so many images, in one cosine; returns the mean loss of the last tenth."""
    plan, (rows, columns) = RECIPE.generator_optimiser, (side * CELL // BLOCK for side in ab.shape[2:])
    matrices = [weight for weight in words.parameters() if weight.ndim > 1]
    rest = [weight for weight in words.parameters() if weight.ndim < 2]
    optimiser = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": plan.weight_decay}, {"params": rest, "weight_decay": 0.0}],
        betas=plan.betas,
    )
    draws, order, losses = seeded("words", seed), torch.empty(0, dtype=torch.long), list[float]()
    words.train()
    for first in tqdm(range(0, images, batch_size), unit="batch"):
        warm, cosine = min(1.0, (first + batch_size) / WARM_UP), (1 + math.cos(math.pi * first / images)) / 2
        for group in optimiser.param_groups:
            group["lr"] = plan.learning_rate * warm * (LEAST + (1 - LEAST) * cosine)
        if len(order) < batch_size:
            order = torch.cat((order, torch.randperm(len(features), generator=draws)))
        chosen, order = order[:batch_size], order[batch_size:]
        seen = features[chosen].float()
        lightness = _lightness(seen, (rows, columns))
        pairs = zip(lightness.split(1), ab[chosen].float().split(1), strict=True)
        lesson = combined([draw_lesson(light, colour, CELL, draws) for light, colour in pairs])
        with torch.autocast("cpu", torch.bfloat16):
            logits, _ = words(seen, lesson.known, (rows, columns))
        terms, _ = terms_of_words(logits, words.vocabulary, lesson, true_words(lesson, words.vocabulary))
        loss = terms["words"] + RECIPE.objective.words_mean_weight * terms["mean"]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(words.parameters(), plan.max_grad_norm)
        optimiser.step()
        losses.append(loss.item())
    words.eval()
    last = losses[-max(1, len(losses) // 10) :]
    return sum(last) / len(last)


def _lightness(features: Tensor, grid: tuple[int, int]) -> Tensor:
    """Blocks' features (N, P, F) -> L (N, 1, h, w) in [-1, 1] by cells, which `WordHead.look` puts last."""
    side = BLOCK // CELL
    cells = features[..., -side * side :].reshape(len(features), *grid, side, side)
    return cells.permute(0, 1, 3, 2, 4).reshape(len(features), 1, grid[0] * side, grid[1] * side)


def main() -> None:
    """Keep the features if they are not there yet, train, write the model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=DEFAULT_WEIGHTS, help="the trained flagship; default: the bundled one")
    parser.add_argument("--data", action="append", default=[], help="known name, Hub id or folder; repeatable")
    parser.add_argument("--photos", type=int, default=0, help="of each set, a fixed draw (default: all)")
    parser.add_argument("--features", required=True, type=Path, help="folder of features, made if need be")
    parser.add_argument("--images", type=int, default=116_000, help="to train on, repeats counted (default 116,000)")
    parser.add_argument("--output", required=True, type=Path, help="a folder that does not exist yet")
    options = parser.parse_args()
    if options.output.exists():
        raise ValueError(f"{str(options.output)!r} is there already: name another")
    before = Colorizer.from_pretrained(options.model)
    config: dict[str, Any] = before._hub_mixin_config  # type: ignore[assignment]
    asked = {**config["options"], "words": config["options"].get("words") or RECIPE.generator.options["words"]}
    torch.manual_seed(0)
    colorizer = Colorizer(**{**config, "options": asked})
    old = {name: value for name, value in before.state_dict().items() if not name.startswith("generator.words.")}
    colorizer.load_state_dict(colorizer.state_dict() | old)
    if not options.features.exists():
        if not options.data:
            raise ValueError(f"{str(options.features)!r} is not there: give --data to make it from")
        keep_features(colorizer.generator, options.data, options.features, options.photos)
    features, ab = load_features(options.features)
    words = colorizer.generator.words.words
    start_words(words, features, ab, 0)
    loss = train_words(words, features, ab, options.images)
    with folder_whole(options.output) as draft:
        colorizer.save_pretrained(draft)
    print(f"{len(features):,} photos, {options.images:,} images, loss {loss:.3f}: {options.output}")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"cached_words.py: {error}")
