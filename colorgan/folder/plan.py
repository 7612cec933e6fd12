"""What goes where: files and folders of photos -> jobs, decided and checked before any work."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from PIL import Image

from colorgan.hints import HINTS_SUFFIX, PhotoHints, read_hints
from colorgan.photo.endings import WRITTEN, photo_endings


@dataclass(frozen=True)
class Job:
    """One photo, the files to be made of it, and what was said of it.

    pictures: (variant, file); variant 0 is the likeliest picture.
    """

    source: Path
    pictures: tuple[tuple[int, Path], ...]
    hints: PhotoHints | None = None


@dataclass(frozen=True)
class Work:
    """What there is to do, how many photos were left out since all their pictures are there, and files of hints that
    are for none of the photos."""

    jobs: list[Job]
    done_before: int = 0
    unused_hints: tuple[Path, ...] = ()


class PicturesExistError(ValueError):
    """Pictures are there already, and nothing was said about them."""


def plan(
    inputs: Sequence[str],
    output: str,
    variants: int = 0,
    suffix: str | None = None,
    *,
    existing: Literal["refuse", "skip", "replace"] = "refuse",
    hints: str | None = None,
) -> Work:
    """Decide, before any work, which photos are read and which files they become.

    Files keep their names, and the photos of a folder their places in it. The first variant of photo.jpg is
    photo-2.jpg. Hidden files and, in folders, files whose names are not those of images are left out; a file given
    by name is always taken. Symbolic links to folders are not followed.

    Args:
        inputs: files and folders.
        output: a folder, made if need be; or, for one input file, a name that ends as an image's does.
        variants: how many other pictures are made of each photo, beside the likeliest.
        suffix: ending of all names, such as ".png"; None keeps the photos' own.
        existing: what becomes of pictures that are there already. "skip" leaves them, and makes those that are
            missing: a file has its name only once complete.
        hints: for one photo, its file of hints; or a folder that holds those of photo.jpg as photo.hints.json, those
            of a folder's photos at their places in it. Photos without hints are coloured plainly.

    Raises:
        PicturesExistError: pictures are there already and `existing` is "refuse".
        ValueError: nothing to do, or a picture would land on a photo, or two on one name, or hints that nobody can
            read or that are for none of the photos.
    """
    paths = [Path(given) for given in inputs]
    for path in paths:
        if not path.is_file() and not path.is_dir():  # opening a named pipe would wait for ever
            raise ValueError(f"there is no file or folder {str(path)!r}")
    if _names_a_file(output):
        if len(paths) != 1 or paths[0].is_dir():
            raise ValueError(f"{output!r} is the name of one picture, but there are several photos: name a folder")
        if suffix and _format(Path(output).suffix) != _format(suffix):
            raise ValueError(f"{output!r} does not end in {suffix}: leave out one of the two")
        places, jobs = [Path(paths[0].name)], [_job(paths[0], Path(output), variants)]
    else:
        folder = Path(output)
        if folder.exists() and not folder.is_dir():
            raise ValueError(f"{output!r} is a file: name a folder, or a picture such as 'photo.jpg'")
        placed = dict.fromkeys(placed for path in paths for placed in _photos(path, folder))
        places = [place for _, place in placed]
        jobs = [_job(source, _with_suffix(folder / place, suffix), variants) for source, place in placed]
    if not jobs:
        raise ValueError(f"there are no photos in {', '.join(repr(given) for given in inputs)}")
    _check_destinations(jobs)
    jobs, unused = _with_hints(jobs, places, Path(hints)) if hints is not None else (jobs, ())
    there = [path for job in jobs for _, path in job.pictures if os.path.lexists(path)]
    if existing == "replace" or not there:
        return Work(jobs, unused_hints=unused)
    if existing == "refuse":
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise PicturesExistError(f"{str(there[0])!r}{more} already there")
    left = [job for job in map(_missing, jobs) if job.pictures]
    return Work(left, len(jobs) - len(left), unused)


def _with_hints(jobs: Sequence[Job], places: Sequence[Path], hints: Path) -> tuple[list[Job], tuple[Path, ...]]:
    """The jobs with what the file or folder of hints says of them, and the files that are for none of them."""
    if hints.is_file():
        if len(jobs) != 1:
            raise ValueError(f"{str(hints)!r} holds hints for one photo, but there are several: name a folder")
        return [replace(jobs[0], hints=read_hints(hints))], ()
    if not hints.is_dir():
        raise ValueError(f"there is no file or folder {str(hints)!r}")
    found: dict[Path, Job] = {}
    told = []
    for job, place in zip(jobs, places, strict=True):
        file = hints / place.with_name(place.stem + HINTS_SUFFIX)
        if os.path.isfile(file):  # noqa: PTH113  (Path.is_file raises where the name is too long to be one)
            if file in found:
                raise ValueError(f"{str(found[file].source)!r} and {str(job.source)!r} would both take {str(file)!r}")
            found[file], job = job, replace(job, hints=read_hints(file))
        told.append(job)
    unused = tuple(sorted(set(hints.rglob(f"*{HINTS_SUFFIX}")) - found.keys()))
    if not found:
        raise ValueError(f"{str(hints)!r} has hints for none of the photos: those of photo.jpg are photo{HINTS_SUFFIX}")
    return told, unused


def _missing(job: Job) -> Job:
    """The job with those of its pictures that are not there yet."""
    return replace(job, pictures=tuple(one for one in job.pictures if not os.path.lexists(one[1])))


def _photos(path: Path, output: Path) -> Iterator[tuple[Path, Path]]:
    """A file, or a folder's photos at any depth: where each is, and its place below the output folder."""
    if not path.is_dir():
        yield path, Path(path.name)
        return
    if path.resolve() == output.resolve():
        raise ValueError(f"{str(output)!r} holds the photos themselves: name another output folder")
    names = photo_endings()
    for folder, subfolders, files in os.walk(path, onerror=_refuse):
        here = Path(folder)
        # An output folder inside the photos' own would be coloured again by the next run.
        subfolders[:] = sorted(
            name for name in subfolders if name[0] != "." and (here / name).resolve() != output.resolve()
        )
        for name in sorted(files):
            source = here / name
            regular = source.is_file() or not source.exists()  # a broken link is a photo that cannot be read
            if name[0] != "." and source.suffix.lower() in names and regular:
                yield source, source.relative_to(path)


def _refuse(error: OSError) -> None:
    raise ValueError(f"cannot look into {str(error.filename)!r}: {error.strerror}") from error


def _format(suffix: str) -> str | None:
    Image.init()
    return Image.registered_extensions().get(suffix.lower())


def _names_a_file(output: str) -> bool:
    path = Path(output)
    return not output.endswith(("/", os.sep)) and not path.is_dir() and _format(path.suffix) is not None


def _with_suffix(path: Path, suffix: str | None) -> Path:
    """The name in the output folder: its own ending, if no other is asked for and colours can be written under it."""
    if suffix is None and path.suffix.lower() in WRITTEN:
        return path
    return path.with_suffix(suffix or ".png")


def _job(source: Path, picture: Path, variants: int) -> Job:
    others = [(n, picture.with_name(f"{picture.stem}-{n + 1}{picture.suffix}")) for n in range(1, variants + 1)]
    return Job(source, ((0, picture), *others))


def _check_destinations(jobs: Sequence[Job]) -> None:
    """Refuse a picture that would replace a photo, by whatever name, and two pictures of one name."""
    photos = {identity: job.source for job in jobs if (identity := _identity(job.source))}
    taken: dict[str, Path] = {}
    for job in jobs:
        for _, path in job.pictures:
            name = os.path.normcase(path.resolve())
            identity = _identity(path)
            if identity and (photo := photos.get(identity)):
                raise ValueError(f"the picture of {str(job.source)!r} would replace the photo {str(photo)!r}")
            if name in taken:
                raise ValueError(f"{str(taken[name])!r} and {str(job.source)!r} would both become {str(path)!r}")
            taken[name] = job.source


def _identity(path: Path) -> tuple[int, int] | None:
    """What a file is, under all its names; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
