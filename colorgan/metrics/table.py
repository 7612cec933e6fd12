"""The figures of a report: what each is called, which way is better, and where it comes from."""

from dataclasses import dataclass
from typing import Literal

from colorgan.metrics.features import FEATURE_NETWORK

Better = Literal["low", "high", "truth"]  # "truth": as the real photos have it, whose own value the table shows


@dataclass(frozen=True)
class Figure:
    """A column of the table."""

    key: str
    title: str
    better: Better
    digits: int
    about: str
    target: float | None = None  # the real photos' value, where it is the same for all photos
    percent: bool = False  # shown times 100

    def text(self, value: float) -> str:
        """A value as the table has it."""
        shown = f"{100 * value:.0f} %" if self.percent else f"{value:.{self.digits}f}"
        return shown.removeprefix("-") if not any(digit in shown for digit in "123456789") else shown.replace("-", "−")


FIGURES = (
    Figure(
        *("ciede2000", "CIEDE2000", "low", 2),
        about="Mean visible difference to the true colours; about 1 is just noticeable. Sharma, Wu and Dalal 2005.",
    ),
    Figure(
        *("chroma_ratio", "Vividness", "truth", 2),
        about="Sum of chroma over that of the real photos: below 100 % a model is dull, above it is gaudy.",
        target=1.0,
        percent=True,
    ),
    Figure(
        *("psnr_as_vivid", "PSNR at equal vividness, dB", "high", 2),
        about="PSNR once the chroma is scaled so that vividness is 100 %. Dull colours buy PSNR; this takes that away. "
        "A dash: no scaling gets there, because the model has no colours or sRGB cannot show them.",
    ),
    Figure(
        *("psnr", "PSNR, dB", "high", 2),
        about="Peak signal-to-noise ratio over RGB. Mostly lightness, which a colorizer is given; at most 100 here.",
    ),
    Figure(*("rmse", "RMSE", "low", 4), about="Root mean square error over RGB from 0 to 1."),
    Figure(*("ab_psnr", "PSNR of ab, dB", "high", 2), about="PSNR of chroma alone, its peak being 220 ab units."),
    Figure(*("ab_rmse", "RMSE of ab", "low", 2), about="Root mean square error of chroma, in ab units."),
    Figure(*("ssim", "SSIM", "high", 4), about="Structural similarity of RGB. Wang et al. 2004."),
    Figure(
        *("colourfulness", "Colourfulness", "truth", 1),
        about="0 gray, 33 moderately, 59 quite, 109 extremely colourful. Hasler and Suesstrunk 2003.",
    ),
    Figure(
        *("colourfulness_gap", "Colourfulness gap", "low", 1),
        about="How far each photo's colourfulness is from the truth's, either way.",
    ),
    Figure(
        *("warm_share", "Warm hues", "truth", 3),
        about="Share of all chroma whose hue is red to yellow, mean over photos. Much more than the real photos' is "
        "the sepia effect.",
        percent=True,
    ),
    Figure(
        *("bleeding", "Bleeding", "low", 3),
        about="Share of the change of colour across outlines that happens beside them, less the truth's own share.",
    ),
    Figure(
        *("histogram", "ab histogram", "low", 3),
        about="Jensen-Shannon distance of the sets' ab histograms: 0 equal, 1 disjoint. Endres and Schindelin 2003.",
    ),
    Figure(
        *("frechet", f"Frechet distance, {FEATURE_NETWORK}", "low", 1),
        about="Between Gaussians of ImageNet features (Heusel et al. 2017), on this network: not FID, and not "
        "comparable with it. Grows as photos get fewer: compare on one set of photos alone.",
    ),
    Figure(
        *("kernel", f"Kernel distance, {FEATURE_NETWORK}", "low", 4),
        about="Unbiased squared maximum mean discrepancy of the same features (Binkowski et al. 2018): not KID.",
    ),
    Figure(
        *("fid", "FID", "low", 1),
        about="Frechet Inception distance (Heusel et al. 2017): between Gaussians of Inception v3's features, pictures "
        "in 8 bits squeezed to 299 x 299. Too high for few photos (published ones take 10,000 and more): compare on "
        "one set of photos alone.",
    ),
    Figure(
        *("lpips", "LPIPS", "low", 3),
        about="Mean distance to the photo as a network fitted to people's judgements sees it: AlexNet, version 0.1. "
        "Zhang et al. 2018.",
    ),
    Figure(
        *("two_sample", "Two-sample test", "low", 2),
        about="How often a small network, trained on half of the photos, tells real from generated chroma on the other "
        "half. 50 % is perfect. Lopez-Paz and Oquab 2017.",
        target=0.5,
        percent=True,
    ),
    Figure(
        *("diversity", "Variety", "truth", 1),
        about="Mean distance of a model's own variants of a photo, in ab units; neither good nor bad by itself.",
    ),
    Figure(
        *("variant_error", "Variants' error", "low", 2),
        about="Mean CIEDE2000 of the variants over that of the model's own picture of the same photos: at 1 they are "
        "as near to the truth as it is.",
    ),
)
ON_REQUEST = ("fid", "lpips")  # their networks' weights have to be there
VARIANTS_ALONE = ("diversity", "variant_error")  # of models that draw variants, on the first photos
BY_KEY = {figure.key: figure for figure in FIGURES}
