"""Writes what `colorgan.painting` compiles: to be run again when kernel.c has changed.

`pip install ziglang==0.17.1 && python experiments/painting_kernel.py`

Clang's own translation of the C, not optimized, and nothing in it of the machine that this runs on.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from colorgan.files import sha256
from colorgan.painting.compiled import KERNEL

SOURCE = KERNEL.with_suffix(".c")
# Of the targets any would do: the kernel's arguments are of 8 bytes everywhere.
CLANG = [sys.executable, "-m", "ziglang", "cc", "-target", "x86_64-linux-musl"]
PLAIN = ["-g0", "-ffast-math", "-fno-sanitize=all", "-fno-stack-protector", "-fno-unwind-tables"]
UNOPTIMIZED = ["-O0", "-Xclang", "-disable-O0-optnone", "-fno-asynchronous-unwind-tables"]
# Lines that name a machine or the compiler, and marks of how little it has optimized.
OWN = (
    re.compile(r"^(target |source_filename|; |attributes |!).*\n", re.MULTILINE),
    re.compile(r" #\d+\b|, !llvm\.loop !\d+"),
)


def main() -> None:
    """kernel.c -> kernel.ll."""
    with tempfile.TemporaryDirectory() as place:
        made = Path(place) / "kernel.ll"
        subprocess.run([*CLANG, *PLAIN, *UNOPTIMIZED, "-S", "-emit-llvm", str(SOURCE), "-o", str(made)], check=True)
        text = made.read_text(encoding="utf-8")
    for own in OWN:
        text = own.sub("", text)
    head = f"; Written by experiments/painting_kernel.py of {SOURCE.name}, whose SHA-256 is {sha256(SOURCE)}."
    KERNEL.write_text(f"{head}\n{text.strip()}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
