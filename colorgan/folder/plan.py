"""What goes where: files and folders of photos and films -> jobs, decided and checked before any work."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from PIL import Image

from colorgan.film.formats import CONTAINERS, DEFAULT_CODEC, check_film_output, film_ending, is_film, parts_of
from colorgan.folder.finding import expanded, find_photos
from colorgan.hints import HINTS_SUFFIX, PhotoHints, read_hints
from colorgan.photo.endings import photo_endings, writable_endings
from colorgan.photo.finding import count_pages


@dataclass(frozen=True)
class Job:
    """One photo, the files to be made of it, which page of it, and what was said of it; or one film.

    pictures: (variant, file); variant 0 is the likeliest picture, and the only one of a film. A name without an ending
        gets the photo's own format.
    film_hints: the file of what was said of a film.
    """

    source: Path
    pictures: tuple[tuple[int, Path], ...]
    page: int = 0
    hints: PhotoHints | None = None
    film_hints: Path | None = None

    @property
    def is_film(self) -> bool:
        """Whether it is a film's, by its name."""
        return is_film(self.source)

    @property
    def there(self) -> list[Path]:
        """What there is of its files, parts of a film to be among them."""
        files = [path for _, path in self.pictures]
        parts = [parts_of(path) for path in files] if self.is_film else []
        return [path for path in (*files, *parts) if os.path.lexists(path)]


@dataclass(frozen=True)
class Work:
    """What there is to do; how many photos were left out since all their pictures are there; how many thumbnails,
    hidden photos, and hidden or system folders were passed over; and files of hints that are for none of the photos."""

    jobs: list[Job]
    done_before: int = 0
    left_out: int = 0
    unused_hints: tuple[Path, ...] = ()


class PicturesExistError(ValueError):
    """Pictures are there already, and nothing was said about them."""


def plan(
    inputs: Sequence[str],
    output: str,
    variants: int = 0,
    suffix: str | None = None,
    *,
    all_pages: bool = False,
    existing: Literal["refuse", "skip", "replace"] = "refuse",
    hints: str | None = None,
    codec: str = DEFAULT_CODEC,
) -> Work:
    """Decide, before any work, which photos are read and which files they become.

    Files keep their names, and the photos of a folder their places in it; where photos of several inputs would share
    one, all are placed below the names of their folders. The first variant of photo.jpg is photo-2.jpg, or has the
    next number that no photo has. Hidden files, thumbnails of storage devices and, in folders, files whose names are
    not those of images are left out; a file given by name is always taken. Symbolic links to folders are not followed.

    Args:
        inputs: files, folders, and patterns such as "*.jpg".
        output: a folder, made if need be; or, for one input file, a name that ends as an image's does.
        variants: how many other pictures are made of each photo, beside the likeliest.
        suffix: ending of all names, such as ".png"; None keeps the photos' own. Where two photos would then share a
            name, it is added to theirs: "photo.jpg.png".
        all_pages: whether each page of a TIFF of several is a photo: scan-page-1.tif and on. Otherwise the first is.
        existing: what becomes of pictures that are there already. "skip" leaves them, and makes those that are
            missing: a file has its name only once complete.
        hints: for one photo, its file of hints; or a folder that holds those of photo.jpg as photo.hints.json, those
            of a folder's photos at their places in it. Photos without hints are coloured plainly.
        codec: of films, one of `film.formats.CODECS`; those whose ending cannot hold it get another.

    Raises:
        PicturesExistError: pictures are there already and `existing` is "refuse".
        ValueError: nothing to do, or a picture would land on a photo, or two on one name, or hints that nobody can
            read or that are for none of the photos.
    """
    paths = [path for given in inputs for path in expanded(given)]
    if names_a_file(output):
        check_output_file(output, paths[0] if len(paths) == 1 and not paths[0].is_dir() else None, suffix, codec)
        pictures, places, left_out = [(paths[0], Path(output))], [Path(paths[0].name)], 0
    else:
        folder = Path(output)
        if folder.exists() and not folder.is_dir():
            raise ValueError(f"{output!r} is a file: name a folder, or a picture such as 'photo.jpg'")
        finds = find_photos(paths, folder)
        places = [place for _, place in finds.photos]
        pictures = with_endings([(source, folder / place) for source, place in finds.photos], suffix, codec)
        left_out = finds.left_out
    jobs, places = jobs_for(pictures, places, variants, count_pages if all_pages else None)
    if not jobs:
        raise ValueError(none_in(inputs, left_out))
    _check_destinations(jobs)
    jobs, unused = _with_hints(jobs, places, Path(hints)) if hints is not None else (jobs, ())
    there = [path for job in jobs for path in job.there]
    if existing == "replace" or not there:
        return Work(jobs, left_out=left_out, unused_hints=unused)
    if existing == "refuse":
        raise PicturesExistError(they_exist(str(there[0]), len(there)))
    left = [job for job in map(_missing, jobs) if job.pictures]
    return Work(left, len(jobs) - len(left), left_out, unused)


def jobs_for(
    pictures: Sequence[tuple[Path, Path]],
    places: Sequence[Path],
    variants: int,
    count: Callable[[Path], int] | None = None,
) -> tuple[list[Job], list[Path]]:
    """Photos and the pictures they become -> jobs, and the place of each.

    Names are settled folder by folder, so that this may be asked folder by folder as well.

    Args:
        pictures: as `with_endings` has them.
        places: of the photos, below the output folder.
        variants: as of `plan`.
        count: how many pages a photo has, each of which becomes a job; None for the first alone.
    """
    paged = [(*picture, 0) for picture in pictures]
    if count is not None:
        paged, places = _with_pages(pictures, places, count)
    return _jobs(paged, variants), list(places)


def count_left_out(count: int) -> str:
    """What was passed over, in words."""
    plural = "s" * (count > 1)
    return f"{count} thumbnail{plural}, hidden file{plural} or folder{plural} left out"


def none_in(inputs: Sequence[str], left_out: int) -> str:
    """That there are no photos, in words."""
    none = f"there are no photos in {', '.join(repr(given) for given in inputs)}"
    return f"{none}: {count_left_out(left_out)}" if left_out else none


def they_exist(first: str, count: int) -> str:
    """That pictures are there already, in words."""
    more = f" and {count - 1} more" if count > 1 else ""
    return f"{first!r}{more} already there"


def both_become(first: str, second: str, name: str) -> str:
    """That two photos would share a picture's name, in words."""
    return f"{first!r} and {second!r} would both become {name!r}"


def would_replace(source: str, photo: str) -> str:
    """That a picture would replace a photo, in words."""
    return f"the picture of {source!r} would replace the photo {photo!r}"


def _with_hints(jobs: Sequence[Job], places: Sequence[Path], hints: Path) -> tuple[list[Job], tuple[Path, ...]]:
    """The jobs with what the file or folder of hints says of them, and the files that are for none of them."""
    if hints.is_file():
        if len(jobs) != 1:
            raise ValueError(f"{str(hints)!r} holds hints for one photo, but there are several: name a folder")
        return [_told(jobs[0], hints)], ()
    if not hints.is_dir():
        raise ValueError(f"there is no file or folder {str(hints)!r}")
    found: dict[Path, Job] = {}
    told = []
    for job, place in zip(jobs, places, strict=True):
        file = hints / place.with_name(place.stem + HINTS_SUFFIX)
        if os.path.isfile(file):  # noqa: PTH113  (Path.is_file raises where the name is too long to be one)
            if file in found:
                raise ValueError(f"{str(found[file].source)!r} and {str(job.source)!r} would both take {str(file)!r}")
            found[file], job = job, _told(job, file)
        told.append(job)
    unused = tuple(sorted(set(hints.rglob(f"*{HINTS_SUFFIX}")) - found.keys()))
    if not found:
        raise ValueError(f"{str(hints)!r} has hints for none of the photos: those of photo.jpg are photo{HINTS_SUFFIX}")
    return told, unused


def _told(job: Job, hints: Path) -> Job:
    return replace(job, film_hints=hints) if job.is_film else replace(job, hints=read_hints(hints))


def _missing(job: Job) -> Job:
    """The job with those of its pictures that are not there yet."""
    return replace(job, pictures=tuple(one for one in job.pictures if not os.path.lexists(one[1])))


def _format(suffix: str) -> str | None:
    Image.init()
    return Image.registered_extensions().get(suffix.lower())


def names_a_file(output: str) -> bool:
    """Whether an output is a picture's or a film's name, and no folder's."""
    path = Path(output)
    ending = path.suffix.lower()
    known = ending in photo_endings() or ending in CONTAINERS or is_film(path) or _format(path.suffix) is not None
    return known and not output.endswith(("/", os.sep)) and not path.is_dir()


def check_output_file(output: str, photo: Path | None, suffix: str | None, codec: str) -> None:
    """Refuse a picture's or a film's name as output that cannot be one's; `photo` is None where it is not one."""
    if photo is None:
        raise ValueError(f"{output!r} is the name of one picture, but there are several photos: name a folder")
    if is_film(photo):
        check_film_output(Path(output), codec)
        return
    ending = Path(output).suffix
    if ending.lower() not in writable_endings():
        raise ValueError(f"cannot write photos as {ending!r}: use one of {', '.join(writable_endings())}")
    if suffix and _format(ending) != _format(suffix):
        raise ValueError(f"{output!r} does not end in {suffix}: leave out one of the two")


def with_endings(placed: Sequence[tuple[Path, Path]], suffix: str | None, codec: str) -> list[tuple[Path, Path]]:
    """Photos and the pictures they become: of their own ending, if no other is asked for and it can be written. Films
    likewise, by their codec."""
    kept = writable_endings() if suffix is None else ()
    pictures = [
        path.with_suffix(film_ending(source, codec))
        if is_film(source)
        else path
        if path.suffix.lower() in kept
        else path.with_suffix(suffix or ".png")
        for source, path in placed
    ]
    names = Counter(map(_key, pictures))
    return [
        (
            source,
            path.with_name(path.name + picture.suffix) if picture != path and names[_key(picture)] > 1 else picture,
        )
        for (source, path), picture in zip(placed, pictures, strict=True)
    ]


def _with_pages(
    pictures: Sequence[tuple[Path, Path]], places: Sequence[Path], count_in: Callable[[Path], int]
) -> tuple[list[tuple[Path, Path, int]], list[Path]]:
    """Photos with their pictures, and their places -> the same for each page, whose numbers are as long as the last."""
    found, places_found = list[tuple[Path, Path, int]](), list[Path]()
    for (source, picture), place in zip(pictures, places, strict=True):
        count = 1 if is_film(source) else count_in(source)
        ends = [f"-page-{page:0{len(str(count))}}" for page in range(1, count + 1)] if count > 1 else [""]
        found += [(source, picture.with_stem(picture.stem + end), page) for page, end in enumerate(ends)]
        places_found += [place.with_stem(place.stem + end) for end in ends]
    return found, places_found


def _jobs(pictures: Sequence[tuple[Path, Path, int]], variants: int) -> list[Job]:
    """Photos with their pictures' names and pages -> jobs; variants get the next numbers that no other picture has."""
    taken = {_key(picture) for _, picture, _ in pictures}
    jobs = []
    for source, picture, page in pictures:
        names, number = [(0, picture)], 1
        while len(names) <= variants and not is_film(source):
            number += 1
            other = picture.with_name(f"{picture.stem}-{number}{picture.suffix}")
            if _key(other) not in taken:
                taken.add(_key(other))
                names.append((len(names), other))
        jobs.append(Job(source, tuple(names), page))
    return jobs


def _key(path: Path) -> str:
    """What two names must not have in common."""
    return os.path.normcase(path)


def _check_destinations(jobs: Sequence[Job]) -> None:
    """Refuse a picture that would replace a photo, by whatever name, and two pictures of one name."""
    photos = {identity: job.source for job in jobs if (identity := _identity(job.source))}
    taken: dict[str, Path] = {}
    for job in jobs:
        for _, path in job.pictures:
            name = os.path.normcase(path.resolve())
            identity = _identity(path)
            if identity and (photo := photos.get(identity)):
                raise ValueError(would_replace(str(job.source), str(photo)))
            if name in taken:
                raise ValueError(both_become(str(taken[name]), str(job.source), str(path)))
            taken[name] = job.source


def _identity(path: Path) -> tuple[int, int] | None:
    """What a file is, under all its names; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
