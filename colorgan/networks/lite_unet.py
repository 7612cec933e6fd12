"""The flagship generator: a pretrained encoder, a light decoder, a colour and a distribution of colours per pixel."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from colorgan.color import CHROMA_SCALE
from colorgan.networks.encoders import EfficientNetLite
from colorgan.networks.engine import Engine, Graph
from colorgan.networks.generators import check_lightness
from colorgan.networks.variants import draw_tilts, expected_ab
from colorgan.networks.word_head import Look, WordHead

PIXELS = 4  # side of the square of the photo's pixels that one place of the decoder's last stage stands for
SEEN = Graph("lite2", frozenset({"words", "distribution", "cell_ab"}))  # what `LiteUNet.seen` computes
SUBPIXELS = 2  # side of the square of colours that the regression head makes of such a place


class DecoderStage(nn.Module):
    """Upsample, add the encoder's features of that scale (1x1 lateral), refine with one residual block.

    x (N, C, H, W), skip (N, S, 2H, 2W) -> (N, C', 2H, 2W); without a skip the size stays.
    """

    def __init__(self, in_channels: int, skip_channels: int, channels: int):
        super().__init__()
        self.reduce = nn.Conv2d(in_channels, channels, 1)
        self.lateral = nn.Conv2d(skip_channels, channels, 1)
        self.refine = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1),
        )

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = functional.interpolate(self.reduce(x), size=skip.shape[-2:], mode="nearest") + self.lateral(skip)
        refined: Tensor = self.refine(x)
        return x + refined


class LiteUNet(nn.Module):
    """The flagship: EfficientNet-Lite encoder, residual decoder to a quarter of the input, two heads.

    The regression head says which colour is right on average; the distribution head gives a probability to each
    of `cells` colours of the ab plane, from which variants are drawn (Zhang et al. 2016, section 2.2).
    Lightness (N, 1, H, W), H and W multiples of 32 -> ab / 110 (N, 2, H/2, W/2).

    The decoder stops at a quarter, where convolutions are cheap, but works with the photo's own pixels: the last stage
    sees each square of 4 x 4 as channels, and the regression head puts out squares of 2 x 2 (sub-pixel convolution,
    Shi et al. 2016, arXiv 1609.05158). So colours end at outlines that a quarter could not hold.

    With `words`, a `WordHead` beside the two reads the same features, takes hints, and draws colours that commit.

    Against learning photos by heart, in training alone: `stochastic_depth` as the encoder has it, and `dropout`, the
    share of the encoder's deepest channels that each photo does without.
    """

    output_space = "ab"
    output_stride = 2
    size_multiple = 32  # 4 would do, but other sizes see their last rows and columns less well
    minimum_size = 32

    def __init__(
        self,
        encoder: str = "lite0",
        widths: tuple[int, ...] = (192, 160, 128, 96),
        cells: int = 0,
        stochastic_depth: float = 0.0,
        dropout: float = 0.0,
        words: Mapping[str, Any] | None = None,
    ):
        super().__init__()
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be a share in [0, 1), got {dropout}")
        self.encoder = EfficientNetLite(encoder, stochastic_depth)
        self.dropout = dropout
        fine, middle, coarse, deepest = self.encoder.channels  # /4, /8, /16, /32
        self.words = None if words is None else WordHead(widths[-1], coarse, **words)
        fine += PIXELS**2  # the photo's own pixels go along
        self.neck = nn.Conv2d(deepest, widths[0], 1)
        self.scene = nn.Sequential(
            nn.Linear(deepest, widths[0]), nn.ReLU(inplace=True), nn.Linear(widths[0], widths[0])
        )
        self.stages = nn.ModuleList(
            DecoderStage(before, skip, after)
            for before, skip, after in zip(widths, (coarse, middle, fine), widths[1:], strict=False)
        )
        self.finish = nn.Sequential(nn.BatchNorm2d(widths[-1]), nn.ReLU(inplace=True))
        self.regression = nn.Conv2d(widths[-1], 2 * SUBPIXELS**2, 1)
        self.distribution = nn.Conv2d(widths[-1], cells, 1) if cells else None
        # The cells' centres in ab units: which colours occur is a fact of the training photos, so it travels along.
        self.register_buffer("cell_ab", torch.zeros(cells, 2))
        self.engine = Engine(SEEN)

    cell_ab: Tensor

    def features(self, lightness: Tensor) -> tuple[Tensor, Tensor]:
        """Lightness (N, 1, H, W) in [-1, 1] -> what the heads read (N, widths[-1], H/4, W/4), and the encoder's
        features at H/16, which tell objects apart."""
        check_lightness(lightness, PIXELS, self.minimum_size)
        *skips, deepest = self.encoder(lightness)  # for lite0: (24, H/4) (40, H/8) (112, H/16) (320, H/32)
        deepest = functional.dropout2d(deepest, self.dropout, self.training)
        scene = self.scene(deepest.mean((2, 3)))  # one description of the whole photo, (N, widths[0])
        x = self.neck(deepest) + scene[:, :, None, None]
        skips[0] = torch.cat((skips[0], functional.pixel_unshuffle(lightness, PIXELS)), 1)
        for stage, skip in zip(self.stages, reversed(skips), strict=True):
            x = stage(x, skip)
        return self.finish(x), skips[-1]

    def picture(self, features: Tensor) -> Tensor:
        """What `features` gives, (N, widths[-1], h, w) -> ab / 110 (N, 2, 2h, 2w)."""
        return functional.pixel_shuffle(self.regression(features), SUBPIXELS)

    def forward(self, lightness: Tensor) -> Tensor:
        return self.seen(lightness)[0]

    def seen(self, lightness: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Lightness (N, 1, H, W) in [-1, 1] -> the picture, ab / 110 (N, 2, H/2, W/2), and what `features` gives.

        By onnxruntime where that can, in less than half of torch's time and to 1e-4 ab units the same: see `engine`.
        """
        check_lightness(lightness, PIXELS, self.minimum_size)
        found = self.engine.run(self, {"lightness": lightness})
        if found is not None:
            picture, features, objects = found
            return picture, features.contiguous(memory_format=torch.channels_last), objects
        features, objects = self.features(lightness)
        return self.picture(features), features, objects

    def look(self, lightness: Tensor) -> tuple[Tensor, Look]:
        """Lightness (N, 1, H, W) in [-1, 1] -> the picture, as `forward` has it, and what `words` reads of the photos.

        One pass of the encoder and the decoder; colours with hints, and drawings, are made of the look alone.
        """
        if self.words is None:
            raise ValueError("this LiteUNet has no colour words, so it takes no hints")
        picture, features, objects = self.seen(lightness)
        return picture, self.words.look(features, objects, picture, lightness)

    def sample(self, lightness: Tensor, count: int, strength: float, generator: torch.Generator) -> Tensor:
        """The picture and `count` variants in one pass, as ab / 110 (N, 1 + count, 2, H/2, W/2).

        A variant is the picture plus what a random tilt changes in the mean of the distribution, which is known at
        H/4: where the network is sure of a colour, nothing.
        """
        if self.distribution is None:
            raise ValueError("this LiteUNet has no distribution head (cells = 0), so it cannot draw variants")
        picture, features, objects = self.seen(lightness)
        picture = picture[:, None]
        logits = self.distribution(features).float()
        objects = functional.interpolate(objects.float(), size=logits.shape[-2:], mode="bilinear")
        cells, changes = self.cell_ab.float(), []
        for photo_logits, photo_objects in zip(logits, objects, strict=True):
            tilts = draw_tilts(photo_objects, cells, count, strength, generator)
            tilted = expected_ab(torch.cat((torch.zeros_like(tilts[:1]), tilts)) + photo_logits, cells)
            change = tilted[1:] - tilted[:1]
            changes.append(functional.interpolate(change, scale_factor=SUBPIXELS, mode="bilinear"))
        return torch.cat((picture, picture + torch.stack(changes) / CHROMA_SCALE), 1)
