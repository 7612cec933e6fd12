"""The losses that a recipe chooses from, one row each: its name, its function, its words, its paper.

The objective's choices, the flags, the words of docs and card, and training read these rows, so that a new loss is a
function and a row here. Torch is imported by what is called, not with this file: `--help` lists the losses at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class PixelLoss:
    """A difference between what the generator puts out and the truth, both (N, C, H, W) in its output space."""

    name: str
    function: Callable[[Tensor, Tensor], Tensor]  # generated, truth -> one number
    words: str
    paper: str = ""


@dataclass(frozen=True)
class AdversarialLoss:
    """What discriminator and generator minimise; scores are (N, ...), one per image or one per patch, higher = real."""

    name: str
    discriminator: Callable[..., Tensor]  # scores of real and of generated photos -> one number
    generator: Callable[[Tensor], Tensor]  # scores of generated photos -> one number
    words: str
    paper: str
    labelled: bool = False  # whether `discriminator` takes the labels of both as well, (N,) in [0, 1]


# --- pixel losses -----------------------------------------------------------------------------------------------


def l1(generated: Tensor, truth: Tensor) -> Tensor:
    """Mean absolute difference of two tensors of one shape (Isola et al. 2017, equation 3)."""
    _check_same_shape(generated, truth)
    return (generated - truth).abs().mean()


def l2(generated: Tensor, truth: Tensor) -> Tensor:
    """Squared difference averaged over all pixels and channels: what makes brown of an ambiguous colour."""
    _check_same_shape(generated, truth)
    return (generated - truth).square().mean()


def smooth_l1(generated_ab: Tensor, ab: Tensor, beta: float = 5.0) -> Tensor:
    """Mean Huber loss of ab (N, 2, H, W), quadratic below `beta` ab units and linear above (Huber 1964)."""
    from torch.nn import functional

    return functional.smooth_l1_loss(generated_ab, ab, beta=beta)


def _smooth_l1_in_ab_units(generated: Tensor, truth: Tensor) -> Tensor:
    from colorgan.color import CHROMA_SCALE

    return smooth_l1(generated[:, -2:] * CHROMA_SCALE, truth[:, -2:] * CHROMA_SCALE)


# --- adversarial losses -----------------------------------------------------------------------------------------


def log_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean log loss of logits (N, ...) against labels (N,) in [0, 1], 1 = real (Goodfellow et al. 2014, eq. 1)."""
    from torch.nn import functional

    targets = labels.to(logits).view(-1, *[1] * (logits.ndim - 1)).expand_as(logits)
    return functional.binary_cross_entropy_with_logits(logits, targets)


def discriminator_log_loss(real: Tensor, fake: Tensor, real_labels: Tensor, fake_labels: Tensor) -> Tensor:
    """-E[log D(y)] - E[log(1 - D(G(x)))] for logits, with labels (N,) that may be smoothed, noisy or flipped."""
    return log_loss(real, real_labels) + log_loss(fake, fake_labels)


def non_saturating(fake: Tensor) -> Tensor:
    """-E[log D(G(x))] for logits: the generator's "alternative cost", whose gradient does not vanish when D wins."""
    from torch.nn import functional

    return functional.softplus(-fake).mean()


def critic_gap(real: Tensor, fake: Tensor) -> Tensor:
    """E[f(G(x))] - E[f(y)], what a Wasserstein critic minimises (Arjovsky et al. 2017, algorithm 1)."""
    return fake.mean() - real.mean()


def critic_hinge(real: Tensor, fake: Tensor) -> Tensor:
    """E[max(0, 1 - f(y))] + E[max(0, 1 + f(G(x)))] (Lim and Ye 2017): scores beyond the margin stop mattering."""
    return (1.0 - real).relu().mean() + (1.0 + fake).relu().mean()


def raise_score(fake: Tensor) -> Tensor:
    """-E[f(G(x))], what the generator minimises against a Wasserstein or a hinge critic."""
    return -fake.mean()


def _check_same_shape(generated: Tensor, truth: Tensor) -> None:
    if generated.shape != truth.shape:
        raise ValueError(f"prediction {tuple(generated.shape)} and target {tuple(truth.shape)} differ in shape")


# --- the rows ---------------------------------------------------------------------------------------------------

PIXEL_LOSSES: dict[str, PixelLoss] = {
    loss.name: loss
    for loss in (
        PixelLoss(
            "l1",
            l1,
            "L1",
            "Isola, Zhu, Zhou and Efros: Image-to-Image Translation with Conditional Adversarial Networks. CVPR 2017, "
            "[arXiv 1611.07004](https://arxiv.org/abs/1611.07004).",
        ),
        PixelLoss("l2", l2, "squared error"),
        PixelLoss(
            "smooth_l1",
            _smooth_l1_in_ab_units,
            "Huber's loss in ab units",
            "Huber: Robust Estimation of a Location Parameter. The Annals of Mathematical Statistics 35, 1964.",
        ),
    )
}

ADVERSARIAL_LOSSES: dict[str, AdversarialLoss] = {
    loss.name: loss
    for loss in (
        AdversarialLoss(
            "log",
            discriminator_log_loss,
            non_saturating,
            "conditional GAN's log loss",
            "Goodfellow et al.: Generative Adversarial Nets. NeurIPS 2014, "
            "[arXiv 1406.2661](https://arxiv.org/abs/1406.2661).",
            labelled=True,
        ),
        AdversarialLoss(
            "wasserstein",
            critic_gap,
            raise_score,
            "Wasserstein critic",
            "Arjovsky, Chintala and Bottou: Wasserstein GAN. ICML 2017, "
            "[arXiv 1701.07875](https://arxiv.org/abs/1701.07875).",
        ),
        AdversarialLoss(
            "hinge",
            critic_hinge,
            raise_score,
            "hinge loss of a critic",
            "Lim and Ye: Geometric GAN. 2017, [arXiv 1705.02894](https://arxiv.org/abs/1705.02894).",
        ),
    )
}
