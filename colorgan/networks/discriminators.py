"""The discriminators: is this colour real? One class per system, and the flagship's.

All share one contract. `forward` takes lightness L / 50 - 1, (N, 1, H, W), and colour, (N, C, H, W) of the same
size, in [-1, 1] in whatever space the generator puts out; a critic that judges colour alone takes the lightness and
ignores it. It gives *unnormalised* scores (N, K, h, w), higher for more real: K judges, each at h x w places. Where a
source writes a sigmoid, it belongs to the objective, which computes it stably from these logits; a plain mean over
all scores weighs every judge and every place alike.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from colorgan.networks.generators import dcgan_start, doubled, down


class PatchCritic(nn.Module):
    """System 1: the Wasserstein critic, a PatchGAN (Isola et al. 2017, section 3.2.2) without the sigmoid.

    Colour (N, 3, 256, 256) in [-1, 1] -> scores (N, 1, 16, 16), unnormalised; the lightness is ignored. The one linear
    layer reads each of the 16 x 16 places by itself: that is what makes it a PatchGAN, and lets it take any size from
    `minimum_size`. Left open by the source: an activation after the first layer, ReLU as after the others.
    """

    minimum_size = 16

    def __init__(self, colour_channels: int = 3, width: int = 64):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Sequential(nn.Conv2d(colour_channels, width, 4, 2, 1), nn.ReLU()),
            *(down(width * 2**i, width * 2 ** (i + 1), nn.ReLU()) for i in range(3)),
        )
        self.score = nn.Conv2d(8 * width, 1, 1)
        self.apply(dcgan_start)

    def forward(self, lightness: Tensor, colour: Tensor) -> Tensor:
        check_pair(lightness, colour, self.minimum_size)
        x = self.layers(colour)  #           (64, 128, 128) (128, 64, 64) (256, 32, 32) (512, 16, 16)
        scores: Tensor = self.score(x)  #    ( 1,  16,  16)
        return scores


class ConditionalDiscriminator(nn.Module):
    """System 2: seven strided layers on the grayscale photo beside the colour.

    Lightness (N, 1, 256, 256), colour (N, 3, 256, 256) in [-1, 1] -> logits (N, 1, 2, 2), unnormalised. Left open by
    the source: the channels, here pix2pix's, and how the seventh layer becomes real or fake: one linear layer at
    every place, since a score behind BatchNorm and ReLU could never be negative.
    """

    minimum_size = 128

    def __init__(self, colour_channels: int = 3, width: int = 64):
        super().__init__()
        channels = [1 + colour_channels, *doubled(width, 7, 8 * width)]  # 4, 64 128 256 512 512 512 512
        self.layers = nn.Sequential(*(down(i, o, nn.ReLU()) for i, o in pairwise(channels)))
        self.score = nn.Conv2d(channels[-1], 1, 1)
        self.apply(dcgan_start)

    def forward(self, lightness: Tensor, colour: Tensor) -> Tensor:
        check_pair(lightness, colour, self.minimum_size)
        x = torch.cat((lightness, colour), 1)  #  (  4, 256, 256)
        x = self.layers(x)  #                     ( 64, 128, 128) (128, 64, 64) (256, 32, 32) ... (512, 2, 2)
        logits: Tensor = self.score(x)  #         (  1,   2,   2)
        return logits


class WeakDiscriminator(nn.Module):
    """System 3: DCGAN's discriminator (Radford et al. 2016), weakened so that it does not win at once.

    Lightness (N, 1, H, W), ab / 110 (N, 2, H, W) -> logits (N, 1, H/16 - 3, W/16 - 3), unnormalised: one value at
    DCGAN's own 64 x 64, 13 x 13 places at 256. Left open by the source: it is weak by half of DCGAN's channels and by
    dropout; it sees L and ab together, since DCGAN's judges a picture, and ab alone is none.
    """

    minimum_size = 64

    def __init__(self, colour_channels: int = 2, width: int = 32, dropout: float = 0.3):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Sequential(nn.Conv2d(1 + colour_channels, width, 4, 2, 1), nn.LeakyReLU(0.2), nn.Dropout2d(dropout)),
            *(
                nn.Sequential(down(width * 2**i, width * 2 ** (i + 1), nn.LeakyReLU(0.2)), nn.Dropout2d(dropout))
                for i in range(3)
            ),
        )
        self.score = nn.Conv2d(8 * width, 1, 4)
        self.apply(dcgan_start)

    def forward(self, lightness: Tensor, colour: Tensor) -> Tensor:
        check_pair(lightness, colour, self.minimum_size)
        x = torch.cat((lightness, colour), 1)  #  (  3, 256, 256)
        x = self.layers(x)  #                     ( 32, 128, 128) (64, 64, 64) (128, 32, 32) (256, 16, 16)
        logits: Tensor = self.score(x)  #         (  1,  13,  13)
        return logits


class LabDiscriminator(nn.Module):
    """System 4: strided layers down to one value, on L*a*b* beside the grayscale photo (Nazeri et al. 2018).

    Lightness (N, 1, 256, 256), Lab (N, 3, 256, 256) in [-1, 1] -> logits (N, 1, 1, 1), unnormalised. Left open by the
    source: 6 units from 32 channels double all the way to 1024 at 4 x 4, where a last 4x4 conv makes one value;
    larger photos give more of them.
    """

    def __init__(self, colour_channels: int = 3, units: int = 6, width: int = 32):
        super().__init__()
        channels = [1 + colour_channels, *(width * 2**i for i in range(units))]  # 4, 32 64 128 256 512 1024
        self.minimum_size = 4 * 2**units
        self.layers = nn.Sequential(*(down(i, o, nn.LeakyReLU(0.2)) for i, o in pairwise(channels)))
        self.score = nn.Conv2d(channels[-1], 1, 4)
        self.apply(dcgan_start)

    def forward(self, lightness: Tensor, colour: Tensor) -> Tensor:
        check_pair(lightness, colour, self.minimum_size)
        x = torch.cat((lightness, colour), 1)  #  (  4, 256, 256)
        x = self.layers(x)  #                     ( 32, 128, 128) (64, 64, 64) (128, 32, 32) ... (1024, 4, 4)
        logits: Tensor = self.score(x)  #         (  1,   1,   1)
        return logits


class PooledDiscriminator(nn.Module):
    """System 5: four pairs of convolutions with max pooling, then dense layers, for 120 x 120 alone.

    Lightness (N, 1, 120, 120), colour (N, 2, 120, 120) in [-1, 1] -> logits (N, 1, 1, 1), unnormalised. Left open by
    the source: the convolutions are unpadded, as its generator's are, which leaves 256 x 2 x 2 values for the dense
    part; BatchNorm, which it names without a place, follows every convolution but the first, as in DCGAN.
    """

    size = 120

    def __init__(self, colour_channels: int = 2):
        super().__init__()
        layers: list[nn.Module] = []
        before = 1 + colour_channels
        for kernel, channels in ((7, 32), (5, 64), (3, 128), (3, 256)):
            for inputs in (before, channels):
                is_first = not layers
                layers.append(nn.Conv2d(inputs, channels, kernel, bias=is_first))
                layers += [nn.ReLU()] if is_first else [nn.BatchNorm2d(channels), nn.ReLU()]
            layers.append(nn.MaxPool2d(2))
            before = channels
        self.layers = nn.Sequential(*layers)
        dense = [256 * 2 * 2, 512, 128, 16]
        self.dense = nn.Sequential(*(nn.Sequential(nn.Linear(i, o), nn.ReLU()) for i, o in pairwise(dense)))
        self.score = nn.Linear(dense[-1], 1)
        self.layers.apply(dcgan_start)

    def forward(self, lightness: Tensor, colour: Tensor) -> Tensor:
        check_pair(lightness, colour, self.size)
        if colour.shape[-2:] != (self.size, self.size):
            raise ValueError(f"this discriminator takes {self.size} x {self.size} alone, got {shape_text(colour)}")
        x = torch.cat((lightness, colour), 1)  #        (  3, 120, 120)
        x = self.layers(x)  #                           ( 32,  54,  54) (64, 23, 23) (128, 9, 9) (256, 2, 2)
        logits: Tensor = self.score(self.dense(x.flatten(1)))  # (512) (128) (16) (1)
        return logits[:, :, None, None]


class ChromaDiscriminator(nn.Module):
    """The flagship's: at each scale one judge of patches and one of the whole photo, under spectral norm.

    Lightness (N, 1, H, W), ab / 110 (N, 2, H, W) in [-1, 1] -> scores (N, 2 x scales, H/16, W/16), unnormalised:
    channels are patches and whole photo at full size, then at half size, and so on. A patch of 76 pixels knows texture
    but not whether the sky of this photo is as blue as its lawn is green; the branch that averages over the photo does.
    Squares of 2 x 2 pixels are the first layer's channels: all there is to see, at a quarter of the price.
    Coarser scores and the whole photo's one score are repeated over the finest places, so that a plain mean weighs
    all judges alike.

    Spectral norm (Miyato et al. 2018, arXiv 1802.05957) on every layer and no BatchNorm: a hinge objective needs the
    slope bounded, and the score of one photo must not depend on its neighbours in the batch. Several scales are
    those of Wang et al. 2018, "pix2pixHD" (arXiv 1711.11585), section 3.2, each with its own weights.
    """

    def __init__(self, colour_channels: int = 2, width: int = 64, scales: int = 1):
        super().__init__()
        if scales < 1:
            raise ValueError(f"scales must be at least 1, got {scales}")
        self.minimum_size = 64 * 2 ** (scales - 1)
        self.judges = nn.ModuleList(ChromaJudges(4 * (1 + colour_channels), width) for _ in range(scales))

    def forward(self, lightness: Tensor, colour: Tensor) -> Tensor:
        check_pair(lightness, colour, self.minimum_size)
        x = torch.cat((lightness, colour), 1)
        x = functional.pixel_unshuffle(x[..., : x.shape[2] // 2 * 2, : x.shape[3] // 2 * 2], 2)
        scores: list[Tensor] = []
        for judges in self.judges:
            for score in judges(x):
                places = scores[0].shape[-2:] if scores else score.shape[-2:]
                scores.append(functional.interpolate(score, places, mode="nearest"))
            x = functional.avg_pool2d(x, 2)
        return torch.cat(scores, 1)


class ChromaJudges(nn.Module):
    """One scale of `ChromaDiscriminator`: (N, C, H, W) -> patches (N, 1, H/8, W/8), whole photo (N, 1, 1, 1)."""

    def __init__(self, channels: int, width: int):
        super().__init__()
        self.shared = nn.Sequential(*(bounded(i, o) for i, o in pairwise([channels, width, 2 * width, 4 * width])))
        self.patch = spectral_norm(nn.Conv2d(4 * width, 1, 3, padding=1))
        self.whole = nn.Sequential(bounded(4 * width, 8 * width), bounded(8 * width, 8 * width))
        self.verdict = spectral_norm(nn.Conv2d(8 * width, 1, 1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.shared(x)  #                                    ( 64, H/ 2, W/ 2) (128, H/4, W/4) (256, H/8, W/8)
        scene = self.whole(x).mean((2, 3), keepdim=True)  #      (512, H/16, W/16) (512, H/32, W/32) -> (512, 1, 1)
        return self.patch(x), self.verdict(scene)


def bounded(in_channels: int, channels: int) -> nn.Sequential:
    """Spectrally normed conv 4x4 s2 -> LeakyReLU(0.2), (N, C, H, W) -> (N, C', H/2, W/2)."""
    return nn.Sequential(spectral_norm(nn.Conv2d(in_channels, channels, 4, 2, 1)), nn.LeakyReLU(0.2))


def check_pair(lightness: Tensor, colour: Tensor, minimum: int) -> None:
    """Refuse a pair that does not match, before a convolution fails in the middle of it."""
    if lightness.ndim != 4 or lightness.shape[1] != 1:
        raise ValueError(f"lightness must be (N, 1, H, W), got {tuple(lightness.shape)}")
    if colour.ndim != 4 or colour.shape[0] != lightness.shape[0] or colour.shape[2:] != lightness.shape[2:]:
        raise ValueError(f"colour must fit lightness {tuple(lightness.shape)}, got {tuple(colour.shape)}")
    if min(colour.shape[2:]) < minimum:
        raise ValueError(f"height and width must be at least {minimum}, got {shape_text(colour)}")


def shape_text(image: Tensor) -> str:
    """(N, C, H, W) -> "H x W"."""
    return f"{image.shape[-2]} x {image.shape[-1]}"
