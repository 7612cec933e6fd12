"""What a data set's name stands for: which files, which column, which revision, whose terms."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colorgan.data.names import KNOWN
from colorgan.data.retry import DataError, with_retries
from colorgan.data.shards import find_image_column, read_schema
from colorgan.files import one_line
from colorgan.photo.clutter import is_clutter
from colorgan.photo.endings import photo_endings

ALL = "all"  # as a split of local files: every one of them
_SPLIT_WORDS = {  # the words that `datasets` knows, too
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}
_CONVERTED = "refs/convert/parquet"  # the branch where the Hub keeps its own parquet copy of other formats
_RESOLVE_DELAYS_S = (1.0, 2.0, 4.0)  # somebody waits at the prompt


@dataclass(frozen=True)
class DataSource:
    """A data set's split, resolved: everything that is needed to read it again, and to say what it was."""

    name: str  # as it was asked for
    split: str
    files: tuple[str, ...]  # local paths, or hf:// addresses pinned to the revision; sorted
    image_column: str | None  # of parquet shards; None for image files
    revision: str | None = None  # commit on the Hub; None for local files
    licence: str | None = None  # as the card says; None where nothing does

    @property
    def is_parquet(self) -> bool:
        """Whether the files are parquet shards; else they are images."""
        return self.image_column is not None


def resolve_source(
    name: str, split: str = "train", image_column: str | None = None, revision: str | None = None
) -> DataSource:
    """A name of `KNOWN`, a Hub id, a folder of parquet shards or images, or one such file -> its DataSource.

    Local files belong to the split that their name or folder says; files that name none are the split "train".
    `split="all"` takes every local file. Raises DataError, one line, for what does not exist or cannot be read.
    """
    path = Path(name).expanduser()
    if name not in KNOWN and path.exists():
        if revision is not None:
            raise DataError(f"{name!r} is local and has no revisions, got revision {revision!r}")
        return _local_source(name, path, split, image_column)
    hub_id, licence = _on_the_hub(name)
    return _hub_source(name, hub_id, licence, split, image_column, revision)


def check_source(name: str, split: str = "train") -> None:
    """Refuse with `resolve_source`'s words what it would refuse without asking the network: DataError."""
    if name not in KNOWN and Path(name).expanduser().exists():
        resolve_source(name, split)
    else:
        _on_the_hub(name)


def _on_the_hub(name: str) -> tuple[str, str | None]:
    """Hub id and licence that a name which is no path stands for."""
    hub_id, licence = KNOWN.get(name, (name, None))
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", hub_id):
        raise DataError(
            f"no data set {name!r}: not a folder here, none of {', '.join(KNOWN)}, and no Hub id such as 'user/name'"
        )
    return hub_id, licence


def _local_source(name: str, path: Path, split: str, image_column: str | None) -> DataSource:
    if path.is_file():
        files = [path]
    else:
        found = sorted(file for file in path.rglob("*") if file.is_file() and not is_clutter(file.relative_to(path)))
        files = [file for file in found if file.suffix.lower() == ".parquet"]
        files = files or [file for file in found if file.suffix.lower() in photo_endings()]
        if not files:
            raise DataError(f"the folder {name!r} holds neither .parquet files nor photos (.jpg, .png, .tif ...)")
        files = _of_split(name, split, {file: split_of(file.relative_to(path)) for file in files})
    names = tuple(str(file.absolute()) for file in files)
    if files[0].suffix.lower() == ".parquet":
        return DataSource(name, split, names, find_image_column(name, read_schema(names[0]), image_column))
    if image_column is not None:
        raise DataError(f"{name!r} holds image files, which have no columns, got image_column {image_column!r}")
    return DataSource(name, split, names, None)


def split_of(relative: Path) -> str:
    """The split that a shard's name, or else the nearest folder's, says; "train" where none does."""
    # A shard says so in its first word, a folder as a whole; an image's own name may say anything.
    names = [relative.stem] if relative.suffix.lower() == ".parquet" else []
    said = [re.split("[^a-z]", name.lower())[0] for name in names] + [part.lower() for part in relative.parts[-2::-1]]
    for word in said:
        for split, aliases in _SPLIT_WORDS.items():
            if word in aliases:
                return split
    return "train"


def _of_split(name: str, split: str, splits: dict[Path, str]) -> list[Path]:
    chosen = [file for file, own in splits.items() if split in (own, ALL)]
    if not chosen:
        raise DataError(f"{name!r} has no split {split!r}, only {_listed(splits.values())} (or {ALL!r})")
    return chosen


def _hub_source(
    name: str, hub_id: str, licence: str | None, split: str, image_column: str | None, revision: str | None
) -> DataSource:
    info = _asked(name, hub_id, revision, lambda: _hub_info(hub_id, revision))
    splits = _asked(name, hub_id, revision, lambda: _hub_splits(hub_id, info.sha))
    files = tuple(splits.get(split, ()))
    if not files:
        raise DataError(f"the data set {hub_id!r} has no split {split!r}, only {_listed(splits)}")
    if not all(file.endswith(".parquet") for file in files):
        if revision is None:
            return _hub_source(name, hub_id, licence, split, image_column, _CONVERTED)
        raise DataError(f"the data set {hub_id!r} at {revision!r} is not parquet but {files[0].rsplit('/', 1)[-1]}")
    column = find_image_column(hub_id, read_schema(files[0]), image_column)
    card = info.card_data.to_dict() if info.card_data else {}
    return DataSource(name, split, files, column, info.sha, licence or _text(card.get("license")))


def _hub_info(hub_id: str, revision: str | None) -> Any:
    from huggingface_hub import HfApi

    return HfApi().dataset_info(hub_id, revision=revision)


def _hub_splits(hub_id: str, revision: str) -> dict[str, list[str]]:
    """Split -> hf:// addresses, as the repository's card and layout say; `datasets` reads both."""
    from datasets import load_dataset_builder

    builder = load_dataset_builder(hub_id, revision=revision)
    files = builder.config.data_files or {}
    return {str(split): sorted(str(file) for file in found) for split, found in files.items()}


def _asked(name: str, hub_id: str, revision: str | None, question: Any) -> Any:
    """The Hub's answer; its refusals as one line."""
    from huggingface_hub import errors

    at = f" at {revision!r}" if revision else ""
    try:
        return with_retries(f"the Hub's data set {hub_id!r}", question, _RESOLVE_DELAYS_S)
    except DataError:
        raise
    except errors.GatedRepoError as error:
        raise DataError(f"{hub_id!r} is gated: accept its terms on the Hub, then `hf auth login`") from error
    except errors.RepositoryNotFoundError as error:
        raise DataError(f"no data set {name!r}: not a folder here, and not on the Hub for this login") from error
    except errors.RevisionNotFoundError as error:
        raise DataError(f"the data set {hub_id!r} has no revision {revision!r}") from error
    except Exception as error:
        # `datasets` raises what it likes (ValueError, its own, ImportError): its first line says it best.
        raise DataError(f"the data set {hub_id!r}{at} cannot be used: {one_line(error)}") from error


def _text(licence: Any) -> str | None:
    return ", ".join(licence) if isinstance(licence, list) else licence


def _listed(words: Any) -> str:
    return ", ".join(sorted(set(words)))
