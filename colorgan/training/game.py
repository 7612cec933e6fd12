"""The two phases of a step: the discriminator's, then the generator's. Gradients, updates, and what was lost."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

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
from colorgan.training.networks import Cells
from colorgan.training.parallel import SharedDropout, per_photo, seeded

Losses = dict[str, Tensor]


class Game:
    """Plays steps: holds the prepared networks and optimisers, and nothing that outlives a step.

    `generator` is a prepared `TrainedGenerator`.
    """

    def __init__(
        self,
        accelerator: Accelerator,
        recipe: Recipe,
        seed: int,
        generator: nn.Module,
        discriminator: nn.Module | None,
        optimisers: list[Any],
        cells: Cells | None,
        share_dropout: bool = True,
    ):
        self.accelerator, self.recipe, self.seed = accelerator, recipe, seed
        self.generator, self.discriminator, self.optimisers = generator, discriminator, optimisers
        self.share_dropout = share_dropout
        self.cell_ab = cells.ab.to(accelerator.device) if cells else None
        self.cell_weights = (
            objectives.cell_rebalancing(cells.share, recipe.objective.rebalancing).to(accelerator.device)
            if cells
            else None
        )

    def play(self, pairs: list[Pair], images_before: int, adversarial: bool, generators_turn: bool) -> Losses:
        """One step on a fresh batch: the discriminator's phase, if it takes part, and the generator's in its turn."""
        losses: Losses = {}
        if adversarial:
            losses |= self.update_discriminator(pairs, images_before, keep_fake=generators_turn and len(pairs) == 1)
        if generators_turn:
            losses |= self.update_generator(pairs, images_before, adversarial)
        return losses

    def update_discriminator(self, pairs: list[Pair], images_before: int, keep_fake: bool = False) -> Losses:
        """Teach it true from made, then clip its weights if it is a clipped critic.

        With `keep_fake` the made colours keep their graph, and the generator's phase need not make them again.
        """
        assert self.discriminator is not None
        objective, totals = self.recipe.objective, _Totals(len(pairs))
        for pair in totals.each(pairs):
            with self._synced_at_end(self.discriminator, totals.at_last):
                with torch.set_grad_enabled(keep_fake):
                    self._make(pair, images_before)
                assert pair.fake is not None
                with self._seeded(pair, "discriminator", images_before):
                    real = self.discriminator(pair.condition, pair.colour)
                    fake = self.discriminator(pair.condition, pair.fake.detach())
                    loss = self._discriminator_loss(pair, real, fake, images_before)
                totals.add(discriminator=loss, score_gap=real.mean() - fake.mean())
                self.accelerator.backward(loss / len(pairs))
            if not keep_fake:
                pair.fake = pair.logits = None
        self._update(1, self.discriminator, self.recipe.discriminator_optimiser.max_grad_norm)
        if objective.clip_weights:
            objectives.clip_weights(self.discriminator.parameters(), objective.clip_weights)
        return totals.mean

    def update_generator(self, pairs: list[Pair], images_before: int, adversarial: bool) -> Losses:
        """Move it towards the truth, and towards what the discriminator takes for true."""
        totals = _Totals(len(pairs))
        for pair in totals.each(pairs):
            with self._synced_at_end(self.generator, totals.at_last):
                if pair.fake is None:
                    self._make(pair, images_before)
                terms = self._generator_terms(pair, images_before, adversarial)
                loss = torch.stack(list(terms.values())).sum()
                totals.add(generator=loss, **terms)
                self.accelerator.backward(loss / len(pairs))
            pair.fake = pair.logits = None
        self._update(0, self.generator, self.recipe.generator_optimiser.max_grad_norm)
        return totals.mean

    def _make(self, pair: Pair, images_before: int) -> None:
        """Run the generator on a pair; made again from the same images, the same comes out."""
        with self._seeded(pair, "generator", images_before):
            pair.fake, pair.logits = self.generator(pair.lightness, self.cell_ab is not None)

    def _generator_terms(self, pair: Pair, images_before: int, adversarial: bool) -> Losses:
        """What the generator minimises, term by term, each with its weight."""
        objective, terms = self.recipe.objective, {}
        assert pair.fake is not None
        made = pair.fake.float()
        if objective.pixel != "none":
            terms["pixel"] = objective.pixel_weight * PIXEL_LOSSES[objective.pixel].function(made, pair.colour)
        if pair.logits is not None and self.cell_ab is not None and self.cell_weights is not None:
            height, width = pair.logits.shape[-2:]  # a distribution may be coarser than the picture
            true_ab = functional.adaptive_avg_pool2d(pair.colour[:, -2:] * CHROMA_SCALE, (height, width))
            index, weight = objectives.soft_cells(true_ab, self.cell_ab)
            cells = objectives.rebalanced_cross_entropy(pair.logits, index, weight, self.cell_weights)
            terms["cells"] = objective.distribution_weight * cells
        if adversarial:
            with self._seeded(pair, "judge", images_before), self._frozen_discriminator() as judge:
                score = judge(pair.condition, pair.fake)
            loss = ADVERSARIAL_LOSSES[objective.adversarial].generator(score)
            terms["adversarial"] = objective.adversarial_weight * loss
        return terms

    def _discriminator_loss(self, pair: Pair, real: Tensor, fake: Tensor, images_before: int) -> Tensor:
        objective = self.recipe.objective
        row = ADVERSARIAL_LOSSES[objective.adversarial]
        loss = row.discriminator(real, fake, *(self._labels(pair, objective, images_before) if row.labelled else ()))
        if objective.gradient_penalty and self.discriminator is not None and pair.fake is not None:
            draws = seeded("mix", self.seed, images_before)
            mix = per_photo(real, pair.piece, torch.rand(pair.piece.total, 1, 1, 1, generator=draws))
            critic = _unsynced(self.discriminator)
            penalty = objectives.gradient_penalty(critic, pair.condition, pair.colour, pair.fake.float(), mix)
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
        """The discriminator as a judge: gradients pass through it, and none stay in it."""
        assert self.discriminator is not None
        self.discriminator.requires_grad_(False)
        try:
            yield _unsynced(self.discriminator)
        finally:
            self.discriminator.requires_grad_(True)

    def _synced_at_end(self, network: nn.Module, at_last: bool) -> AbstractContextManager[Any]:
        """Let processes exchange gradients at the last piece of a batch only."""
        return nullcontext() if at_last else self.accelerator.no_sync(network)

    def _update(self, which: int, network: nn.Module, max_grad_norm: float) -> None:
        if max_grad_norm:
            self.accelerator.clip_grad_norm_(network.parameters(), max_grad_norm)
        self.optimisers[which].step()
        self.optimisers[which].zero_grad(set_to_none=True)


class _Totals:
    """Sums of losses over the pieces of a batch."""

    def __init__(self, pieces: int):
        self.pieces, self.at_last = pieces, False
        self._sums: Losses = {}

    def each(self, pairs: list[Pair]) -> Iterator[Pair]:
        """The pairs in turn; `at_last` is set for the last one."""
        for index, pair in enumerate(pairs):
            self.at_last = index + 1 == len(pairs)
            yield pair

    def add(self, **losses: Tensor) -> None:
        for name, loss in losses.items():
            self._sums[name] = self._sums.get(name, torch.zeros((), device=loss.device)) + loss.detach().float()

    @property
    def mean(self) -> Losses:
        return {name: loss / self.pieces for name, loss in self._sums.items()}


def _unsynced(network: nn.Module) -> Any:
    """A network without DDP around it, whose forward would prepare an exchange of gradients that never comes."""
    return network.module if isinstance(network, DistributedDataParallel) else network
