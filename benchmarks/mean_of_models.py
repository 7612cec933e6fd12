"""The mean of several models' weights, as a model of its own, at half precision on disk.

    python benchmarks/mean_of_models.py --model RUN/model --model RUN2/model --output DIR [--gain 1.2] [--view-size 224]

Models that went apart late in their training lie in one valley, and their mean is often closer to the truth than any
of them (Wortsman et al. 2022, "Model soups", arXiv 2203.05482). DIR gets config.json and model.safetensors; what is
not asked for is the first model's. One --model alone is written as it is, with the values asked for.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

import torch
from photo_sets import check_new
from safetensors.torch import save_file

from colorgan import Colorizer
from colorgan.training.networks import mean_weights


def main() -> None:
    """Load, average, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", required=True, help="folder or Hub id; repeatable")
    parser.add_argument("--gain", type=float, help="chroma scale that vividness 1 stands for (default: the first's)")
    parser.add_argument("--view-size", type=int, help="pixels squared that the network sees (default: the first's)")
    parser.add_argument("--output", required=True, type=Path, help="a folder that does not exist yet")
    options = parser.parse_args()
    check_new(options.output)
    models = [Colorizer.from_pretrained(model) for model in options.model]
    weights = mean_weights([model.generator for model in models])
    kept = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in weights.items()}
    if not all(tensor.isfinite().all() for tensor in kept.values()):
        raise ValueError("a weight is beyond what half precision holds, 65,504")
    config = {
        "network": type(models[0].generator).__name__,
        "options": models[0]._hub_mixin_config["options"],
        "view_size": options.view_size or models[0].view_size,
        "gain": models[0].gain if options.gain is None else options.gain,
        "variant_strength": models[0].variant_strength,
        "recipe": models[0].recipe,
    }
    temporary = options.output.with_name(options.output.name + ".part")
    try:
        temporary.mkdir(parents=True)
        (temporary / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
        save_file(
            {f"generator.{name}": tensor.contiguous() for name, tensor in kept.items()},
            temporary / "model.safetensors",
            metadata={"format": "pt"},
        )
        temporary.rename(options.output)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    print(f"the mean of {len(models)} models in {options.output}")


if __name__ == "__main__":
    try:
        torch.set_grad_enabled(False)
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"mean_of_models.py: {error}")
