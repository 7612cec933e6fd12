"""The kernel of kernel.c as machine code: translated by LLVM when a process first paints, for the processor it is on.

In the package is LLVM's own language (`python experiments/painting_kernel.py` writes it), so that neither a compiler
nor a folder to keep code in is needed. It takes 0.2 s of processor time, and lets go of Python's lock meanwhile.
"""

import ctypes
import threading
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

KERNEL = Path(__file__).with_name("kernel.ll")
_NAME = "paint_rows"
_BUILDING = threading.Lock()

Array = NDArray[Any]


class Kernel:
    """What kernel.c says, for arrays, which know their sizes. Any number of threads may call it at once."""

    def __init__(self) -> None:
        import llvmlite.binding as llvm  # here: whoever loads a model need not wait for it

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        module = llvm.parse_assembly(KERNEL.read_text(encoding="utf-8"))
        machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3
        )
        module.triple, module.data_layout = llvm.get_default_triple(), str(machine.target_data)
        options = llvm.create_pipeline_tuning_options(speed_level=3)
        options.loop_vectorization = options.slp_vectorization = True
        builder = llvm.create_pass_builder(machine, options)
        builder.getModulePassManager().run(module, builder)
        self._engine = llvm.create_mcjit_compiler(module, machine)  # kept: the code is its own, and goes when it goes
        self._engine.finalize_object()
        address, size = ctypes.c_void_p, ctypes.c_int64
        arguments = [address, size, size, size, address, size, size, *[address] * 10]
        self._run = ctypes.CFUNCTYPE(None, *arguments)(self._engine.get_function_address(_NAME))

    def __call__(
        self,
        pixels: Array,
        field: Array,
        rows: tuple[Array, Array],
        columns: tuple[Array, Array],
        tables: tuple[Array, ...],
        painted: Array,
    ) -> None:
        """Paint some rows.

        Args:
            pixels: (R, W, 1 or 4) uint8, gray, or red, green, blue and anything.
            field: (4, h, w) float32, of `color.cube_root_lines`.
            rows: of each, the place before it in the field, int64, and the share of the place after that, float32.
            columns: likewise.
            tables: luminance, cube roots, gammas and matrix.
            painted: (R, W, 4) uint8, to be filled.
        """
        mixed = np.empty((4, field.shape[2] + 1), np.float32)
        parts = (pixels, *pixels.shape, field, *field.shape[1:], *rows, *columns, *tables, mixed, painted)
        self._run(*(part if isinstance(part, int) else _address(part) for part in parts))


def kernel() -> Kernel:
    """The kernel, translated once in a process."""
    with _BUILDING:
        return _built()


@cache
def _built() -> Kernel:
    return Kernel()


def _address(array: Array) -> int:
    assert array.flags.c_contiguous, "the kernel knows no strides"
    return array.ctypes.data
