"""What commands that colour photos share: the model and how it is asked, and what was done in words."""

import argparse
import re
from typing import TYPE_CHECKING

from colorgan.cli.parsing import count_photos, load
from colorgan.machine import without_collector

if TYPE_CHECKING:
    from PIL.Image import Image

    from colorgan.colorizer import Colorizer
    from colorgan.folder.pipeline import Settings

FIRST_PAGE = re.compile(r"first of \d+ pages")  # a note that the others can be asked for


def load_for(chosen: argparse.Namespace, device: str | None) -> "tuple[Colorizer, Settings, Image | None]":
    """The model that was chosen, how photos are to be coloured, and the reference as it was; ValueError, one line,
    where that cannot be."""
    from colorgan.kernels import translate_ahead

    translate_ahead()
    with without_collector():
        from colorgan.folder.pipeline import Settings

        colorizer = load(chosen.model, device)
    image = _reference(chosen, colorizer)
    settings = Settings(
        variants=chosen.variants,
        seed=chosen.seed,
        vividness=chosen.vividness,
        daring=chosen.daring,
        reference=None if image is None else colorizer.see(image),
        batch_size=chosen.batch_size,
        max_megapixels=chosen.max_megapixels,
        overwrite=chosen.existing == "replace",
        model_name=None if chosen.no_description else colorizer.name,
        all_pages=chosen.all_pages,
    )
    return colorizer, settings, image


def _reference(chosen: argparse.Namespace, colorizer: "Colorizer") -> "Image | None":
    """The reference; ValueError where it is none, or the model takes nothing of the kind."""
    from colorgan.colorizer import check_reference
    from colorgan.photo import open_photo

    asked = {"--hints": chosen.hints, "--reference": chosen.reference, "--daring": chosen.daring}
    given = [flag for flag, value in asked.items() if value is not None]
    if given and not colorizer.takes_hints:
        raise ValueError(f"{given[0]} needs a model with colour words, and {chosen.model!r} has none")
    if chosen.reference is None:
        return None
    image = open_photo(chosen.reference, chosen.max_megapixels).image
    check_reference(image)
    return image


def made(
    output: str,
    photos: int | None,
    films: int | None,
    *,
    told: int = 0,
    variants: int = 0,
    before: int = 0,
    failed: int = 0,
    left_out: int = 0,
) -> str:
    """What was done, in a line; photos and films are None where there were none to do."""
    from colorgan.folder.plan import count_left_out

    parts = [
        f"{count_both(photos, films)} coloured",
        f"{told} with hints" if told else "",
        f"{variants} variant{'s' * (variants > 1)} of each" if variants else "",
        f"{before} there before" if before else "",
        f"{failed} failed" if failed else "",
        count_left_out(left_out) if left_out else "",
    ]
    return f"{', '.join(filter(None, parts))}: {output!r}"


def count_both(photos: int | None, films: int | None) -> str:
    """Counts in words, of those that are not None: 3 photos and 1 film."""
    counts = [] if photos is None else [count_photos(photos)]
    return " and ".join(counts if films is None else [*counts, f"{films} film{'s' * (films != 1)}"])
