"""A C loop over the very columns that the table decides on: what memory and one core allow, compiled in the same run.

Per row one load of the word of its cell and one mask; out come the failed checks (`why`) and the verdict (`permit`).
Where the machine has no compiler, `compile_kernel` says so and gives None.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SOURCE = """
#include <stdint.h>
void kernel(int64_t n, const int64_t *restrict slice, const int64_t *restrict cell, const uint64_t *restrict mask,
            int64_t plane, const uint64_t *restrict words, uint64_t *restrict why, uint8_t *restrict permit)
{
    for (int64_t i = 0; i < n; i++) {
        uint64_t w = words[slice[i] * plane + cell[i]] & mask[i];
        why[i] = w;
        permit[i] = w == 0;
    }
}
"""
CHUNK = 65_536
Int64 = NDArray[np.int64]
Words = NDArray[np.uint64]
Permits = NDArray[np.uint8]
Kernel = Callable[..., None]
_TYPES: tuple[tuple[str, Any], ...] = (
    ("slice", np.int64),
    ("cell", np.int64),
    ("mask", np.uint64),
    ("words", np.uint64),
    ("why", np.uint64),
    ("permit", np.uint8),
)


def compile_kernel(source: str = SOURCE) -> Kernel | None:
    """`kernel(n, slice, cell, mask, plane, words, why, permit)` by `cc -O3`; None, with the reason printed, without it.

    Arrays are C-contiguous, of the types of `_TYPES`; ctypes lets the GIL go while it runs.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        print("no C compiler `cc` on this machine: the loop in C is not measured", flush=True)
        return None
    with tempfile.TemporaryDirectory() as folder:
        code, library = Path(folder) / "kernel.c", Path(folder) / "kernel.so"
        code.write_text(source, encoding="utf-8")
        command = [compiler, "-O3", "-shared", "-fPIC", "-o", str(library), str(code)]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode:
            print(f"`cc -O3` failed, the loop in C is not measured: {done.stderr.decode()[:300]}", flush=True)
            return None
        kernel = ctypes.CDLL(str(library)).kernel  # stays mapped after its file is gone
    arrays = [np.ctypeslib.ndpointer(dtype=kind, flags="C_CONTIGUOUS") for _, kind in _TYPES]
    kernel.argtypes = [ctypes.c_int64, *arrays[:3], ctypes.c_int64, *arrays[3:]]
    kernel.restype = None
    return kernel


def run_kernel(
    kernel: Kernel, slices: Int64, cells: Int64, masks: Words, plane: int, words: Words, chunk: int = CHUNK
) -> tuple[Permits, Words, float]:
    """Decide all rows chunk by chunk into arrays made beforehand; gives verdicts, failed checks and seconds.

    Measured: the loop alone over whole chunks, with the pages of its output touched before.
    """
    count = len(slices)
    why, permit = np.ones(count, np.uint64), np.ones(count, np.uint8)
    start = time.perf_counter()
    for low in range(0, count, chunk):
        rows = slice(low, min(low + chunk, count))
        kernel(rows.stop - low, slices[rows], cells[rows], masks[rows], plane, words, why[rows], permit[rows])
    return permit, why, time.perf_counter() - start
