"""One photo's colours as they follow what is said of it: for the picture, the palette of a place and the drawings."""

import io
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PIL import Image

from colorgan.hints import Hint, check_place, rgb_of
from colorgan.web.describing import colour_names, lab_of
from colorgan.web.history import History, Told
from colorgan.web.seen import Seen

if TYPE_CHECKING:
    from torch import Tensor

    from colorgan.colorizer import Prediction

DRAWINGS = 4  # side by side
KEPT_PREDICTIONS = 12  # of the last things said: a palette's colours, and the drawings
HUES, STRENGTHS = 48, 10  # of the free choice
SHADED = 0.7, 0.98  # shares of the photo that are surer than where the shade begins, and where it is full
WIDEST = 130.0  # ab units: more than sRGB shows of any hue


@dataclass(frozen=True)
class Swatch:
    """A colour to pick, "#rrggbb": what a hint would say, how it will look at the vividness set, and its name."""

    colour: str
    look: str
    name: str


@dataclass(frozen=True)
class Palette:
    """The colours for a place, all at the photo's own lightness there.

    now: what the picture shows; likely: what the network holds likeliest, the likeliest first; used: said elsewhere;
    wheel: `HUES` rows from red through yellow, green and blue, each of `STRENGTHS` colours from gray to the strongest.
    """

    now: Swatch
    likely: tuple[Swatch, ...]
    used: tuple[Swatch, ...]
    wheel: tuple[tuple[str, ...], ...]


class Retouch:
    """What the network remembers of a photo, and the colours that it makes of what `history` says."""

    def __init__(self, seen: Seen, history: History):
        self._seen, self.history = seen, history
        self._made: OrderedDict[tuple[tuple[Hint, ...], int | None], Prediction] = OrderedDict()
        self._changing = threading.Lock()

    @property
    def seen(self) -> "Prediction":
        """What the network said of the photo before anybody told it anything."""
        return self._seen.prediction

    def rest(self) -> None:
        """Keep in memory nothing that the network can say again."""
        self._seen.forget()
        with self._changing:
            self._made.clear()

    @property
    def told(self) -> Told:
        """What holds now."""
        return self.history.told

    def prediction(self, told: Told | None = None) -> "Prediction":
        """The photo's colours if that were said; as it is without."""
        told = told or self.told
        calm = self._prediction(told.hints, None)
        if not told.daring:
            return calm
        drawing = self._prediction(told.hints, told.seed)
        # Lines are linear in the colours that they are fitted to, so that the dial needs no drawing of its own.
        return replace(calm, lines=calm.lines.lerp(drawing.lines, told.daring))

    def _prediction(self, hints: tuple[Hint, ...], seed: int | None) -> "Prediction":
        """The calm picture, or the drawing of a seed; the last ones are kept."""
        with self._changing:
            made = self._made.get((hints, seed))
        if made is None:
            made = self.seen.with_hints(hints, seed=seed or 0, daring=0.0 if seed is None else 1.0)
        with self._changing:
            self._made[hints, seed] = made
            self._made.move_to_end((hints, seed))
            while len(self._made) > KEPT_PREDICTIONS:
                self._made.popitem(last=False)
        return made

    def tiles(self) -> list[Told]:
        """The pictures to choose from: the calm one, and four drawings with all that was said kept."""
        first = self.told.seed // DRAWINGS * DRAWINGS
        daring = self.told.daring or 1.0
        drawings = [replace(self.told, seed=seed, daring=daring) for seed in range(first, first + DRAWINGS)]
        return [replace(self.told, daring=0.0), *drawings]

    @property
    def chosen(self) -> int:
        """Which of the tiles the picture is."""
        return 0 if self.told.daring == 0 else 1 + self.told.seed % DRAWINGS

    def think_again(self) -> None:
        """Four other drawings; the picture becomes the first of them."""
        seed = (self.told.seed // DRAWINGS + 1) * DRAWINGS if self.told.daring else self.told.seed
        self.history.tell(replace(self.told, seed=seed, daring=self.told.daring or 1.0))

    def shown_at(self, x: float, y: float) -> str:
        """The colour "#rrggbb" of the picture at a place of the photo, before vividness."""
        check_place(x, y, self.history.size, "the place")
        return self.prediction().shown_at(x, y)

    def doubt(self) -> bytes:
        """Where the network is unsure given all that was said: a PNG that is the more opaque, the less it knows."""
        import torch

        doubt = self.prediction().doubt
        least, most = doubt.quantile(torch.tensor(SHADED)).tolist()
        alpha = ((doubt - least) / max(most - least, 1e-3)).clamp(0, 1).mul(255).round().to(torch.uint8).numpy()
        mask, png = Image.new("LA", alpha.shape[::-1]), io.BytesIO()
        mask.putalpha(Image.fromarray(alpha))
        mask.save(png, "PNG")
        return png.getvalue()

    def palette(self, x: float, y: float, vividness: float) -> Palette:
        """The colours for a place. ValueError where it is outside the photo."""
        now = self.shown_at(x, y)
        lightness, _ = _lab([now])
        said = [hint.colour for mark in self.told.marks for hint in mark.hints if hint.colour is not None]
        used = list(dict.fromkeys("#{:02x}{:02x}{:02x}".format(*(rgb_of(colour) or (0, 0, 0))) for colour in said))
        likely = [one.colour for one in self.prediction().likely_colours(x, y)]
        groups = ([now], likely, used[::-1])
        (shown,), likeliest, said_before = (_swatches(colours, lightness, vividness) for colours in groups)
        return Palette(shown, likeliest, said_before, _wheel(lightness))


def _swatches(colours: Sequence[str], lightness: "Tensor", vividness: float) -> tuple[Swatch, ...]:
    """Colours as they will look at a lightness L (1, 1, 1, 1)."""
    _, ab = _lab(colours)
    looks = _hex(lightness.expand(-1, -1, len(colours), 1), ab * vividness)
    return tuple(map(Swatch, colours, looks, colour_names(looks)))


def _wheel(lightness: "Tensor") -> tuple[tuple[str, ...], ...]:
    """All hues at a lightness L (1, 1, 1, 1), each from gray to the most that sRGB shows of it."""
    import torch

    from colorgan.color import fit_chroma

    turn = torch.arange(HUES) * (2 * torch.pi / HUES)
    directions = torch.stack((turn.cos(), turn.sin()))[None, :, :, None]  # (1, 2, HUES, 1)
    strongest = fit_chroma(lightness.expand(-1, -1, HUES, 1), directions * WIDEST)
    shares = torch.arange(STRENGTHS) / (STRENGTHS - 1)
    colours = _hex(lightness.expand(-1, -1, HUES, STRENGTHS), strongest * shares)
    return tuple(tuple(colours[hue * STRENGTHS : (hue + 1) * STRENGTHS]) for hue in range(HUES))


def _lab(colours: Sequence[str]) -> "tuple[Tensor, Tensor]":
    """ "#rrggbb" of each -> L (1, 1, K, 1) and ab (1, 2, K, 1)."""
    lab = lab_of(colours).T[None, :, :, None]
    return lab[:, :1], lab[:, 1:]


def _hex(lightness: "Tensor", ab: "Tensor") -> list[str]:
    """L (1, 1, H, W) and ab (1, 2, H, W) -> "#rrggbb" of each place, row by row."""
    from colorgan.color import lab_to_gamut_rgb

    rgb = lab_to_gamut_rgb(lightness, ab)[0].flatten(1).T
    return ["#{:02x}{:02x}{:02x}".format(*colour) for colour in rgb.mul(255).round().int().tolist()]
