"""Which way up a photo is, learnt with what a model's network sees: writes the model's upright.safetensors.

    python experiments/upright_head.py --data SET [SET ...] --test-data SET [SET ...] [--model FOLDER] [--photos N]

Sets are known names, folders or Hub ids: train splits to learn from, test splits to judge by, of photos in colour that
are upright. Each is seen at its four turns; a line's weights are learnt by cross entropy over the four, with
mirrored photos. What is printed: the share of test photos whose turn is named, and for each sureness that could be
asked for the share of upright photos that would be offered a turn, and of photos on their side offered the right one.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from colorgan import DEFAULT_WEIGHTS, Colorizer
from colorgan.colorizer import Memory
from colorgan.colorizer.orientation import FILE, NINTHS, Orientation, descriptions
from colorgan.data.whole import EvaluationPhotos
from colorgan.files import write_whole
from colorgan.fingerprint import weights_sha256
from colorgan.images import to_image

SHORTER_SIDE = 384  # pixels, of the photos that are shown to the network
BATCH, EPOCHS, RATE, DECAY = 64, 30, 3e-3, 1.0
NOISE = 0.1  # standard deviations of a feature, against learning photos by heart
SURENESS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98)


def photos(name: str, split: str, count: int) -> Iterator[Image.Image]:
    """So many photos of a set in gray, drawn by a fixed seed."""
    for photo in EvaluationPhotos([name], split, resolution=SHORTER_SIDE, limit=count):
        yield to_image(photo.rgb).convert("L")


def described(colorizer: Colorizer, name: str, split: str, count: int) -> Tensor:
    """What the network sees of photos of a set at their four turns, (N, 4, 9 F)."""

    def see(gray: Image.Image) -> Memory | None:
        return colorizer.predict([gray])[0].memory

    grays = tqdm(photos(name, split, count), name, count, unit="photo", mininterval=20)
    return torch.stack([descriptions(gray, see) for gray in grays])


def mirrored(seen: Tensor) -> Tensor:
    """The same of mirrored photos: a mirrored photo's turn to the right is the mirrored turn to the left."""
    return seen[:, [0, 3, 2, 1]].unflatten(-1, (-1, NINTHS, NINTHS)).flip(-1).flatten(-3)


def learnt(seen: Tensor) -> Tensor:
    """(N, 4, 9 F) of upright photos -> weights (9 F,)."""
    seen = torch.cat((seen, mirrored(seen)))
    spread = seen.flatten(0, 1).std(0) + 1e-3
    centred = (seen - seen.mean((0, 1))) / spread
    weights = torch.zeros(seen.shape[-1], requires_grad=True)
    steps = EPOCHS * -(-len(seen) // BATCH)
    optimizer = torch.optim.AdamW([weights], lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(seen)).split(BATCH):
            batch = centred[chosen]
            scores = (batch + NOISE * torch.randn_like(batch)) @ weights
            optimizer.zero_grad()
            functional.cross_entropy(scores, torch.zeros(len(chosen), dtype=torch.long)).backward()
            optimizer.step()
            schedule.step()
    return (weights / spread).detach()


def judged(weights: Tensor, seen: Tensor) -> str:
    """The figures of test photos, in words."""
    sure, best = (seen @ weights).softmax(1).max(1)
    right = best == 0
    lines = [f"{len(seen)} photos, the right turn is named for {right.float().mean():.1%}"]
    for least in SURENESS:
        wrong, offered = (((sure > least) & which).float().mean() for which in (~right, right))
        lines.append(f"sure by {least}: offered to {wrong:.1%} of upright ones, rightly to {offered:.1%} of others")
    return "\n".join(lines)


def main() -> None:
    """Look, learn, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", required=True, metavar="SET", help="to learn from")
    parser.add_argument("--test-data", nargs="+", required=True, metavar="SET", help="to judge by")
    parser.add_argument("--model", type=Path, default=DEFAULT_WEIGHTS, metavar="FOLDER", help="with colour words")
    parser.add_argument("--photos", type=int, default=200, metavar="N", help="of each set (default: %(default)s)")
    options = parser.parse_args()
    torch.manual_seed(0)
    colorizer = Colorizer.from_pretrained(options.model)
    sets = [described(colorizer, name, "train", options.photos) for name in options.data]
    weights = learnt(torch.cat(sets))
    for name in options.test_data:
        found = described(colorizer, name, "test", options.photos)
        sys.stdout.write(f"{name}: {judged(weights, found)}\n")
    write_whole(options.model / FILE, Orientation(weights, weights_sha256(colorizer)).to_bytes())


if __name__ == "__main__":
    main()
