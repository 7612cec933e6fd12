"""A benchmark's own part of a Markdown page, which the others leave alone."""

from pathlib import Path

from colorgan.files import write_whole


def put_section(path: Path, name: str, text: str) -> None:
    """Put `text` between the marks of section `name`, at the page's end where there are none yet."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    page = path.read_text() if path.is_file() else ""
    if begin not in page:
        page = f"{page.rstrip()}\n\n{begin}\n{end}\n".lstrip()
    before, rest = page.split(begin, 1)
    write_whole(path, f"{before}{begin}\n\n{text.strip()}\n\n{end}{rest.split(end, 1)[1]}")
