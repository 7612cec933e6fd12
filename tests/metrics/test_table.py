"""The rows of the metrics: complete, written in one voice, and each measuring what it says."""

import math

import pytest
import torch
from torch import Tensor

from colorgan.intervals import Interval
from colorgan.metrics.metric import Metric, PhotoMetric
from colorgan.metrics.pictures import Pictures
from colorgan.metrics.table import BY_KEY, HEADLINES, METRICS, OF_HINTS, OF_SETS, OF_VARIANTS, PER_PHOTO

COUNT, SIDE = 3, 24


def by_key(metric: Metric) -> str:
    return metric.key


@pytest.fixture
def truth() -> Pictures:
    coarse = torch.rand(COUNT, 3, 5, 5, generator=torch.Generator().manual_seed(1))
    return Pictures.of(torch.nn.functional.interpolate(coarse, (SIDE, SIDE), mode="bilinear"))


@pytest.fixture
def pale(truth: Pictures) -> Pictures:
    return Pictures.shown(truth.lightness, truth.ab / 2)


@pytest.fixture
def gray(truth: Pictures) -> Pictures:
    return Pictures.shown(truth.lightness, torch.zeros_like(truth.ab))


@pytest.mark.parametrize("metric", METRICS, ids=by_key)
def test_a_row_says_everything_in_one_voice(metric: Metric) -> None:
    assert BY_KEY[metric.key] is metric and len(BY_KEY) == len(METRICS)
    assert metric.key.isidentifier() and metric.key.islower()
    for part in (metric.title, metric.long_title, metric.source):
        assert not part.endswith(".") and part == part.strip()
    assert metric.title[0].isupper() or metric.title.startswith("ab ")
    assert metric.long_title[0].isupper()
    if metric.remark:
        assert (metric.remark[0].isupper() or metric.remark[0].isdigit()) and metric.remark.endswith(".")
    assert metric.about.startswith(f"{metric.long_title}.") and metric.about.endswith(".") and ".." not in metric.about
    assert metric.heading.removesuffix(" ↓").removesuffix(" ↑") == metric.title
    assert (metric.heading != metric.title) == (metric.better in ("low", "high"))


@pytest.mark.parametrize("metric", [metric for metric in PER_PHOTO if metric.function], ids=by_key)
def test_a_value_for_each_photo(metric: PhotoMetric, truth: Pictures, pale: Pictures) -> None:
    assert metric.function
    values = metric.function(pale, truth)
    assert values.shape == (COUNT,) and values.isfinite().all()
    for index in range(COUNT):  # a photo's value does not depend on the others of its batch
        alone = metric.function(*(_photo(pictures, index) for pictures in (pale, truth)))
        torch.testing.assert_close(alone[0], values[index], rtol=1e-4, atol=1e-4)


def _photo(pictures: Pictures, index: int) -> Pictures:
    parts: list[Tensor] = [part[index : index + 1] for part in (pictures.rgb, pictures.lightness, pictures.ab)]
    return Pictures(*parts)


@pytest.mark.parametrize("metric", [metric for metric in PER_PHOTO if metric.function], ids=by_key)
def test_the_truth_is_best(metric: PhotoMetric, truth: Pictures, pale: Pictures) -> None:
    perfect, half = metric.of_pictures(truth, truth), metric.of_pictures(pale, truth)
    assert perfect is not None and half is not None
    if metric.of_truth and metric.target is not None:
        assert perfect == pytest.approx(metric.target)
    if metric.better in ("low", "high") and metric.key != "bleeding":  # there vividness cancels
        assert metric.best({"truth": perfect, "pale": half}) == "truth"


def test_gray_has_no_bleeding_and_no_chroma(gray: Pictures, truth: Pictures) -> None:
    assert not gray.ab.any()
    values = {metric.key: metric.of_pictures(gray, truth) for metric in PER_PHOTO}
    assert values["bleeding"] is None and values["lpips"] is None  # its network is loaded on request
    assert values["chroma_ratio"] == values["warm_share"] == 0
    assert BY_KEY["chroma_ratio"].text(0.0) == "0 %"


def test_which_rows_a_table_can_do_without() -> None:
    assert {metric.key for metric in METRICS if not metric.always_shown} == {
        *("fid", "lpips"),
        *(metric.key for metric in OF_VARIANTS),
        *(metric.key for metric in OF_HINTS),
    }
    assert {metric.described_by for metric in OF_SETS} == {"histograms", "features", "inception", "maps"}
    assert all(metric.always_shown for metric in HEADLINES)


def test_how_values_are_written() -> None:
    psnr, vividness, bleeding = BY_KEY["psnr"], BY_KEY["chroma_ratio"], BY_KEY["bleeding"]
    assert psnr.text(21.456) == "21.46" and vividness.text(0.914) == "91 %"
    assert bleeding.text(-0.0271) == "−0.027" and bleeding.text(-0.0001) == "0.000"
    assert psnr.interval_text(Interval(20, 19, 21.5)) == "20.00 (19.00 to 21.50)"
    assert psnr.interval_text(Interval(20, 20, 20)) == "20.00" and psnr.interval_text(None) == "–"


def test_who_is_best() -> None:
    values = {"a": 0.7, "b": 1.2, "c": 3.0}
    assert BY_KEY["ciede2000"].best(values) == "a" and BY_KEY["psnr"].best(values) == "c"
    assert BY_KEY["chroma_ratio"].best(values) == "b"  # nearest to its target, 1
    assert BY_KEY["warm_share"].best(values, truth=2.9) == "c" and BY_KEY["warm_share"].best(values) is None
    assert BY_KEY["colourfulness"].best(values, truth=1.0) is None
    assert BY_KEY["ciede2000"].best({"a": 1.0}) is None


@pytest.mark.parametrize(
    ("key", "difference", "verdict"),
    [
        ("ciede2000", Interval(-1, -2, -0.5), "better"),
        ("ciede2000", Interval(1, 0.5, 2), "worse"),
        ("psnr", Interval(1, 0.5, 2), "better"),
        ("psnr", Interval(1, -1, 3), "could be chance"),
        ("chroma_ratio", Interval(1, 0.5, 2), ""),
        ("diversity", Interval(1, 0.5, 2), ""),
    ],
)
def test_what_a_difference_says(key: str, difference: Interval, verdict: str) -> None:
    assert BY_KEY[key].verdict(difference) == verdict


def test_equal_pictures_have_no_endless_psnr(truth: Pictures) -> None:
    psnr = BY_KEY["psnr"]
    assert isinstance(psnr, PhotoMetric)
    value = psnr.of_pictures(truth, truth)
    assert value is not None and math.isclose(value, 100)
