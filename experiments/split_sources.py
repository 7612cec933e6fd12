"""Photo sets split by where their photos come from: is a colorizer as good on sources that it has never seen?

    python experiments/split_sources.py --data FOLDER [--data ...] --unseen SOURCE [SOURCE ...] --output DIR
    python train_accelerate.py --recipe flagship-l2 --dataset DIR/seen/dogs ... --output_dir runs/seen
    colorgan evaluate --model runs/seen/model --data DIR/seen/dogs ...
    colorgan evaluate --model runs/seen/model --data DIR/unseen/dogs ...

FOLDER holds parquet shards as the Hub lays them out (data/train-*.parquet), with a column that names each photo's
source. DIR/seen has all splits without the left-out sources, DIR/unseen what was left out of them; the photos' bytes
stay as they are.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from colorgan.files import folder_whole


def split(shards: list[Path], column: str, unseen: list[str], output: Path) -> Counter[str]:
    """Write each shard's two parts, a row group at a time; returns how many photos of each source there are."""
    photos: Counter[str] = Counter()
    for shard in shards:
        source = pq.ParquetFile(shard)
        if column not in source.schema_arrow.names:
            raise ValueError(f"{shard} has no column {column!r}, but {', '.join(source.schema_arrow.names)}")
        for part, is_unseen in (("seen", False), ("unseen", True)):
            path = output / part / shard.parent.parent.name / shard.parent.name / shard.name
            path.parent.mkdir(parents=True, exist_ok=True)
            with pq.ParquetWriter(path, source.schema_arrow) as writer:
                for number in range(source.num_row_groups):
                    rows = source.read_row_group(number)
                    wanted = pc.is_in(rows[column], pa.array(unseen))
                    kept = rows.filter(wanted if is_unseen else pc.invert(wanted))
                    photos.update(kept[column].to_pylist())
                    if kept.num_rows:
                        writer.write_table(kept)
            if not pq.read_metadata(path).num_rows:
                path.unlink()
    return photos


def main() -> None:
    """Split, and say what went where."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", action="append", required=True, type=Path, help="folder of a set; repeatable")
    parser.add_argument("--unseen", nargs="+", required=True, help="sources to leave out")
    parser.add_argument("--column", default="source", help="what names a photo's source")
    parser.add_argument("--output", required=True, type=Path, help="a folder that does not exist yet")
    options = parser.parse_args()
    if options.output.exists():
        raise ValueError(f"{options.output} exists already: give a new folder")
    shards = [shard for folder in options.data for shard in sorted(folder.glob("*/*.parquet"))]
    if not shards:
        raise ValueError(f"no parquet shards in {', '.join(map(str, options.data))} (looked for */*.parquet)")
    with folder_whole(options.output) as draft:
        photos = split(shards, options.column, options.unseen, draft)
        if missing := [name for name in options.unseen if name not in photos]:
            raise ValueError(f"no photo is from {', '.join(missing)}; there are {', '.join(sorted(photos))}")
    for name, count in sorted(photos.items()):
        print(f"{count:6,} {'unseen' if name in options.unseen else 'seen  '} {name}")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"split_sources.py: {error}")
