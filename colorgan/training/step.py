"""A training step in two phases: the discriminator's, then the generator's. Gradients, updates, and the losses."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NamedTuple

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from colorgan import objectives
from colorgan.color import CHROMA_SCALE
from colorgan.losses import ADVERSARIAL_LOSSES, PIXEL_LOSSES
from colorgan.recipes import Objective, Recipe
from colorgan.seeds import seed_of
from colorgan.training.batches import Pair
from colorgan.training.cells import Cells
from colorgan.training.hinting import draw_lessons, weighted_terms
from colorgan.training.parallel import SharedDropout, per_photo, seeded
from colorgan.training.player import Player

Losses = dict[str, Tensor]


class Generated(NamedTuple):
    """What the generator made of a pair: colour in its output space, logits (N, Q, h, w) of its cells or None."""

    colour: Tensor
    logits: Tensor | None


class TrainingStep:
    """`losses = step(pairs, ...)` trains on a fresh batch; nothing outlives the call but weights and optimisers.

    `generator` plays with a prepared `TrainedGenerator`, or `TrainedWords` where the recipe trains words.
    """

    def __init__(
        self,
        accelerator: Accelerator,
        recipe: Recipe,
        seed: int,
        generator: Player,
        discriminator: Player | None,
        cells: Cells | None,
        share_dropout: bool = True,
    ):
        self.accelerator, self.recipe, self.seed = accelerator, recipe, seed
        self.generator, self.discriminator = generator, discriminator
        self.share_dropout = share_dropout
        self.cell_ab = cells.ab.to(accelerator.device) if cells else None
        self.cell_weights = (
            objectives.cell_rebalancing(cells.share, recipe.objective.rebalancing).to(accelerator.device)
            if cells
            else None
        )

    def __call__(self, pairs: list[Pair], images_before: int, adversarial: bool, generators_turn: bool) -> Losses:
        """The mean losses of the pairs, by name, after one update each of whoever takes part.

        Args:
            pairs: the pieces of this process's share of the batch (more than one: gradient accumulation).
            images_before: seen before this batch; seeds what is random.
            adversarial: whether the discriminator takes part.
            generators_turn: whether the generator does.
        """
        # In one piece both phases need the same colours: they are made once, with their graph.
        both = adversarial and generators_turn
        once = self._generate(pairs[0], images_before) if both and len(pairs) == 1 else None
        losses: Losses = {}
        if adversarial:
            losses |= self.update_discriminator(pairs, images_before, once)
        if generators_turn:
            losses |= self.update_generator(pairs, images_before, adversarial, once)
        return losses

    def update_discriminator(self, pairs: list[Pair], images_before: int, once: Generated | None = None) -> Losses:
        """Teach it true from generated, then clip its weights if it is a clipped critic.

        once: what the generator made of the only pair; without it, each pair's colours are made here, without a graph.
        """
        assert self.discriminator is not None
        network, objective, found = self.discriminator.network, self.recipe.objective, []
        for pair in pairs:
            with self._synced_at_end(network, pair is pairs[-1]):
                with torch.no_grad():
                    generated = once or self._generate(pair, images_before)
                with self._seeded(pair, "discriminator", images_before):
                    real = network(pair.condition, pair.colour)
                    fake = network(pair.condition, generated.colour.detach())
                    loss = self._discriminator_loss(pair, generated, real, fake, images_before)
                found.append(_detached(discriminator=loss, score_gap=real.mean() - fake.mean()))
                self.accelerator.backward(loss / len(pairs))
        self.discriminator.update()
        if objective.clip_weights:
            objectives.clip_weights(network.parameters(), objective.clip_weights)
        return _mean(found)

    def update_generator(
        self, pairs: list[Pair], images_before: int, adversarial: bool, once: Generated | None = None
    ) -> Losses:
        """Move it towards the truth, and towards what the discriminator takes for true.

        once: what it made of the only pair, with its graph; without it, each pair's colours are made here.
        """
        found = []
        for pair in pairs:
            with self._synced_at_end(self.generator.network, pair is pairs[-1]):
                if self.recipe.objective.words_weight:
                    terms = self._word_terms(pair, images_before)
                else:
                    generated = once or self._generate(pair, images_before)
                    terms = self._generator_terms(pair, generated, images_before, adversarial)
                loss = torch.stack(list(terms.values())).sum()
                found.append(_detached(generator=loss, **terms))
                self.accelerator.backward(loss / len(pairs))
        self.generator.update()
        return _mean(found)

    def _generate(self, pair: Pair, images_before: int) -> Generated:
        """Run the generator on a pair; run again on the same images, it makes the same."""
        with self._seeded(pair, "generator", images_before):
            return Generated(*self.generator.network(pair.lightness, self.cell_ab is not None))

    def _generator_terms(self, pair: Pair, generated: Generated, images_before: int, adversarial: bool) -> Losses:
        """What the generator minimises, term by term, each with its weight."""
        objective, terms = self.recipe.objective, {}
        colour, logits = generated.colour.float(), generated.logits
        if objective.pixel != "none":
            terms["pixel"] = objective.pixel_weight * PIXEL_LOSSES[objective.pixel].function(colour, pair.colour)
        if logits is not None and self.cell_ab is not None and self.cell_weights is not None:
            height, width = logits.shape[-2:]  # a distribution may be coarser than the picture
            true_ab = functional.adaptive_avg_pool2d(pair.colour[:, -2:] * CHROMA_SCALE, (height, width))
            index, weight = objectives.soft_cells(true_ab, self.cell_ab)
            cells = objectives.rebalanced_cross_entropy(logits, index, weight, self.cell_weights)
            terms["cells"] = objective.distribution_weight * cells
        if adversarial:
            with self._seeded(pair, "judge", images_before), self._frozen_discriminator() as discriminator:
                score = discriminator(pair.condition, generated.colour)
            loss = ADVERSARIAL_LOSSES[objective.adversarial].generator(score)
            terms["adversarial"] = objective.adversarial_weight * loss
        return terms

    def _word_terms(self, pair: Pair, images_before: int) -> Losses:
        """What words and painter minimise, term by term, each with its weight."""
        lesson = draw_lessons(pair, [seeded("lesson", self.seed, images_before, photo) for photo in pair.piece.photos])
        with self._seeded(pair, "generator", images_before):
            found = self.generator.network(pair.lightness, lesson)
        return weighted_terms(found, self.recipe.objective)

    def _discriminator_loss(
        self, pair: Pair, generated: Generated, real: Tensor, fake: Tensor, images_before: int
    ) -> Tensor:
        """Its loss on the scores of true and generated colours, with the gradient penalty if there is one."""
        objective = self.recipe.objective
        row = ADVERSARIAL_LOSSES[objective.adversarial]
        loss = row.discriminator(real, fake, *(self._labels(pair, objective, images_before) if row.labelled else ()))
        if objective.gradient_penalty and self.discriminator is not None:
            draws = seeded("mix", self.seed, images_before)
            mix = per_photo(real, pair.piece, torch.rand(pair.piece.total, 1, 1, 1, generator=draws))
            critic, colour = _unsynced(self.discriminator.network), generated.colour.float()
            penalty = objectives.gradient_penalty(critic, pair.condition, pair.colour, colour, mix)
            loss = loss + objective.gradient_penalty * penalty
        return loss

    def _labels(self, pair: Pair, objective: Objective, images_before: int) -> tuple[Tensor, Tensor]:
        """Labels of a pair's real and made photos; drawn for the whole batch, whoever has which photos of it."""
        draws, total = seeded("labels", self.seed, images_before), pair.piece.total
        noise = (torch.rand(2, total, generator=draws) * 2 - 1) * objective.label_noise
        flipped = torch.rand(2, total, generator=draws) < objective.label_flips
        real = objectives.noisy_labels(objective.real_label, noise[0], flipped[0])
        fake = objectives.noisy_labels(0.0, noise[1], flipped[1])
        return per_photo(pair.colour, pair.piece, real), per_photo(pair.colour, pair.piece, fake)

    def _seeded(self, pair: Pair, *purpose: str | int) -> AbstractContextManager[Any]:
        """Fix torch's global state for one forward, alike on every process; dropout then takes the pair's piece."""
        torch.manual_seed(seed_of(self.seed, *purpose))
        return SharedDropout(pair.piece) if self.share_dropout else nullcontext()

    @contextmanager
    def _frozen_discriminator(self) -> Iterator[nn.Module]:
        """The discriminator for the generator's phase: gradients pass through it, and none stay in it."""
        assert self.discriminator is not None
        network = self.discriminator.network
        network.requires_grad_(False)
        try:
            yield _unsynced(network)
        finally:
            network.requires_grad_(True)

    def _synced_at_end(self, network: nn.Module, at_last: bool) -> AbstractContextManager[Any]:
        """Let processes exchange gradients at the last piece of a batch only."""
        return nullcontext() if at_last else self.accelerator.no_sync(network)


def _detached(**losses: Tensor) -> Losses:
    return {name: loss.detach().float() for name, loss in losses.items()}


def _mean(found: list[Losses]) -> Losses:
    """The mean of each loss over the pieces of a batch."""
    return {name: torch.stack([losses[name] for losses in found]).mean() for name in found[0]}


def _unsynced(network: nn.Module) -> Any:
    """A network without DDP around it, whose forward would prepare an exchange of gradients that never comes."""
    return network.module if isinstance(network, DistributedDataParallel) else network
