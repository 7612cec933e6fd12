"""The command line of training: every value of a recipe is a flag, named as in diffusers' training examples.

Nothing here needs torch, so that `--help` answers at once.
"""

import argparse
import dataclasses
import json
import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import UnionType
from typing import Any

from colorgan.recipes import RECIPES, TRACKERS, Network, Phase, Recipe, Run

_PREFIXES = {"discriminator_optimiser": "discriminator_"}  # both optimisers have the same fields


@dataclass(frozen=True)
class RecipeFlag:
    """A flag and the field it sets; `path` leads there from the recipe."""

    name: str
    path: tuple[str, ...]
    kind: Any  # the field's type
    field: dataclasses.Field[Any]


def recipe_flags(cls: type = Recipe, path: tuple[str, ...] = (), prefix: str = "") -> Iterator[RecipeFlag]:
    """Every leaf of a recipe that a flag can set, in the order of the fields."""
    kinds = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        kind, here = kinds[field.name], (*path, field.name)
        if dataclasses.is_dataclass(kind) and kind is not Network:
            yield from recipe_flags(typing.cast(type, kind), here, prefix + _PREFIXES.get(field.name, ""))
        elif "help" in field.metadata:
            yield RecipeFlag(prefix + (field.metadata["flag"] or field.name), here, kind, field)


def build_parser() -> argparse.ArgumentParser:
    """The parser of train_accelerate.py."""
    parser = argparse.ArgumentParser(
        prog="train_accelerate.py",
        usage="%(prog)s --recipe R [--dataset D ...] [--output_dir DIR] [FLAG ...]  (--help lists them)",
        description="Train a colorizer. On several processes: accelerate launch train_accelerate.py ...",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    _add_run_flags(parser.add_argument_group("run"))
    _add_hub_flags(parser.add_argument_group("hub"))
    _add_network_flags(parser.add_argument_group("networks (default: the recipe's)"))
    groups: dict[str, Any] = {}
    for flag in recipe_flags():
        title = f"{flag.path[0].replace('_', ' ') if len(flag.path) > 1 else 'recipe'} (default: the recipe's)"
        group = groups.setdefault(title, None) or parser.add_argument_group(title)
        groups[title] = group
        group.add_argument(f"--{flag.name}", **_argument(flag))
    _add_phase_flags(groups["data (default: the recipe's)"])
    _refuse(parser, "--vividness", "--vividness is called --target_vividness now, and its 0 is called none")
    return parser


def _add_run_flags(group: Any) -> None:
    group.add_argument("--recipe", choices=sorted(RECIPES), required=True, help="named experiment")
    group.add_argument("--output_dir", help="folder of the run (default: runs/RECIPE)", default=argparse.SUPPRESS)
    group.add_argument(
        "--dry-run", "--dry_run", action="store_true", help="print the resolved recipe and parameter counts, stop"
    )
    group.add_argument("--seed", type=int, default=0, help="fixes the start, the order of photos and all else")
    group.add_argument(
        "--max_train_steps", type=int, help="budget in batches instead of images", default=argparse.SUPPRESS
    )
    group.add_argument(
        "--resume_from_checkpoint", default="", help="'latest' or a checkpoint's folder: go on where it was saved"
    )
    for name, text in (
        ("checkpointing_steps", "batches between checkpoints"),
        ("checkpoints_total_limit", "checkpoints kept (0: all)"),
        ("validation_steps", "batches between validation passes"),
        ("validation_photos", "photos of each validation set"),
        ("logging_steps", "batches between lines of metrics.jsonl and the trackers"),
        ("gradient_accumulation_steps", "pieces a process's share of a batch is cut into, to save memory"),
        ("dataloader_num_workers", "processes that decode photos"),
    ):
        group.add_argument(f"--{name}", type=int, default=getattr(Run, name), help=text)
    group.add_argument(
        "--validation_dataset", action="append", help="repeatable; default: the training sets", default=None
    )
    group.add_argument("--validation_split", default=Run.validation_split, help="its split (none: test, or else train)")
    group.add_argument(
        "--mixed_precision", choices=("no", "bf16", "fp16"), default="", help="autocast; none: accelerate's setting"
    )
    group.add_argument("--report_to", choices=TRACKERS, default=Run.report_to, help="tracker")
    group.add_argument("--channels_last", action="store_true", help="store pictures channel by channel last")
    group.add_argument("--torch_compile", action="store_true", help="compile the networks")
    group.add_argument("--cpu", action="store_true", help="do not use a GPU")


class _Refused(argparse.Action):
    """A flag that is not taken any more, or only by other scripts; `const` says in a line what to do instead."""

    def __call__(self, parser: argparse.ArgumentParser, *unused: Any) -> None:
        parser.error(str(self.const))


def _refuse(group: Any, flag: str, instead: str) -> None:
    group.add_argument(flag, action=_Refused, const=instead, help=argparse.SUPPRESS, default=argparse.SUPPRESS)


def _add_hub_flags(group: Any) -> None:
    group.add_argument("--push_to_hub", action="store_true", help="publish the run to the Hub when it is done")
    group.add_argument("--hub_model_id", metavar="ID", help="user/model (default: as the output_dir is called)")
    group.add_argument(
        "--hub_private_repo", "--private", action="store_true", help="a new repository is for its owner alone"
    )
    group.add_argument("--hub_revision", "--revision", metavar="R", help="branch to publish to (default: main)")
    # Everyone on the machine can read a command line; the message must not repeat the token either.
    _refuse(group, "--hub_token", "a token does not belong on a command line: set HF_TOKEN or run `hf auth login`")


def _add_network_flags(group: Any) -> None:
    for name in ("generator", "discriminator"):
        group.add_argument(f"--{name}", metavar="CLASS", help=f"{name}'s class", default=argparse.SUPPRESS)
        group.add_argument(
            f"--{name}_options", metavar="JSON", type=_json, help="hyper-parameters", default=argparse.SUPPRESS
        )


def _add_phase_flags(group: Any) -> None:
    for field in dataclasses.fields(Phase):
        if "help" in field.metadata:
            flag = RecipeFlag(field.name, (), typing.get_type_hints(Phase)[field.name], field)
            group.add_argument(f"--{field.name}", **_argument(flag))
    group.add_argument(
        "--phases", type=_json, metavar="JSON", help="all phases anew: a list of objects", default=argparse.SUPPRESS
    )


def _argument(flag: RecipeFlag) -> dict[str, Any]:
    """What argparse needs to know of one field. Flags that are not given leave no trace."""
    argument: dict[str, Any] = {"help": flag.field.metadata["help"], "default": argparse.SUPPRESS}
    origin, parts = typing.get_origin(flag.kind), typing.get_args(flag.kind)
    if flag.kind is bool:
        return argument | {"action": argparse.BooleanOptionalAction}
    if flag.name == "dataset":
        return argument | {"action": "append"}
    if origin is tuple:
        return argument | {"type": parts[0], "nargs": "+" if parts[-1] is Ellipsis else len(parts)}
    if isinstance(flag.kind, UnionType):  # X | None
        return argument | {"type": _number_or_none, "metavar": "NUMBER"}
    return argument | {"type": flag.kind, "choices": flag.field.metadata["choices"] or None}


def _number_or_none(text: str) -> float | None:
    try:
        return None if text == "none" else float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number or none, got {text!r}") from None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {text!r} ({error.msg})") from None


def recipe_and_run(arguments: argparse.Namespace) -> tuple[Recipe, Run]:
    """What the flags ask for. Raises ValueError, in one line, where they do not fit together."""
    given = vars(arguments)
    recipe = overridden(RECIPES[arguments.recipe], given)
    options = {field.name: given[field.name] for field in dataclasses.fields(Run) if field.name in given}
    options["output_dir"] = Path(given.get("output_dir", f"runs/{arguments.recipe}"))
    options["validation_dataset"] = tuple(arguments.validation_dataset or ())
    return recipe, Run(**options)


def overridden(recipe: Recipe, given: dict[str, Any]) -> Recipe:
    """The recipe with the values of the given flags (without their dashes) in place of its own."""
    changes: dict[tuple[str, ...], Any] = {
        flag.path: tuple(given[flag.name]) if isinstance(given[flag.name], list) else given[flag.name]
        for flag in recipe_flags()
        if flag.name in given
    }
    if "dataset" in given:  # the recipe's weights and limit are for its own sets
        changes.setdefault(("data", "dataset_weights"), ())
        changes.setdefault(("data", "max_photos"), 0)
    changes["data", "phases"] = _phases(recipe, given)
    changes["generator",] = _network(recipe.generator, "generator", given)
    changes["discriminator",] = _network(recipe.discriminator, "discriminator", given)
    if given.get("adversarial") == "none":
        changes["discriminator",] = None
    changed: Recipe = _replaced(recipe, (), changes)
    return _with_steps(changed, given["max_train_steps"]) if "max_train_steps" in given else changed


def _replaced(value: Any, path: tuple[str, ...], changes: dict[tuple[str, ...], Any]) -> Any:
    """A nested dataclass with `changes` made everywhere at once, so that it is checked only when complete."""
    new = {}
    for field in dataclasses.fields(value):
        here, old = (*path, field.name), getattr(value, field.name)
        if here in changes:
            new[field.name] = changes[here]
        elif dataclasses.is_dataclass(old) and any(changed[: len(here)] == here for changed in changes):
            new[field.name] = _replaced(old, here, changes)
    return replace(value, **new)


def _network(network: Network | None, role: str, given: dict[str, Any]) -> Network | None:
    """The recipe's network with another name or options; options of another class start from nothing."""
    name, options = given.get(role, network.name if network else None), given.get(f"{role}_options", {})
    if not isinstance(options, dict):
        raise ValueError(f"{role}_options must be a JSON object, got {options!r}")
    if name is None:
        return None
    kept = dict(network.options) if network is not None and network.name == name else {}
    return Network(name, kept | options)


def _phases(recipe: Recipe, given: dict[str, Any]) -> tuple[Phase, ...]:
    """The recipe's phases, or those of `--phases`, each with what `--resolution` and its like say of all."""
    try:
        phases = [
            Phase(**_tupled(phase))
            for phase in given.get("phases", [dataclasses.asdict(phase) for phase in recipe.data.phases])
        ]
    except (TypeError, AttributeError) as error:
        raise ValueError(f"phases must be a list of objects with a phase's fields, got {given['phases']}") from error
    names = [field.name for field in dataclasses.fields(Phase) if "help" in field.metadata]
    common = _tupled({name: given[name] for name in names if name in given})
    return tuple(replace(phase, **common) for phase in phases)


def _tupled(values: dict[str, Any]) -> dict[str, Any]:
    """Lists, as argparse and JSON give them, to the tuples that frozen values hold."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _with_steps(recipe: Recipe, steps: int) -> Recipe:
    """The budget in images that makes this many batches."""
    if steps < 1:
        raise ValueError(f"max_train_steps must be at least 1, got {steps}")
    batches_per_image = sum(phase.share / phase.train_batch_size for phase in recipe.data.phases)
    return replace(recipe, train_images=max(1, round(steps / batches_per_image)))


def parse(argv: Sequence[str] | None = None) -> tuple[Recipe, Run, argparse.Namespace]:
    """Flags -> recipe and run; a bad value ends the program with one clear line, as argparse does."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    try:
        recipe, run = recipe_and_run(arguments)
        for name in ("hub_model_id", "hub_private_repo", "hub_revision"):
            if getattr(arguments, name) and not arguments.push_to_hub:
                raise ValueError(f"--{name} needs --push_to_hub")
    except ValueError as error:
        parser.error(str(error))
    return recipe, run, arguments
