"""What training changes: networks, optimisers, averaged weights, learning rates; in and out of checkpoints whole."""

from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedType
from torch import Tensor, nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)

from colorgan import objectives
from colorgan.colorizer import Colorizer
from colorgan.recipes import Optimiser, Recipe, Run
from colorgan.seeds import seed_of
from colorgan.training.checkpoints import Checkpoint
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
from colorgan.training.parallel import shared_over_batch

WHOLE = StateDictOptions(full_state_dict=True, cpu_offload=True)  # not a shard: loads on any number of processes
ROLES = ("generator", "discriminator")


class TrainingState:
    """Networks from a recipe and a seed, as accelerate runs them here; the same on every process.

    `generator` (a prepared `TrainedGenerator`) and `discriminator` (None without one) have an optimiser and a
    learning rate each, in this order. `colorizer` holds the weights to look at and to keep.
    """

    def __init__(self, accelerator: Accelerator, recipe: Recipe, run: Run, cells: Cells | None):
        self.accelerator, self.recipe, self.run = accelerator, recipe, run
        if recipe.ema and self._is_sharded:
            raise ValueError(
                f"averaged weights cannot be kept of sharded ones: give --ema 0 under FSDP, got {recipe.ema}"
            )
        torch.manual_seed(seed_of("start", run.seed))
        generator = build_generator(recipe, cells)
        start_weights(generator, recipe)
        discriminator = build_discriminator(recipe)
        if discriminator is not None and recipe.objective.clip_weights:
            # Started outside the box, the first gradients are a million times too large for RMSProp's memory: the
            # critic would stand still for thousands of steps.
            objectives.clip_weights(discriminator.parameters(), recipe.objective.clip_weights)
        self.colorizer = Colorizer(
            recipe.generator.name,
            generator_options(recipe, cells),
            view_size=max(recipe.data.phases[-1].resolution),
            recipe=recipe.name,
        ).to(accelerator.device)
        self.averaged = AveragedWeights(generator, self.colorizer.generator, recipe.ema)
        self.discriminator: Any = None
        self.optimisers: list[Any] = []
        self.rates: list[LearningRate] = []
        self.generator = self._prepared(TrainedGenerator(generator), recipe.generator_optimiser)
        if discriminator is not None:
            self.discriminator = self._prepared(discriminator, recipe.discriminator_optimiser)

    def set_rates(self, images_seen: int, batch_size: int) -> None:
        """Learning rates for the batch after `images_seen` images."""
        for rate in self.rates:
            rate.set(images_seen, batch_size)

    def validated(self, loss: float) -> None:
        """Let plateaus hear of a validation loss."""
        for rate in self.rates:
            rate.validated(loss)

    def average(self, generator_steps: int) -> None:
        """Take the generator as it now is into the averaged weights, if the recipe has any."""
        if self.recipe.ema:
            self.averaged.update(self.accelerator.unwrap_model(self.generator).net, generator_steps)

    def fill_colorizer(self) -> None:
        """Put the weights to look at into the Colorizer: averaged ones are there, others are copied."""
        if not self.recipe.ema:
            self.colorizer.generator.load_state_dict(self.weights()["generator"])

    def weights(self) -> dict[str, dict[str, Tensor]]:
        """Whole, unwrapped weights by network; every process must call it, as sharded ones are gathered."""
        gathered = self.accelerator.get_state_dict(self.generator)
        networks = {"generator": {name.removeprefix("net."): value for name, value in gathered.items()}}
        if self.discriminator is not None:
            networks["discriminator"] = self.accelerator.get_state_dict(self.discriminator)
        if self.recipe.ema:
            networks["averaged"] = self.averaged.copy.state_dict()
        return networks

    def state_dict(self) -> dict[str, Any]:
        """What `load` needs beside the weights; every process must call it."""
        scaler = self.accelerator.scaler
        return {
            "seed": self.run.seed,
            "optimisers": [self._optimiser_state(*pair) for pair in self._trained()],
            "rates": [rate.state_dict() for rate in self.rates],
            "scaler": scaler.state_dict() if scaler is not None else {},
        }

    def load(self, start: Checkpoint) -> None:
        """Go on where a checkpoint was saved, on any number of processes. ValueError where it is of another recipe."""
        networks = dict(start.networks)
        networks["generator"] = {f"net.{name}": value for name, value in networks["generator"].items()}
        try:
            if len(start.state["optimisers"]) != len(self.optimisers):
                raise ValueError("one has a discriminator, the other has none")
            for role, state, pair in zip(ROLES, start.state["optimisers"], self._trained(), strict=False):
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

    def _prepared(self, network: nn.Module, plan: Optimiser) -> Any:
        """A network as accelerate runs it here, its optimiser kept. One pair at a time, which FSDP asks for."""
        accelerator = self.accelerator
        network = shared_over_batch(network, accelerator.num_processes, accelerator.device)
        network = network.to(accelerator.device).train()
        if self.run.channels_last:
            network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if self.run.torch_compile:
            network.compile()
        prepared, optimiser = accelerator.prepare(network, build_optimiser(network, plan))
        self.optimisers.append(optimiser)
        self.rates.append(LearningRate(optimiser, plan.schedule, self.recipe.train_images))
        return prepared

    def _trained(self) -> list[tuple[Any, Any]]:
        """The prepared networks, each with its optimiser."""
        networks = [self.generator] if self.discriminator is None else [self.generator, self.discriminator]
        return list(zip(networks, self.optimisers, strict=True))

    def _optimiser_state(self, network: Any, optimiser: Any) -> dict[str, Any]:
        """An optimiser's whole state; under FSDP every process holds a shard, so it is gathered."""
        if not self._is_sharded:
            return dict(optimiser.state_dict())
        return get_optimizer_state_dict(network, optimiser.optimizer, options=WHOLE)

    def _load_pair(self, network: Any, optimiser: Any, weights: dict[str, Tensor], state: dict[str, Any]) -> None:
        """Whole weights and optimiser state into a prepared network and its optimiser."""
        if self._is_sharded:
            set_model_state_dict(network, dict(weights), options=WHOLE)
            set_optimizer_state_dict(network, optimiser.optimizer, state, options=WHOLE)
        else:
            self.accelerator.unwrap_model(network).load_state_dict(weights)
            optimiser.load_state_dict(state)

    @property
    def _is_sharded(self) -> bool:
        return bool(self.accelerator.distributed_type == DistributedType.FSDP)
