"""Training, from a recipe to a run folder.

OUTPUT_DIR/
  recipe.json           the resolved recipe, and how it was run
  checkpoint-IMAGES/    to resume from
  model/                the trained Colorizer, for `Colorizer.from_pretrained`
  metrics.jsonl         losses and validation figures; curves.png shows them
  samples/IMAGES.png    gray | generated | original on fixed photos
  logs/                 the trackers'
"""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from accelerate.state import AcceleratorState
from accelerate.utils import DistributedType, broadcast_object_list
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)

from colorgan import objectives
from colorgan.colorizer import Colorizer
from colorgan.recipes import Recipe
from colorgan.training import checkpoints
from colorgan.training.batches import Batch, batches, count_cells, pairs_of
from colorgan.training.flags import Run
from colorgan.training.game import Game
from colorgan.training.networks import (
    AveragedWeights,
    Cells,
    LearningRate,
    TrainedGenerator,
    build_discriminator,
    build_generator,
    build_optimiser,
    generator_options,
    start_weights,
)
from colorgan.training.parallel import seed_of, shared_over_batch
from colorgan.training.record import METRICS, Record, flat_config, not_finite
from colorgan.training.validation import save_curves, save_sheet, sheet, validate, validation_photos

WHOLE = StateDictOptions(full_state_dict=True, cpu_offload=True)  # not a shard: loads on any number of processes


class TrainingDivergedError(RuntimeError):
    """A loss or a weight is no number any more; the message names the last good checkpoint."""


@dataclass
class Progress:
    """How far a run has come."""

    images_seen: int = 0
    steps: int = 0
    generator_steps: int = 0
    discriminator_steps: int = 0
    seconds: float = 0.0


def train(recipe: Recipe, run: Run) -> Path:
    """Train a recipe into `run.output_dir`, from the start or from a checkpoint; returns that folder.

    Raises ValueError for what the user can put right (data, flags, checkpoints), TrainingDivergedError for a nan.
    """
    trainer = Trainer(recipe, run)
    try:
        for batch in trainer.batches():
            trainer.step(batch)
            trainer.look_and_save()
        trainer.finish()
    finally:
        trainer.close()
    return run.output_dir


class Trainer:
    """One run: its networks, their optimisers and averages, and how far it has come."""

    def __init__(self, recipe: Recipe, run: Run):
        self.recipe, self.run, self.progress = recipe, run, Progress()
        self.accelerator = _accelerator(run)
        _check_divisible(recipe, run, self.accelerator.num_processes)
        if recipe.ema and self.accelerator.distributed_type == DistributedType.FSDP:
            raise ValueError(
                f"averaged weights cannot be kept of sharded ones: give --ema 0 under FSDP, got {recipe.ema}"
            )
        start = self._checkpoint_to_resume()
        self.cells = self._cells()
        self._build()
        if start is not None:
            self._load(start)
        if self.accelerator.is_main_process:
            _write_recipe(recipe, run)
        self.photos = validation_photos(recipe, run, self._say)
        self.record = Record(self.accelerator, run.output_dir, recipe, self.progress.images_seen, self.progress.seconds)
        config = flat_config(recipe, run.seed)
        self.accelerator.init_trackers("colorgan", config=config)

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
        adversarial = self.discriminator is not None and share_done >= objective.adversarial_start
        generators_turn = not adversarial or (progress.discriminator_steps + 1) % objective.critic_steps == 0
        for rate in self.rates:
            rate.set(batch.images_before, batch.phase.train_batch_size)
        losses = self.game.play(self._pairs(batch), batch.images_before, adversarial, generators_turn)
        progress.images_seen, progress.steps = batch.images_seen, progress.steps + 1
        progress.discriminator_steps += adversarial
        if generators_turn:
            progress.generator_steps += 1
            self._average()
        self.record.add(losses, batch.images_seen - batch.images_before)

    def look_and_save(self) -> None:
        """What is due after a step: a line of figures, a validation pass, a checkpoint."""
        due = {
            name: self.progress.steps % every == 0
            for name, every in (
                ("log", self.run.logging_steps),
                ("look", self.run.validation_steps),
                ("save", self.run.checkpointing_steps),
            )
        }
        if any(due.values()):
            self._log()
        if due["look"] and self.photos is not None:
            loss = self._look(self.photos)
            for rate in self.rates:
                rate.validated(loss)
        if due["save"]:
            self._save()

    def finish(self) -> None:
        """A last look, the last checkpoint, the model, and the curves; what a killed process left out is made up."""
        self._log()
        looked, saved = self._from_main(
            (self.record.has("validation", self.progress.images_seen), self._checkpoint_folder().is_dir())
        )
        if self.photos is not None and not looked:
            self._look(self.photos)
        if not saved:
            self._save()
        self._fill_colorizer()
        if self.accelerator.is_main_process:
            aside = self.run.output_dir / ".writing-model"
            self.colorizer.save_pretrained(aside)
            checkpoints.replace_folder(aside, self.run.output_dir / "model")
            save_curves(self.run.output_dir / METRICS, self.run.output_dir / "curves.png")
        self.accelerator.wait_for_everyone()

    def close(self) -> None:
        """End the bar, the trackers and the processes' company."""
        self.record.close()
        self.accelerator.end_training()
        AcceleratorState._reset_state(reset_partial_state=True)  # so that a program can train twice

    def _build(self) -> None:
        """Networks from the seed, prepared for their processes; the same on every one of them."""
        recipe, accelerator = self.recipe, self.accelerator
        torch.manual_seed(seed_of("start", self.run.seed))
        generator = build_generator(recipe, self.cells)
        start_weights(generator, recipe)
        discriminator = build_discriminator(recipe)
        if discriminator is not None and recipe.objective.clip_weights:
            # Started outside the box, the first gradients are a million times too large for RMSProp's memory: the
            # critic would stand still for thousands of steps.
            objectives.clip_weights(discriminator.parameters(), recipe.objective.clip_weights)
        self.colorizer = Colorizer(
            recipe.generator.name,
            generator_options(recipe, self.cells),
            view_size=max(recipe.data.phases[-1].resolution),
            recipe=recipe.name,
        ).to(accelerator.device)
        self.averaged = AveragedWeights(generator, self.colorizer.generator, recipe.ema)
        self.stride = self.colorizer.generator.output_stride
        self.generator, first = self._prepared(TrainedGenerator(generator), recipe.generator_optimiser)
        self.discriminator, self.optimisers, plans = None, [first], [recipe.generator_optimiser]
        if discriminator is not None:
            self.discriminator, second = self._prepared(discriminator, recipe.discriminator_optimiser)
            self.optimisers.append(second)
            plans.append(recipe.discriminator_optimiser)
        self.rates = [
            LearningRate(optimiser, plan.schedule, recipe.train_images)
            for optimiser, plan in zip(self.optimisers, plans, strict=True)
        ]
        self.game = Game(
            accelerator,
            recipe,
            self.run.seed,
            self.generator,
            self.discriminator,
            self.optimisers,
            self.cells,
            share_dropout=not self.run.torch_compile,  # a mode that compiled code does not see
        )

    def _prepared(self, network: nn.Module, plan: Any) -> tuple[Any, Any]:
        """A network and its optimiser, as accelerate runs them here. One pair at a time, which FSDP asks for."""
        accelerator = self.accelerator
        network = shared_over_batch(network, accelerator.num_processes, accelerator.device)
        network = network.to(accelerator.device).train()
        if self.run.channels_last:
            network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if self.run.torch_compile:
            network.compile()
        return accelerator.prepare(network, build_optimiser(network, plan))

    def _pairs(self, batch: Batch) -> list[Any]:
        pieces, accelerator = self.run.gradient_accumulation_steps, self.accelerator
        pairs = pairs_of(batch, self.recipe, self.stride, pieces, accelerator.process_index, accelerator.device)
        if self.run.channels_last:
            for pair in pairs:
                pair.lightness = pair.lightness.contiguous(memory_format=torch.channels_last)
                pair.colour = pair.colour.contiguous(memory_format=torch.channels_last)
        return pairs

    def _average(self) -> None:
        if self.recipe.ema:
            self.averaged.update(self.accelerator.unwrap_model(self.generator).net, self.progress.generator_steps)

    def _log(self) -> None:
        """Write the mean losses; stop where one is no number."""
        losses = self.record.mean_losses()
        if bad := not_finite(losses):
            raise self._diverged(bad)
        if losses:
            figures = {**losses, "learning_rate": self.optimisers[0].param_groups[-1]["lr"]}
            self.record.write("train", self.progress.images_seen, figures)

    def _look(self, photos: Tensor) -> float:
        """Validate: figures, a sheet; returns the loss, the same on every process."""
        self._fill_colorizer()
        figures, made = validate(self.colorizer, photos, self.recipe)
        self.record.write("validation", self.progress.images_seen, figures)
        if self.accelerator.is_main_process:
            save_sheet(self.run.output_dir / "samples", self.progress.images_seen, sheet(photos, made))
        return float(self._from_main(figures["loss"]))

    def _from_main(self, value: Any) -> Any:
        """The main process's value, on every process: decisions must not differ."""
        shared = [value]
        broadcast_object_list(shared)
        return shared[0]

    def _fill_colorizer(self) -> None:
        """Put the weights to look at into the Colorizer: averaged ones are there, others are copied."""
        if not self.recipe.ema:
            self.colorizer.generator.load_state_dict(self._weights()["generator"])

    def _weights(self) -> dict[str, dict[str, Tensor]]:
        """Whole, unwrapped weights by network; every process must call it, as sharded ones are gathered."""
        gathered = self.accelerator.get_state_dict(self.generator)
        networks = {"generator": {name.removeprefix("net."): value for name, value in gathered.items()}}
        if self.discriminator is not None:
            networks["discriminator"] = self.accelerator.get_state_dict(self.discriminator)
        if self.recipe.ema:
            networks["averaged"] = self.averaged.copy.state_dict()
        return networks

    def _save(self) -> None:
        """A checkpoint, unless the weights are spoilt; then the old ones go that the limit does not keep."""
        weights = self._weights()
        for name, tensors in weights.items():
            if not all(bool(tensor.isfinite().all()) for tensor in tensors.values() if tensor.is_floating_point()):
                raise self._diverged(f"a weight of the {name} is not finite")
        self.progress.seconds = self.record.seconds
        state = self._state()
        if self.accelerator.is_main_process:
            checkpoints.save(self.run.output_dir, self.progress.images_seen, weights, state)
            checkpoints.prune(self.run.output_dir, self.run.checkpoints_total_limit)
        self.accelerator.wait_for_everyone()

    def _state(self) -> dict[str, Any]:
        scaler = self.accelerator.scaler
        return {
            "progress": asdict(self.progress),
            "seed": self.run.seed,
            "optimisers": [self._optimiser_state(*pair) for pair in self._trained()],
            "rates": [rate.state_dict() for rate in self.rates],
            "scaler": scaler.state_dict() if scaler is not None else {},
        }

    def _trained(self) -> list[tuple[Any, Any]]:
        """The prepared networks, each with its optimiser."""
        networks = [self.generator] if self.discriminator is None else [self.generator, self.discriminator]
        return list(zip(networks, self.optimisers, strict=True))

    def _optimiser_state(self, network: Any, optimiser: Any) -> dict[str, Any]:
        """An optimiser's whole state; under FSDP every process holds a shard, so it is gathered."""
        if self.accelerator.distributed_type != DistributedType.FSDP:
            return dict(optimiser.state_dict())
        return get_optimizer_state_dict(network, optimiser.optimizer, options=WHOLE)

    def _checkpoint_to_resume(self) -> checkpoints.Checkpoint | None:
        """The checkpoint the flags ask for; a folder with checkpoints is not started over by accident."""
        folder, wanted = self.run.output_dir, self.run.resume_from_checkpoint
        folder.mkdir(parents=True, exist_ok=True)
        if not wanted:
            if checkpoints.found_in(folder):
                raise ValueError(
                    f"{str(folder)!r} holds an earlier run: give --resume_from_checkpoint latest "
                    "or another --output_dir"
                )
            return None
        start = checkpoints.to_resume(folder, wanted, self._say)
        if start is None:
            self._say(f"no whole checkpoint in {str(folder)!r}: starting from the beginning")
        elif start.state["seed"] != self.run.seed:
            raise ValueError(f"{start.folder.name} was trained with seed {start.state['seed']}, got {self.run.seed}")
        else:
            self._say(f"resuming from {start.folder}")
        return start

    def _load(self, start: checkpoints.Checkpoint) -> None:
        """Go on where a checkpoint was saved, on any number of processes."""
        networks = dict(start.networks)
        networks["generator"] = {f"net.{name}": value for name, value in networks["generator"].items()}
        roles = ("generator", "discriminator")
        try:
            for role, state, pair in zip(roles, start.state["optimisers"], self._trained(), strict=False):
                self._load_pair(*pair, networks[role], state)
            if self.recipe.ema:
                self.averaged.copy.load_state_dict(networks["averaged"])
        except (RuntimeError, KeyError, ValueError) as error:
            problem = str(error).splitlines()[-1].strip()
            raise ValueError(f"{str(start.folder)!r} does not fit recipe {self.recipe.name!r}: {problem}") from error
        for rate, state in zip(self.rates, start.state["rates"], strict=True):
            rate.load_state_dict(state)
        if self.accelerator.scaler is not None and start.state["scaler"]:
            self.accelerator.scaler.load_state_dict(start.state["scaler"])
        self.progress = Progress(**start.state["progress"])

    def _load_pair(self, network: Any, optimiser: Any, weights: dict[str, Tensor], state: dict[str, Any]) -> None:
        """Whole weights and optimiser state into a prepared network and its optimiser."""
        if self.accelerator.distributed_type == DistributedType.FSDP:
            set_model_state_dict(network, dict(weights), options=WHOLE)
            set_optimizer_state_dict(network, optimiser.optimizer, state, options=WHOLE)
        else:
            self.accelerator.unwrap_model(network).load_state_dict(weights)
            optimiser.load_state_dict(state)

    def _cells(self) -> Cells | None:
        """The cells of the distribution head: counted once, by the main process, and kept in the run's folder."""
        if not self.recipe.objective.distribution_weight:
            return None
        path, values = self.run.output_dir / "cells.safetensors", None
        if self.accelerator.is_main_process:
            if not path.is_file():
                self._say("counting the colours of the training photos")
                aside = path.with_name(".writing-cells")
                cells = count_cells(self.recipe, self.run)
                save_file({"ab": cells.ab, "share": cells.share}, aside)
                aside.replace(path)
            values = {name: tensor.tolist() for name, tensor in load_file(path).items()}
        values = self._from_main(values)
        return Cells(torch.tensor(values["ab"]), torch.tensor(values["share"]))

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


def _write_recipe(recipe: Recipe, run: Run) -> None:
    """recipe.json: what was trained, and how."""
    content = {"recipe": asdict(recipe), "run": {name: _plain(value) for name, value in asdict(run).items()}}
    checkpoints.write_file(run.output_dir / "recipe.json", json.dumps(content, indent=2) + "\n")


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value
