"""C that photos pass through, kept as LLVM's own language and translated once in a process, for its own processor.

exact.c         `colorgan.kernels.exact`: what Pillow and torch compute for every photo, to the bit
paint.c         `colorgan.painting`: pixels and lines in, sRGB pixels out
translating.py  LLVM's language -> machine code

Nothing here imports torch: a program may have them translated while it is imported.
"""

import contextlib
import threading
from functools import partial
from pathlib import Path

from colorgan.kernels.translating import ADDRESS, REAL, SIZE, Translated

EXACT, PAINT = (Path(__file__).with_name(name) for name in ("exact.ll", "paint.ll"))
_resize = [ADDRESS, *[SIZE] * 3, *[ADDRESS] * 3, SIZE, *[ADDRESS] * 3, SIZE, SIZE, SIZE, *[ADDRESS] * 3]
_fit_lines = [ADDRESS, ADDRESS, *[SIZE] * 4, REAL, *[ADDRESS] * 5]
_paint_rows = [ADDRESS, SIZE, SIZE, SIZE, ADDRESS, SIZE, SIZE, *[ADDRESS] * 10]
_TRANSLATED = {
    EXACT: partial(Translated, EXACT, {"resize": _resize, "fit_lines": _fit_lines}, quickly=True),
    PAINT: partial(Translated, PAINT, {"paint_rows": _paint_rows}),
}
_LOCKS = {path: threading.Lock() for path in _TRANSLATED}
_made: dict[Path, Translated] = {}


def translated(path: Path) -> Translated:
    """The functions of EXACT or PAINT. Whoever comes first waits for the translation; who comes meanwhile, too."""
    with _LOCKS[path]:
        if path not in _made:
            _made[path] = _TRANSLATED[path]()
        return _made[path]


def translate_ahead() -> threading.Thread:
    """Translate all in the background, for a program that is about to import torch and to colour photos after it.

    The translation lets go of Python's lock, and on a second core costs the first photo no time. A program that ends
    meanwhile waits for it, at most half a second: Python must not go while LLVM works. What fails fails again, and is
    said, where `translated` is asked for it.
    """
    ahead = threading.Thread(target=_translate_all, name="kernels")
    ahead.start()
    return ahead


def _translate_all() -> None:
    with contextlib.suppress(Exception):
        for path in _TRANSLATED:
            translated(path)
