"""What a set of votes says, and how surely. Pure functions of arrays; every formula names its source.

A vote is one judgement of one pair. Votes of one person resemble each other, and so do votes on one photo, so counting
them as independent makes intervals too short: at 42 %, 36 votes a person and an intraclass correlation of .06, a plain
Wilson interval covers the truth 73 to 75 % of the time instead of 95 %.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from colorgan.intervals import LEVEL, Interval, holm, t_interval, wilson

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

RESAMPLES = 10_000
SEED = 20_160_328  # the day of arXiv 1603.08511; any other would do, but it is fixed
MIN_PHOTO_VOTES = 8
MIN_PEOPLE_TO_RANK = 30
_CELLS = 4_000_000  # of a resampling weight matrix held at once


@dataclass(frozen=True)
class Votes:
    """Votes as columns of one length (V,). `person` and `photo` are any integers that tell them apart."""

    person: Ints
    photo: Ints
    fooled: Bools

    def __post_init__(self) -> None:
        if not len(self.person) == len(self.photo) == len(self.fooled):
            raise ValueError(
                f"columns must have one length, got {len(self.person)}, {len(self.photo)}, {len(self.fooled)}"
            )

    def __len__(self) -> int:
        return len(self.fooled)

    @property
    def people(self) -> int:
        """How many people voted."""
        return len(np.unique(self.person))

    def where(self, chosen: Bools) -> "Votes":
        """Those votes only."""
        return Votes(self.person[chosen], self.photo[chosen], self.fooled[chosen])


def design_effect(votes: Votes) -> float:
    """How much more the rate varies than with independent votes: the variance of the people's means, over what
    independent votes would give (Kish, Survey Sampling, 1965); 1 where the rate is 0 or 1, or one person voted."""
    rate, means = float(votes.fooled.mean()), person_means(votes)
    if rate in (0.0, 1.0) or len(means) < 2:
        return 1.0
    return float(means.var(ddof=1) / len(means) / (rate * (1 - rate) / len(votes)))


def these_photos(votes: Votes) -> Interval:
    """The fooling rate of *these* photos, whoever looks: people vary, photos are fixed.

    Wilson with the effective number of votes n / max(1, design effect) and a t quantile with people - 1 degrees of
    freedom, in the manner of Korn & Graubard (Survey Methodology 24, 1998).
    """
    from scipy import special  # slow to import: not before somebody asks for results

    if not len(votes):
        return Interval(math.nan, 0.0, 1.0)
    if votes.people < 2:
        return Interval(float(votes.fooled.mean()), 0.0, 1.0)  # one person says nothing about others
    effective = len(votes) / max(1.0, design_effect(votes))
    critical = float(special.stdtrit(votes.people - 1, (1 + LEVEL) / 2))
    return wilson(float(votes.fooled.mean()) * effective, effective, critical)


def new_photos(votes: Votes, resamples: int = RESAMPLES, seed: int = SEED) -> Interval:
    """The fooling rate to expect of *other* photos of the same kind: people and photos both vary.

    Bootstrap over both at once, percentiles: each resample draws people and, apart from them, photos with replacement
    (the "pigeonhole" bootstrap of Owen, Annals of Applied Statistics 1, 2007: it errs to the long side).
    """
    if not len(votes):
        return Interval(math.nan, 0.0, 1.0)
    people, person = np.unique(votes.person, return_inverse=True)
    photos, photo = np.unique(votes.photo, return_inverse=True)
    shape = (len(people), len(photos))
    if min(shape) < 2:
        return Interval(float(votes.fooled.mean()), 0.0, 1.0)
    cell = person * shape[1] + photo
    counts = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape).astype(float)
    fooled = np.bincount(cell, votes.fooled, minlength=shape[0] * shape[1]).reshape(shape)
    generator, rates = np.random.default_rng(seed), []
    step = max(1, _CELLS // max(shape))
    for start in range(0, resamples, step):
        draws = min(step, resamples - start)
        people_drawn = _multiplicities(generator, draws, shape[0])
        photos_drawn = _multiplicities(generator, draws, shape[1])
        votes_drawn = ((people_drawn @ counts) * photos_drawn).sum(1)
        fooled_drawn = ((people_drawn @ fooled) * photos_drawn).sum(1)
        rates.append(fooled_drawn[votes_drawn > 0] / votes_drawn[votes_drawn > 0])
    low, high = np.quantile(np.concatenate(rates), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(votes.fooled.mean()), float(low), float(high))


def person_means(votes: Votes) -> Floats:
    """Each person's own fooling rate (people,)."""
    _, person = np.unique(votes.person, return_inverse=True)
    return np.bincount(person, votes.fooled) / np.bincount(person)


def d_prime_pairs(fooled: float, votes: float) -> float:
    """Sensitivity in two-alternative forced choice: sqrt(2) z(share correct) (Macmillan & Creelman 2005, ch. 7).

    0 is guessing (perfect fakes), 2.3 is 95 % correct. Half a vote is added to both outcomes (the log-linear rule of
    Hautus 1995) so that all correct is not infinite.
    """
    from scipy import special  # slow to import: not before somebody asks for results

    if votes <= 0:
        return math.nan
    return math.sqrt(2) * float(special.ndtri((votes - fooled + 0.5) / (votes + 1)))


@dataclass(frozen=True)
class YesNo:
    """Quick mode's figures: single photos, "real or fake?".

    hit_rate: fakes called fake. false_alarm_rate: real photos called fake. criterion: above 0 leans to "real".
    """

    votes: int
    people: int
    hit_rate: Interval
    false_alarm_rate: Interval
    d_prime: float
    criterion: float


def yes_no(person: Ints, is_fake: Bools, said_fake: Bools) -> YesNo:
    """Hit rate, false-alarm rate, d' = z(H) - z(F) and criterion c = -(z(H) + z(F)) / 2 (Macmillan & Creelman, ch. 1).

    Rates are as counted, with the interval of `these_photos`; d' and c use the log-linear rule (Hautus 1995).
    """
    from scipy import special  # slow to import: not before somebody asks for results

    rates, z = [], []
    for kind in (is_fake, ~is_fake):
        said = said_fake[kind]
        rates.append(these_photos(Votes(person[kind], np.zeros(len(said), np.int64), said)))
        z.append(float(special.ndtri((said.sum() + 0.5) / (len(said) + 1))) if len(said) else math.nan)
    return YesNo(
        len(person), len(np.unique(person)), rates[0], rates[1], d_prime=z[0] - z[1], criterion=-(z[0] + z[1]) / 2
    )


@dataclass(frozen=True)
class ModelDifference:
    """How much more often the first model fooled the same people than the second; p after Holm."""

    first: str
    second: str
    people: int
    difference: Interval
    p: float
    p_holm: float


def model_differences(votes: Votes, model: Sequence[str]) -> list[ModelDifference]:
    """All pairs of models: each person's own difference, a paired t interval and test, Holm over the pairs.

    Holm, Scandinavian Journal of Statistics 6, 1979. Only people who judged both count.
    """
    names = np.asarray(model)
    pairs, levels = [], sorted(set(model))
    for place, first in enumerate(levels):
        for second in levels[place + 1 :]:
            differences = _within_person(votes, names == first, names == second)
            interval, p = t_interval(differences)
            pairs.append((first, second, len(differences), interval, p))
    adjusted = holm([pair[-1] for pair in pairs])
    return [ModelDifference(*pair, p_holm) for pair, p_holm in zip(pairs, adjusted, strict=True)]


def votes_needed(rate: float, null: float = 0.5, power: float = 0.8) -> float:
    """Independent votes that tell a rate from `null`, two-sided at .05, by the normal approximation
    (Fleiss, Levin & Paik, Statistical Methods for Rates and Proportions, 2003, chapter 2)."""
    from scipy import special  # slow to import: not before somebody asks for results

    if rate == null or not 0 < rate < 1:
        raise ValueError(f"the rate must be in (0, 1) and differ from {null}, got {rate}")
    z_alpha, z_power = float(special.ndtri((1 + LEVEL) / 2)), float(special.ndtri(power))
    root = z_alpha * math.sqrt(null * (1 - null)) + z_power * math.sqrt(rate * (1 - rate))
    return (root / (rate - null)) ** 2


def people_needed(rate: float, votes_a_person: int = 36, icc: float = 0.06, power: float = 0.8) -> int:
    """People for the same, when their votes are correlated: the design effect is 1 + (votes - 1) icc (Kish 1965)."""
    return math.ceil(votes_needed(rate, power=power) * (1 + (votes_a_person - 1) * icc) / votes_a_person)


def _multiplicities(generator: np.random.Generator, draws: int, items: int) -> Floats:
    """How often each item is in each resample (draws, items)."""
    return generator.multinomial(items, np.full(items, 1 / items), size=draws).astype(float)


def _within_person(votes: Votes, first: Bools, second: Bools) -> Floats:
    """Rate under the first model minus rate under the second, for each person who judged both."""
    _, person = np.unique(votes.person, return_inverse=True)
    people = int(person.max(initial=-1)) + 1
    means = []
    for chosen in (first, second):
        counts = np.bincount(person[chosen], minlength=people)
        fooled = np.bincount(person[chosen], votes.fooled[chosen], minlength=people)
        means.append(np.divide(fooled, counts, out=np.full(people, np.nan), where=counts > 0))
    differences: Floats = means[0] - means[1]
    return differences[~np.isnan(differences)]
