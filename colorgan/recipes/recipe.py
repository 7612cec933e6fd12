"""A recipe: one experiment as a frozen value. Which networks, objective, optimisers, data, and how many images.

A recipe is data, so that `replace(RECIPES["wgan-bedroom"], train_images=32)` trains, and so that the training script
makes a flag of every value. Counters count images (as the photos come in), never steps: a budget then means the same at
any batch size.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field
from typing import Any

from colorgan.losses import ADVERSARIAL_LOSSES, PIXEL_LOSSES

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
    """What is minimised: a pixel loss, one on the distribution of colours, an adversarial loss and its rules.

    Pixel losses compare what the network puts out with the truth in the same units (rgb and lab in [-1, 1], ab / 110),
    but smooth_l1, which is Huber's loss in ab units with the bend at 5.

    Or else colour words alone, with their painter: all other parts of a trained network then stay as they are.
    """

    pixel: str = _value("pixel loss", "none", choices=("none", *PIXEL_LOSSES))
    pixel_weight: float = _value("its weight", 1.0)
    distribution_weight: float = _value("weight of the rebalanced cross-entropy over ab cells (0: none)", 0.0)
    rebalancing: float = _value("power of a cell's share by which rare colours count more", 0.3)
    adversarial: str = _value("adversarial loss", "none", choices=("none", *ADVERSARIAL_LOSSES))
    adversarial_weight: float = _value("its weight in the generator's loss", 1.0)
    adversarial_start: float = _value("share of the budget before which the generator trains alone", 0.0)
    critic_steps: int = _value("discriminator steps to one generator step, each on a fresh batch", 1)
    clip_weights: float = _value("after each of its steps, the critic's weights go into [-c, c] (0: no clipping)", 0.0)
    gradient_penalty: float = _value("weight of the gradient penalty on the critic (0: none)", 0.0)
    real_label: float = _value("label of real photos; 0.9 is one-sided smoothing", 1.0)
    label_noise: float = _value("labels move by up to this, uniformly", 0.0)
    label_flips: float = _value("share of labels that are flipped", 0.0)
    words_weight: float = _value("weight of the colour words' cross-entropy (0: no words; else they train alone)", 0.0)
    words_mean_weight: float = _value("weight of the log error of the words' mean, beside it", 0.4)
    painter_weight: float = _value("weight of the log error of what is painted from the words, beside it", 1.0)

    def __post_init__(self) -> None:
        _check_choice("pixel", self.pixel, ("none", *PIXEL_LOSSES))
        _check_choice("adversarial", self.adversarial, ("none", *ADVERSARIAL_LOSSES))
        _check_at_least("critic_steps", self.critic_steps, 1)
        for name in ("pixel_weight", "distribution_weight", "adversarial_weight", "clip_weights", "gradient_penalty"):
            _check_at_least(name, getattr(self, name), 0)
        for name in ("words_weight", "words_mean_weight", "painter_weight"):
            _check_at_least(name, getattr(self, name), 0)
        for name in ("adversarial_start", "real_label", "label_noise", "label_flips"):
            _check_share(name, getattr(self, name))
        others = (self.pixel, self.distribution_weight, self.adversarial)
        if self.words_weight and others != ("none", 0, "none"):
            raise ValueError(
                "words_weight trains colour words alone, without a pixel loss, a distribution_weight or an adversarial "
                f"loss, got {others[0]!r}, {others[1]:g} and {others[2]!r}"
            )


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
    min_chroma: float = _value("photos of less mean chroma (ab units), and toned prints, are dropped; 0 keeps all", 2.0)
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
    target_vividness: float | None = _value("share of the photos' mean chroma that the gain aims at", None)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_choice("output_space", self.output_space, OUTPUT_SPACES)
        _check_at_least("train_images", self.train_images, 1)
        if self.target_vividness is not None and not self.target_vividness > 0:
            raise ValueError(f"target_vividness must be above 0, or none, got {self.target_vividness}")
        if not 0 <= self.ema < 1:
            raise ValueError(f"ema must be a decay in [0, 1), got {self.ema}")
        if (self.objective.adversarial == "none") != (self.discriminator is None):
            raise ValueError(
                f"a discriminator and an adversarial loss go together, got {self.objective.adversarial!r} "
                f"with {'no discriminator' if self.discriminator is None else self.discriminator.name}"
            )
        objective = self.objective
        alone = objective.adversarial == "none" or objective.adversarial_start > 0
        if alone and objective.pixel == "none" and not (objective.distribution_weight or objective.words_weight):
            raise ValueError(
                "without a discriminator, or before adversarial_start, the generator needs a pixel loss or a "
                f"distribution_weight, got {objective.pixel!r} and {objective.distribution_weight:g}"
            )
        if objective.words_weight and self.target_vividness is not None:
            raise ValueError(
                "target_vividness must be none with a words_weight, as the picture and its gain stay what they are, "
                f"got {self.target_vividness:g}"
            )

    def phase_at(self, images_seen: int) -> tuple[Phase, int]:
        """The phase that the next batch belongs to, and the image count at which it ends."""
        end = 0.0
        for phase in self.data.phases:
            end += phase.share * self.train_images
            if images_seen < round(end):
                break
        return phase, round(end)
