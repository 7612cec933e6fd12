"""The colours that a photo has already: whether there are any, and the same said as hints."""

from PIL import Image

from colorgan.hints import Hint

LEAST_CHROMA = 4.0  # ab units: stains and the camera's own noise are below it
HINTS_ACROSS = 8  # of the longer side


def has_own_colours(image: Image.Image) -> bool:
    """Whether an upright image ("L" or "RGB") is in colour, and not merely toned."""
    if image.mode == "L":
        return False
    from colorgan.data.decode import chroma_beyond_toning

    return (chroma_beyond_toning(image.convert("RGB")) or 0.0) >= LEAST_CHROMA


def own_hints(image: Image.Image, size: tuple[int, int]) -> list[Hint]:
    """An upright image in colour -> its colours on a grid, as hints of the photo, which has (width, height) pixels."""
    step = max(size) / HINTS_ACROSS
    across, down = (max(1, round(side / step)) for side in size)
    small = image.convert("RGB").resize((across, down), Image.Resampling.BOX)
    places = [(x, y) for y in range(down) for x in range(across)]
    colours = ["#{:02x}{:02x}{:02x}".format(*small.getpixel(place)) for place in places]  # type: ignore[misc]
    return [
        Hint((x + 0.5) * size[0] / across, (y + 0.5) * size[1] / down, colour)
        for (x, y), colour in zip(places, colours, strict=True)
    ]
