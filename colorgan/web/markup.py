"""What the stage of the Colorize page shows, as HTML: the drop target, one photo, or the grid of several.

Everything that comes from outside (file names, reasons) passes through `escape`. Each of the three has a root element
of its own kind, so that Gradio's morphing replaces it, and keeps the pictures in place when only their files change.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from colorgan.web.examples import Example
from colorgan.web.visit import MAX_CHOICES, Entry, State, Visit

HONEST = "The colours are a plausible guess, not a record of how it was."
ACCEPTED = "image/*,.tif,.tiff,.bmp,.webp,.avif,.jp2"  # a hint for the chooser; `open_photo` decides

ICON = (
    '<svg class="icon" viewBox="0 0 48 48" width="48" height="48" fill="none" stroke="currentColor" stroke-width="2" '
    'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">'
    '<rect x="5" y="9" width="38" height="30" rx="3"/><circle cx="16" cy="19" r="4"/>'
    '<path d="M5 34l11-10 8 7 8-9 11 11"/></svg>'
)


def stage(visit: Visit | None, examples: Sequence[Example], privacy: str, max_bytes: int, error: str = "") -> str:
    """The HTML of what a visit looks like now; `privacy` is the line under the drop target."""
    error = error or (visit.error if visit else "")
    if visit is None or not visit.entries:
        return _empty(error, examples, privacy, max_bytes)
    entry = visit.entry
    if entry is None or entry.state is State.FAILED:
        return _grid(visit, error, max_bytes)
    return _viewer(entry, visit, error, max_bytes)


def details(entry: Entry | None) -> str:
    """What is technical about the open photo."""
    if entry is None or entry.model is None or not entry.choices:
        return ""
    width, height = entry.size
    variant = (
        "not used for the likeliest colours"
        if entry.choice.variant == 0
        else f"{entry.choice.seed}, variant {entry.choice.variant}"
    )
    rows = [
        ("Photo", f"{width} × {height} pixels, {entry.format}"),
        ("Model", entry.model.name),
        ("Licence of its weights", entry.model.license),
        ("Seed", variant),
        ("Time in the network", f"{entry.seconds:.2f} s"),
        *(("Note", note) for note in entry.notes),
    ]
    return '<dl class="facts">' + "".join(f"<dt>{k}</dt><dd>{escape(str(v))}</dd>" for k, v in rows) + "</dl>"


def _empty(error: str, examples: Sequence[Example], privacy: str, max_bytes: int) -> str:
    cards = "".join(
        f'<li><button type="button" data-event="sample" data-index="{index}">'
        f'<img src="{file_url(example.path)}" alt="Try it with {escape(example.alt)}" width="320" height="240">'
        "</button></li>"
        for index, example in enumerate(examples)
    )
    offer = f'<h2 class="small">Or try one of these</h2><ul class="examples">{cards}</ul>' if examples else ""
    return f"""<section class="empty" data-max-bytes="{max_bytes}">
<template>{_uploading(max_bytes)}</template>
{alert(error)}
<label class="drop">{file_input("Choose photos")}{ICON}
<span class="title with-mouse">Drop <span class="whole">black-and-white</span> photos here, paste, or choose</span>
<span class="title with-finger">Your <span class="whole">black-and-white</span> photos in colour</span>
<span class="button primary" aria-hidden="true">Choose photos</span>
<span class="quiet">{escape(privacy)}</span></label>
{offer}</section>"""


def _uploading(max_bytes: int) -> str:
    """The stage while a photo is on its way; the page itself puts in the photo and its name."""
    line, text = working("Sending the photo…")
    return _photo_article(" data-sending", "", "1.5", '<img class="before" alt="Your photo">' + line, text, max_bytes)


def _viewer(entry: Entry, visit: Visit, error: str, max_bytes: int) -> str:
    width, height = entry.size
    name, done = escape(entry.name), entry.state is State.DONE
    pictures = f'<img class="before" src="{file_url(entry.before)}" alt="{name}, as you gave it">'
    line, under = working("Colorizing…")
    if not done:
        pictures += line
    else:
        pictures += f'<img class="after" src="{file_url(entry.after)}" alt="{name}, colorized">' + _divider()
        under = _choices(entry) + f'<p class="quiet">{HONEST}</p>'
    marks = (" data-ready" if done else "") + (" data-settle" if done and not entry.sharp else "")
    marks += " data-several" if len(visit.entries) > 1 else ""
    marks += " data-full" if done and not _has_room(entry) else ""
    ratio = f"{width / height:.5f}" if height else "1.5"
    return _photo_article(marks, name, ratio, pictures, alert(error) + under, max_bytes, len(visit.entries))


def _photo_article(marks: str, name: str, ratio: str, pictures: str, under: str, max_bytes: int, count: int = 1) -> str:
    back = '<button type="button" class="button" data-event="overview">← All photos</button>' if count > 1 else ""
    return f"""<article class="viewer" data-max-bytes="{max_bytes}"{marks}>
<header class="bar">{back}<h2 class="name" tabindex="-1">{name}</h2>{_add_and_reset()}</header>
<div class="ground"><figure class="frame" style="--ratio: {ratio}">{pictures}</figure></div>
{under}</article>"""


def _divider() -> str:
    return (
        '<div class="edge" aria-hidden="true"><span></span></div>'
        '<input class="divider" type="range" min="0" max="100" value="50" step="1" '
        'aria-label="Black and white to the left of the line, colour to the right of it">'
    )


def _choices(entry: Entry) -> str:
    if len(entry.choices) < 2:
        return ""
    cards = "".join(
        f'<li><button type="button" data-event="pick" data-index="{index}" '
        f'aria-pressed="{"true" if index == entry.chosen else "false"}">'
        f'<img src="{file_url(path)}" alt="{f"Other colours, {index}" if index else "The likeliest colours"}">'
        "</button></li>"
        for index, path in enumerate(entry.thumbnails)
    )
    return f'<h3 class="small">Other plausible colours</h3><ul class="choices">{cards}</ul>'


def _grid(visit: Visit, error: str, max_bytes: int) -> str:
    tiles = "".join(_tile(index, entry) for index, entry in enumerate(visit.entries))
    done, total, failed = (_count(visit, *states) for states in ((State.DONE,), tuple(State), (State.FAILED,)))
    busy = total - done - failed
    marks = (" data-ready" if done and not busy else "") + " data-several"
    summary = f"{done} of {total} photos in colour" + (f", {failed} could not be read" if failed else "")
    progress = "".join(
        working(f"Colorizing photo {min(done + failed + 1, total)} of {total}…", (done + failed) / total)
    )
    return f"""<div class="grid" data-max-bytes="{max_bytes}"{marks}>
<header class="bar"><h2 class="name" tabindex="-1">{summary}</h2>{_add_and_reset()}</header>
{alert(error)}{progress if busy else ""}
<ul class="tiles">{tiles}</ul><p class="quiet">{HONEST}</p></div>"""


def _tile(index: int, entry: Entry) -> str:
    name = escape(entry.name)
    if entry.state is State.FAILED:
        return f'<li class="tile failed"><p><strong>Could not be read</strong></p><p>{escape(entry.reason)}</p></li>'
    said = {State.WAITING: "Waiting", State.WORKING: "Colorizing…", State.DONE: ""}[entry.state]
    picture = entry.thumbnails[entry.chosen] if entry.thumbnails else entry.before
    image = f'<img src="{file_url(picture)}" alt="">' if picture else '<span class="blank"></span>'
    label = f'<span class="label"><span class="file">{name}</span><span>{said}</span></span>'
    if entry.state is not State.DONE:
        return f'<li class="tile {entry.state}">{image}{label}</li>'
    return (
        f'<li class="tile"><button type="button" data-event="show" data-index="{index}" aria-label="Open {name}">'
        f"{image}{label}</button></li>"
    )


def _add_and_reset() -> str:
    return (
        f'<span class="actions"><label class="button">{file_input("Add photos")}<span aria-hidden="true">Add photos'
        '</span></label><button type="button" class="button" data-event="restart">Start over</button></span>'
    )


def file_input(label: str, several: bool = True) -> str:
    """The chooser of files, which covers whatever label it is in."""
    return f'<input type="file"{" multiple" * several} accept="{ACCEPTED}" aria-label="{label}">'


def working(text: str, share: float | None = None) -> tuple[str, str]:
    """A progress line, which without a share only moves, and what it is about."""
    width = "" if share is None else f' style="--share: {share:.3f}"'
    kind = "moving" if share is None else "measured"
    line = f'<div class="progress {kind}"{width} aria-hidden="true"></div>'
    return line, status(text)


def status(text: str) -> str:
    """A sentence that a screen reader says when it has nothing else to say."""
    return f'<p class="quiet" role="status">{escape(text)}</p>'


def alert(text: str) -> str:
    """A sentence that a screen reader says at once; nothing without one."""
    return f'<p class="alert" role="alert">{escape(text)}</p>' if text else ""


def _has_room(entry: Entry) -> bool:
    return bool(entry.model and entry.model.can_vary) and len(entry.choices) < MAX_CHOICES


def _count(visit: Visit, *states: State) -> int:
    return sum(entry.state in states for entry in visit.entries)


def file_url(path: Path | None) -> str:
    """Where Gradio serves a file of its cache folder; relative, so that it also holds behind a proxy."""
    return f"gradio_api/file={quote(path.as_posix(), safe='/:')}" if path else ""
