"""Writes what `colorgan.kernels` translates: to be run again when a file of C has changed.

`pip install ziglang==0.17.1 && python experiments/kernels.py`

Clang's own translation of the C, not optimized, and nothing in it of the machine that this runs on.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from colorgan.files import sha256
from colorgan.kernels import EXACT, PAINT

# Of the targets any would do: the kernels' arguments are of 8 bytes everywhere.
CLANG = [sys.executable, "-m", "ziglang", "cc", "-target", "x86_64-linux-musl"]
PLAIN = ["-g0", "-fno-sanitize=all", "-fno-stack-protector", "-fno-unwind-tables"]
UNOPTIMIZED = ["-O0", "-Xclang", "-disable-O0-optnone", "-fno-asynchronous-unwind-tables"]
# Whether sums may be rounded in another order, and operations fused.
ROUNDING = {PAINT: ["-ffast-math"], EXACT: ["-fno-fast-math", "-ffp-contract=off"]}
# Lines that name a machine or the compiler, and marks of how little it has optimized.
OWN = (
    re.compile(r"^(target |source_filename|; |attributes |!).*\n", re.MULTILINE),
    re.compile(r" #\d+\b|, !llvm\.loop !\d+"),
)


def write(path: Path) -> None:
    """The .ll beside a file of C."""
    source = path.with_suffix(".c")
    with tempfile.TemporaryDirectory() as place:
        made = Path(place) / path.name
        options = [*PLAIN, *ROUNDING[path], *UNOPTIMIZED, "-S", "-emit-llvm", str(source), "-o", str(made)]
        subprocess.run([*CLANG, *options], check=True)
        text = made.read_text(encoding="utf-8")
    for own in OWN:
        text = own.sub("", text)
    head = f"; Written by experiments/kernels.py of {source.name}, whose SHA-256 is {sha256(source)}."
    path.write_text(f"{head}\n{text.strip()}\n", encoding="utf-8")


if __name__ == "__main__":
    for one in ROUNDING:
        write(one)
