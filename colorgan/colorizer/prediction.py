"""What a network said about one photo: colours to paint with at any size, and, told more, others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Real

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from colorgan.colorizer.repainting import Memory, Repainting
from colorgan.hints import Hint, check_hints, check_place
from colorgan.limits import MAX_VIVIDNESS
from colorgan.painting import PhotoPainting, paint, paint_deep
from colorgan.seeds import seed_of

MOST_LIKELY = 8  # colours of a palette
NO_WORDS = "this model has no colour words: it takes no hints and no reference, and has no dial from calm to daring"


@dataclass(frozen=True)
class ShownColour:
    """What became of a hint: the colour "#rrggbb" at the photo's own lightness; `exact` is False where sRGB cannot show
    what was asked for that dark or bright, and the nearest that it can was taken, and on the photo's flat border, which
    stays gray."""

    hint: Hint
    colour: str
    exact: bool
    on_border: bool = False


@dataclass(frozen=True)
class LikelyColour:
    """A colour "#rrggbb" that a place may have, at the photo's own lightness there, and how likely it is."""

    colour: str
    probability: float


@dataclass(frozen=True)
class Prediction:
    """What the network said about one photo, at its own small size; paints the photo at any size, without it.

    `lines` (1 + variants, 4, h, w) are the fitted lines of `upsampling`: the picture's first, then the variants'.
    `hints` were said of the photo before. `repainting` is what a network that takes hints remembers of it.
    """

    lines: Tensor
    repainting: Repainting | None = None
    hints: tuple[Hint, ...] = ()

    @property
    def variants(self) -> int:
        """How many other colorizations there are beside the picture itself."""
        return len(self.lines) - 1

    @property
    def memory(self) -> Memory | None:
        """What `Colorizer.recall` needs besides the lines, to make this again in another process."""
        return None if self.repainting is None else self.repainting.memory

    @property
    def takes_hints(self) -> bool:
        """Whether the network does."""
        return self.repainting is not None

    def picture(
        self,
        image: Image.Image,
        variant: int = 0,
        vividness: float = 1.0,
        *,
        hints: Sequence[Hint] | None = None,
        seed: int = 0,
        daring: float | None = None,
    ) -> Image.Image:
        """Paint an upright "L" or "RGB" image of the photo, of any size -> RGB of the same size and lightness.

        Variant 0 is the picture, 1 to `variants` the others; vividness scales chroma, 0 is gray. Hints, or a `daring`,
        colour it anew, as `with_hints` does, in pixels of the image that the network saw.
        """
        return paint(image, self._chosen(variant, vividness, hints, seed, daring))

    def painting(self, image: Image.Image, variant: int = 0, vividness: float = 1.0) -> PhotoPainting:
        """`picture`, not painted yet: `photo.save_photo` takes it as one, and paints what it writes strip by strip."""
        return PhotoPainting(image, self._chosen(variant, vividness))

    def deep_picture(
        self,
        values: NDArray[np.uint16],
        variant: int = 0,
        vividness: float = 1.0,
        *,
        hints: Sequence[Hint] | None = None,
        seed: int = 0,
        daring: float | None = None,
    ) -> NDArray[np.uint16]:
        """`picture` in 16 bits, of what `colorgan.photo.read_deep` reads: uint16 (H, W) or (H, W, 3) -> (H, W, 3)."""
        return paint_deep(values, self._chosen(variant, vividness, hints, seed, daring))

    def _chosen(
        self,
        variant: int,
        vividness: float,
        hints: Sequence[Hint] | None = None,
        seed: int = 0,
        daring: float | None = None,
    ) -> Tensor:
        """The lines (4, h, w) of a variant at a vividness."""
        check_vividness(vividness)
        if hints is not None or daring is not None:
            check_variant(variant)
            return self._lines(self.hints if hints is None else hints, [variant], seed, daring)[0] * vividness
        check_variant(variant, self.variants)
        return self.lines[variant] * vividness

    def with_hints(
        self, hints: Sequence[Hint] = (), *, variants: int = 0, seed: int = 0, daring: float | None = None
    ) -> "Prediction":
        """The photo coloured anew, without another run of the encoder.

        Args:
            hints: all that is known of it (not beside but in place of what was said before), in pixels of the image
                that the network saw.
            variants: how many others to draw beside the picture, in each of which the hints hold.
            seed: of what is drawn: equal hints, equal seed, equal picture.
            daring: from 0, the mean of what is likely, to 1, one drawing of it; without it the picture is the first
                and the variants are the other.

        Raises:
            ValueError: a network that takes no hints, a hint outside the photo or one too many, a bad dial.
        """
        if variants < 0:
            raise ValueError(f"variants must be at least 0, got {variants}")
        return replace(self, lines=self._lines(hints, range(variants + 1), seed, daring), hints=tuple(hints))

    def shown_colours(self, hints: Sequence[Hint] | None = None) -> tuple[ShownColour, ...]:
        """What becomes of hints (without any: of those that this was made with), one for each."""
        hints, repainting = self.hints if hints is None else hints, self._repainting()
        check_hints(hints, repainting.size)
        return tuple(
            ShownColour(hint, colour, exact, on_border)
            for hint, (colour, exact, on_border) in zip(hints, repainting.shown(hints), strict=True)
        )

    def likely_colours(
        self, x: float, y: float, hints: Sequence[Hint] | None = None, count: int = MOST_LIKELY
    ) -> tuple[LikelyColour, ...]:
        """The colours likeliest at a place, given hints (or those that this was made with): five or more up to `count`,
        unlike one another, the likeliest first; fewer where it is so dark or bright that sRGB has no five."""
        hints, repainting = self.hints if hints is None else hints, self._repainting()
        check_hints(hints, repainting.size)
        check_place(x, y, repainting.size, "the place")
        if count < 1:
            raise ValueError(f"count must be at least 1, got {count}")
        return tuple(LikelyColour(colour, share) for colour, share in repainting.likely(x, y, hints, count))

    def shown_at(self, x: float, y: float, variant: int = 0) -> str:
        """The colour "#rrggbb" that a picture has at a place, at the photo's own lightness there."""
        repainting = self._repainting()
        check_place(x, y, repainting.size, "the place")
        return repainting.shown_at(self.lines[variant], x, y)

    @property
    def doubt(self) -> Tensor:
        """How unsure the network is of the colours, given the hints: the entropy of its words, a map (h, w) in [0, 1]
        over the photo."""
        return self._repainting().doubt(self.hints)

    def _lines(self, hints: Sequence[Hint], variants: Sequence[int], seed: int, daring: float | None) -> Tensor:
        """The lines of these variants, 0 the picture."""
        repainting = self._repainting()
        check_hints(hints, repainting.size)
        check_daring(daring)
        dials = [float(variant > 0) if daring is None else daring for variant in variants]
        seeds = [seed_of("drawing", seed, variant) for variant in variants]
        return repainting.lines(hints, list(zip(seeds, dials, strict=True)))

    def _repainting(self) -> Repainting:
        if self.repainting is None:
            raise ValueError(NO_WORDS)
        return self.repainting


def check_vividness(vividness: object) -> None:
    """Refuse a chroma scale that makes no picture."""
    if not isinstance(vividness, Real) or not 0 <= float(vividness) <= MAX_VIVIDNESS:
        raise ValueError(f"vividness must be from 0 to {MAX_VIVIDNESS:g}, got {vividness!r}")


def check_variant(variant: int, most: int | None = None) -> None:
    """Refuse the number of no variant."""
    if variant < 0 or (most is not None and variant > most):
        limits = "at least 0" if most is None else f"from 0 to {most}"
        raise ValueError(f"variant must be {limits}, got {variant}")


def check_daring(daring: object) -> None:
    """Refuse a dial that is no share."""
    if daring is not None and not (isinstance(daring, Real) and 0 <= float(daring) <= 1):
        raise ValueError(f"daring must be from 0 (calm) to 1, got {daring!r}")
