"""Known answers for every figure, and the promise of the intervals in simulated studies."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from colorgan.voting.statistics import (
    Interval,
    Votes,
    d_prime_pairs,
    design_effect,
    holm,
    model_differences,
    new_photos,
    people_needed,
    t_interval,
    these_photos,
    votes_needed,
    wilson,
    yes_no,
)


def votes(table: list[list[int]]) -> Votes:
    """Rows are people, columns are photos."""
    fooled = np.array(table)
    person, photo = np.indices(fooled.shape)
    return Votes(person.ravel(), photo.ravel(), fooled.ravel().astype(bool))


def simulated(
    generator: np.random.Generator, people: int = 40, rate: float = 0.42, icc: float = 0.06, photos: int = 200
) -> Votes:
    """People whose own rates are beta-distributed around `rate`, with that intraclass correlation; 36 photos each."""
    weight = (1 - icc) / icc
    rates = generator.beta(rate * weight, (1 - rate) * weight, people)
    person = np.repeat(np.arange(people), 36)
    photo = np.concatenate([generator.permutation(photos)[:36] for _ in range(people)])
    return Votes(person, photo, generator.random(len(person)) < rates[person])


def covers(interval: Interval, truth: float) -> bool:
    return interval.low <= truth <= interval.high


# Wilson


def test_wilson_known_answers() -> None:
    # Newcombe 1998 (Statistics in Medicine 17), table I, method 3, his four examples to four digits.
    for (r, n), (low, high) in {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0.0000, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }.items():
        interval = wilson(r, n)
        assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)
        assert interval.value == r / n


def test_wilson_is_scipys() -> None:
    for r, n in ((3, 10), (42, 100), (100, 100)):
        expected = stats.binomtest(r, n).proportion_ci(method="wilson")
        assert wilson(r, n).low == pytest.approx(expected.low)
        assert wilson(r, n).high == pytest.approx(expected.high)


def test_a_student_projects_42_percent() -> None:
    """100 independent votes at 42 % give 33 to 52 %: what the number of votes unknown leaves open."""
    interval = wilson(42, 100)
    assert (round(interval.low, 2), round(interval.high, 2)) == (0.33, 0.52)


@given(st.integers(1, 500), st.floats(0, 1))
def test_wilson_stays_inside_and_around_its_value(trials: int, share: float) -> None:
    interval = wilson(share * trials, trials)
    assert 0 <= interval.low <= interval.value <= interval.high <= 1


def test_nothing_is_said_without_votes() -> None:
    nothing = Votes(*(np.empty(0, kind) for kind in (np.int64, np.int64, np.bool_)))
    for interval in (wilson(0, 0), these_photos(nothing), new_photos(nothing)):
        assert math.isnan(interval.value)
        assert (interval.low, interval.high) == (0, 1)
    assert math.isnan(d_prime_pairs(0, 0))


# These photos


def test_the_design_effect_by_hand() -> None:
    # Means 1, 0, .5, .5: variance 1/6, over 4 people 1/24; p (1 - p) / n = .25 / 8 = 1/32; the quotient is 4/3.
    assert design_effect(votes([[1, 1], [0, 0], [1, 0], [0, 1]])) == pytest.approx(4 / 3)
    assert design_effect(votes([[1, 1], [1, 1]])) == 1  # rate 1
    assert design_effect(votes([[1, 0, 1, 0]])) == 1  # one person


def test_these_photos_by_hand() -> None:
    # n_eff = 8 / (4/3) = 6; t(3) at .975 = 3.182446 (any table); Wilson of 3 in 6 with it: .5 +- .397916.
    interval = these_photos(votes([[1, 1], [0, 0], [1, 0], [0, 1]]))
    t = 3.182446
    half = t / (1 + t * t / 6) * math.sqrt(0.25 / 6 + t * t / (4 * 36))
    assert interval.value == 0.5
    assert interval.low == pytest.approx(0.5 - half, abs=1e-6)
    assert interval.high == pytest.approx(0.5 + half, abs=1e-6)


def test_people_who_all_agree_do_not_shorten_the_interval() -> None:
    """A design effect below 1 is chance: never more votes than there are."""
    agreeing = votes([[1, 0], [0, 1], [1, 0], [0, 1]])
    assert design_effect(agreeing) == 0
    interval = these_photos(agreeing)
    assert interval.low < wilson(4, 8).low
    assert interval.high > wilson(4, 8).high


def test_one_person_says_nothing_about_others() -> None:
    assert these_photos(votes([[1, 0, 1, 1]])) == Interval(0.75, 0, 1)
    assert new_photos(votes([[1, 0, 1, 1]])) == Interval(0.75, 0, 1)


def test_the_interval_covers_as_often_as_it_says() -> None:
    """42 %, 40 people, 36 votes each, ICC .06: at least 93 % of 200 studies, and of 1,000; plain Wilson does not."""
    generator = np.random.default_rng(8)
    ours, plain = [], []
    for _ in range(1000):
        study = simulated(generator)
        ours.append(covers(these_photos(study), 0.42))
        plain.append(covers(wilson(int(study.fooled.sum()), len(study)), 0.42))
    assert np.mean(ours[:200]) >= 0.93
    assert np.mean(ours) >= 0.93
    assert np.mean(plain) < 0.80


def test_it_covers_small_studies_and_lopsided_rates_too() -> None:
    generator = np.random.default_rng(9)
    for people, rate in ((10, 0.42), (27, 0.1), (40, 0.5)):
        covered = [covers(these_photos(simulated(generator, people, rate)), rate) for _ in range(300)]
        assert np.mean(covered) >= 0.92, (people, rate)


# New photos


def test_the_two_way_bootstrap_has_owens_variance() -> None:
    """For a complete table the variance of the resampled mean is known, in three components (Owen 2007)."""
    generator = np.random.default_rng(1)
    people, photos = 30, 40
    table = generator.random((people, photos)) < np.clip(
        0.4 + generator.normal(0, 0.1, (people, 1)) + generator.normal(0, 0.2, (1, photos)), 0, 1
    )
    interval = new_photos(votes(table.astype(int).tolist()))
    rows, columns = table.mean(1).var() / people, table.mean(0).var() / photos
    residual = table - table.mean(1, keepdims=True) - table.mean(0, keepdims=True) + table.mean()
    expected = math.sqrt(rows + columns + (residual**2).mean() / (people * photos))
    assert (interval.high - interval.low) / (2 * 1.96) == pytest.approx(expected, rel=0.05)


def test_new_photos_are_less_certain_when_photos_differ() -> None:
    easy_and_hard = votes([[1] * 10 + [0] * 10 for _ in range(20)])
    fixed, new = these_photos(easy_and_hard), new_photos(easy_and_hard)
    assert new.high - new.low > 2 * (fixed.high - fixed.low)


def test_the_bootstrap_is_seeded_and_unbalanced_tables_work() -> None:
    study = simulated(np.random.default_rng(2), people=12)
    assert new_photos(study) == new_photos(study)
    assert new_photos(study, seed=1) != new_photos(study, seed=2)
    interval = new_photos(study)
    assert interval.low < study.fooled.mean() < interval.high


def test_the_order_of_votes_does_not_matter() -> None:
    study = simulated(np.random.default_rng(3), people=12)
    order = np.random.default_rng(4).permutation(len(study))
    shuffled = Votes(study.person[order], study.photo[order], study.fooled[order])
    assert new_photos(shuffled) == new_photos(study)
    assert these_photos(shuffled).low == pytest.approx(these_photos(study).low)


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="one length, got 3, 3, 2"):
        Votes(np.arange(3), np.arange(3), np.zeros(2, bool))


# Sensitivity


def test_d_prime_of_pairs() -> None:
    assert d_prime_pairs(50, 100) == 0
    # Phi(1 / sqrt(2)) = .760: 76 % correct in forced choice is d' = 1; many votes make the half vote vanish.
    assert d_prime_pairs(240_000, 1_000_000) == pytest.approx(1.00, abs=0.005)
    assert d_prime_pairs(0, 36) < math.inf
    assert d_prime_pairs(60, 100) < 0


def test_yes_no_known_answer() -> None:
    # H = .8, F = .3: z = .8416, -.5244; d' = 1.366, c = -.1586 (Macmillan & Creelman's arithmetic).
    many = 100_000
    is_fake = np.arange(2 * many) < many
    said_fake = np.concatenate((np.arange(many) < 0.8 * many, np.arange(many) < 0.3 * many))
    figures = yes_no(np.arange(2 * many) % 50, is_fake, said_fake)
    assert figures.hit_rate.value == pytest.approx(0.8)
    assert figures.false_alarm_rate.value == pytest.approx(0.3)
    assert figures.d_prime == pytest.approx(1.366, abs=0.001)
    assert figures.criterion == pytest.approx(-0.1586, abs=0.001)
    assert (figures.people, figures.votes) == (50, 2 * many)


def test_yes_no_without_one_kind() -> None:
    figures = yes_no(np.array([1, 2]), np.array([True, True]), np.array([True, False]))
    assert math.isnan(figures.false_alarm_rate.value)
    assert math.isnan(figures.d_prime)


# Models


def test_holm_known_answer() -> None:
    # R 4: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") is 0.03 0.06 0.06 0.02.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1, 1]
    assert math.isnan(holm([math.nan, 0.01])[0])
    assert holm([math.nan, 0.01])[1] == pytest.approx(0.02)


def test_the_t_interval_is_scipys() -> None:
    values = np.random.default_rng(0).normal(0.1, 0.3, 25)
    interval, p = t_interval(values)
    expected = stats.ttest_1samp(values, 0)
    assert p == pytest.approx(expected.pvalue)
    assert (interval.low, interval.high) == pytest.approx(tuple(expected.confidence_interval()))
    assert t_interval(np.zeros(5)) == (Interval(0, 0, 0), 1)
    assert math.isnan(t_interval(np.array([0.5]))[1])


def test_models_are_compared_within_people() -> None:
    """People differ wildly, each by the same step between models: within a person that step is certain."""
    person, model, fooled = [], [], []
    for number in range(10):
        for name, right in (("a", number + 2), ("b", number)):
            person += [number] * 18
            model += [name] * 18
            fooled += [True] * right + [False] * (18 - right)
    person += [99] * 5  # saw one model only: does not count
    model += ["a"] * 5
    fooled += [True] * 5
    study = Votes(np.array(person), np.arange(len(person)), np.array(fooled))
    [difference] = model_differences(study, model)
    assert (difference.first, difference.second, difference.people) == ("a", "b", 10)
    assert difference.difference.value == pytest.approx(2 / 18)
    assert difference.difference.low > 0.11 * 0.99
    assert difference.p_holm == difference.p < 1e-6


def test_three_models_are_three_comparisons() -> None:
    generator = np.random.default_rng(5)
    study = simulated(generator, people=20)
    model = [("a", "b", "c")[index % 3] for index in range(len(study))]
    differences = model_differences(study, model)
    assert [(one.first, one.second) for one in differences] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [one.p_holm for one in differences] == pytest.approx(holm([one.p for one in differences]))
    assert model_differences(study, ["a"] * len(study)) == []


# Power


def test_power_as_announced() -> None:
    assert votes_needed(0.42) == pytest.approx(304, abs=0.5)
    assert votes_needed(0.42) * (1 + 35 * 0.06) == pytest.approx(943, abs=0.5)
    assert people_needed(0.42) == 27
    with pytest.raises(ValueError, match=r"differ from 0.5, got 0.5"):
        votes_needed(0.5)


def test_27_people_find_42_percent_four_times_in_five() -> None:
    generator = np.random.default_rng(6)
    found = [not covers(these_photos(simulated(generator, people=27)), 0.5) for _ in range(400)]
    assert 0.72 < np.mean(found) < 0.88


def test_guessers_pass_the_catch_rule_as_often_as_announced() -> None:
    passing = {right: float(stats.binom.sf(4, 6, right)) for right in (0.5, 0.95)}
    assert passing[0.5] == pytest.approx(0.109, abs=0.001)
    assert passing[0.95] == pytest.approx(0.967, abs=0.001)
