"""Charts: values stand where they belong, words are escaped, and nothing is asked of the network or of a script."""

import math
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from colorgan.charts import WIDTH, Bar, Line, hints_chart, interval_chart, share_chart, vividness_chart
from colorgan.intervals import Interval

NASTY = '<script>alert(1)</script>&"'
NOWHERE = Interval(math.nan, 0, 1)


def places(chart: str, tag: str, style: str, attribute: str) -> list[float]:
    """An attribute of all elements of a class, without a percent sign; refuses what is not well-formed."""
    found = [one for one in ElementTree.fromstring(chart).iter(tag) if style in one.get("class", "").split()]
    return [float(one.get(attribute, "").removesuffix("%")) for one in found]


def test_bars_lie_on_one_axis_with_the_target() -> None:
    bars = [Bar(NASTY, Interval(4, 3, 5), "4.0", "m0"), Bar("gray", Interval(8, 8, 8), "8.0", "baseline")]
    chart = interval_chart("CIEDE2000", bars, "{:.1f}".format, target=5)
    assert "<script" not in chart and "http" not in chart and " style=" not in chart
    (low, gray_low), (high, _) = places(chart, "line", "bar", "x1"), places(chart, "line", "bar", "x2")
    dot, gray = places(chart, "circle", "dot", "cx")
    [target] = places(chart, "line", "truth", "x1")
    assert 0 < low < dot < high == target < gray == gray_low < WIDTH
    assert dot - low == pytest.approx(high - dot, abs=0.2)
    assert 'aria-label="CIEDE2000: &lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot; 4.0; gray 8.0"' in chart


def test_equal_values_are_drawn_too() -> None:
    chart = interval_chart("RMSE", [Bar(name, Interval(0, 0, 0), "0", "m0") for name in "ab"], str)
    assert len(set(places(chart, "circle", "dot", "cx"))) == 1


def test_shares_have_half_where_nobody_can_tell() -> None:
    chart = share_chart(
        [Bar(NASTY, Interval(0.4, 0.3, 0.5), "40 % (30 to 50)", "main"), Bar("x", Interval(0.9, 0.9, 0.9), "", "y")]
    )
    assert "<script" not in chart and "&lt;script&gt;" in chart
    [low], [high] = places(chart, "line", "main", "x1"), places(chart, "line", "main", "x2")
    dots, [half] = places(chart, "circle", "dot", "cx"), places(chart, "line", "half", "x1")
    assert low < dots[0] < high == half < dots[1] < 100
    assert dots[0] - low == pytest.approx(high - dots[0], abs=0.02)
    nothing = share_chart([Bar("x", NOWHERE, "no votes", "main")])
    assert "nan" not in nothing and not places(nothing, "line", "bar", "x1")


def test_curves_have_their_dot_and_the_real_photos_line() -> None:
    chart = vividness_chart([Line("tiny", [(0.0, 20.0), (0.8, 22.0), (2.4, 15.0)], 1, "m0")])
    [dot], [truth] = places(chart, "circle", "m0", "cx"), places(chart, "line", "truth", "x1")
    points = re.search(r'points="([\d., ]+)"', chart)
    assert points and len(points[1].split()) == 3 and points[1].split()[1].startswith(f"{dot:g},")
    assert dot < truth < WIDTH and "tiny has 22.00 dB as it is" in chart


def test_gains_by_hints_rise_along_a_logarithmic_axis_with_their_intervals() -> None:
    gains = [Interval(0, 0, 0), Interval(1, 0.5, 1.5), Interval(4, 3, 6)]
    lines = [
        Line(NASTY, [(0, 0), (1, 1), (100, 4)], -1, "m0", gains),
        Line("published", [(1, 0.9), (100, 6.7)], -1, "baseline"),
    ]
    chart = hints_chart(lines)
    assert "<script" not in chart and "published gains 6.70 dB by 100 hints" in chart
    (none, one, hundred), ups = places(chart, "circle", "m0", "cx"), places(chart, "circle", "m0", "cy")
    assert (hundred - none) / (one - none) == pytest.approx(math.log(101) / math.log(2), rel=0.01)
    assert ups[0] - ups[2] == pytest.approx(4 * (ups[0] - ups[1]), abs=0.5)
    assert places(chart, "circle", "baseline", "cx") == [one, hundred]
    lows, highs = places(chart, "line", "m0", "y1"), places(chart, "line", "m0", "y2")
    assert len(lows) == 3 and lows[0] == highs[0] == ups[0]
    assert lows[2] - ups[2] == pytest.approx((ups[2] - highs[2]) / 2, abs=0.2)
    assert re.findall(r'y="248" text-anchor="\w+">(\d+)<', chart) == ["0", "1", "100"]


def test_charts_need_no_torch() -> None:
    """The study's server draws them."""
    script = "import sys, colorgan.charts; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "False\n"
