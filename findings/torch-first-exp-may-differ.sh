#!/bin/sh
# torch 2.13.0+cpu (Linux wheel, x86-64, MKL 2024.2): the first torch.exp of a process, on two threads or more, can have
# other last bits than every later one, over the whole share of one thread.
#
# MKL's vector functions, which exp, log, tanh and others of float32 and float64 use, choose their machine code for the
# processor at the first call. The choice is kept in one number without a lock, and written twice: first what the
# processor was found to be, then the row of a table of kernels that stands for it. A thread that comes between the two
# takes the kernel of another row. Later calls all agree. So a program that must give the same bytes in every process
# calls one of these functions once, on one number, before it has more than one thread; that settles the number.
# Known as pytorch issue 188792.
#
# Seen on two cores of an Intel Xeon with AVX-512 (detected as 9, row 5): of fresh processes, two at a time, 2 in 1,200
# with four threads each; with the number set back to "not chosen" before each call, as here, 3 of 565 and 13 of 2,927
# on a busy machine, always over half of the elements. On an AMD EPYC both numbers are 0, and it cannot happen.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6 pyelftools==0.32
cat >"$folder/program.py" <<'PROGRAM'
import ctypes
import sys
import time
from pathlib import Path

import torch
from elftools.elf.elffile import ELFFile

FUNCTION = "mkl_vml_serv_cpu_detect"
library = Path(torch.__path__[0], "lib", "libtorch_cpu.so")
with library.open("rb") as file:
    symbols = ELFFile(file).get_section_by_name(".symtab")
    (number,) = symbols.get_symbol_by_name(f"{FUNCTION}.vml_cpu_type")
    (function,) = symbols.get_symbol_by_name(FUNCTION)
loaded = ctypes.CDLL(str(library))
address = ctypes.cast(getattr(loaded, FUNCTION), ctypes.c_void_p).value
chosen = ctypes.c_int.from_address(address - function["st_value"] + number["st_value"])
assert chosen.value == -1, "changed: something was chosen before the first call"
torch.set_num_threads(2)
x = torch.linspace(-3, 3, 100_000)
torch.exp(x[:1])
detected, row = loaded.mkl_serv_vml_cpu_detect(), chosen.value
if detected == row:
    sys.exit(print(f"this processor is {detected} in both: it cannot happen here"))
expected, calls, odd = torch.exp(x), 0, []
end = time.monotonic() + 120
while time.monotonic() < end and len(odd) < 3:
    chosen.value = -1  # as before the first call
    first, calls = torch.exp(x), calls + 1
    if not torch.equal(first, expected):
        odd.append(int((first != expected).sum()))
print(f"detected as {detected}, row {row}; of {calls} first calls {len(odd)} differ, in so many of 100,000: {odd}")
assert odd, "changed: two minutes of first calls were all the same"
end = time.monotonic() + 20
while time.monotonic() < end:  # settled: nothing differs
    assert torch.equal(torch.exp(x), expected), "changed: later calls differ as well"
PROGRAM
"$folder/venv/bin/python" -W ignore "$folder/program.py"
