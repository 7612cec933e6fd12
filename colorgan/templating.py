"""The template engine of everything that people read in a browser: jinja2 over a folder of files."""

from pathlib import Path

import jinja2


def html_templates(folder: Path) -> jinja2.Environment:
    """The templates of a folder; every value is escaped, and one that a template uses and does not get is an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
