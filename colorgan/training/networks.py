"""From a recipe to its networks: their architecture, and the weights that they start from."""

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from colorgan.colorizer import Colorizer
from colorgan.files import one_line
from colorgan.networks import GENERATORS, discriminators
from colorgan.networks.encoders import EfficientNetLite, imagenet_state
from colorgan.networks.word_head import WordHead
from colorgan.networks.words import BLOCK
from colorgan.recipes import Recipe
from colorgan.training.hinting import Lesson, words_loss
from colorgan.training.vocabulary import Vocabulary

WORDS = "words."  # how the names of the tensors of words and painter begin


class TrainedGenerator(nn.Module):
    """A generator as training calls it: one forward gives the colour and, where asked for, the cells' logits.

    Lightness (N, 1, H, W) in [-1, 1] -> colour in the output space, logits (N, Q, h, w) or None. One forward for
    both heads is what DDP can follow.
    """

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net: Any = net

    def forward(self, lightness: Tensor, with_cells: bool = False) -> tuple[Tensor, Tensor | None]:
        """See the class."""
        if with_cells:
            features = self.net.features(lightness)[0]
            return self.net.picture(features), self.net.distribution(features)
        return self.net(lightness), None


class TrainedWords(nn.Module):
    """A generator as training calls it that teaches its words and painter alone; the rest stays as it is, to the bit.

    Lightness (N, 1, H, W) in [-1, 1] and a lesson of each photo -> the terms of `words_loss`, by name.
    """

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net: Any = net.requires_grad_(False)
        self.net.words.requires_grad_(True)

    def train(self, mode: bool = True) -> "TrainedWords":
        """Only the words and the painter train: no dropout in the rest, and its BatchNorm remembers nothing new."""
        super().train(mode)
        self.net.eval()
        self.net.words.train(mode)
        return self

    def forward(self, lightness: Tensor, lesson: Lesson) -> dict[str, Tensor]:
        """See the class."""
        with torch.no_grad():
            look = self.net.look(lightness)[1]
        return words_loss(self.net.words, look, lesson)


def build_generator(recipe: Recipe, cell_ab: Tensor | None = None, vocabulary: Vocabulary | None = None) -> nn.Module:
    """The recipe's generator, from its own start.

    `cell_ab` (Q, 2) fills and sizes the distribution head, `vocabulary` fills the words' buffers.
    """
    cls = _network_class("generator", recipe.generator.name, GENERATORS)
    generator: Any = _built("generator", cls, generator_options(recipe, cell_ab))
    if generator.output_space != recipe.output_space:
        raise ValueError(
            f"{recipe.generator.name} puts out {generator.output_space}, got output_space {recipe.output_space!r}"
        )
    if cell_ab is not None:
        generator.cell_ab.copy_(cell_ab)
    if vocabulary is not None:
        words = generator.words.words
        for buffer, found in zip(
            (words.vocabulary, words.mean, words.deviation),
            (vocabulary.colours, vocabulary.mean, vocabulary.deviation),
            strict=True,
        ):
            buffer.copy_(found)
    return cast(nn.Module, generator)


def generator_options(recipe: Recipe, cell_ab: Tensor | None = None) -> dict[str, Any]:
    """What the generator is made with: its options, its output space if it asks for one, and the cells found."""
    cls, options = GENERATORS.get(recipe.generator.name), dict(recipe.generator.options)
    parameters = inspect.signature(cls).parameters if cls else {}
    if "output_space" in parameters:
        options.setdefault("output_space", recipe.output_space)
    if "cells" in parameters:
        # A head that nothing trains would be noise in the published weights, and DDP would wait for its gradients.
        wanted = _has_distribution(recipe) or _has_words(recipe)  # beside words it has been trained before
        options["cells"] = options.get("cells", 0) * wanted if cell_ab is None else len(cell_ab)
    elif _has_distribution(recipe):
        raise ValueError(f"distribution_weight needs a generator with cells, which {recipe.generator.name} has not")
    if (words := _words_options(recipe)) is not None:
        options["words"] = words
    return options


def _words_options(recipe: Recipe) -> dict[str, Any] | None:
    """All options of the words, said in full: a config.json must mean the same when a later version has other defaults.

    None where there are none. ValueError where options, objective and resolution do not go together.
    """
    words = recipe.generator.options.get("words")
    if _has_words(recipe) != isinstance(words, Mapping):
        raise ValueError(
            "a words_weight above 0 and a generator option words, an object, go together, "
            f"got {recipe.objective.words_weight:g} and {words!r}"
        )
    if words is None:
        return None
    odd = [side for phase in recipe.data.phases for side in phase.resolution if side % BLOCK]
    if odd:
        raise ValueError(f"colour words need a resolution in multiples of {BLOCK} pixels, got {odd[0]}")
    parameters = inspect.signature(WordHead).parameters.values()
    return {one.name: one.default for one in parameters if one.default is not one.empty} | dict(words)


def build_discriminator(recipe: Recipe) -> nn.Module | None:
    """The recipe's discriminator, for colour in the recipe's output space; None where there is none."""
    if recipe.discriminator is None:
        return None
    known = {name: cls for name, cls in vars(discriminators).items() if name.endswith(("Critic", "Discriminator"))}
    options = {"colour_channels": 2 if recipe.output_space == "ab" else 3, **recipe.discriminator.options}
    return _built("discriminator", _network_class("discriminator", recipe.discriminator.name, known), options)


def check_sizes(recipe: Recipe) -> None:
    """Refuse a phase's resolution that the recipe's networks cannot take: ValueError, in their own words.

    They are made and run without numbers (torch's meta device), so that it costs no photo and next to no time.
    """
    with torch.device("meta"):
        generator, discriminator = build_generator(recipe), build_discriminator(recipe)
        for side in sorted({side for phase in recipe.data.phases for side in phase.resolution}):
            lightness = torch.zeros(2, 1, side, side)
            try:
                colour = generator(lightness)
                if discriminator is not None:
                    discriminator(lightness, colour.new_zeros(2, colour.shape[1], side, side))
            except (ValueError, RuntimeError) as error:
                raise ValueError(f"resolution {side} is none that these networks take: {one_line(error)}") from None


def start_weights(generator: nn.Module, recipe: Recipe) -> None:
    """Give a new generator what the recipe starts from: trained models' weights, or an encoder from ImageNet."""
    if recipe.initial_weights:
        _start_from(generator, recipe.initial_weights)
    elif recipe.pretrained:
        encoder = getattr(generator, "encoder", None)
        if not isinstance(encoder, EfficientNetLite):
            raise ValueError(f"pretrained needs an ImageNet encoder, which {recipe.generator.name} has not")
        encoder.load_state_dict(imagenet_state(encoder.variant))
    if not recipe.initial_weights and isinstance(getattr(generator, "regression", None), nn.Conv2d):
        head = cast(nn.Conv2d, generator.regression)  # gray at first: the loss then starts where it can only fall
        nn.init.zeros_(head.weight)
        nn.init.zeros_(cast(Tensor, head.bias))


def initial_cells(recipe: Recipe) -> Tensor | None:
    """The cells, ab (Q, 2), of the distribution head that a recipe's initial weights bring along; None without any."""
    if not recipe.initial_weights:
        return None
    cells: Tensor | None = getattr(trained_generator(recipe.initial_weights[0]), "cell_ab", None)
    return cells if cells is not None and len(cells) else None


def starts_with_words(recipe: Recipe) -> bool:
    """Whether the trained network that a recipe teaches words to has some already. ValueError where there is none."""
    if not recipe.initial_weights:
        raise ValueError(f"{recipe.name} teaches words to a trained network: give its folder as initial_weights")
    return getattr(trained_generator(recipe.initial_weights[0]), "words", None) is not None


def picture_settings(recipe: Recipe) -> dict[str, Any]:
    """How a Colorizer shows what the generator makes: at the size that training ends with.

    Where words alone are trained, the picture is that of the trained model, and so is all that it is shown with.
    """
    if not _has_words(recipe):
        return {"view_size": max(recipe.data.phases[-1].resolution)}
    model = _trained(recipe.initial_weights[0])
    return {name: getattr(model, name) for name in ("view_size", "gain", "variant_strength", "smoothing")}


def trained_generator(folder: str) -> nn.Module:
    """The generator of a model in a folder. ValueError where there is none."""
    return cast(nn.Module, _trained(folder).generator)


def _trained(folder: str) -> Colorizer:
    if not Path(folder).is_dir():
        raise ValueError(f"initial_weights must be a folder that holds a trained model, got {folder!r}")
    return Colorizer.from_pretrained(folder)


def mean_weights(networks: Sequence[nn.Module], shares: Sequence[float] = ()) -> dict[str, Tensor]:
    """The mean of the weights of networks of one architecture, statistics of BatchNorm included; counts of the first.

    Good where they share a long part of their training (Wortsman et al. 2022, "Model soups", arXiv 2203.05482).
    `shares` sum to 1; a negative one takes away what sets a network apart (Ilharco et al. 2023, "Editing Models with
    Task Arithmetic", arXiv 2212.04089). ValueError where they do not, or the networks' names or shapes differ.
    """
    shares = shares or [1 / len(networks)] * len(networks)
    if len(shares) != len(networks) or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"shares must be one for each of {len(networks)} networks and sum to 1, got {list(shares)}")
    states = [network.state_dict() for network in networks]
    for state in states[1:]:
        if {name: tensor.shape for name, tensor in state.items()} != {n: t.shape for n, t in states[0].items()}:
            raise ValueError("networks of different architectures have no mean")
    mean = {}
    for name, first in states[0].items():
        mean[name] = first
        if first.is_floating_point():
            parts = [share * state[name].float() for share, state in zip(shares, states, strict=True)]
            mean[name] = torch.stack(parts).sum(0)
        if name.endswith("running_var"):
            mean[name] = mean[name].clamp(min=0)  # where a negative share took too much away
    return mean


def _start_from(generator: nn.Module, folders: Sequence[str]) -> None:
    """Take over trained weights, every tensor of them; where they know no words, the generator's own start fresh."""
    try:
        state = mean_weights([trained_generator(folder) for folder in folders])
        if not any(name.startswith(WORDS) for name in state):
            state |= {name: own for name, own in generator.state_dict().items() if name.startswith(WORDS)}
        generator.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(
            f"initial_weights {', '.join(folders)} do not fit the recipe's generator: {one_line(error)}"
        ) from error


def parameter_count(network: nn.Module) -> int:
    """Trainable numbers of a network."""
    return sum(parameter.numel() for parameter in network.parameters())


def _has_distribution(recipe: Recipe) -> bool:
    return recipe.objective.distribution_weight > 0


def _has_words(recipe: Recipe) -> bool:
    return recipe.objective.words_weight > 0


def _network_class(role: str, name: str, known: dict[str, type[nn.Module]]) -> type[nn.Module]:
    if name not in known:
        raise ValueError(f"{role} must be one of {', '.join(sorted(known))}, got {name!r}")
    return known[name]


def _built(role: str, cls: type[nn.Module], options: dict[str, Any]) -> nn.Module:
    try:
        return cls(**options)
    except TypeError as error:
        raise ValueError(f"{role}_options do not fit {cls.__name__}: {error}") from error
