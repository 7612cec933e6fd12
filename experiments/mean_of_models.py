"""The mean of several models' weights, as a model of its own, at half precision on disk.

    python experiments/mean_of_models.py --model RUN/model --model RUN2/model --output DIR [--gain 1.2]
    python experiments/mean_of_models.py --model A --model B --model C --shares 0.65 0.65 -0.3 --output DIR

Models that went apart late in their training lie in one valley, and their mean is often closer to the truth than any
of them (Wortsman et al. 2022, "Model soups", arXiv 2203.05482). DIR gets weights, config.json and a card; what is not
asked for is the first model's. One --model alone is written as it is, with the values asked for.

--shares sum to 1. Negative ones take away what sets a model apart from the others (Ilharco et al. 2023, "Editing Models
with Task Arithmetic", arXiv 2212.04089): with C an ancestor of A and B that coloured canvases green, the second line
above leaves less of the green than they have. And what a critic made of a twin, less the twin, is the critic's touch
for another network of the same origin.
"""

import argparse
import sys
from pathlib import Path

import torch
from photo_sets import check_new

from colorgan import Colorizer
from colorgan.files import folder_whole
from colorgan.training.networks import mean_weights


def main() -> None:
    """Load, average, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", required=True, help="folder or Hub id; repeatable")
    parser.add_argument("--shares", type=float, nargs="+", default=[], help="of each model (default: all the same)")
    parser.add_argument("--gain", type=float, help="chroma scale that vividness 1 stands for (default: the first's)")
    parser.add_argument("--view-size", type=int, help="pixels squared that the network sees (default: the first's)")
    parser.add_argument("--smoothing", type=int, help="levels of smoothing within edges (default: the first's)")
    parser.add_argument("--output", required=True, type=Path, help="a folder that does not exist yet")
    options = parser.parse_args()
    check_new(options.output)
    asked = {name: getattr(options, name) for name in ("gain", "view_size", "smoothing")}
    asked = {name: value for name, value in asked.items() if value is not None}
    models = [Colorizer.from_pretrained(model, **asked) for model in options.model]
    mean = models[0]
    mean.generator.load_state_dict(mean_weights([model.generator for model in models], options.shares))
    if not all(tensor.isfinite().all() for tensor in mean.half().state_dict().values()):
        raise ValueError("a weight is beyond what half precision holds, 65,504")
    with folder_whole(options.output) as draft:
        mean.save_pretrained(draft)
    print(f"the mean of {len(models)} models in {options.output}")


if __name__ == "__main__":
    try:
        torch.set_grad_enabled(False)
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"mean_of_models.py: {error}")
