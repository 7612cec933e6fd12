"""Images at the size that is wanted."""

from PIL import Image

_LANCZOS = Image.Resampling.LANCZOS


def fit(image: Image.Image, longer_side: int, reducing_gap: float | None = None) -> Image.Image:
    """The image, or a smaller one whose longer side is `longer_side` pixels.

    reducing_gap: as of `Image.resize`: faster for large images, with other roundings.
    """
    scale = longer_side / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), _LANCZOS, reducing_gap=reducing_gap)


def with_shorter_side(image: Image.Image, shorter_side: int) -> Image.Image:
    """The image with its shorter side at `shorter_side` pixels, enlarged where it is smaller."""
    scale = shorter_side / min(image.size)
    size = (max(shorter_side, round(image.width * scale)), max(shorter_side, round(image.height * scale)))
    return image if size == image.size else image.resize(size, _LANCZOS, reducing_gap=3.0)
