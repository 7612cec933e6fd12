"""Colour words: what blocks may be, given what is known of others."""

import copy
import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from colorgan.networks.painter import mixed, of_channels
from colorgan.networks.word_head import Drawing, Look, Points, Prepared, WordHead, shares_of_things
from colorgan.networks.words import (
    REACH,
    ColourWords,
    Known,
    entropy,
    make_vocabulary,
    mean_colours,
    places,
    relative_steps,
)

GRID = (3, 4)


@pytest.fixture(scope="module")
def head() -> WordHead:
    """A small head with random weights, whose words lie on a circle of chroma 40."""
    torch.manual_seed(0)
    head = WordHead(8, 12, count=10, width=24, layers=2, heads=2, painter=16).eval()
    angle = torch.arange(10) / 10 * 2 * math.pi
    head.words.vocabulary.copy_(40 * torch.stack((angle.cos(), angle.sin()), 1))
    for layer in head.words.layers:
        torch.nn.init.normal_(layer.steps, std=0.5)
    torch.nn.init.normal_(head.painter.leave.weight, std=0.01)
    return head


def seen_by(head: WordHead, grid: tuple[int, int] = GRID, photos: int = 1, seed: int = 1) -> Prepared:
    draw = torch.Generator().manual_seed(seed)
    h, w = grid

    def random(*shape: int) -> Tensor:
        return torch.randn(photos, *shape, generator=draw)

    lightness = torch.rand(photos, 1, 16 * h, 16 * w, generator=draw) * 2 - 1
    look = head.look(random(8, 4 * h, 4 * w), random(12, h, w), random(2, 8 * h, 8 * w) / 10, lightness)
    return Prepared(head, look)


def test_steps_are_alike_wherever_they_begin_and_end() -> None:
    steps = relative_steps((4, 5), torch.device("cpu")).view(4, 5, 4, 5)
    assert steps[0, 0, 1, 2] == steps[2, 1, 3, 3] == steps[1, 0, 2, 2]
    assert len({steps[1, 2, down, right].item() for down in range(4) for right in range(5)}) == 20
    far = relative_steps((1, 40), torch.device("cpu"))
    assert far[0, REACH] == far[0, 39] != far[0, REACH - 1]


def test_places_are_shares_of_the_sides() -> None:
    torch.testing.assert_close(places((2, 4), torch.device("cpu"))[0], torch.tensor((-0.5, -0.75)))
    torch.testing.assert_close(places((2, 4), torch.device("cpu"))[-1], torch.tensor((0.5, 0.75)))


def test_entropy_is_zero_for_one_word_and_one_for_any() -> None:
    sure = torch.tensor((100.0, 0, 0, 0))
    torch.testing.assert_close(entropy(torch.stack((sure, torch.zeros(4)))), torch.tensor((0.0, 1.0)))
    half = torch.tensor((50.0, 50.0, 0, 0))
    torch.testing.assert_close(entropy(half), torch.tensor(0.5))  # one bit of two


def test_the_mean_is_the_words_own() -> None:
    words = torch.tensor(((10.0, 0.0), (0.0, 20.0)))
    torch.testing.assert_close(mean_colours(torch.tensor((0.0, math.log(3))), words), torch.tensor((2.5, 15.0)))


def test_a_vocabulary_finds_the_colours_there_are_rare_ones_too() -> None:
    draw = torch.Generator().manual_seed(0)
    centres = torch.tensor(((0.0, 0.0), (50.0, 40.0), (-40.0, 30.0), (20.0, -60.0)))
    many = torch.tensor((20_000, 300, 300, 300))
    colours = centres.repeat_interleave(many, 0) + torch.randn(int(many.sum()), 2, generator=draw)
    words = make_vocabulary(colours, 16, torch.Generator().manual_seed(1))
    assert words.shape == (16, 2)
    assert torch.cdist(centres, words).amin(1).max() < 2
    assert torch.equal(words, make_vocabulary(colours, 16, torch.Generator().manual_seed(1)))


def test_what_is_not_known_says_nothing(head: WordHead) -> None:
    seen = seen_by(head)
    nothing = Known.nothing(1, 12)
    colours = Known(torch.full((1, 12, 2), 55.0), nothing.state, torch.ones(1, 12, 3))
    with torch.inference_mode():
        torch.testing.assert_close(head.think(seen, colours)[0], head.think(seen, nothing)[0])


def test_a_known_block_changes_what_is_said_of_the_others(head: WordHead) -> None:
    seen, points = seen_by(head), Points(torch.tensor(((40.0, 8.0),)), torch.tensor(((40.0, 0.0),)))
    with torch.inference_mode():
        told, untold = (head.think(seen, head.known(seen, said))[0] for said in (points, Points.none()))
    assert (told - untold).abs().amin(2).gt(0).all()


def test_hints_land_in_their_block_with_their_place_in_it(head: WordHead) -> None:
    seen = seen_by(head)
    # x 40 is in the middle of the third column; y 20 a quarter of a block below the second row's upper edge
    known = head.known(seen, Points(torch.tensor(((40.0, 20.0),)), torch.tensor(((5.0, -6.0),))))
    assert known.state[0].tolist() == [0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0]
    torch.testing.assert_close(known.colours[0, 6], torch.tensor((5.0, -6.0)))
    light = seen.look.lightness[0, 0, 20:24, 40:44].mean()
    torch.testing.assert_close(known.place[0, 6], torch.stack((torch.tensor(0.0), torch.tensor(-0.25), light)))
    assert head.known(seen, Points(torch.tensor(((64.0, 48.0),)), torch.zeros(1, 2))).state[0, 11] == 2


def test_any_grid_will_do_and_photos_in_a_batch_do_not_meet() -> None:
    words = ColourWords(6, count=5, width=16, layers=1, heads=2).eval()
    words.vocabulary.copy_(torch.randn(5, 2))
    features = torch.randn(3, 35, 6)
    with torch.inference_mode():
        together, _ = words(features, Known.nothing(3, 35), (5, 7))
        alone, _ = words(features[1:2], Known.nothing(1, 35), (5, 7))
    assert together.shape == (3, 35, 5)
    torch.testing.assert_close(together[1:2], alone)


def test_what_is_kept_of_a_grid_follows_the_weights_and_the_grid(head: WordHead) -> None:
    words = copy.deepcopy(head.words)
    features, nothing = torch.randn(1, 12, words.enter.in_features), Known.nothing(1, 12)

    def said(grid: tuple[int, int]) -> Tensor:
        with torch.no_grad():
            logits: Tensor = words(features, nothing, grid)[0]
        return logits

    first, other = said((3, 4)), said((4, 3))
    assert torch.equal(said((3, 4)), first) and not torch.equal(other, first)
    with torch.enable_grad():
        torch.testing.assert_close(words(features, nothing, (3, 4))[0], first)
    with torch.no_grad():
        words.layers[0].steps.mul_(-1.0)  # in place, as averaged weights change
    assert not torch.equal(said((3, 4)), first)


def test_an_unknown_grid_is_refused() -> None:
    with pytest.raises(ValueError, match="the block of colour words must be 16 pixels of the view, got 8"):
        WordHead(8, 12, count=10, block=8)


# --- drawing ----------------------------------------------------------------------------------------------------------


def noises(head: WordHead, look: Look, unsaid: Tensor, seeds: int) -> Tensor:
    """Noise of a photo's words by seeds 0, 1, ...: (seeds, P, Q)."""
    return torch.stack([head.noise(look, unsaid, seed, 8.0) for seed in range(seeds)])


def test_noise_has_gumbels_distribution(head: WordHead) -> None:
    found = noises(head, seen_by(head).look, torch.zeros(1, 12, 10), 2000)
    assert found.mean().item() == pytest.approx(0.5772, abs=0.05)  # Euler's constant
    assert found.var().item() == pytest.approx(math.pi**2 / 6, abs=0.15)


def test_noise_is_the_photos_own_and_its_copies_share_it(head: WordHead) -> None:
    """A copy is darker and not quite the same; another photo is dark where this one is light."""
    unsaid, draw = torch.zeros(1, 12, 10), torch.Generator().manual_seed(2)
    light = torch.linspace(-1, 1, 64).expand(1, 1, 48, 64)
    look = replace(seen_by(head).look, lightness=light)
    copy_of_it = replace(look, lightness=0.93 * light - 0.07 + 0.01 * torch.randn(light.shape, generator=draw))
    one, same, another = (
        noises(head, each, unsaid, 40) for each in (look, copy_of_it, replace(look, lightness=-light))
    )
    assert (one - same).abs().mean() < 0.1 < 0.5 < (one - another).abs().mean()


def test_a_drawing_is_the_seeds_alone(head: WordHead) -> None:
    seen, how = seen_by(head), Drawing(rounds=3)
    with torch.inference_mode():
        unsaid, _ = head.think(seen, Known.nothing(1, 12))
        first, second, again = (head.draw(seen, Points.none(), seed, unsaid, how) for seed in (5, 6, 5))
    assert torch.equal(first, again)
    assert (first - second).abs().max() > 1


def test_drawn_words_follow_their_probabilities(head: WordHead) -> None:
    """In one round at temperature 1, each block's words come as often as the network says."""
    seen = seen_by(head)
    with torch.inference_mode():
        logits, _ = head.think(seen, Known.nothing(1, 12))
        drawn = (logits + noises(head, seen.look, logits, 2000)).argmax(2)
    share = torch.nn.functional.one_hot(drawn, 10).float().mean(0)
    assert (share - logits[0].softmax(1)).abs().max() < 0.05


def test_blocks_of_one_thing_have_most_in_common_and_a_little_noise_changes_little() -> None:
    """Two things side by side, one lighter; then two that are alike in lightness and differ in their likely colours."""
    draw = torch.Generator().manual_seed(0)
    right, none = torch.arange(8).expand(8, 8) >= 4, torch.zeros(64, 2)
    lighter = torch.where(right, 1.0, -1.0) + 0.2 * torch.randn(8, 8, generator=draw)
    tinted = torch.where(right.flatten()[:, None], torch.tensor((20.0, 5.0)), torch.tensor((-10.0, 15.0)))
    for light, tints in ((lighter, none), (torch.zeros(8, 8), tinted)):
        share = shares_of_things(light, tints, 8.0)
        torch.testing.assert_close(share.sum(1), torch.ones(64))
        own = torch.where(right.flatten()[:, None] == right.flatten(), share, 0).sum(1)
        assert own.min() > 0.85
        of_a_copy = shares_of_things(light + 0.02 * torch.randn(8, 8, generator=draw), tints, 8.0)
        assert (share - of_a_copy).abs().sum(1).max() < 0.1


# --- the painter ------------------------------------------------------------------------------------------------------


def test_one_colour_everywhere_is_painted_everywhere() -> None:
    torch.manual_seed(0)
    head = WordHead(8, 12, count=10, width=24, layers=1, heads=2, painter=16).eval()  # its last layer begins at 0
    seen, colours = seen_by(head), torch.tensor((12.0, -30.0)).expand(1, 12, 2)
    with torch.inference_mode():
        painted = head.paint(seen, torch.randn(1, 12, 24), colours, Points.none(), drawn=False)
    torch.testing.assert_close(painted, torch.tensor((12.0, -30.0)).view(1, 2, 1, 1).expand(1, 2, 24, 32))


def test_a_place_takes_its_colours_from_the_blocks_around_it_alone(head: WordHead) -> None:
    seen = seen_by(head, (1, 8))
    z = torch.randn(1, 24, 4, 32)
    colours = torch.zeros(1, 2, 1, 8)
    colours[:, :, :, 7] = 50.0
    with torch.inference_mode():
        shared = mixed(head.painter.shares_of_blocks(z), colours)
    assert shared[..., :20].abs().max() == 0  # the eighth block is in reach from the sixth on
    assert shared[..., 30:].amin() > 0
    assert seen.look.grid == (1, 8)


def test_shares_go_by_likeness_and_distance(head: WordHead) -> None:
    """What is computed all at once, place by place: equations of `Painter`'s docstring."""
    grid, places, painter = (3, 4), (12, 16), head.painter
    draw = torch.Generator().manual_seed(3)
    z, colours = torch.randn(1, 24, *places, generator=draw) / 3, torch.randn(1, 2, *grid, generator=draw)
    hints = torch.tensor((((3.2, 1.7, 30.0, 0.0), (12.4, 9.9, 0.0, 8.0)),))
    soft = torch.nn.functional.softplus
    with torch.inference_mode():
        made = mixed(painter.shares_of_blocks(z), colours)
        spread = painter.shares_of_hints(z, hints, torch.ones(1, 2, dtype=torch.bool)).view(2, *places)
        means = torch.nn.functional.avg_pool2d(z, 4)[0]
        for y, x in ((0, 0), (5, 9), (11, 15)):
            near = [(r, c) for r in range(3) for c in range(4) if abs(r - y // 4) <= 2 and abs(c - x // 4) <= 2]
            unlike = torch.stack([(z[0, :, y, x] - means[:, r, c]).square().sum() for r, c in near])
            far = torch.tensor([(r + 0.5 - (y + 0.5) / 4) ** 2 + (c + 0.5 - (x + 0.5) / 4) ** 2 for r, c in near])
            share = (-soft(painter.likeness) * unlike - 2 * soft(painter.distance) * far).softmax(0)
            wanted = sum(one * colours[0, :, r, c] for one, (r, c) in zip(share, near, strict=True))
            torch.testing.assert_close(made[0, :, y, x], wanted)
            scores = [torch.zeros(())]  # nothing at all
            for at_x, at_y, *_ in hints[0].tolist():
                unlike = (z[0, :, y, x] - z[0, :, int(at_y), int(at_x)]).square().sum()
                away = ((x + 0.5 - at_x) ** 2 + (y + 0.5 - at_y) ** 2) / 16
                score = -soft(painter.hint_likeness) * unlike - 0.1 * soft(painter.hint_distance) * away
                scores.append(score + painter.nothing)
            torch.testing.assert_close(spread[:, y, x], torch.stack(scores).softmax(0)[1:])


def test_a_layer_in_parts_is_the_layer() -> None:
    torch.manual_seed(0)
    layer, x = torch.nn.Conv2d(7, 5, 1), torch.randn(2, 7, 3, 4)
    in_parts = of_channels(layer, x[:, :4], 0) + of_channels(layer, x[:, 4:], 4)
    torch.testing.assert_close(in_parts, layer(x))


def test_a_hints_residual_goes_where_features_are_alike(head: WordHead) -> None:
    z = torch.zeros(1, 24, 4, 8)
    z[..., 4:] = 3.0  # another thing on the right
    hints, given = torch.tensor((((1.0, 1.0, 30.0, 0.0),),)), torch.ones(1, 1, dtype=torch.bool)
    with torch.inference_mode():
        share = head.painter.shares_of_hints(z, hints, given).view(4, 8)
    assert share[:, :4].amin() > share[:, 4:].amax()
    assert share[1, 1] == share.amax()
    with torch.inference_mode():
        assert head.painter.shares_of_hints(z, hints, ~given).abs().max() < 1e-6


def test_a_hint_pulls_its_place_towards_its_colour(head: WordHead) -> None:
    seen = seen_by(head)
    wanted = torch.tensor(((45.0, 5.0),))
    with torch.inference_mode():
        before, after = (
            head.calm(seen, head.think(seen, head.known(seen, points)), points)
            for points in (Points.none(), Points(torch.tensor(((33.0, 17.0),)), wanted))
        )

    def off(ab: Tensor) -> float:
        return (ab[0, :, 8, 16] - wanted[0]).norm().item()

    assert off(after) < 0.7 * off(before)
