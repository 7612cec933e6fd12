"""Names of files: which are asked for, as they come from anywhere, as they are handed back, no two alike in a zip."""

from pathlib import Path

from PIL import Image

from colorgan.photo.endings import photo_endings, usual_ending, writable_endings

LONGEST_STEM = 180  # bytes: with all that is added, a name has at most the 255 that file systems take
ACCEPTED = ",".join(("image/*", *sorted(photo_endings())))  # a hint for the chooser of files; `open_photo` decides


def plain_name(name: str) -> str:
    """A file name from anywhere -> one that any file system takes: no folders, no control characters, not too long."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    last = "".join("_" if letter in '<>:"|?*' or not letter.isprintable() else letter for letter in last).strip(". ")
    path = Path(last or "photo")
    return _within(path.stem[:80], LONGEST_STEM) + _within(path.suffix[:10], 20)


def download_name(name: str, kind: str) -> str:
    """photo.jpg -> photo-colorized.jpg; `kind` is the photo's true format as Pillow calls it.

    The ending stays if it says so and pictures are written under it (scan.pgm becomes scan-colorized.png, as on the
    command line); one that is missing or says something else becomes the usual one of the format.
    """
    path = Path(name)
    ending = path.suffix.lower()
    written = {"MPO": "JPEG"}.get(kind, kind)  # what some phones call a JPEG
    if Image.registered_extensions().get(ending) != written:
        return f"{path.stem}-colorized{usual_ending(written)}"
    return f"{path.stem}-colorized{path.suffix if ending in writable_endings() else '.png'}"


def wished_name(name: str, ending: str, variant: str) -> str:
    """The name of a picture, with its variant's where it has one, and the ending that is wished for where one is."""
    path = Path(name)
    stem = f"{path.stem}-{variant}" if variant else path.stem
    return stem + (ending or path.suffix)


def distinct(names: list[str]) -> list[str]:
    """The names with -2, -3 and so on put before the suffix of those that came before, in whatever case."""
    taken: set[str] = set()
    result = []
    for name in names:
        path, count, free = Path(name), 1, name
        while free.lower() in taken:
            count += 1
            free = f"{path.stem}-{count}{path.suffix}"
        taken.add(free.lower())
        result.append(free)
    return result


def _within(text: str, count: int) -> str:
    """The beginning of a text that has at most so many bytes, in whole letters."""
    return text.encode()[:count].decode(errors="ignore")
