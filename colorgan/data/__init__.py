"""Named, streamed data sets -> batches of training photos.

names.py     the known data sets, and what of a name strangers may see
sources.py   a name, Hub id or folder -> which files to read
shards.py    files -> encoded photos, a row group at a time, with retries
order.py     image count -> which photo: pure functions of (seed, position)
decode.py    encoded photo -> square of pixels, or why not
stream.py    all of them together: `PhotoStream`, `photo_loader`, `fixed_photos`
"""

from colorgan.data.names import KNOWN
from colorgan.data.sources import DataError, DataSource, check_source, resolve_source
from colorgan.data.stream import PhotoStream, fixed_photos, photo_loader

__all__ = [
    "KNOWN",
    "DataError",
    "DataSource",
    "PhotoStream",
    "check_source",
    "fixed_photos",
    "photo_loader",
    "resolve_source",
]
