"""Photo sets made here, written as the Hub lays them out."""

import io
from collections.abc import Iterable
from pathlib import Path

from datasets import Dataset, Features, Image, Value
from PIL import Image as Pillow

from colorgan.files import folder_whole

FEATURES = Features({"image": Image(), "source": Value("string")})


def row(picture: Pillow.Image, source: str) -> dict:
    """One photo of a set: a JPEG that keeps its chroma, and where it comes from."""
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=95, subsampling=0)
    return {"image": {"bytes": data.getvalue(), "path": None}, "source": source}


def check_new(folder: Path) -> None:
    """Refuse a folder that is there already."""
    if folder.exists():
        raise ValueError(f"{folder} exists already: give a new folder")


def write_set(rows: Iterable[dict], folder: Path) -> int:
    """Rows -> FOLDER/data/train-00000-of-00001.parquet, whole or not at all; returns how many. None write nothing."""
    made = list(rows)
    if made:
        with folder_whole(folder) as draft:
            (draft / "data").mkdir()
            Dataset.from_list(made, features=FEATURES).to_parquet(draft / "data" / "train-00000-of-00001.parquet")
    return len(made)
