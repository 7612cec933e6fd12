"""Four photographs to try the page with: they come with scikit-image, so they need no network."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from PIL import Image


@dataclass(frozen=True)
class Example:
    """A photograph to try; `path` is a JPEG of it."""

    name: str
    alt: str
    path: Path


# All free of copyright (scikit-image's data/README and docstrings): NASA; Lav Varshney, Stéfan van der Walt and
# Rachel Michetti under CC0. The camera man was black and white from the start.
_PHOTOS = (
    ("cat", "a tabby cat looking past the camera", "chelsea.png"),
    ("astronaut", "an astronaut in her space suit, smiling", "astronaut.png"),
    ("coffee", "a cup of coffee on a wooden table", "coffee.png"),
    ("photographer", "a man behind a film camera in a park", "camera.png"),
)


def prepare_examples(folder: Path, in_colour: bool = False) -> list[Example]:
    """Write the examples into `folder`, in gray or as they are; without those whose file this scikit-image lacks."""
    package = importlib.util.find_spec("skimage")  # importing it would cost a second
    if package is None or not package.submodule_search_locations:
        return []
    data = Path(package.submodule_search_locations[0]) / "data"
    folder.mkdir(parents=True, exist_ok=True)
    examples = []
    for name, alt, file in _PHOTOS:
        if (data / file).is_file():
            path = folder / f"{name}.jpg"
            with Image.open(data / file) as image:
                (image if in_colour else image.convert("L")).save(path, quality=95, subsampling=0)
            examples.append(Example(name, alt, path))
    return examples
