"""The header of every page, Gradio's and plain ones alike."""

from collections.abc import Sequence

COLORIZE, COMPARE, VOTE, RESULTS = "Colorize", "Compare", "Real or fake?", "Results"
STUDY_PAGES = ((VOTE, "/vote"), (RESULTS, "/results"))
APP_PAGES = ((COLORIZE, "/"), (COMPARE, "/compare"), *STUDY_PAGES)


def header(current: str, pages: Sequence[tuple[str, str]]) -> str:
    """The name and the way to the other pages, as HTML; `current` is the page that it stands on."""
    links = "".join(
        f'<a href="{address}"{" aria-current=page" if name == current else ""}>{name}</a>' for name, address in pages
    )
    return f'<header class="masthead"><span class="brand">colorgan</span><nav aria-label="Pages">{links}</nav></header>'
