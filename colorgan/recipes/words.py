"""A recipe in words: the same in the table of docs/training.md and on a model's card."""

from colorgan.losses import ADVERSARIAL_LOSSES, PIXEL_LOSSES
from colorgan.recipes.recipe import Data, Objective, Optimiser, Phase, Recipe

_SPACES = {"ab": "ab of L*a*b*", "lab": "L*a*b*", "rgb": "RGB"}
_OPTIMISERS = {"adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSProp"}
_RULES = (  # field of an objective, its value where it says nothing, in words
    ("critic_steps", 1, "{} steps of the critic to one of the generator"),
    ("clip_weights", 0, "the critic's weights clipped to {:g}"),
    ("gradient_penalty", 0, "gradient penalty {:g}"),
    ("real_label", 1, "real photos labelled {:g}"),
    ("label_noise", 0, "labels moved by up to {:g}"),
    ("label_flips", 0, "{:.0%} of labels flipped"),
)


def design(recipe: Recipe) -> list[tuple[str, str]]:
    """What is trained, and towards what: (what, in words)."""
    rows = [
        ("predicts", _SPACES[recipe.output_space]),
        ("discriminator", f"`{recipe.discriminator.name}`" if recipe.discriminator else "none"),
        ("objective", objective(recipe.objective)),
        ("optimiser", optimiser(recipe.generator_optimiser)),
    ]
    if recipe.discriminator:
        rows.append(("optimiser of the discriminator", optimiser(recipe.discriminator_optimiser)))
    if recipe.objective.words_weight:
        rows.append(("starts from", "a trained model, of which all but words and painter stays as it is"))
    elif recipe.pretrained:
        rows.append(("starts from", "the ImageNet weights of EfficientNet-Lite (TensorFlow's own, Apache-2.0)"))
    return rows


def training(recipe: Recipe) -> list[tuple[str, str]]:
    """On what it is trained, and what is kept of it: (what, in words)."""
    rows = [("photos", phases(recipe.data.phases))]
    if aged := gray_inputs(recipe.data):
        rows.append(("gray inputs", aged))
    if recipe.ema:
        rows.append(("weights", f"the training's average, decay {recipe.ema:g}"))
    return rows


def objective(one: Objective) -> str:
    """The losses with their weights, and the rules of the adversarial one."""
    parts = []
    if one.pixel != "none":
        parts.append(f"{one.pixel_weight:g} × {PIXEL_LOSSES[one.pixel].words}")
    if one.distribution_weight:
        parts.append(f"{one.distribution_weight:g} × rebalanced cross-entropy over colours")
    if one.adversarial != "none":
        late = f", in the last {1 - one.adversarial_start:.0%}" if one.adversarial_start else ""
        parts.append(f"{one.adversarial_weight:g} × {ADVERSARIAL_LOSSES[one.adversarial].words}{late}")
    if one.words_weight:
        parts.append(f"{one.words_weight:g} × cross-entropy of colour words")
        parts.append(f"{one.words_mean_weight:g} × log error of their mean")
        parts.append(f"{one.painter_weight:g} × log error of what is painted from them")
    rules = [words.format(getattr(one, name)) for name, plain, words in _RULES if getattr(one, name) != plain]
    return " + ".join(part.removeprefix("1 × ") for part in parts) + (f" ({'; '.join(rules)})" if rules else "")


def optimiser(one: Optimiser) -> str:
    """Its name, learning rate, decay rates where it has some, and schedule."""
    betas = "" if one.name == "rmsprop" else f", betas {one.betas[0]:g} and {one.betas[1]:g}"
    return f"{_OPTIMISERS[one.name]}, learning rate {one.learning_rate:g}{betas}, {one.schedule.kind}"


def optimisers(recipe: Recipe) -> str:
    """The generator's and, where there is one, the discriminator's; equal ones are said once."""
    texts = [optimiser(recipe.generator_optimiser)]
    texts += [optimiser(recipe.discriminator_optimiser)] if recipe.discriminator else []
    return " / ".join(dict.fromkeys(texts))


def phases(several: tuple[Phase, ...]) -> str:
    """Sizes and batches, phase by phase; equal ones are said once."""
    texts = [
        f"{'/'.join(map(str, phase.resolution))} pixels squared, in batches of {phase.train_batch_size}"
        for phase in several
    ]
    if len(set(texts)) == 1:
        return texts[0]
    return "; ".join(f"{phase.share:.0%} at {text}" for phase, text in zip(several, texts, strict=True))


def gray_inputs(data: Data) -> str:
    """How the gray inputs are made to look old; empty where they are not."""
    kinds = {"seen as by old film": data.film, "faded, toned, grained or scratched": data.aging}
    return "; ".join(f"{share:.0%} {how}" for how, share in kinds.items() if share)


def photos(data: Data) -> str:
    """The data sets, and how many photos of each."""
    of_each = " of each" if len(data.dataset) > 1 else ""
    return ", ".join(data.dataset) + (f" ({data.max_photos:,} photos{of_each})" if data.max_photos else "")
