"""Photos whose colours are partly the truth, partly what models make of them: a set to train the next model on.

    python experiments/softened_photos.py --data PHOTOS [--data ...] --model A --model B --truth 0.4 --output DIR
    python train_accelerate.py --recipe flagship-l2 --dataset DIR/PHOTOS ...

A dress is blue in the photo, and nothing gray says so: a network that sees the photo again and again learns that by
heart. The mean of several models knows what can be known (Hinton et al. 2015, "Distilling the Knowledge in a Neural
Network", arXiv 1503.02531), and `--truth` says how much of the photo's own chroma is left beside it. Lightness stays.
DIR gets a set for each of --data, named as its folder is; broken and near-gray photos are left out. A critic needs real
photos: train that stage on PHOTOS.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from photo_sets import check_new, row, write_set
from PIL import Image

from colorgan import Colorizer
from colorgan.color import lab_to_gamut_rgb
from colorgan.data.whole import EvaluationPhotos
from colorgan.evaluation.candidates import ModelCandidate

RESOLUTION = 256  # pixels of the shorter side
BATCH = 8


def softened(data: str, models: Sequence[ModelCandidate], truth: float, limit: int | None = None) -> Iterator[dict]:
    """The photos of a set's train split, whole -> rows of the new one: a share `truth` of the chroma is their own."""
    for batch in EvaluationPhotos([data], split="train", resolution=RESOLUTION, limit=limit).batches(BATCH):
        made = torch.stack([model.ab(batch) for model in models]).mean(0)
        rgb = lab_to_gamut_rgb(batch.lightness, torch.lerp(made, batch.ab, truth))
        for picture in (rgb * 255).round().byte().permute(0, 2, 3, 1).numpy():
            yield row(Image.fromarray(picture), "photos with softened colours")


@torch.inference_mode()
def main() -> None:
    """Load the models, soften, write set by set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", action="append", required=True, help="known name, Hub id or folder; repeatable")
    parser.add_argument("--model", action="append", required=True, help="folder or Hub id; repeatable")
    parser.add_argument("--truth", type=float, default=0.4, help="share of the photo's own chroma (default 0.4)")
    parser.add_argument("--limit", type=int, help="photos of each set, drawn at random (default: all)")
    parser.add_argument("--output", required=True, type=Path, help="a folder that does not exist yet")
    options = parser.parse_args()
    if not 0 <= options.truth <= 1:
        raise ValueError(f"--truth must be a share from 0 to 1, got {options.truth}")
    names = [Path(data).name for data in options.data]
    if len(set(names)) < len(names):
        raise ValueError(f"two of --data have one name: {', '.join(names)}")
    check_new(options.output)
    # At its own gain a model would be more vivid than it is close to the truth.
    models = [ModelCandidate(Colorizer.from_pretrained(model, gain=1.0)) for model in options.model]
    for data, name in zip(options.data, names, strict=True):
        print(f"{write_set(softened(data, models, options.truth, options.limit), options.output / name):,} in {name}")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"softened_photos.py: {error}")
