"""Any image file -> `Photo`: upright 8-bit sRGB pixels, and what must survive; and a result -> the file people expect.

What survives: size, transparency, EXIF (orientation reset), XMP and IPTC, texts and comments, colour profile,
resolution, and the file's format. What does not, and is said in `Photo.notes` and in what `save_photo` returns: frames
after the first, depth beyond 8 bits (`read_deep` has 16), profiles other than sRGB, metadata too broken to read or
without a place in the result's format. Embedded thumbnails are left out without a word: they show the photo as it was.

finding.py   a path, a file, an image -> the picture in it, by whoever reads its kind (tiff.py, raw.py, jp2.py, ...)
reading.py   the picture -> `Photo`, or its pixels alone; arrays.py numpy's arrays
deep.py      the 16 bits of a photo that has them, for a result that keeps them
levels.py    numbers of any kind -> 8 bits; pixels.py modes, profiles.py colours -> sRGB
inline.py    a file as text, as JSON carries it
metadata.py  what is written beside EXIF; exif.py, xmp.py keep it true of the result
writing.py   a result -> its file; embedding.py what a format has a place for

Nothing here changes Pillow's globals (its plugins for HEIC and JPEG XL register themselves when they are needed); every
function may run in several threads at once. Pillow's own warnings about odd files stay Python warnings: a program that
does not want them on its screen filters the module `PIL`.
"""

from colorgan.photo.arrays import photo_from_array
from colorgan.photo.deep import read_deep
from colorgan.photo.levels import without_depth
from colorgan.photo.reading import open_photo, open_rgb, photo_from_image
from colorgan.photo.record import MIN_SIDE, Photo, PhotoError, PhotoTooLargeError
from colorgan.photo.tiff import without_pages
from colorgan.photo.writing import save_photo

__all__ = [
    "MIN_SIDE",
    "Photo",
    "PhotoError",
    "PhotoTooLargeError",
    "open_photo",
    "open_rgb",
    "photo_from_array",
    "photo_from_image",
    "read_deep",
    "save_photo",
    "without_depth",
    "without_pages",
]
