"""The named experiments, as frozen values: which networks, objective, optimisers, data, and how many images.

A recipe is data, so that `replace(RECIPES["wgan-bedroom"], train_images=32)` trains, and so that the training script
makes a flag of every value and the docs a table. Nothing here needs torch: `--help` does not wait for it.
Counters count images (as the photos come in), never steps: a budget then means the same at any batch size.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, replace
from typing import Any

PIXEL_TERMS = ("none", "l1", "l2", "smooth_l1")
ADVERSARIAL_TERMS = ("none", "log", "wasserstein", "hinge")
OUTPUT_SPACES = ("ab", "lab", "rgb")
OPTIMISERS = ("adam", "adamw", "rmsprop")
SCHEDULES = ("constant", "linear", "cosine", "plateau")
CROPS = ("center", "random")


def _value(description: str, default: Any = MISSING, *, flag: str = "", choices: tuple[str, ...] = ()) -> Any:
    """One field of a recipe: what it means, and the flag that sets it where that is not the field's own name."""
    metadata = {"help": description, "flag": flag, "choices": choices}
    if isinstance(default, dict):
        return field(default_factory=lambda: dict(default), metadata=metadata)
    return field(default=default, metadata=metadata)


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def _check_at_least(name: str, value: float, least: float) -> None:
    if not value >= least:  # written so that nan is refused too
        raise ValueError(f"{name} must be at least {least}, got {value}")


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be from 0 to 1, got {value}")


@dataclass(frozen=True)
class Network:
    """A network by its class name and hyper-parameters, as a config.json names it too."""

    name: str = _value("class name, one of colorgan.networks", flag="")
    options: Mapping[str, Any] = _value("its hyper-parameters, a JSON object merged into the recipe's", {})


@dataclass(frozen=True)
class Objective:
    """What is minimised: a pixel term, a term on the distribution of colours, an adversarial game and its rules.

    Pixel terms compare what the network puts out with the truth in the same units (rgb and lab in [-1, 1], ab / 110),
    but smooth_l1, which is Huber's loss in ab units with the bend at 5.
    """

    pixel: str = _value("pixel term", "none", choices=PIXEL_TERMS)
    pixel_weight: float = _value("its weight", 1.0)
    distribution_weight: float = _value("weight of the rebalanced cross-entropy over ab cells (0: none)", 0.0)
    rebalancing: float = _value("power of a cell's share by which rare colours count more", 0.3)
    adversarial: str = _value("adversarial term", "none", choices=ADVERSARIAL_TERMS)
    adversarial_weight: float = _value("its weight in the generator's loss", 1.0)
    adversarial_start: float = _value("share of the budget before which the generator trains alone", 0.0)
    critic_steps: int = _value("discriminator steps to one generator step, each on a fresh batch", 1)
    clip_weights: float = _value("after each of its steps, the critic's weights go into [-c, c] (0: no clipping)", 0.0)
    gradient_penalty: float = _value("weight of the gradient penalty on the critic (0: none)", 0.0)
    real_label: float = _value("label of real photos; 0.9 is one-sided smoothing", 1.0)
    label_noise: float = _value("labels move by up to this, uniformly", 0.0)
    label_flips: float = _value("share of labels that are flipped", 0.0)

    def __post_init__(self) -> None:
        _check_choice("pixel", self.pixel, PIXEL_TERMS)
        _check_choice("adversarial", self.adversarial, ADVERSARIAL_TERMS)
        _check_at_least("critic_steps", self.critic_steps, 1)
        for name in ("pixel_weight", "distribution_weight", "adversarial_weight", "clip_weights", "gradient_penalty"):
            _check_at_least(name, getattr(self, name), 0)
        for name in ("adversarial_start", "real_label", "label_noise", "label_flips"):
            _check_share(name, getattr(self, name))


@dataclass(frozen=True)
class Schedule:
    """How a learning rate moves over the budget: warmup, then constant, linear, cosine, or down on a plateau."""

    kind: str = _value("how the learning rate moves", "constant", flag="lr_scheduler", choices=SCHEDULES)
    warmup_images: int = _value("images over which it rises from 0", 0, flag="lr_warmup_images")
    final_share: float = _value("share of it left at the end (linear, cosine)", 0.0, flag="lr_final_share")
    plateau_factor: float = _value("what a plateau of the validation loss multiplies it by", 0.1)
    plateau_patience: int = _value("validations without improvement that make a plateau", 10)

    def __post_init__(self) -> None:
        _check_choice("lr_scheduler", self.kind, SCHEDULES)
        _check_at_least("lr_warmup_images", self.warmup_images, 0)
        _check_share("lr_final_share", self.final_share)
        _check_share("plateau_factor", self.plateau_factor)


@dataclass(frozen=True)
class Optimiser:
    """One network's optimiser and its schedule."""

    name: str = _value("optimiser", "adam", flag="optimizer", choices=OPTIMISERS)
    learning_rate: float = _value("learning rate", 2e-4)
    betas: tuple[float, float] = _value("Adam's two decay rates", (0.5, 0.999))
    weight_decay: float = _value("decoupled weight decay (adamw)", 0.0)
    encoder_scale: float = _value("the pretrained encoder learns at this share of the rate", 1.0)
    max_grad_norm: float = _value("gradients are scaled down to this norm (0: never)", 0.0)
    schedule: Schedule = Schedule()

    def __post_init__(self) -> None:
        _check_choice("optimizer", self.name, OPTIMISERS)
        for name in ("learning_rate", "weight_decay", "encoder_scale", "max_grad_norm"):
            _check_at_least(name, getattr(self, name), 0)


@dataclass(frozen=True)
class Phase:
    """A stretch of training at one batch size and one set of resolutions."""

    resolution: tuple[int, ...] = _value("pixels squared; of several, each batch draws one", (256,))
    train_batch_size: int = _value("images to one step, over all processes and accumulation steps", 16)
    crop_scale: tuple[float, float] = _value("a random crop's side, as shares of the largest square's", (0.8, 1.0))
    share: float = 1.0  # of the budget

    def __post_init__(self) -> None:
        _check_at_least("train_batch_size", self.train_batch_size, 1)
        if not self.resolution or min(self.resolution) < 8:
            raise ValueError(f"resolution must be at least 8 pixels, got {self.resolution}")
        if not 0 < self.crop_scale[0] <= self.crop_scale[1] <= 1:
            raise ValueError(f"crop_scale must be two rising shares of the side in (0, 1], got {self.crop_scale}")
        if not 0 < self.share <= 1:
            raise ValueError(f"the share of a phase must be in (0, 1], got {self.share}")


@dataclass(frozen=True)
class Data:
    """Which photos, and how they are cut."""

    dataset: tuple[str, ...] = _value("known name, Hub id, or folder of parquet shards or images; repeatable")
    dataset_weights: tuple[float, ...] = _value("how often each is drawn (none: every photo once per epoch)", ())
    split: str = _value("split to train on", "train")
    max_photos: int = _value("photos of each dataset, a fixed draw (0: all of them)", 0, flag="max_train_samples")
    crop: str = _value("largest centre square, or a random one", "center", choices=CROPS)
    flip: bool = _value("mirror half of the photos", True)
    min_chroma: float = _value("photos of less mean chroma (ab units) are near-gray and dropped", 2.0)
    window: int = _value("photos held to shuffle among", 1024, flag="shuffle_window")
    film: float = _value("share of inputs as film of another sensitivity records them", 0.0)
    aging: float = _value("share of inputs faded, toned, grained, scratched", 0.0)
    phases: tuple[Phase, ...] = (Phase(),)

    def __post_init__(self) -> None:
        _check_choice("crop", self.crop, CROPS)
        _check_at_least("max_train_samples", self.max_photos, 0)
        _check_share("film", self.film)
        _check_share("aging", self.aging)
        if not self.dataset:
            raise ValueError("a recipe needs at least one dataset, got none")
        if self.dataset_weights and len(self.dataset_weights) != len(self.dataset):
            raise ValueError(f"dataset_weights must be one for each dataset, got {self.dataset_weights}")
        if abs(sum(phase.share for phase in self.phases) - 1) > 1e-6:
            raise ValueError(f"the phases' shares must sum to 1, got {[phase.share for phase in self.phases]}")


@dataclass(frozen=True)
class Recipe:
    """One named experiment, complete: with a seed it fixes every weight."""

    name: str
    summary: str
    generator: Network
    discriminator: Network | None
    objective: Objective
    generator_optimiser: Optimiser
    discriminator_optimiser: Optimiser
    data: Data
    output_space: str = _value("what the generator puts out", "rgb", choices=OUTPUT_SPACES)
    train_images: int = _value("budget: photos seen in all", 1_000_000)
    pretrained: bool = _value("start the encoder from its ImageNet weights", False)
    initial_weights: tuple[str, ...] = _value("folders of trained models to start from the mean of", ())
    ema: float = _value("decay of the generator's averaged weights (0: no averaging)", 0.0)
    vividness: float = _value("share of the photos' mean chroma that the gain aims at (0: no gain)", 0.0)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_choice("output_space", self.output_space, OUTPUT_SPACES)
        _check_at_least("train_images", self.train_images, 1)
        _check_at_least("vividness", self.vividness, 0)
        if not 0 <= self.ema < 1:
            raise ValueError(f"ema must be a decay in [0, 1), got {self.ema}")
        if (self.objective.adversarial == "none") != (self.discriminator is None):
            raise ValueError(
                f"a discriminator and an adversarial term go together, got {self.objective.adversarial!r} "
                f"with {'no discriminator' if self.discriminator is None else self.discriminator.name}"
            )
        objective = self.objective
        alone = objective.adversarial == "none" or objective.adversarial_start > 0
        if alone and objective.pixel == "none" and not objective.distribution_weight:
            raise ValueError(
                "without a discriminator, or before adversarial_start, the generator needs a pixel term or a "
                f"distribution_weight, got {objective.pixel!r} and {objective.distribution_weight:g}"
            )

    def phase_at(self, images_seen: int) -> tuple[Phase, int]:
        """The phase that the next batch belongs to, and the image count at which it ends."""
        end = 0.0
        for phase in self.data.phases:
            end += phase.share * self.train_images
            if images_seen < round(end):
                break
        return phase, round(end)


# --- the table ---------------------------------------------------------------------------------------------------
# Left open by the sources unless a comment says otherwise, and then the field's usual: batch 16 at 256 pixels, and
# a budget of a million photos (pix2pix's 200 epochs of 5,000).

ALL_PHOTOS = ("lsun-bedroom", "stanford-dogs", "flowers-102")
PIX2PIX_ADAM = Optimiser("adam", 2e-4, betas=(0.5, 0.999))  # Isola et al. 2017, section 3.3
WGAN_RMSPROP = Optimiser("rmsprop", 5e-5)  # Arjovsky et al. 2017, algorithm 1
WGAN_CLIP, WGAN_CRITIC_STEPS = 0.01, 5  # the same

WGAN_BEDROOM = Recipe(
    name="wgan-bedroom",
    summary="U-Net with dropout, PatchGAN critic, Wasserstein loss + L1",
    output_space="rgb",
    generator=Network("DropoutUNet"),
    discriminator=Network("PatchCritic"),
    objective=Objective(
        pixel="l1",
        pixel_weight=0.1,
        adversarial="wasserstein",
        critic_steps=WGAN_CRITIC_STEPS,
        clip_weights=WGAN_CLIP,
    ),
    generator_optimiser=WGAN_RMSPROP,
    discriminator_optimiser=WGAN_RMSPROP,
    data=Data(("lsun-bedroom",), max_photos=16_384, flip=False),
    train_images=60 * 16_384,
    notes=(
        "clipping and critic steps are the WGAN paper's; lambda = 0.1, because a critic clipped to 0.01 pulls at a "
        "picture about as hard as 0.1 L1 does (measured: pix2pix's 100 would drown it a thousandfold); 60 epochs of "
        "its 16,384 photos",
    ),
)

CGAN_DOGS_FLOWERS = Recipe(
    name="cgan-dogs-flowers",
    summary="16-layer U-Net, conditional GAN",
    output_space="rgb",
    generator=Network("SymmetricUNet"),
    discriminator=Network("ConditionalDiscriminator"),
    objective=Objective(adversarial="log"),
    generator_optimiser=PIX2PIX_ADAM,
    discriminator_optimiser=PIX2PIX_ADAM,
    data=Data(("stanford-dogs", "flowers-102")),
    notes=("the conditional GAN loss alone, as the source says; `--pixel l1 --pixel_weight 100` makes it pix2pix's",),
)

WGAN_DOGS_FLOWERS = Recipe(
    name="wgan-dogs-flowers",
    summary="the same networks under the Wasserstein loss",
    output_space="rgb",
    generator=CGAN_DOGS_FLOWERS.generator,
    discriminator=CGAN_DOGS_FLOWERS.discriminator,
    objective=Objective(adversarial="wasserstein", critic_steps=WGAN_CRITIC_STEPS, clip_weights=WGAN_CLIP),
    generator_optimiser=PIX2PIX_ADAM,
    discriminator_optimiser=WGAN_RMSPROP,
    data=CGAN_DOGS_FLOWERS.data,
    notes=("RMSProp on the critic alone, as the source says; clipping and critic steps are the WGAN paper's",),
)

LAB_RESNET = Recipe(
    name="lab-resnet",
    summary="residual generator from L to ab, a deliberately weak discriminator",
    output_space="ab",
    generator=Network("ResidualGenerator"),
    discriminator=Network("WeakDiscriminator"),
    objective=Objective(
        pixel="l1", pixel_weight=100.0, adversarial="log", real_label=0.9, label_noise=0.1, label_flips=0.05
    ),
    generator_optimiser=PIX2PIX_ADAM,
    discriminator_optimiser=PIX2PIX_ADAM,
    data=Data(ALL_PHOTOS),
    notes=(
        "L1 with weight 100 as in the paper it follows (arXiv 1803.05400); labels 0.9 for real photos, all moved by up "
        "to 0.1, 5 % flipped; its data were mostly scenery, ours are all three sets",
    ),
)

UNET_L2 = Recipe(
    name="unet-l2",
    summary="regression baseline: U-Net in L*a*b*, squared error",
    output_space="lab",
    generator=Network("LabUNet"),
    discriminator=None,
    objective=Objective(pixel="l2"),
    generator_optimiser=Optimiser("adam", 2e-4, betas=(0.9, 0.999)),
    discriminator_optimiser=PIX2PIX_ADAM,
    data=Data(ALL_PHOTOS),
    notes=("Adam at 2e-4 with its own betas",),
)

DCGAN_LAB = Recipe(
    name="dcgan-lab",
    summary="the same generator in a conditional DCGAN",
    output_space="lab",
    generator=UNET_L2.generator,
    discriminator=Network("LabDiscriminator"),
    objective=Objective(adversarial="log"),
    generator_optimiser=PIX2PIX_ADAM,
    discriminator_optimiser=PIX2PIX_ADAM,
    data=UNET_L2.data,
    notes=("no pixel term, as the source names none; `--pixel l2` adds its baseline's",),
)

_FCN_ADAM = Optimiser("adam", 2e-4, betas=(0.5, 0.999), schedule=Schedule("plateau"))  # the source's own numbers

FCN_L1 = Recipe(
    name="fcn-l1",
    summary="unpadded convolutional baseline, L1",
    output_space="ab",
    generator=Network("UnpaddedFCN"),
    discriminator=None,
    objective=Objective(pixel="l1"),
    generator_optimiser=_FCN_ADAM,
    discriminator_optimiser=_FCN_ADAM,
    data=Data(ALL_PHOTOS, phases=(Phase(resolution=(120,)),)),
    notes=("ab, so that it is its GAN's twin; `--output_space rgb` gives the 3-channel image of the source's listing",),
)

FCN_CGAN = Recipe(
    name="fcn-cgan",
    summary="the same generator, L1 + conditional GAN, lambda = 100",
    output_space="ab",
    generator=FCN_L1.generator,
    discriminator=Network("PooledDiscriminator"),
    objective=Objective(pixel="l1", pixel_weight=100.0, adversarial="log", real_label=0.9),
    generator_optimiser=_FCN_ADAM,
    discriminator_optimiser=_FCN_ADAM,
    data=FCN_L1.data,
    notes=("one-sided smoothing to 0.9 (Salimans et al. 2016); the learning rates go down with the validation loss",),
)

FLAGSHIP_L2 = Recipe(
    name="flagship-l2",
    summary="the flagship's regression twin: ImageNet encoder, Huber loss, and a distribution head for variants",
    output_space="ab",
    generator=Network(
        "LiteUNet",
        {"encoder": "lite2", "widths": (192, 160, 128, 96), "cells": 189, "stochastic_depth": 0.1, "dropout": 0.1},
    ),
    discriminator=None,
    objective=Objective(pixel="smooth_l1", pixel_weight=0.1, distribution_weight=0.1, rebalancing=0.3),
    generator_optimiser=Optimiser(
        "adamw",
        1.5e-3,
        betas=(0.9, 0.999),
        weight_decay=3e-2,
        encoder_scale=0.4,
        max_grad_norm=1.0,
        schedule=Schedule("cosine", warmup_images=6400, final_share=0.01),
    ),
    discriminator_optimiser=Optimiser("adam", 4e-4, betas=(0.5, 0.999)),
    data=Data(
        ALL_PHOTOS,
        crop="random",
        film=0.3,
        aging=0.6,
        phases=(
            Phase(resolution=(96, 112, 128, 144), train_batch_size=32, crop_scale=(0.55, 1.0), share=0.45),
            Phase(resolution=(112, 144, 160, 192, 208), train_batch_size=20, crop_scale=(0.7, 1.0), share=0.47),
            Phase(resolution=(144, 176, 208), train_batch_size=20, crop_scale=(0.78, 1.0), share=0.08),
        ),
    ),
    train_images=267_000,
    pretrained=True,
    ema=0.998,
    notes=(
        "the cells of the distribution head are counted on the training photos: 189 on those of the bundled models",
    ),
)

FLAGSHIP_SCRATCH = replace(
    FLAGSHIP_L2,
    name="flagship-scratch",
    summary="the twin from random weights: beside it, what the features of ImageNet bring",
    generator_optimiser=replace(FLAGSHIP_L2.generator_optimiser, encoder_scale=1.0),
    pretrained=False,
    notes=(),
)

FLAGSHIP = replace(
    FLAGSHIP_L2,
    name="flagship",
    summary="the twin, and at the end of the same run a critic of patches and of whole photos",
    discriminator=Network("ChromaDiscriminator"),
    objective=replace(FLAGSHIP_L2.objective, adversarial="hinge", adversarial_weight=0.1, adversarial_start=0.92),
    vividness=0.95,  # unseen photos come out a little paler than those trained on
    notes=("`--initial_weights RUN/model --adversarial_start 0` puts the critic on a trained twin at once",),
)

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        WGAN_BEDROOM,
        CGAN_DOGS_FLOWERS,
        WGAN_DOGS_FLOWERS,
        LAB_RESNET,
        UNET_L2,
        DCGAN_LAB,
        FCN_L1,
        FCN_CGAN,
        FLAGSHIP,
        FLAGSHIP_L2,
        FLAGSHIP_SCRATCH,
    )
}
