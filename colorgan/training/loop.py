"""Training, from a recipe to a run folder.

OUTPUT_DIR/             gone again where a run could not be begun
  recipe.json           the resolved recipe, how it was run, on which machines, in which time
  checkpoint-IMAGES/    to resume from
  model/                the trained Colorizer, for `Colorizer.from_pretrained`
  metrics.jsonl         losses and validation figures; curves.png shows them
  samples/IMAGES.png    gray | generated | original on fixed photos; of words: with hints, and drawn
  cells.safetensors     how often each colour is in the training photos, where a distribution of colours is trained
  vocabulary.safetensors  the colour words found in them, where words are trained
  logs/                 the trackers'
"""

import contextlib
import importlib.util
import itertools
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from accelerate.state import AcceleratorState
from accelerate.utils import broadcast_object_list
from safetensors.torch import load_file, save
from torch import Tensor

from colorgan.data import check_source
from colorgan.files import folder_whole, gone_if_it_fails, write_whole
from colorgan.machine import computes_bfloat16
from colorgan.recipes import Recipe, Run
from colorgan.training import checkpoints
from colorgan.training.batches import Batch, batches, pairs_of
from colorgan.training.cells import Cells, count_cells
from colorgan.training.gain import calibrated_gain
from colorgan.training.networks import build_generator, check_sizes, initial_cells, start_weights, starts_with_words
from colorgan.training.provenance import write_provenance
from colorgan.training.record import Record, flat_config, not_finite
from colorgan.training.run_folder import CURVES, METRICS, MODEL, SAMPLES
from colorgan.training.state import TrainingState
from colorgan.training.step import TrainingStep
from colorgan.training.validation import save_curves, save_sheet, sheet, validate, validation_photos
from colorgan.training.vocabulary import Vocabulary, find_vocabulary
from colorgan.training.word_validation import validate_words


class TrainingDivergedError(RuntimeError):
    """A loss or a weight is no number any more; the message names the last good checkpoint."""


@dataclass
class Progress:
    """How far a run has come."""

    images_seen: int = 0
    global_step: int = 0
    generator_steps: int = 0
    discriminator_steps: int = 0
    seconds: float = 0.0

    @classmethod
    def of_checkpoint(cls, saved: Mapping[str, Any]) -> "Progress":
        """What a checkpoint's state says; it has always called the global step "steps"."""
        return cls(**{"global_step" if name == "steps" else name: value for name, value in saved.items()})

    def for_checkpoint(self) -> dict[str, Any]:
        """The same, as `of_checkpoint` reads it."""
        return {"steps" if name == "global_step" else name: value for name, value in asdict(self).items()}


def train(recipe: Recipe, run: Run) -> Path:
    """Train a recipe into `run.output_dir`, from the start or from a checkpoint; returns that folder.

    Raises ValueError for what the user can put right (data, flags, checkpoints), TrainingDivergedError for a nan.
    """
    try:
        with contextlib.ExitStack() as stack:
            with gone_if_it_fails(run.output_dir):  # until there is a batch to train on
                trainer = Trainer(recipe, run)
                stack.callback(trainer.close)
                stream = trainer.batches()
                first = list(itertools.islice(stream, 1))
            for batch in itertools.chain(first, stream):
                trainer.step(batch)
                trainer.validate_and_checkpoint()
            trainer.finish()
    finally:
        AcceleratorState._reset_state(reset_partial_state=True)  # so that a program can train twice
    return run.output_dir


def check(recipe: Recipe, run: Run) -> None:
    """Refuse what `train` refuses before it asks the network or opens a photo, and leave nothing."""
    try:
        _check_divisible(recipe, run, _accelerator(run).num_processes)
        check_sizes(recipe)
        for name in recipe.data.dataset:
            check_source(name, recipe.data.split)
        if run.validation_photos and run.validation_split:
            for name in run.validation_dataset or recipe.data.dataset:
                check_source(name, run.validation_split)
        checkpoints.start_of(run, lambda text: None)
    finally:
        AcceleratorState._reset_state(reset_partial_state=True)


class Trainer:
    """One run: what it trains, and how far it has come."""

    def __init__(self, recipe: Recipe, run: Run):
        self.recipe, self.run, self.progress = recipe, run, Progress()
        self.accelerator = accelerator = _accelerator(run)
        _check_divisible(recipe, run, accelerator.num_processes)
        check_sizes(recipe)
        if accelerator.device.type == "cpu" and accelerator.mixed_precision == "bf16" and not computes_bfloat16():
            self._say("bf16 is slow on this processor, which has no instructions for it: give --mixed_precision no")
        start = checkpoints.start_of(run, self._say)
        run.output_dir.mkdir(parents=True, exist_ok=True)
        self.cells = self._cells()
        cell_ab = self.cells.ab if self.cells else None
        if recipe.objective.words_weight:  # the picture stays as it is, with its cells or without
            known = initial_cells(recipe)
            cell_ab = torch.zeros(0, 2) if known is None else known
        self.state = TrainingState(accelerator, recipe, run, cell_ab, self._vocabulary(cell_ab))
        self.training_step = TrainingStep(
            accelerator,
            recipe,
            run.seed,
            self.state.generator,
            self.state.discriminator,
            self.cells,
            share_dropout=not run.torch_compile,  # a mode that compiled code does not see
        )
        if start is not None:
            self.state.load(start)
            self.progress = Progress.of_checkpoint(start.state["progress"])
        if accelerator.is_main_process:
            write_provenance(recipe, run, accelerator, resumed=start is not None)
        self.photos = validation_photos(recipe, run, self._say)
        self.record = Record(accelerator, run.output_dir, recipe, self.progress.images_seen, self.progress.seconds)
        accelerator.init_trackers("colorgan", config=flat_config(recipe, run.seed))

    def batches(self) -> Any:
        """This process's batches, from where the run stands to the end of its budget."""
        accelerator = self.accelerator
        return batches(
            self.recipe,
            self.run,
            self.progress.images_seen,
            accelerator.process_index,
            accelerator.num_processes,
            self.record.say,
        )

    def step(self, batch: Batch) -> None:
        """Train on one fresh batch: the discriminator, and the generator in its turn."""
        progress, objective = self.progress, self.recipe.objective
        share_done = batch.images_before / self.recipe.train_images
        adversarial = self.state.discriminator is not None and share_done >= objective.adversarial_start
        generators_turn = not adversarial or (progress.discriminator_steps + 1) % objective.critic_steps == 0
        self.state.set_learning_rates(batch.images_before, batch.phase.train_batch_size)
        losses = self.training_step(self._pairs(batch), batch.images_before, adversarial, generators_turn)
        progress.images_seen, progress.global_step = batch.images_seen, progress.global_step + 1
        progress.discriminator_steps += adversarial
        if generators_turn:
            progress.generator_steps += 1
            self.state.update_ema(progress.generator_steps)
        self.record.add(losses, batch.images_seen - batch.images_before)

    def validate_and_checkpoint(self) -> None:
        """What is due after a step: a line of losses, a validation pass, a checkpoint."""
        due = {
            name: self.progress.global_step % every == 0
            for name, every in (
                ("log", self.run.logging_steps),
                ("validation", self.run.validation_steps),
                ("checkpoint", self.run.checkpointing_steps),
            )
        }
        if any(due.values()):
            self._log()
        if due["validation"] and self.photos is not None and self.progress.images_seen < self.recipe.train_images:
            self.state.validated(self._validate(self.photos))
        if due["checkpoint"]:
            self._checkpoint()

    def finish(self) -> None:
        """The gain, a last validation with it, the last checkpoint, the model, and the curves.

        What a killed process left out of these is made up.
        """
        self._log()
        self.state.fill_colorizer()
        if self.recipe.target_vividness is not None:
            gain = calibrated_gain(self.state.colorizer, self.recipe.data, self.recipe.target_vividness, self.run.seed)
            self.state.colorizer.set_gain(self._from_main(gain))
        whole = not checkpoints.damage(self._checkpoint_folder())  # a resumed run may find its last one spoilt
        validated, saved = self._from_main((self.record.has("validation", self.progress.images_seen), whole))
        if self.photos is not None and not validated:
            self._validate(self.photos)
        if not saved:
            self._checkpoint()
        if self.accelerator.is_main_process:
            with folder_whole(self.run.output_dir / MODEL, replace=True) as draft:
                self.state.colorizer.save_pretrained(draft)
            save_curves(self.run.output_dir / METRICS, self.run.output_dir / CURVES)
            write_provenance(self.recipe, self.run, self.accelerator, resumed=True, seconds=self.record.seconds)
        self.accelerator.wait_for_everyone()

    def close(self) -> None:
        """End the bar, the trackers and the processes' company."""
        self.record.close()
        self.accelerator.end_training()

    def _pairs(self, batch: Batch) -> list[Any]:
        pieces, accelerator = self.run.gradient_accumulation_steps, self.accelerator
        stride = self.state.colorizer.generator.output_stride
        pairs = pairs_of(batch, self.recipe, stride, pieces, accelerator.process_index, accelerator.device)
        if self.run.channels_last:
            for pair in pairs:
                pair.lightness = pair.lightness.contiguous(memory_format=torch.channels_last)
                pair.colour = pair.colour.contiguous(memory_format=torch.channels_last)
        return pairs

    def _log(self) -> None:
        """Write the mean losses; stop where one is no number."""
        losses = self.record.mean_losses()
        if bad := not_finite(losses):
            raise self._diverged(bad)
        if losses:
            figures = {**losses, "learning_rate": self.state.generator.optimiser.param_groups[-1]["lr"]}
            self.record.write("train", self.progress.images_seen, figures)

    def _validate(self, photos: Tensor) -> float:
        """Validate: metrics, a sheet; returns the loss, the same on every process."""
        self._sound_weights()  # which a Colorizer would refuse, as if a person had brought them
        self.state.fill_colorizer()
        validation = validate_words if self.recipe.objective.words_weight else validate
        metrics, made = validation(self.state.colorizer, photos, self.recipe)
        self.record.write("validation", self.progress.images_seen, metrics)
        if self.accelerator.is_main_process:
            save_sheet(self.run.output_dir / SAMPLES, self.progress.images_seen, sheet(photos, made))
        return float(self._from_main(metrics["loss"]))

    def _from_main(self, value: Any) -> Any:
        """The main process's value, on every process: decisions must not differ."""
        shared = [value]
        broadcast_object_list(shared)
        return shared[0]

    def _checkpoint(self) -> None:
        """A checkpoint, unless the weights are spoilt; then the old ones go that the limit does not keep."""
        weights = self._sound_weights()
        self.progress.seconds = self.record.seconds
        state = {"progress": self.progress.for_checkpoint(), **self.state.state_dict()}
        if self.accelerator.is_main_process:
            checkpoints.save(self.run.output_dir, self.progress.images_seen, weights, state)
            checkpoints.prune(self.run.output_dir, self.run.checkpoints_total_limit)
        self.accelerator.wait_for_everyone()

    def _sound_weights(self) -> dict[str, dict[str, Tensor]]:
        """Whole weights by network; TrainingDivergedError where one is not finite. Every process must call it."""
        weights = self.state.weights()
        for name, tensors in weights.items():
            if not all(bool(tensor.isfinite().all()) for tensor in tensors.values() if tensor.is_floating_point()):
                raise self._diverged(f"a weight of the {name} is not finite")
        return weights

    def _cells(self) -> Cells | None:
        """The cells of the distribution head; None without one."""
        if not self.recipe.objective.distribution_weight:
            return None
        return Cells(
            **self._found_once(
                "cells.safetensors",
                "counting the colours of the training photos",
                lambda: vars(count_cells(self.recipe.data, self.run.seed, initial_cells(self.recipe))),
            )
        )

    def _vocabulary(self, cell_ab: Tensor | None) -> Vocabulary | None:
        """The vocabulary of the words to train; None without words, or where the weights to start from have some."""
        if not self.recipe.objective.words_weight or starts_with_words(self.recipe):
            return None

        def found() -> dict[str, Tensor]:
            generator: Any = build_generator(self.recipe, cell_ab)
            start_weights(generator, self.recipe)
            generator = generator.to(self.accelerator.device).eval()
            count = len(generator.words.words.vocabulary)
            return vars(find_vocabulary(generator, count, self.recipe.data, self.run.seed))

        message = "finding the colour words of the training photos"
        return Vocabulary(**self._found_once("vocabulary.safetensors", message, found))

    def _found_once(self, name: str, message: str, find: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
        """What is found in the training photos once, by the main process, and kept as a file in the run's folder."""
        path, values = self.run.output_dir / name, None
        if self.accelerator.is_main_process:
            if not path.is_file():
                self._say(message)
                write_whole(path, save(find()))
            values = {name: tensor.tolist() for name, tensor in load_file(path).items()}
        return {name: torch.tensor(value) for name, value in self._from_main(values).items()}

    def _say(self, text: str) -> None:
        """One line, once, before there is a bar."""
        if self.accelerator.is_main_process:
            sys.stderr.write(text + "\n")

    def _checkpoint_folder(self) -> Path:
        return self.run.output_dir / f"{checkpoints.PREFIX}{self.progress.images_seen}"

    def _diverged(self, what: str) -> TrainingDivergedError:
        good = checkpoints.last_good(self.run.output_dir)
        return TrainingDivergedError(
            f"training diverged by {self.progress.images_seen:,} images: {what}; "
            f"{f'the last good checkpoint is {good}' if good else 'there is no checkpoint before it'}"
        )


def _accelerator(run: Run) -> Accelerator:
    # torch 2.13 has a new name for it, which older ones and accelerate do not know.
    warnings.filterwarnings("ignore", "`broadcast_buffers` is deprecated", FutureWarning)
    if run.report_to != "none" and importlib.util.find_spec(run.report_to) is None:
        raise ValueError(
            f"report_to {run.report_to!r} needs a package that is not installed: "
            f"pip install {run.report_to}, or give --report_to none"
        )
    return Accelerator(
        mixed_precision=run.mixed_precision or None,
        cpu=run.cpu,
        log_with=None if run.report_to == "none" else run.report_to,
        project_dir=str(run.output_dir / "logs"),
        # Two forwards of one network before a backward: buffers must not be overwritten in between.
        kwargs_handlers=[DistributedDataParallelKwargs(broadcast_buffers=False)],
        step_scheduler_with_optimizer=False,
    )


def _check_divisible(recipe: Recipe, run: Run, processes: int) -> None:
    for phase in recipe.data.phases:
        if phase.train_batch_size % (processes * run.gradient_accumulation_steps):
            raise ValueError(
                f"train_batch_size must be a multiple of {processes} processes x {run.gradient_accumulation_steps} "
                f"accumulation steps, got {phase.train_batch_size}"
            )
