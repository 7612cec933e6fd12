"""How much visitors may keep on the disk, each and all of them."""

import contextlib
import os
import shutil
import threading
import time
from pathlib import Path

from colorgan.web.limits import Limits

_FRESH_S = 2.0  # a count of all files is believed for so long: it takes a second for a million


class QuotaError(ValueError):
    """There is no room for it; one line."""


class Quota:
    """Counts what really lies in a folder, so that nothing is forgotten or counted twice; safe between threads."""

    def __init__(self, folder: Path, limits: Limits):
        self.folder, self.limits = folder, limits
        self._changing = threading.Lock()
        self._counted_at, self._all = -_FRESH_S, (0, 0)

    def check(self, coming: int = 0, *folders: Path) -> None:
        """Refuse what a visitor would keep in these folders, with so many bytes coming: QuotaError."""
        most, megabytes = self.limits.visitor_files, self.limits.visitor_megabytes
        counts = [counted(folder) for folder in folders]
        if sum(files for files, _ in counts) >= most:
            raise QuotaError(f"one visitor may keep {most:,} files here: please start over for more")
        if sum(size for _, size in counts) + coming > megabytes * 2**20:
            raise QuotaError(f"one visitor may keep {megabytes:,} MB here: please start over for more")
        files, size = self._count()
        if files >= self.limits.all_files or size + coming > self.limits.all_megabytes * 2**20:
            raise QuotaError("this page keeps as much as it may for all of its visitors: please come back later")
        if shutil.disk_usage(self.folder).free - coming < self.limits.free_megabytes * 2**20:
            raise QuotaError("the disk of this page is nearly full: please come back later")

    def _count(self) -> tuple[int, int]:
        with self._changing:
            if time.monotonic() - self._counted_at >= _FRESH_S:
                self._all = counted(self.folder)
                self._counted_at = time.monotonic()
            return self._all


def counted(folder: Path) -> tuple[int, int]:
    """Files below a folder, and their bytes; what vanishes meanwhile does not count."""
    files = size = 0
    left = [folder]
    while left:
        with contextlib.suppress(OSError), os.scandir(left.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        left.append(Path(entry.path))
                    else:
                        size += entry.stat(follow_symlinks=False).st_size
                        files += 1
    return files, size
