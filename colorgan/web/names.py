"""Names of files: which are asked for, as they come from anywhere, as they are handed back, no two alike in a zip."""

from pathlib import Path

from PIL import Image

from colorgan.photo.endings import photo_endings, usual_ending

ACCEPTED = ",".join(("image/*", *sorted(photo_endings())))  # a hint for the chooser of files; `open_photo` decides


def plain_name(name: str) -> str:
    """A file name from anywhere -> one that any file system takes: no folders, no control characters, not too long."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    last = "".join("_" if letter in '<>:"|?*' or not letter.isprintable() else letter for letter in last).strip(". ")
    path = Path(last or "photo")
    return path.stem[:80] + path.suffix[:10]


def download_name(name: str, kind: str) -> str:
    """photo.jpg -> photo-colorized.jpg; the ending is that of the photo's true format, `kind` as Pillow calls it."""
    path = Path(name)
    named = Image.registered_extensions().get(path.suffix.lower())
    written = {"MPO": "JPEG"}.get(kind, kind)  # what some phones call a JPEG
    suffix = path.suffix if named == written and named in Image.SAVE else usual_ending(written)
    return f"{path.stem}-colorized{suffix}"


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
