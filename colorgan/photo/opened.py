"""What a reader of one kind of file hands on: an image, decoded or not yet, and what else the file says."""

from dataclasses import dataclass

from PIL import Image


@dataclass(frozen=True)
class Opened:
    """A picture that is found in a file.

    image: of any mode; its `format` is Pillow's name of the file's.
    notes: plain sentences on what the file has that the image has not.
    exif: where the image itself does not know it; None if `image.getexif()` tells.
    alpha: the transparency where the image has none of its own, mode "L" of the same size.
    profile: an ICC profile in place of the image's own, or of the one that it has not.
    curve: 256 levels of 8 bits, or 256 for each channel, that the file's own mean.
    iptc: IIM records, where Pillow does not tell them.
    is_opaque: the file says that its fourth channel is no transparency.
    """

    image: Image.Image
    notes: tuple[str, ...] = ()
    exif: Image.Exif | None = None
    alpha: Image.Image | None = None
    profile: bytes | None = None
    curve: tuple[int, ...] = ()
    iptc: bytes = b""
    is_opaque: bool = False
