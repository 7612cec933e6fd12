"""The template engine of everything that people read in a browser: jinja2 over a folder of files."""

from pathlib import Path

import jinja2


def count_people(count: int) -> str:
    """ "1 person", "1,204 people"."""
    return f"{count:,} {'person' if count == 1 else 'people'}"


def html_templates(folder: Path) -> jinja2.Environment:
    """The templates of a folder; every value is escaped, and one that a template uses and does not get is an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
