"""Files on their way from a browser to a visit: whose they are, how much of them, and for how long."""

import shutil
import threading
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from secrets import token_urlsafe

from gradio.route_utils import GradioMultiPartParser, MultiPartException
from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import UploadFile
from starlette.requests import Request

from colorgan.web.names import plain_name
from colorgan.web.quota import Quota, QuotaError
from colorgan.web.visits import Visits

UPLOADS = "uploads"  # the folder of all of them, below the server's own
WAIT_S = 600.0  # for an event that takes them
_MOST_FILES = 100  # of one form
_BESIDE = 65_536  # bytes that a form has beside its files
_BETWEEN_CHECKS = 2**24  # bytes that arrive before the room is looked at again
_NO_FORM = "an upload must be a form (multipart/form-data) with files"


class Uploads:
    """Each lies in a folder of its own with a name that nobody can guess, and is known to be one visitor's."""

    def __init__(self, folder: Path, quota: Quota, visits: Visits):
        self.folder, self.quota, self.visits = folder / UPLOADS, quota, visits
        self.folder.mkdir(parents=True, exist_ok=True)
        self._owners: dict[Path, tuple[str, float]] = {}
        self._changing = threading.Lock()

    def of(self, visitor: str) -> list[Path]:
        """What a visitor sent and no event has taken yet."""
        with self._changing:
            return [path for path, (owner, _) in self._owners.items() if owner == visitor and path.exists()]

    def is_of(self, path: Path, visitor: str) -> bool:
        """Whether this visitor sent this file."""
        with self._changing:
            return self._owners.get(path, ("", 0.0))[0] == visitor

    async def receive(self, request: Request, visitor: str) -> list[Path]:
        """Take the files of a form. QuotaError, one line, where there is no room; ValueError for what is no form."""
        said = request.headers.get("content-length", "0")
        coming = int(said) if said.isdecimal() else 0
        self._check_size(coming)
        self.visits.check(visitor, coming, *(path.parent for path in self.of(visitor)))
        draft = self.folder / token_urlsafe(16)
        draft.mkdir()
        try:
            paths = [self._placed(sent) for sent in await self._form(request, draft)]
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        with self._changing:
            self._owners |= {path: (visitor, time.monotonic()) for path in paths}
        return paths

    async def _form(self, request: Request, folder: Path) -> list[UploadFile]:
        """The files of a form, written into a folder as they come."""
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            raise ValueError(_NO_FORM)
        form = _Form(
            request.headers,
            self._within(request),
            max_files=_MOST_FILES,
            max_fields=_MOST_FILES,
            max_file_size=self.quota.limits.max_bytes,
            upload_dir=folder,
        )
        try:
            sent = (await form.parse()).getlist("files")
        except (MultiPartException, MultipartParseError, KeyError) as error:
            if "maximum allowed size" in str(error):
                self._check_size(self.quota.limits.max_bytes * 2)
            raise ValueError(_NO_FORM) from error
        if not sent or any(isinstance(one, str) for one in sent):
            raise ValueError(_NO_FORM)
        return [one for one in sent if not isinstance(one, str)]

    def _placed(self, sent: UploadFile) -> Path:
        path = self.folder / token_urlsafe(16) / plain_name(sent.filename or "photo")
        path.parent.mkdir()
        sent.file.close()
        Path(str(sent.file.name)).rename(path)
        return path

    def _check_size(self, count: int) -> None:
        if count > self.quota.limits.max_bytes + _BESIDE:
            raise QuotaError(f"an upload may have {self.quota.limits.max_megabytes} MB")

    async def _within(self, request: Request) -> AsyncGenerator[bytes, None]:
        """The bytes of a request. QuotaError as soon as they are too many, or there is no room for more."""
        came = checked = 0
        async for chunk in request.stream():
            came += len(chunk)
            self._check_size(came)
            if came - checked > _BETWEEN_CHECKS:
                checked = came
                self.quota.check()
            yield chunk

    def sweep(self) -> None:
        """Remove what no event has taken in time, and forget what was taken."""
        before = time.monotonic() - WAIT_S
        with self._changing:
            gone = [path for path, (_, came) in self._owners.items() if came < before or not path.exists()]
            for path in gone:
                del self._owners[path]
        for path in gone:
            shutil.rmtree(path.parent, ignore_errors=True)


class _Form(GradioMultiPartParser):
    """Gradio's reader of forms, which writes files as they come, with an end to what is no file: that is in memory."""

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """A piece of one part."""
        if self._current_part.file is None and len(self._current_part.data) + end - start > _BESIDE:
            raise MultiPartException("a field is too long")
        super().on_part_data(data, start, end)
