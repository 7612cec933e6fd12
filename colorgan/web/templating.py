"""The one template engine of the pages: jinja2 over `templates/`, which escapes every value. Imports nothing heavy."""

import base64
from pathlib import Path
from urllib.parse import quote

from colorgan.templating import count_people, html_templates

ASSETS = Path(__file__).parent / "assets"  # scripts, styles and the icon, which are served as they are


def render(template: str, **values: object) -> str:
    """A file of `templates/` with its values put in; a value that it uses and does not get is an error."""
    return _ENVIRONMENT.get_template(template).render(**values)


def percent(share: float) -> str:
    """A share for people: 38 %; a dash where there is none."""
    return "–" if share != share else f"{100 * share:.0f} %"


def data_url(kind: str, content: bytes) -> str:
    """A file inside an address."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def file_url(path: Path) -> str:
    """Where Gradio serves a file of its cache folder; relative, so that it also holds behind a proxy."""
    return f"gradio_api/file={quote(path.as_posix(), safe='/:')}"


_ENVIRONMENT = html_templates(Path(__file__).parent / "templates")
_ENVIRONMENT.filters |= {"count": "{:,}".format, "people": count_people, "file_url": file_url, "percent": percent}
