"""The photographs that come along, for page and study: scikit-image's, so that they need no network.

All are free of copyright (scikit-image's data/README and docstrings): astronaut is NASA's, rocket SpaceX's; chelsea is
Stéfan van der Walt's, coffee Rachel Michetti's and camera Lav Varshney's, all three under CC0. The camera man was black
and white from the start.
"""

import importlib.util
from pathlib import Path


def example_photo(file: str) -> Path | None:
    """One of them by its file's name, such as "coffee.png"; None where this scikit-image lacks it."""
    package = importlib.util.find_spec("skimage")  # importing it would cost a second
    for folder in (package and package.submodule_search_locations) or ():
        path = Path(folder) / "data" / file
        if path.is_file():
            return path
    return None
