"""The tables of docs/training.md, and what `--dry-run` prints. The tables need no torch."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from colorgan.recipes import RECIPES, Recipe, words

_COLUMNS: tuple[tuple[str, Callable[[Recipe], str]], ...] = (
    ("recipe", lambda recipe: f"`{recipe.name}`"),
    ("generator", lambda recipe: f"{recipe.generator.name} → {recipe.output_space}"),
    ("discriminator", lambda recipe: recipe.discriminator.name if recipe.discriminator else "none"),
    ("objective", lambda recipe: words.objective(recipe.objective)),
    ("optimisers", lambda recipe: words.optimisers(recipe)),
    ("data", lambda recipe: words.photos(recipe.data)),
    ("sizes and batches", lambda recipe: words.phases(recipe.data.phases)),
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
        rows = [action for action in group._group_actions if action.dest != "help" and action.help != argparse.SUPPRESS]
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
    if action.dest in ("pixel", "adversarial"):
        values = ": a row of [losses.py](../colorgan/losses.py), or none"
    else:
        values = f" ({', '.join(map(str, action.choices))})" if action.choices and action.dest != "recipe" else ""
    names = ", ".join(f"`{name}`" for name in action.option_strings)
    return f"| {names} | {action.help}{values} | {default} |"


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
