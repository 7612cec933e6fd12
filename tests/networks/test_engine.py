"""The flagship by onnxruntime: torch's picture, the same bytes each time, and torch itself for all but plain use."""

import copy
import io
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from colorgan import DEFAULT_WEIGHTS, Colorizer
from colorgan.networks.engine import _spinning
from colorgan.networks.lite_unet import LiteUNet
from colorgan.networks.word_head import Points, Prepared, WordHead

AB = 110.0


@pytest.fixture(scope="module")
def bundled() -> LiteUNet:
    network: LiteUNet = Colorizer.from_pretrained(DEFAULT_WEIGHTS).generator
    return network


@pytest.fixture
def network(bundled: LiteUNet) -> LiteUNet:
    """One whose weights may be changed."""
    return copy.deepcopy(bundled)


def lightness(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def by_torch(network: LiteUNet, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    with torch.no_grad():
        features, objects = network.features(x)
        return network.picture(features), features, objects


def by_engine(network: LiteUNet, x: Tensor) -> tuple[Tensor, Tensor, Tensor] | None:
    with torch.inference_mode():
        found = network.engine.run(network, {"lightness": x})
        return None if found is None else (found[0], found[1], found[2])


@pytest.mark.parametrize("model", ["", "twin"])
@pytest.mark.parametrize("shape", [(1, 1, 224, 288), (3, 1, 64, 96), (1, 1, 32, 32), (1, 1, 512, 160)])
def test_it_is_torchs_picture(model: str, shape: tuple[int, ...]) -> None:
    network = Colorizer.from_pretrained(Path(DEFAULT_WEIGHTS) / model).generator
    x = lightness(*shape)
    found = by_engine(network, x)
    assert found is not None
    for ours, theirs in zip(found, by_torch(network, x), strict=True):
        assert ours.shape == theirs.shape
        assert (ours - theirs).abs().max() <= 1e-4 * theirs.abs().max()
    assert (found[0] - by_torch(network, x)[0]).abs().max() * AB < 0.05


def test_the_network_and_the_colorizer_run_it() -> None:
    """`forward`, `look` and `sample` give its numbers: torch's differ in the last bits."""
    colorizer = Colorizer.from_pretrained(DEFAULT_WEIGHTS)
    network, x = colorizer.generator, lightness(1, 1, 96, 64)
    [picture, _, _] = by_engine(network, x) or (None,) * 3
    assert picture is not None and not torch.equal(picture, by_torch(network, x)[0])
    with torch.inference_mode():
        assert torch.equal(network(x), picture)
        assert torch.equal(network.look(x)[0], picture)
        assert torch.equal(network.sample(x, 1, 1.0, torch.Generator().manual_seed(0))[:, 0], picture)


def test_same_bytes_each_time_in_any_company_on_any_number_of_threads(bundled: LiteUNet) -> None:
    x = lightness(4, 1, 96, 128)
    first = by_engine(bundled, x)
    assert first is not None
    threads = torch.get_num_threads()
    try:
        for number in (1, 3):
            torch.set_num_threads(number)
            again = by_engine(copy.deepcopy(bundled), x)
            assert again is not None
            assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
    finally:
        torch.set_num_threads(threads)
    for index in range(len(x)):
        alone = by_engine(bundled, x[index : index + 1])
        assert alone is not None
        assert all(torch.equal(one[index : index + 1], other) for one, other in zip(first, alone, strict=True))


CHANGES: dict[str, Callable[[LiteUNet], object]] = {
    "in place": lambda network: network.regression.weight.mul_(1.5),
    "through .data": lambda network: network.regression.weight.data.mul_(1.5),
    "batch norm's statistics": lambda network: network.encoder.stem[1].running_mean.add_(0.1),
    "another parameter": lambda network: setattr(
        network.regression, "weight", nn.Parameter(network.regression.weight * 1.5)
    ),
    "another layer": lambda network: setattr(network, "regression", nn.Conv2d(96, 8, 1)),
    "load_state_dict": lambda network: network.load_state_dict(
        {name: tensor * 1.5 if name == "regression.weight" else tensor for name, tensor in network.state_dict().items()}
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_weights_that_were_changed_after_loading_count(network: LiteUNet, change: str) -> None:
    x = lightness(1, 1, 64, 64)
    before = by_engine(network, x)
    with torch.no_grad():
        CHANGES[change](network)
    after = by_engine(network.eval(), x)
    assert before is not None and after is not None
    assert not torch.equal(after[0], before[0])
    assert (after[0] - by_torch(network, x)[0]).abs().max() * AB < 0.05


LEFT_TO_TORCH: dict[str, Callable[[LiteUNet], object]] = {
    "in training": lambda network: network.train(),
    "a part in training": lambda network: network.encoder.train(),
    "a hook": lambda network: network.neck.register_forward_hook(lambda *what: None),
    "half precision": lambda network: network.half(),
    "other layers": lambda network: setattr(network, "neck", nn.Sequential(network.neck, nn.Identity())),
    "a layer more": lambda network: network.finish.append(nn.Conv2d(96, 96, 1)),
}


@pytest.mark.parametrize("change", LEFT_TO_TORCH)
def test_what_torch_must_do_it_does(network: LiteUNet, change: str) -> None:
    assert by_engine(network, lightness(1, 1, 32, 32)) is not None
    LEFT_TO_TORCH[change](network)
    assert by_engine(network, lightness(1, 1, 32, 32)) is None


def test_gradients_other_types_and_other_widths_are_torchs(bundled: LiteUNet) -> None:
    x = lightness(1, 1, 32, 32)
    assert bundled.engine.run(bundled, {"lightness": x}) is None  # gradients are wanted
    bundled(x).sum().backward()
    assert bundled.regression.weight.grad is not None
    bundled.zero_grad()
    assert by_engine(bundled, x.double()) is None
    with torch.autocast("cpu", torch.bfloat16):
        assert by_engine(bundled, x) is None
    narrow = LiteUNet(widths=(8, 8, 8, 8)).eval()
    assert by_engine(narrow, x) is None
    with torch.inference_mode():
        assert narrow(x).shape == (1, 2, 16, 16)


def a_look(network: LiteUNet, grid: tuple[int, int] = (6, 9), seed: int = 0) -> Prepared:
    assert network.words is not None
    with torch.inference_mode():
        _, look = network.look(lightness(1, 1, 16 * grid[0], 16 * grid[1], seed=seed))
        return Prepared(network.words, look)


def some_points(count: int, seed: int = 0) -> Points:
    draw = torch.Generator().manual_seed(seed)
    return Points(torch.rand(count, 2, generator=draw) * 96, torch.randn(count, 2, generator=draw) * 40)


def told(head: WordHead, seen: Prepared, points: Points) -> tuple[Tensor, Tensor, Tensor]:
    """Logits, states and colours of a photo of which points are known."""
    logits, states = head.think(seen, head.known(seen, points))
    return logits, states, head.calm(seen, (logits, states), points)


@pytest.mark.parametrize("count", [0, 1, 30])
@pytest.mark.parametrize("grid", [(6, 9), (2, 2), (14, 18)])
def test_words_and_painter_are_torchs(bundled: LiteUNet, count: int, grid: tuple[int, int]) -> None:
    head, seen, points = bundled.words, a_look(bundled, grid), some_points(count)
    assert head is not None
    with torch.no_grad():
        ours = told(head, seen, points)
        hooks = [part.register_forward_hook(lambda *what: None) for part in (head.words.likeness, head.painter.context)]
        theirs = told(head, seen, points)
    for hook in hooks:
        hook.remove()
    for one, other in zip(ours, theirs, strict=True):
        assert one.shape == other.shape
        assert not torch.equal(one, other)  # the last bits are another's
    assert (ours[2] - theirs[2]).abs().max() < 0.05
    assert (ours[0] - theirs[0]).abs().max() < 1e-3


def test_words_and_painter_say_the_same_in_any_company_on_any_number_of_threads(bundled: LiteUNet) -> None:
    head = bundled.words
    assert head is not None
    seen, points = a_look(bundled), some_points(5)
    with torch.inference_mode():
        first, threads = told(head, seen, points), torch.get_num_threads()
        try:
            for number in (1, 3):
                torch.set_num_threads(number)
                again = told(copy.deepcopy(head), seen, points)
                assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
        finally:
            torch.set_num_threads(threads)
        known = head.known(seen, points)
        two = type(known)(*(torch.cat((torch.zeros_like(one), one)) for one in vars(known).values()))
        logits, states = head.words.say(seen.read.repeat(2, 1, 1), two, seen.look.grid)
    assert torch.equal(logits[1:], first[0]) and torch.equal(states[1:], first[1])


def test_a_hint_that_is_not_given_changes_nothing(bundled: LiteUNet) -> None:
    head = bundled.words
    assert head is not None
    seen, points = a_look(bundled), some_points(2)
    with torch.inference_mode():
        logits, states, painted = told(head, seen, points)
        hints = torch.cat((points.places / 4, points.colours), 1)
        hints = torch.cat((hints, torch.tensor([[3.0, 5.0, 90.0, -90.0]])))[None]
        colours = logits.softmax(-1) @ head.words.vocabulary
        given = torch.tensor([[True, True, False]])
        again = head.painter.paint(seen.canvas, states, colours, hints, given, torch.zeros(1))
    assert (again - painted).abs().max() < 1e-3


WORD_CHANGES: dict[str, Callable[[WordHead], object]] = {
    "the vocabulary": lambda head: head.words.vocabulary.mul_(0.5),
    "what is learned of steps": lambda head: head.words.layers[0].steps.add_(torch.rand(961, 6)),
    "a layer": lambda head: head.words.layers[3].out.weight.mul_(2),
    "the painter": lambda head: head.painter.refine[0].weight.mul_(2),
    "a number of the painter": lambda head: head.painter.hint_distance.sub_(1),
    "a bias that only what is prepared has": lambda head: head.painter.enter.bias.add_(1),
}


@pytest.mark.parametrize("change", WORD_CHANGES)
def test_weights_of_words_and_painter_that_were_changed_count(network: LiteUNet, change: str) -> None:
    head = network.words
    assert head is not None
    seen, points = a_look(network), some_points(3)
    with torch.no_grad():
        told(head, seen, points)
        WORD_CHANGES[change](head)
        seen = Prepared(head, seen.look)
        ours = told(head, seen, points)
        head.words.likeness.register_forward_hook(lambda *what: None)
        head.painter.context.register_forward_hook(lambda *what: None)
        theirs = told(head, seen, points)
    assert (ours[2] - theirs[2]).abs().max() < 0.05


def test_words_of_other_widths_are_torchs() -> None:
    torch.manual_seed(0)
    head = WordHead(96, 112, width=96).eval()
    seen = (torch.rand(1, 4, 96), torch.rand(4, 6, 4, 4))
    known = {"colours": torch.zeros(1, 2, 2, 2), "state": torch.zeros(1, 2, 2, dtype=torch.long)}
    inputs = {"read": seen[0].unflatten(1, (2, 2)), **known, "place": torch.zeros(1, 2, 2, 3)}
    with torch.inference_mode():
        assert head.words.engine.run(head.words, inputs, {"steps": seen[1]}) is None


def test_only_releases_that_know_how_long_spin() -> None:
    assert _spinning("1.20.1") == _spinning("1.31.0") == {"intra_op.allow_spinning": "0"}
    assert "allow_spinning" not in str(_spinning("1.32.0")) and _spinning("2.0.0rc1") == _spinning("1.32.0")


def test_words_may_be_trained_beside_it(network: LiteUNet) -> None:
    assert network.words is not None
    network.words.train()
    assert by_engine(network, lightness(1, 1, 32, 32)) is not None


def test_copies_and_pickles_run_and_the_weights_are_what_they_were(bundled: LiteUNet) -> None:
    x = lightness(1, 1, 32, 64)
    first = by_engine(bundled, x)
    file = io.BytesIO()
    torch.save(bundled, file)
    file.seek(0)
    others = (copy.deepcopy(bundled), pickle.loads(pickle.dumps(bundled)), torch.load(file, weights_only=False))
    for other in others:
        again = by_engine(other, x)
        assert first is not None and again is not None and torch.equal(first[0], again[0])
    assert not any("engine" in name for name in bundled.state_dict())


def test_a_size_that_the_network_does_not_take_is_refused_as_ever(bundled: LiteUNet) -> None:
    with torch.inference_mode(), pytest.raises(ValueError, match="multiple"):
        bundled(lightness(1, 1, 33, 32))
