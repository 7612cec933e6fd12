"""Four photographs to try the page with."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from colorgan.examples import example_photo


@dataclass(frozen=True)
class Example:
    """A photograph to try; `path` is a JPEG of it."""

    name: str
    alt: str
    path: Path


_PHOTOS = (
    ("cat", "a tabby cat looking past the camera", "chelsea.png"),
    ("astronaut", "an astronaut in her space suit, smiling", "astronaut.png"),
    ("coffee", "a cup of coffee on a wooden table", "coffee.png"),
    ("photographer", "a man behind a film camera in a park", "camera.png"),
)


def prepare_examples(folder: Path, in_colour: bool = False) -> list[Example]:
    """Write the examples into `folder`, in gray or as they are; without those whose file this scikit-image lacks."""
    folder.mkdir(parents=True, exist_ok=True)
    examples = []
    for name, alt, file in _PHOTOS:
        if photo := example_photo(file):
            path = folder / f"{name}.jpg"
            with Image.open(photo) as image:
                (image if in_colour else image.convert("L")).save(path, quality=95, subsampling=0)
            examples.append(Example(name, alt, path))
    return examples
