"""onnxruntime-web for the static site: from npm's folder into the site's own, or from a CDN, held against that."""

import base64
import gzip
import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGE = "onnxruntime-web"
PINNED = Path(__file__).parent / "site" / "package.json"
KINDS = ("ort-wasm-simd-threaded", "ort-wasm-simd-threaded.asyncify")  # WebAssembly alone, and with WebGPU
LOADERS = ("ort.wasm.min.mjs", "ort.webgpu.min.mjs", *(f"{name}.mjs" for name in KINDS))
FILES = (*LOADERS, *(f"{name}.wasm" for name in KINDS))
FOLDER = "runtime/"
CDN = re.compile(r"(https://|http://(127\.0\.0\.1|localhost)[:/])[\w.:@/-]+/", re.ASCII)


@dataclass(frozen=True)
class Runtime:
    """The files of npm's folder, and where a visitor's browser gets the same: beside the page, or from a CDN."""

    distribution: Path
    cdn: str = ""

    def __post_init__(self) -> None:
        if self.cdn and not CDN.fullmatch(self.cdn):
            raise ValueError(f"{self.cdn!r} is no address of a folder: https://, and a slash at its end")

    @classmethod
    def found(cls, folder: str | Path, cdn: str = "") -> "Runtime":
        """Where `npm ci` was run, or the package itself, of the version that is pinned; else ValueError."""
        wanted = json.loads(PINNED.read_text(encoding="utf-8"))["dependencies"][PACKAGE]
        how = f"run 'npm ci' in a copy of {str(PINNED.parent)!r}, and name that folder"
        for place in (Path(folder) / "node_modules" / PACKAGE, Path(folder)):
            if (place / "package.json").is_file() and (place / "dist").is_dir():
                said = json.loads((place / "package.json").read_text(encoding="utf-8"))
                if said.get("name") != PACKAGE:
                    continue
                if said.get("version") != wanted:
                    raise ValueError(f"{str(place)!r} is {PACKAGE} {said.get('version')}, wanted {wanted}: {how}")
                return cls(place / "dist", cdn)
        raise ValueError(f"{str(folder)!r} holds no {PACKAGE}: {how}")

    def sizes(self, site: Path) -> dict[str, int]:
        """Addresses of the compiled files and their bytes, by which network.js says what share has come."""
        if self.cdn:
            return {f"{self.cdn}{name}.wasm": (self.distribution / f"{name}.wasm").stat().st_size for name in KINDS}
        return {f"{FOLDER}{name}.wasm.gz": (site / FOLDER / f"{name}.wasm.gz").stat().st_size for name in KINDS}

    def constants(self) -> dict[str, Any]:
        """What network.js knows: the folder, the ending of compiled files, and of a CDN's files the hashes."""
        if not self.cdn:
            return {"folder": FOLDER, "ending": ".gz", "integrity": {}}
        return {"folder": self.cdn, "ending": "", "integrity": {name: self._hash(name) for name in FILES}}

    def write(self, folder: Path) -> None:
        """Into a site's folder: all files, compiled ones compressed; nothing where a CDN has them."""
        if self.cdn:
            return
        (folder / FOLDER).mkdir()
        for name in LOADERS:
            shutil.copyfile(self.distribution / name, folder / FOLDER / name)
        for name in KINDS:
            packed = gzip.compress((self.distribution / f"{name}.wasm").read_bytes(), 9, mtime=0)
            (folder / FOLDER / f"{name}.wasm.gz").write_bytes(packed)

    def worker_policy(self) -> str:
        """The workers' Content-Security-Policy: what they run and ask for comes from the site, or this CDN's folder.

        A CDN's scripts are fetched, held against their hashes, and then run from memory, hence blob:.
        """
        cdn, memory = (f" {self.cdn}", " blob:") if self.cdn else ("", "")
        rules = (
            f"script-src 'self' 'wasm-unsafe-eval'{memory}",
            f"connect-src 'self'{cdn}",
            f"worker-src 'self'{memory}",
        )
        return "; ".join(("default-src 'none'", *rules))

    def _hash(self, name: str) -> str:
        """As `fetch` takes it: W3C, Subresource Integrity."""
        digest = hashlib.sha384((self.distribution / name).read_bytes()).digest()
        return f"sha384-{base64.b64encode(digest).decode()}"
