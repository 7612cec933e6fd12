"""What the stage of the Compare page shows, as HTML: the drop target, or the same photo by every model.

Everything that comes from outside (file names, models' names, reasons) passes through `escape`.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from colorgan.web.comparison import Comparison, Contender, Panel
from colorgan.web.examples import Example
from colorgan.web.markup import ICON, alert, file_input, file_url, working
from colorgan.web.visit import State

_FIGURES = (  # key, title, how it is written, which way is better, in plain words
    (
        *("ciede2000", "Colour error", "{:.1f}", "low"),
        "How far the colours are from the true ones on average (CIEDE2000). 1 is just noticeable; 0 would be perfect.",
    ),
    (
        *("psnr", "Likeness", "{:.1f} dB", "high"),
        "Of the whole picture to the original (PSNR); more is better. Much of it is light and shade, which every model "
        "is given, and pale colours do well here because they are never far off.",
    ),
    (
        *("vividness", "Vividness", "{:.0%}", "one"),
        "How strong the colours are; the original has 100 %. Less is pale, more is gaudy.",
    ),
    (
        *("colourfulness", "Colourfulness", "{:.0f}", ""),
        "0 is gray, 33 moderately, 59 quite, 109 extremely colourful (Hasler and Süsstrunk).",
    ),
    (
        *("bleeding", "Bleeding", "{:.0%}", "low"),
        "How much of the colour change at outlines runs over them, beyond what it does in the original; 0 % is clean.",
    ),
)


def stage(
    comparison: Comparison | None,
    chosen: Sequence[Contender],
    examples: Sequence[Example],
    privacy: str,
    max_bytes: int,
    error: str = "",
) -> str:
    """The HTML of a comparison, or of the drop target before there is one; `chosen` are to be compared next."""
    error = error or (comparison.error if comparison else "")
    template = f"<template>{_sending(chosen, max_bytes)}</template>"
    if comparison is None or comparison.gray is None:
        return _empty(error, examples, privacy, max_bytes, template)
    entry, name = comparison.entry, escape(comparison.entry.name)
    panels = _gray_panel(comparison) + "".join(_model_panel(comparison, panel) for panel in comparison.panels)
    panels += _original_panel(comparison) if comparison.original else ""
    count = 1 + len(comparison.panels) + bool(comparison.original)
    ratio = entry.size[0] / entry.size[1]
    marks = "" if comparison.busy else " data-ready"
    under = working("Colorizing…")[1] if comparison.busy else ""
    return _article(
        marks, name, alert(error) + _grid(panels, count, ratio) + under + _explained(comparison) + template, max_bytes
    )


def _empty(error: str, examples: Sequence[Example], privacy: str, max_bytes: int, template: str) -> str:
    cards = "".join(
        f'<li><button type="button" data-event="sample" data-index="{index}">'
        f'<img src="{file_url(example.path)}" alt="Compare by {escape(example.alt)}" width="320" height="240">'
        "</button></li>"
        for index, example in enumerate(examples)
    )
    offer = f'<h2 class="small">Or try one of these</h2><ul class="examples">{cards}</ul>' if examples else ""
    return f"""<section class="empty" data-max-bytes="{max_bytes}">{template}
{alert(error)}
<label class="drop">{file_input("Choose a photo", several=False)}{ICON}
<span class="title">One photo, coloured by several models side by side</span>
<span class="quiet with-mouse">Drop it here, paste, or choose. A photo in colour is judged as well:
the models see it in gray.</span>
<span class="quiet with-finger">A photo in colour is judged as well: the models see it in gray.</span>
<span class="button primary" aria-hidden="true">Choose a photo</span>
<span class="quiet">{escape(privacy)}</span></label>
{offer}</section>"""


def _article(marks: str, name: str, inside: str, max_bytes: int) -> str:
    return f"""<article class="viewer versus" data-max-bytes="{max_bytes}"{marks}>
<header class="bar"><h2 class="name" tabindex="-1">{name}</h2><span class="zoom" role="group" aria-label="Zoom">
<button type="button" class="button" data-zoom="out" aria-label="Zoom out">−</button>
<output class="scale" aria-label="Magnification">1×</output>
<button type="button" class="button" data-zoom="in" aria-label="Zoom in">+</button>
<button type="button" class="button" data-zoom="whole">Whole photo</button></span>
<span class="actions"><label class="button">{file_input("Another photo", several=False)}<span
aria-hidden="true">Another photo</span></label><button type="button" class="button"
data-event="restart">Start over</button></span></header>
{inside}</article>"""


def _grid(panels: str, count: int, ratio: float) -> str:
    return (
        f'<figure class="panels n{count}" style="--ratio: {ratio:.5f}" tabindex="0" role="group" '
        'aria-label="The same photo by every model. Plus and minus zoom all of them, arrow keys move them, 0 shows the '
        f'whole photo.">{panels}</figure>'
        '<p class="quiet with-mouse">Turn the wheel over a photo to look closer, drag to move, double-click for the '
        "whole: all of them follow.</p>"
        '<p class="quiet with-finger">Spread two fingers on a photo to look closer, tap twice for the whole: all of '
        "them follow.</p>"
    )


def _sending(chosen: Sequence[Contender], max_bytes: int) -> str:
    """The stage while a photo is on its way; the page itself puts in the photo, its proportions and its name."""
    line, said = working("Sending the photo…")
    waiting = "".join(_panel(one.label, one.note, '<span class="blank"></span>') for one in chosen)
    panels = _panel("Gray", "", f'<img class="sent" alt="Your photo">{line}') + waiting
    return _article(" data-sending", "", _grid(panels, 1 + len(chosen), 1.5) + said, max_bytes)


def _panel(label: str, note: str, picture: str, figures: str = "") -> str:
    noted = f'<p class="note">{escape(note)}</p>' if note else ""
    return (
        f'<section class="panel"><h3>{escape(label)}</h3><div class="pane">{picture}</div>'
        f"<div>{figures}{noted}</div></section>"
    )


def _image(path: Path | None, alt: str) -> str:
    return f'<img src="{file_url(path)}" alt="{escape(alt)}" draggable="false">'


def _gray_panel(comparison: Comparison) -> str:
    figures = _figures(comparison.truth.gray) if comparison.truth else ""
    said = "What every model gets to see." if comparison.truth else ""
    return _panel("Gray", said, _image(comparison.gray, f"{comparison.entry.name} in gray"), figures)


def _original_panel(comparison: Comparison) -> str:
    figures = _figures(comparison.truth.own) if comparison.truth else ""
    return _panel(
        "Original", "The true colours.", _image(comparison.original, f"{comparison.entry.name} as it is"), figures
    )


def _model_panel(comparison: Comparison, panel: Panel) -> str:
    label, note = panel.contender.label, panel.contender.note
    if panel.state is State.FAILED:
        return _panel(label, note, f'<p class="failure" role="alert">{escape(panel.reason)}</p>')
    if panel.state is not State.DONE:
        waiting = _image(comparison.gray, f"{label}: not there yet") + working("")[0]
        return _panel(label, note, waiting)
    alt = f"{comparison.entry.name}, coloured by {label}"
    return _panel(label, note, _image(panel.picture, alt), _figures(panel.figures, _best(comparison.panels)))


def _figures(values: dict[str, float], best: dict[str, float] | None = None) -> str:
    """A model's figures; those that are the best of all models in bold."""
    rows = []
    for key, title, form, _, _ in _FIGURES:
        if key in values:
            shown = _written(form, values[key])
            is_best = best is not None and key in best and _written(form, best[key]) == shown
            rows.append(f"<dt>{title}</dt><dd>{f'<strong>{shown}</strong>' if is_best else shown}</dd>")
    return f'<dl class="figures">{"".join(rows)}</dl>' if rows else ""


def _written(form: str, value: float) -> str:
    """A value as people write it: a true minus, a space before the percent sign, and no minus before a zero."""
    return form.format(value).replace("-0%", "0%").replace("-", "−").replace("%", "\u00a0%").replace(" dB", "\u00a0dB")


def _best(panels: Sequence[Panel]) -> dict[str, float]:
    """The best value of each figure, once there are several to choose from."""
    best = {}
    for key, _, _, better, _ in _FIGURES:
        values = [panel.figures[key] for panel in panels if key in panel.figures]
        if len(values) > 1 and better:
            distance = {"low": lambda v: v, "high": lambda v: -v, "one": lambda v: abs(v - 1)}[better]
            best[key] = min(values, key=distance)
    return best


def _explained(comparison: Comparison) -> str:
    if not comparison.truth:
        return (
            '<p class="quiet">There are no figures: they need the true colours, and this photo is black and white, '
            "toned, or much longer than wide.</p>"
        )
    terms = "".join(f"<div><dt>{title}</dt><dd>{about}</dd></div>" for _, title, _, _, about in _FIGURES)
    return (
        f'<h3 class="small">What the figures mean</h3><dl class="meaning">{terms}</dl>'
        '<p class="quiet">Bold: the best of the models. One photo says little about a model; '
        "<code>colorgan evaluate</code> judges many.</p>"
    )
