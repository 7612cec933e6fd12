#!/bin/sh
# Gradio 6.31.0: every import parses Gradio's own components again, and writes a type stub beside each that has none.
#
# For each of some 80 component classes it reads the class's source file twice, looks for the class in it by `ast`, renders
# a template and compares the outcome with the .pyi file beside it, on a user's machine as on its maintainers'. It also
# writes into site-packages when a stub is missing. A class whose file `inspect` cannot find is passed over.
#
# Seen: 168 parses, and 6 when stubs are passed over; 1.2 s of 2.4 s of `import gradio`; a deleted stub is back.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet gradio==6.31.0
cd "$folder"
cat > count.py <<'PROGRAM'
import ast
import importlib.util
import inspect
import pathlib
import sys
import time

stub = pathlib.Path(importlib.util.find_spec("gradio").origin).parent / "components" / "textbox.pyi"
stub.unlink(missing_ok=True)
parse, getfile, parses = ast.parse, inspect.getfile, []


def counted(source, *arguments, **options):
    parses.append(1)
    return parse(source, *arguments, **options)


def without_file(what):
    if isinstance(what, type) and what.__module__.startswith("gradio."):
        raise OSError("no file")
    return getfile(what)


ast.parse = counted
if sys.argv[1] == "skipped":
    inspect.getfile = without_file
begun = time.perf_counter()
import gradio  # noqa: E402, F401

print(sys.argv[1], len(parses), f"{time.perf_counter() - begun:.2f} s", "stub" if stub.exists() else "no stub")
PROGRAM
"$folder/venv/bin/python" count.py plain > /dev/null  # compiles the modules
"$folder/venv/bin/python" count.py plain | tee plain
"$folder/venv/bin/python" count.py skipped | tee skipped
grep -q ' stub$' plain && [ "$(cut -d' ' -f2 plain)" -gt 100 ] || { echo "Gradio writes no stubs any more"; exit 1; }
grep -q 'no stub$' skipped && [ "$(cut -d' ' -f2 skipped)" -lt 20 ]
