#!/usr/bin/env python3
"""Train a recipe: flags in, a run folder out. `--help` lists the flags, docs/training.md explains them."""

import sys
from collections.abc import Sequence

from colorgan.training.flags import parse


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns its exit status."""
    recipe, run, arguments = parse(argv)
    try:
        if arguments.dry_run:
            from colorgan.training.describe import dry_run

            sys.stdout.write(dry_run(recipe) + "\n")
            return 0
        from colorgan.training.loop import TrainingDivergedError, train

        try:
            folder = train(recipe, run)
        except TrainingDivergedError as error:
            sys.stderr.write(f"train_accelerate.py: {error}\n")
            return 1
    except (ValueError, ImportError) as error:
        sys.stderr.write(f"train_accelerate.py: error: {error}\n")
        return 2
    sys.stderr.write(f"done: {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
