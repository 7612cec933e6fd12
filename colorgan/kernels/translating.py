"""C that is kept as LLVM's own language -> the machine's own code, translated for the processor that a process is on.

In the package is what clang makes of it, not optimized (`python experiments/kernels.py` writes it), so that neither a
compiler nor a folder to keep code in is needed. It takes 0.1 to 0.2 s of processor time a file, and lets go of Python's
lock meanwhile.
"""

import ctypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

ADDRESS, SIZE, REAL = ctypes.c_void_p, ctypes.c_int64, ctypes.c_float


class Translated:
    """A file's functions: what their arguments are, by name. Any number of threads may call them at once.

    quickly: translated in half the time, to code whose loops are not unrolled.
    """

    def __init__(self, path: Path, functions: Mapping[str, Sequence[Any]], *, quickly: bool = False) -> None:
        import llvmlite.binding as llvm  # here: whoever loads a model need not wait for it

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        module = llvm.parse_assembly(path.read_text(encoding="utf-8"))
        machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=2 if quickly else 3
        )
        module.triple, module.data_layout = llvm.get_default_triple(), str(machine.target_data)
        options = llvm.create_pipeline_tuning_options(speed_level=2 if quickly else 3)
        options.loop_vectorization = True
        options.slp_vectorization = options.loop_unrolling = not quickly
        builder = llvm.create_pass_builder(machine, options)
        builder.getModulePassManager().run(module, builder)
        self._engine = llvm.create_mcjit_compiler(module, machine)  # kept: the code is its own, and goes when it goes
        self._engine.finalize_object()
        self._functions = {
            name: ctypes.CFUNCTYPE(None, *arguments)(self._engine.get_function_address(name))
            for name, arguments in functions.items()
        }

    def run(self, name: str, *arguments: "NDArray[Any] | float") -> None:
        """Call a function: arrays are given as where they are in memory, which must have no gaps."""
        self._functions[name](*(one if isinstance(one, int | float) else _address(one) for one in arguments))


def _address(array: "NDArray[Any]") -> int:
    assert array.flags.c_contiguous, "kernels know no strides"
    return array.ctypes.data
