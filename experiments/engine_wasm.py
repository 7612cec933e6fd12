"""Writes engine.wasm, which the static site's pages run: to be run again when engine.c has changed.

`apt-get install clang-19 lld-19 && python experiments/engine_wasm.py`
"""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from colorgan.web.static_site import ENGINE

SOURCE = ENGINE.with_suffix(".c")
CLANG = shutil.which("clang-19") or "clang"
# Relaxed SIMD multiplies and adds in one step; atomics, for memory that threads share.
TARGET = ["--target=wasm32", "-msimd128", "-mrelaxed-simd", "-matomics", "-mbulk-memory"]
PLAIN = ["-O3", "-std=c11", "-Wall", "-Werror", "-ffreestanding", "-fno-builtin", "-nostdlib"]
MEMORY = ["--import-memory", "--shared-memory", f"--max-memory={256 << 20}", "-z,stack-size=65536"]
LINK = [f"-Wl,{flag}" for flag in ("--no-entry", "--strip-all", "--export=__stack_pointer", *MEMORY)]


def main() -> None:
    """engine.c -> engine.wasm, with the hash of the source in it."""
    with tempfile.TemporaryDirectory() as place:
        made = Path(place) / "engine.wasm"
        subprocess.run([CLANG, *TARGET, *PLAIN, *LINK, str(SOURCE), "-o", str(made)], check=True)
        content = made.read_bytes()
    digest = hashlib.sha256(SOURCE.read_bytes()).digest()
    ENGINE.write_bytes(content + section("source", digest))


def section(name: str, content: bytes) -> bytes:
    """A custom section of WebAssembly (core specification 5.5.3), which no browser reads."""
    named = bytes([len(name)]) + name.encode() + content
    assert len(named) < 128, "longer ones need more than a byte for their length"
    return bytes([0, len(named)]) + named


if __name__ == "__main__":
    main()
