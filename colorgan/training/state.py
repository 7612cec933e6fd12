"""What training changes: the players, averaged weights, learning rates; in and out of checkpoints whole."""

from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from colorgan import objectives
from colorgan.colorizer import Colorizer
from colorgan.files import one_line
from colorgan.recipes import Optimiser, Recipe, Run
from colorgan.seeds import seed_of
from colorgan.training.checkpoints import Checkpoint
from colorgan.training.ema import EMA
from colorgan.training.networks import (
    TrainedGenerator,
    TrainedWords,
    build_discriminator,
    build_generator,
    generator_options,
    picture_settings,
    start_weights,
)
from colorgan.training.player import Player, is_sharded
from colorgan.training.vocabulary import Vocabulary


class TrainingState:
    """Networks from a recipe and a seed, as accelerate runs them here; the same on every process.

    `generator` trains a `TrainedGenerator`, or `TrainedWords`; `discriminator` is None without one. `colorizer` holds
    the weights to validate and to keep: those of `ema`, where the recipe averages. `cell_ab` and `vocabulary` are what
    was found in the training photos, or in the weights to start from.
    """

    def __init__(
        self,
        accelerator: Accelerator,
        recipe: Recipe,
        run: Run,
        cell_ab: Tensor | None,
        vocabulary: Vocabulary | None,
    ):
        self.accelerator, self.recipe, self.run = accelerator, recipe, run
        if recipe.ema and is_sharded(accelerator):
            raise ValueError(
                f"averaged weights cannot be kept of sharded ones: give --ema 0 under FSDP, got {recipe.ema}"
            )
        torch.manual_seed(seed_of("start", run.seed))
        generator = build_generator(recipe, cell_ab, vocabulary)
        start_weights(generator, recipe)
        discriminator = build_discriminator(recipe)
        if discriminator is not None and recipe.objective.clip_weights:
            # Started outside the box, the first gradients are a million times too large for RMSProp's memory: the
            # critic would stand still for thousands of steps.
            objectives.clip_weights(discriminator.parameters(), recipe.objective.clip_weights)
        self.colorizer = Colorizer(
            recipe.generator.name,
            generator_options(recipe, cell_ab),
            recipe=recipe.name,
            **picture_settings(recipe),
        ).to(accelerator.device)
        self.ema = EMA(generator, self.colorizer.generator, recipe.ema)
        trained = TrainedWords if recipe.objective.words_weight else TrainedGenerator
        self.generator = self._player(trained(generator), recipe.generator_optimiser)
        self.discriminator = (
            None if discriminator is None else self._player(discriminator, recipe.discriminator_optimiser)
        )

    @property
    def players(self) -> dict[str, Player]:
        """The networks that train, by role."""
        roles = {"generator": self.generator, "discriminator": self.discriminator}
        return {role: player for role, player in roles.items() if player is not None}

    def set_learning_rates(self, images_seen: int, batch_size: int) -> None:
        """Learning rates for the batch after `images_seen` images."""
        for player in self.players.values():
            player.learning_rate.set(images_seen, batch_size)

    def validated(self, loss: float) -> None:
        """Let plateaus take note of a validation loss."""
        for player in self.players.values():
            player.learning_rate.validated(loss)

    def update_ema(self, generator_steps: int) -> None:
        """Take the generator as it now is into the averaged weights, if the recipe has any."""
        if self.recipe.ema:
            self.ema.update(self.accelerator.unwrap_model(self.generator.network).net, generator_steps)

    def fill_colorizer(self) -> None:
        """Put the weights to look at into the Colorizer: averaged ones are there, others are copied."""
        if not self.recipe.ema:
            self.colorizer.generator.load_state_dict(self.weights()["generator"])

    def weights(self) -> dict[str, dict[str, Tensor]]:
        """Whole, unwrapped weights by network; every process must call it, as sharded ones are gathered."""
        networks = {role: player.weights() for role, player in self.players.items()}
        networks["generator"] = {name.removeprefix("net."): value for name, value in networks["generator"].items()}
        if self.recipe.ema:
            networks["averaged"] = self.ema.copy.state_dict()
        return networks

    def state_dict(self) -> dict[str, Any]:
        """What `load` needs beside the weights; every process must call it."""
        scaler = self.accelerator.scaler
        return {
            "seed": self.run.seed,
            "optimisers": [player.optimiser_state() for player in self.players.values()],
            "rates": [player.learning_rate.state_dict() for player in self.players.values()],
            "scaler": scaler.state_dict() if scaler is not None else {},
        }

    def load(self, start: Checkpoint) -> None:
        """Go on where a checkpoint was saved, on any number of processes. ValueError where it is of another recipe."""
        networks = dict(start.networks)
        networks["generator"] = {f"net.{name}": value for name, value in networks["generator"].items()}
        try:
            if len(start.state["optimisers"]) != len(self.players):
                raise ValueError("one has a discriminator, the other has none")
            for (role, player), state in zip(self.players.items(), start.state["optimisers"], strict=True):
                player.load(networks[role], state)
            if self.recipe.ema:
                self.ema.copy.load_state_dict(networks["averaged"])
        except (RuntimeError, KeyError, ValueError) as error:
            raise ValueError(
                f"{str(start.folder)!r} does not fit recipe {self.recipe.name!r}: {one_line(error)}"
            ) from error
        for player, state in zip(self.players.values(), start.state["rates"], strict=True):
            player.learning_rate.load_state_dict(state)
        if self.accelerator.scaler is not None and start.state["scaler"]:
            self.accelerator.scaler.load_state_dict(start.state["scaler"])

    def _player(self, network: nn.Module, plan: Optimiser) -> Player:
        return Player.prepared(self.accelerator, network, plan, self.run, self.recipe.train_images)
