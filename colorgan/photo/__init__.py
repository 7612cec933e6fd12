"""Any image file -> `Photo`: upright 8-bit sRGB pixels, and what must survive; and a result -> the file people expect.

What survives: size, transparency, EXIF (orientation reset), colour profile, resolution, and the file's format. What
does not, and is said in `Photo.notes`: frames after the first, depth beyond 8 bits, profiles other than sRGB, and
metadata too broken to read. XMP, IPTC and embedded thumbnails are left out: they describe the photo as it was.

Nothing here changes Pillow's globals; every function may run in several threads at once. Pillow's own warnings about
odd files stay Python warnings: a program that does not want them on its screen filters the module `PIL`.
"""

from colorgan.photo.reading import open_photo, open_rgb, photo_from_image
from colorgan.photo.record import MIN_SIDE, Photo, PhotoError
from colorgan.photo.writing import save_photo

__all__ = ["MIN_SIDE", "Photo", "PhotoError", "open_photo", "open_rgb", "photo_from_image", "save_photo"]
