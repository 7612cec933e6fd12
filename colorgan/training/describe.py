"""Recipes in words: the table of docs/training.md, and what `--dry-run` prints. The table needs no torch."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from colorgan.recipes import RECIPES, Data, Objective, Optimiser, Phase, Recipe

_COLUMNS: tuple[tuple[str, Callable[[Recipe], str]], ...] = (
    ("recipe", lambda recipe: f"`{recipe.name}`"),
    ("generator", lambda recipe: f"{recipe.generator.name} → {recipe.output_space}"),
    ("discriminator", lambda recipe: recipe.discriminator.name if recipe.discriminator else "none"),
    ("objective", lambda recipe: _objective_text(recipe.objective)),
    ("optimisers", lambda recipe: _optimisers_text(recipe)),
    ("data", lambda recipe: _data_text(recipe.data)),
    ("pixels, batch", lambda recipe: "; ".join(_phase_text(phase) for phase in recipe.data.phases)),
    ("images", lambda recipe: f"{recipe.train_images:,}"),
)


def recipes_table() -> str:
    """All recipes as a Markdown table; docs/training.md holds it, and a test compares the two."""
    rows = [[name for name, _ in _COLUMNS], ["---"] * len(_COLUMNS)]
    rows += [[text(recipe) for _, text in _COLUMNS] for recipe in RECIPES.values()]
    notes = [f"- `{recipe.name}`: {note}." for recipe in RECIPES.values() for note in recipe.notes]
    return "\n".join([*("| " + " | ".join(row) + " |" for row in rows), "", *notes])


def flags_table() -> str:
    """All flags of train_accelerate.py as Markdown tables, one for each group of them."""
    from colorgan.training.flags import build_parser

    parts: list[str] = []
    for group in build_parser()._action_groups:
        hidden = ("help", "hub_token")
        rows = [action for action in group._group_actions if action.option_strings and action.dest not in hidden]
        if rows:
            title = (group.title or "").removesuffix(" (default: the recipe's)")
            parts += [f"### {title.capitalize()}", "", "| flag | meaning | default |", "| --- | --- | --- |"]
            parts += [_flag_row(action) for action in rows] + [""]
    return "\n".join(parts).rstrip()


def _flag_row(action: argparse.Action) -> str:
    default = action.default
    if default is argparse.SUPPRESS:
        default = "" if action.dest in ("output_dir", "max_train_steps") else "the recipe's"
    elif default in (None, "", False):
        default = ""
    values = f" ({', '.join(map(str, action.choices))})" if action.choices and action.dest != "recipe" else ""
    names = ", ".join(f"`{name}`" for name in action.option_strings)
    return f"| {names} | {action.help}{values} | {default} |"


def _objective_text(objective: Objective) -> str:
    parts = []
    if objective.pixel != "none":
        parts.append(f"{objective.pixel_weight:g} {objective.pixel}")
    if objective.distribution_weight:
        parts.append(f"{objective.distribution_weight:g} cells")
    if objective.adversarial != "none":
        parts.append(f"{objective.adversarial_weight:g} {objective.adversarial}")
    rules = {
        "critic steps {:g}": objective.critic_steps if objective.critic_steps > 1 else 0,
        "clip {:g}": objective.clip_weights,
        "gradient penalty {:g}": objective.gradient_penalty,
        "real label {:g}": objective.real_label if objective.real_label < 1 else 0,
        "label noise {:g}": objective.label_noise,
        "flips {:g}": objective.label_flips,
        "from {:.0%} on": objective.adversarial_start,
    }
    named = [text.format(value) for text, value in rules.items() if value]
    return " + ".join(parts) + (f" ({', '.join(named)})" if named else "")


def _optimisers_text(recipe: Recipe) -> str:
    texts = [_optimiser_text(recipe.generator_optimiser)]
    if recipe.discriminator is not None:
        texts.append(_optimiser_text(recipe.discriminator_optimiser))
    return texts[0] if len(set(texts)) == 1 else " / ".join(texts)


def _optimiser_text(optimiser: Optimiser) -> str:
    betas = "" if optimiser.name == "rmsprop" else f", betas {optimiser.betas[0]:g} {optimiser.betas[1]:g}"
    return f"{optimiser.name} {optimiser.learning_rate:g}{betas}, {optimiser.schedule.kind}"


def _data_text(data: Data) -> str:
    of_each = " of each" if len(data.dataset) > 1 else ""
    return ", ".join(data.dataset) + (f" ({data.max_photos:,} photos{of_each})" if data.max_photos else "")


def _phase_text(phase: Phase) -> str:
    return f"{'/'.join(str(side) for side in phase.resolution)}, {phase.train_batch_size}"


def dry_run(recipe: Recipe) -> str:
    """The resolved recipe as JSON, and how many parameters its networks have; touches neither data nor network."""
    from colorgan.training.networks import build_discriminator, build_generator, parameter_count

    lines = [json.dumps(asdict(recipe), indent=2), ""]
    lines.append(
        f"generator      {recipe.generator.name:<24} {parameter_count(build_generator(recipe)):>12,} parameters"
    )
    discriminator = build_discriminator(recipe)
    if recipe.discriminator is not None and discriminator is not None:
        lines.append(f"discriminator  {recipe.discriminator.name:<24} {parameter_count(discriminator):>12,} parameters")
    return "\n".join(lines)


def write_tables(path: Path) -> None:
    """Put the tables between their marks in a Markdown file."""
    text = path.read_text()
    for name, table in (("recipes", recipes_table()), ("flags", flags_table())):
        begin, end = f"<!-- {name}: written by colorgan.training.describe -->", f"<!-- end of {name} -->"
        before, rest = text.split(begin)
        text = f"{before}{begin}\n\n{table}\n\n{end}{rest.split(end)[1]}"
    path.write_text(text)


if __name__ == "__main__":
    write_tables(Path(sys.argv[1]))
