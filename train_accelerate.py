#!/usr/bin/env python3
"""Train a recipe: flags in, a run folder out. `--help` lists the flags, docs/training.md explains them."""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from colorgan.files import one_line
from colorgan.machine import let_threads_sleep
from colorgan.training.flags import parse

DIVERGED, REFUSED, NOT_PUBLISHED, INTERRUPTED = 1, 2, 3, 130  # exit statuses
SPINS = 2000  # of threads that wait, before they sleep


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns its exit status."""
    let_threads_sleep(spins=SPINS)
    recipe, run, arguments = parse(argv)
    model_id = ""
    try:
        if arguments.dry_run:
            from colorgan.training.describe import dry_run
            from colorgan.training.loop import check

            check(recipe, run)
            sys.stdout.write(dry_run(recipe) + "\n")
            return 0
        # Of several processes the first one publishes; if it may not, the launcher ends the others with it.
        if arguments.push_to_hub and int(os.environ.get("RANK", "0")) == 0:
            model_id = prepared_repository(arguments, run.output_dir)
        from colorgan.training.loop import TrainingDivergedError, train

        try:
            folder = train(recipe, run)
        except TrainingDivergedError as error:
            return exit_with(str(error), DIVERGED)
    except ImportError as error:
        return exit_with(f"error: {error}: training needs pip install 'colorgan[train]'", REFUSED)
    except (ValueError, OSError) as error:
        return exit_with(f"error: {one_line(error)}", REFUSED)
    except KeyboardInterrupt:
        return exit_with("interrupted; to go on, the same with --resume_from_checkpoint latest", INTERRUPTED)
    exit_with(f"done: {folder}", 0)
    return published(folder, model_id, arguments) if model_id else 0


def prepared_repository(arguments: argparse.Namespace, output_dir: Path) -> str:
    """The repository that the run will go to, there and open to this login before a photo is read."""
    from huggingface_hub.utils import logging

    from colorgan.hub.sending import prepare

    logging.set_verbosity_error()  # its client tells of every retry, and then raises
    wanted = arguments.hub_model_id or output_dir.resolve().name
    return prepare(wanted, private=arguments.hub_private_repo, revision=arguments.hub_revision)


def published(folder: Path, model_id: str, arguments: argparse.Namespace) -> int:
    """Publish a finished run; where that fails, the run is still there, and so is the command to try again."""
    from colorgan.publishing import publish

    try:
        address = publish(folder, model_id, private=arguments.hub_private_repo, revision=arguments.hub_revision)
    except (ValueError, OSError) as error:
        words = ["colorgan", "publish", str(folder), "--to", model_id]
        words += ["--private"] * arguments.hub_private_repo
        words += ["--revision", arguments.hub_revision] if arguments.hub_revision else []
        return exit_with(
            f"trained, not published: {one_line(error)}. To publish it: {shlex.join(words)}", NOT_PUBLISHED
        )
    return exit_with(f"published: {address}", 0)


def exit_with(text: str, status: int) -> int:
    """Say how it ended, in one line."""
    sys.stderr.write(f"train_accelerate.py: {text}\n" if status else f"{text}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
