"""Folders of this machine and the names that the world knows them by: none leaves the server as it is."""

import html
import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

SERVED = "/page"  # what the world calls the folder that files are served from


class Masks:
    """Real folders <-> public names, in whatever a request or an answer holds: HTML, JSON or addresses."""

    def __init__(self, folders: Mapping[Path, str]):
        self.names = {name: folder for folder, name in folders.items()}
        real = sorted(((str(folder), name) for folder, name in folders.items()), key=lambda one: -len(one[0]))
        self._hide = [(form.encode(), name.encode()) for folder, name in real for form in _forms(folder)]
        names = sorted(self.names, key=len, reverse=True)
        self._show = [(name.encode(), json.dumps(str(self.names[name]))[1:-1].encode()) for name in names]

    def hide(self, content: bytes) -> bytes:
        """What goes out: public names in the place of folders."""
        for folder, name in self._hide:
            content = content.replace(folder, name)
        return content

    def show(self, sent: bytes) -> bytes:
        """JSON that came in: a string that begins with a public name is about the folder."""
        for name, folder in self._show:
            for end in (b"/", b'"'):
                sent = sent.replace(b'"' + name + end, b'"' + folder + end)
        return sent

    def path(self, named: str) -> str | None:
        """A public path -> the real one; None where it begins with no public name."""
        for name, folder in self.names.items():
            if named == name or named.startswith(f"{name}/"):
                return str(folder) + named[len(name) :]
        return None


def _forms(folder: str) -> list[str]:
    """How a folder is written in text, JSON, addresses and HTML; the longest first, so that none is left in part."""
    posix = Path(folder).as_posix()
    written = {folder, posix, json.dumps(folder)[1:-1], quote(posix, safe="/:"), html.escape(folder), quote(folder)}
    return sorted(written | {json.dumps(one)[1:-1] for one in written}, key=len, reverse=True)
