"""The generators of the five systems: lightness in, colour out. The flagship's own is in `lite_unet`.

All share one contract. `forward` takes lightness L / 50 - 1, (N, 1, H, W) in [-1, 1], and gives (N, C, H, W) in
[-1, 1] (tanh) in the generator's `output_space`: "rgb" is 2 RGB - 1, "ab" is ab / 110, and "lab" is L / 50 - 1
above ab / 110. H and W must be multiples of `size_multiple` and at least `minimum_size`; anything else is a
ValueError, since padding is the caller's business. The picture comes out at `output_stride` 1: the input's size.
One that can make several colorizations of a photo has a method `sample`, as `LiteUNet` has.

Convolutions that feed a BatchNorm have no bias: the norm would subtract it. Weights start as DCGAN's do, which the
sources leave open (Radford et al. 2016, section 4). A BatchNorm needs more than one value per channel in training,
so the networks that go down to 1 x 1 train on batches of at least two photos.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

OUTPUT_CHANNELS = {"ab": 2, "lab": 3, "rgb": 3}


class DropoutUNet(nn.Module):
    """System 1: U-Net with dropout as its only noise, after pix2pix (Isola et al. 2017, section 3.2).

    Lightness (N, 1, 256, 256) in [-1, 1] -> RGB (N, 3, 256, 256) in [-1, 1]. The source leaves the dropout rate
    open; 0.5 is pix2pix's, and the decoder's LeakyReLU takes the encoder's slope.

    Dropout is on in training, drawn from torch's global state. In evaluation it is off, unless `noise` is given: a
    generator from which the masks are drawn, while BatchNorm stays frozen. Same state, same device, same picture.
    """

    output_space = "rgb"
    output_stride = 1

    def __init__(self, steps: int = 8, width: int = 64, dropout: float = 0.5):
        super().__init__()
        channels = doubled(width, steps, 8 * width)  # 64 128 256 512 512 512 512 512
        self.size_multiple = self.minimum_size = 2**steps
        self.encoder = nn.ModuleList(down(i, o, nn.LeakyReLU(0.2)) for i, o in pairwise([1, *channels]))
        mirrors = channels[-2::-1]  # 512 512 512 512 256 128 64
        self.decoder = nn.ModuleList(
            DropoutStep(before, mirror, dropout)
            for before, mirror in zip([channels[-1], *(2 * c for c in mirrors[:-1])], mirrors, strict=True)
        )
        self.head = nn.ConvTranspose2d(2 * width, OUTPUT_CHANNELS[self.output_space], 4, 2, 1)
        self.apply(dcgan_start)

    def forward(self, lightness: Tensor, noise: torch.Generator | None = None) -> Tensor:
        return self.decode(self.encode(lightness), noise)

    def sample(self, lightness: Tensor, count: int, strength: float, generator: torch.Generator) -> Tensor:
        """The picture and `count` variants, RGB (N, 1 + count, 3, H, W) in [-1, 1], from a network in evaluation.

        Variants come one after the other, so the first few of many are the same. `strength` is ignored, it is there
        for the shared signature: dropout is on or off, and which features it silences tells variants apart.
        """
        features = self.encode(lightness)
        return torch.stack([self.decode(features, noise) for noise in (None, *[generator] * count)], 1)

    def encode(self, lightness: Tensor) -> list[Tensor]:
        """Lightness (N, 1, H, W) in [-1, 1] -> what each encoder step made of it, finest first."""
        check_lightness(lightness, self.size_multiple, self.minimum_size)
        x, features = lightness, []  #              (   1, 256, 256)
        for step in self.encoder:  # e1 ... e8:     (  64, 128, 128) (128, 64, 64) (256, 32, 32) (512, 16, 16)
            x = step(x)  #                          ( 512,   8,   8) (512,  4,  4) (512,  2,  2) (512,  1,  1)
            features.append(x)
        return features

    def decode(self, features: list[Tensor], noise: torch.Generator | None = None) -> Tensor:
        """What `encode` gave -> RGB (N, 3, H, W) in [-1, 1]."""
        *skips, x = features
        for step in self.decoder:  # d1 ... d7:     (1024,   2,   2) (1024, 4, 4) (1024, 8, 8) (1024, 16, 16)
            x = step(x, skips.pop(), noise)  #      ( 512,  32,  32) ( 256, 64, 64) (128, 128, 128)
        return torch.tanh(self.head(x))  #          (   3, 256, 256)


class DropoutStep(nn.Module):
    """One decoder step of `DropoutUNet`: x (N, C, H, W), skip (N, C', 2H, 2W) -> both, (N, 2C', 2H, 2W)."""

    def __init__(self, in_channels: int, channels: int, rate: float):
        super().__init__()
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"dropout must be in [0, 1), got {rate}")
        self.rate = rate
        self.up = nn.ConvTranspose2d(in_channels, channels, 4, 2, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor, skip: Tensor, noise: torch.Generator | None) -> Tensor:
        x = self.norm(self.up(x))
        x = functional.dropout(x, self.rate, self.training) if noise is None else seeded_dropout(x, self.rate, noise)
        return torch.cat((functional.leaky_relu(x, 0.2), skip), 1)


class SymmetricUNet(nn.Module):
    """System 2: 16 strided layers, 8 down and 8 up, and a last 1x1 convolution.

    Lightness (N, 1, 256, 256) in [-1, 1] -> RGB (N, 3, 256, 256) in [-1, 1]. Left open by the source: channels are
    pix2pix's; the mirror of the last step up is the grayscale photo itself, so that the 1x1 layer sees it sharp.
    """

    output_space = "rgb"
    output_stride = 1

    def __init__(self, steps: int = 8, width: int = 64):
        super().__init__()
        channels = doubled(width, steps, 8 * width)  # 64 128 256 512 512 512 512 512
        mirrors = [*channels[-2::-1], 1]  # 512 512 512 512 256 128 64, and the photo
        outputs = [*channels[-2::-1], width]
        inputs = [channels[-1], *(o + m for o, m in zip(outputs, mirrors, strict=True))]
        self.size_multiple = self.minimum_size = 2**steps
        self.encoder = nn.ModuleList(down(i, o, nn.ReLU()) for i, o in pairwise([1, *channels]))
        self.decoder = nn.ModuleList(up(i, o, nn.ReLU()) for i, o in zip(inputs[:-1], outputs, strict=True))
        self.head = nn.Conv2d(inputs[-1], OUTPUT_CHANNELS[self.output_space], 1)
        self.apply(dcgan_start)

    def forward(self, lightness: Tensor) -> Tensor:
        check_lightness(lightness, self.size_multiple, self.minimum_size)
        x, skips = lightness, [lightness]  #         (   1, 256, 256)
        for step in self.encoder:  # e1 ... e8:      (  64, 128, 128) (128, 64, 64) (256, 32, 32) (512, 16, 16)
            x = step(x)  #                           ( 512,   8,   8) (512,  4,  4) (512,  2,  2) (512,  1,  1)
            skips.append(x)
        skips.pop()
        for step in self.decoder:  # d1 ... d8:      ( 512,   2,   2) (512, 4, 4) (512, 8, 8) (512, 16, 16)
            x = joined(step(x), skips.pop())  #      (256, 32, 32) (128, 64, 64) (64, 128, 128) (64, 256, 256)
        return torch.tanh(self.head(x))  #           (   3, 256, 256)


class ResidualGenerator(nn.Module):
    """System 3: encoder, unpadded residual blocks, decoder; L to ab at exactly the input's size.

    Lightness (N, 1, H, W) in [-1, 1], any H and W from `minimum_size` (43) -> ab / 110 (N, 2, H, W) in [-1, 1].
    Units, skips and the last 1x1 layer are those of Nazeri et al. 2018 (arXiv 1803.05400). Each block loses 2
    pixels on every side at a quarter of the size, so five of them ask for 40 pixels of reflection, the number of
    Johnson et al. 2016; a few more on the right and bottom complete a multiple of 4 and are cut off again.
    """

    output_space = "ab"
    output_stride = 1
    size_multiple = 1

    def __init__(self, blocks: int = 5, channels: int = 128):
        super().__init__()
        half = channels // 2
        self.margin = 2 * blocks * 4
        self.minimum_size = self.margin + 3  # reflection needs more pixels than it adds
        self.encoder = nn.ModuleList([down(1, half, nn.LeakyReLU(0.2)), down(half, channels, nn.LeakyReLU(0.2))])
        self.blocks = nn.Sequential(*(CroppedResidual(channels) for _ in range(blocks)))
        self.decoder = nn.ModuleList([MirrorStep(channels, half, half), MirrorStep(2 * half, half, 1)])
        self.head = nn.Conv2d(half + 1, OUTPUT_CHANNELS[self.output_space], 1)
        self.apply(dcgan_start)

    def forward(self, lightness: Tensor) -> Tensor:
        check_lightness(lightness, self.size_multiple, self.minimum_size)
        height, width = lightness.shape[-2:]
        right, bottom = self.margin + -width % 4, self.margin + -height % 4
        padded = functional.pad(lightness, (self.margin, right, self.margin, bottom), mode="reflect")
        half = self.encoder[0](padded)  #                              (  1, 336, 336) -> ( 64, 168, 168)
        x = self.blocks(self.encoder[1](half))  #                      (128,  84,  84) -> (128,  64,  64)
        x = self.decoder[0](x, cropped(half, self.margin // 2))  #     (128, 128, 128)
        x = self.decoder[1](x, cropped(padded, self.margin))  #        ( 65, 256, 256)
        return torch.tanh(self.head(x))[..., :height, :width]  #       (  2, 256, 256)


class CroppedResidual(nn.Module):
    """conv 3x3 -> BatchNorm -> ReLU -> conv 3x3 -> BatchNorm, plus the input cropped: (N, C, H, W) -> (N, C, H-4, W-4).

    No padding (Johnson et al. 2016, supplement): the borders of the photo's reflection never bleed in as zeros.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(channels, channels, 3, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        residual: Tensor = self.residual(x)
        return cropped(x, 2) + residual


class MirrorStep(nn.Module):
    """Transposed conv 4x4 s2 -> concatenation with the mirror -> BatchNorm -> ReLU (Nazeri et al. 2018, section 3.1).

    x (N, C, H, W), mirror (N, M, 2H, 2W) -> (N, C' + M, 2H, 2W).
    """

    def __init__(self, in_channels: int, channels: int, mirror_channels: int):
        super().__init__()
        self.up = nn.ConvTranspose2d(in_channels, channels, 4, 2, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels + mirror_channels)

    def forward(self, x: Tensor, mirror: Tensor) -> Tensor:
        return functional.relu(self.norm(joined(self.up(x), mirror)))


class LabUNet(nn.Module):
    """System 4: U-Net of `units` encoder and as many decoder units, in L*a*b* (Nazeri et al. 2018).

    Lightness (N, 1, H, W) in [-1, 1], H and W multiples of 2^units -> Lab (N, 3, H, W) in [-1, 1]. Left open by the
    source: 5 units from 64 channels, so that they double at every step; further units stop at `widest`. The mirror
    of the last unit is the grayscale photo itself.
    """

    output_space = "lab"
    output_stride = 1

    def __init__(self, units: int = 5, width: int = 64, widest: int = 1024):
        super().__init__()
        channels = doubled(width, units, widest)  # 64 128 256 512 1024
        mirrors = [*channels[-2::-1], 1]  # 512 256 128 64, and the photo
        outputs = [*channels[-2::-1], width]
        inputs = [channels[-1], *(o + m for o, m in zip(outputs, mirrors, strict=True))]
        self.size_multiple = self.minimum_size = 2**units
        self.encoder = nn.ModuleList(down(i, o, nn.LeakyReLU(0.2)) for i, o in pairwise([1, *channels]))
        self.decoder = nn.ModuleList(MirrorStep(i, o, m) for i, o, m in zip(inputs[:-1], outputs, mirrors, strict=True))
        self.head = nn.Conv2d(inputs[-1], OUTPUT_CHANNELS[self.output_space], 1)
        self.apply(dcgan_start)

    def forward(self, lightness: Tensor) -> Tensor:
        check_lightness(lightness, self.size_multiple, self.minimum_size)
        x, mirrors = lightness, [lightness]  #      (   1, 256, 256)
        for unit in self.encoder:  # e1 ... e5:     (  64, 128, 128) (128, 64, 64) (256, 32, 32) (512, 16, 16)
            x = unit(x)  #                          (1024,   8,   8)
            mirrors.append(x)
        mirrors.pop()
        for unit in self.decoder:  # d1 ... d5:     (1024,  16,  16) (512, 32, 32) (256, 64, 64) (128, 128, 128)
            x = unit(x, mirrors.pop())  #           (  65, 256, 256)
        return torch.tanh(self.head(x))  #          (   3, 256, 256)


class UnpaddedFCN(nn.Module):
    """System 5: three unpadded stages down by 24 pixels, a bottleneck, and three transposed ones back up.

    Lightness (N, 1, H, W) in [-1, 1], any H and W from 25 -> `output_space` (N, 2 or 3, H, W) in [-1, 1]. The
    source's text has both a 2-channel ab output and a 3-channel image: ab is the default. It names BatchNorm among
    its means but not in its layers: here it stands before every activation but the two tanh, as in DCGAN.
    """

    output_stride = 1
    size_multiple = 1
    minimum_size = 25

    def __init__(self, output_space: str = "ab"):
        super().__init__()
        if output_space not in OUTPUT_CHANNELS:
            raise ValueError(f"output_space must be one of {', '.join(OUTPUT_CHANNELS)}, got {output_space!r}")
        self.output_space = output_space
        self.encoder = nn.ModuleList(
            [
                unpadded(1, (5, 16), (3, 32), (3, 32)),
                unpadded(32, (5, 32), (3, 64), (3, 64)),
                unpadded(64, (5, 64), (3, 128), (3, 128)),
            ]
        )
        self.bottleneck = nn.Sequential(nn.Conv2d(128, 128, 3, padding=1), nn.Tanh())
        self.decoder = nn.ModuleList(
            [
                unpadded_up(256, (3, 128), (3, 128), (5, 64)),
                unpadded_up(128, (3, 64), (3, 64), (5, 32)),
                unpadded_up(64, (3, 32), (3, 32)),
            ]
        )
        self.head = nn.ConvTranspose2d(32, OUTPUT_CHANNELS[output_space], 5)
        self.apply(dcgan_start)

    def forward(self, lightness: Tensor) -> Tensor:
        check_lightness(lightness, self.size_multiple, self.minimum_size)
        x, skips = lightness, []  #                      (  1, 120, 120)
        for stage in self.encoder:
            x = stage(x)  #                              ( 32, 112, 112) (64, 104, 104) (128, 96, 96)
            skips.append(x)
        x = self.bottleneck(x)  #                        (128,  96,  96)
        for stage in self.decoder:
            x = stage(torch.cat((x, skips.pop()), 1))  # ( 64, 104, 104) (32, 112, 112) (32, 116, 116)
        return torch.tanh(self.head(x))  #               (  2, 120, 120)


def doubled(width: int, steps: int, widest: int) -> list[int]:
    """Channels of `steps` layers: `width`, doubled at each, never above `widest`."""
    if steps < 2:
        raise ValueError(f"a U-Net needs at least 2 steps down, got {steps}")
    return [min(width * 2**step, widest) for step in range(steps)]


def down(in_channels: int, channels: int, activation: nn.Module) -> nn.Sequential:
    """conv 4x4 s2 -> BatchNorm -> activation, (N, C, H, W) -> (N, C', H/2, W/2)."""
    return nn.Sequential(nn.Conv2d(in_channels, channels, 4, 2, 1, bias=False), nn.BatchNorm2d(channels), activation)


def up(in_channels: int, channels: int, activation: nn.Module) -> nn.Sequential:
    """Transposed conv 4x4 s2 -> BatchNorm -> activation, (N, C, H, W) -> (N, C', 2H, 2W)."""
    convolution = nn.ConvTranspose2d(in_channels, channels, 4, 2, 1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(channels), activation)


def unpadded(in_channels: int, *layers: tuple[int, int]) -> nn.Sequential:
    """(kernel, channels) of each layer -> conv -> BatchNorm -> LeakyReLU(0.2), each kernel - 1 pixels smaller."""
    parts: list[nn.Module] = []
    for kernel, channels in layers:
        parts += [nn.Conv2d(in_channels, channels, kernel, bias=False), nn.BatchNorm2d(channels), nn.LeakyReLU(0.2)]
        in_channels = channels
    return nn.Sequential(*parts)


def unpadded_up(in_channels: int, *layers: tuple[int, int]) -> nn.Sequential:
    """(kernel, channels) of each layer -> transposed conv -> BatchNorm -> ReLU, each kernel - 1 pixels larger."""
    parts: list[nn.Module] = []
    for kernel, channels in layers:
        convolution = nn.ConvTranspose2d(in_channels, channels, kernel, bias=False)
        parts += [convolution, nn.BatchNorm2d(channels), nn.ReLU()]
        in_channels = channels
    return nn.Sequential(*parts)


def joined(x: Tensor, mirror: Tensor) -> Tensor:
    """x (N, C, H, W), mirror (N, M, H, W) -> both, (N, C + M, H, W), in the type of x.

    Under autocast x is in half precision and the photo is not: joined as they are, all of x would be widened. And the
    one channel of a photo counts as channels first, which would turn all of x round.
    """
    last = x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()
    order = torch.channels_last if last else torch.preserve_format
    return torch.cat((x, mirror.to(x.dtype, memory_format=order)), 1)


def cropped(x: Tensor, margin: int) -> Tensor:
    """(N, C, H, W) -> its middle, `margin` pixels less on every side."""
    return x[..., margin : x.shape[-2] - margin, margin : x.shape[-1] - margin]


def seeded_dropout(x: Tensor, rate: float, generator: torch.Generator) -> Tensor:
    """Dropout of (N, C, H, W) whose mask comes from `generator`, on whatever device that draws."""
    draw = torch.rand(x.shape, generator=generator, device=generator.device).to(x.device)
    return torch.where(draw >= rate, x / (1 - rate), 0.0)


def dcgan_start(module: nn.Module) -> None:
    """DCGAN's start, for `Module.apply`: convolutions N(0, 0.02), norms N(1, 0.02), biases 0."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
    else:
        return
    if module.bias is not None:
        nn.init.zeros_(module.bias)


def check_lightness(lightness: Tensor, multiple: int, minimum: int) -> None:
    """Refuse what a generator cannot colorize, before a convolution fails in the middle of it."""
    if lightness.ndim != 4 or lightness.shape[1] != 1:
        raise ValueError(f"lightness must be (N, 1, H, W), got {tuple(lightness.shape)}")
    height, width = lightness.shape[-2:]
    if height % multiple or width % multiple:
        raise ValueError(f"height and width must be multiples of {multiple}, got {height} x {width}")
    if min(height, width) < minimum:
        raise ValueError(f"height and width must be at least {minimum}, got {height} x {width}")
