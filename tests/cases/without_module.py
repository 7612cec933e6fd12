"""Opens photos in a process where a package is not installed, and says what comes of each, a line a photo.

`without_module.py PACKAGE PHOTO...`
"""

import importlib.abc
import sys
from importlib.machinery import ModuleSpec


class Hidden(importlib.abc.MetaPathFinder):
    """Finds a package before anyone else does, and says that it is not there."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name.partition(".")[0] == sys.argv[1]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


def main() -> None:
    sys.meta_path.insert(0, Hidden())
    from colorgan.photo import PhotoError, open_photo

    for photo in sys.argv[2:]:
        try:
            open_photo(photo)
        except PhotoError as error:
            said = str(error)
        else:
            said = "opened"
        sys.stdout.write(said + "\n")


if __name__ == "__main__":
    main()
