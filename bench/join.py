"""The same decisions as a join: (slice, cell) -> word is a relation, the requests are another, and a row is permitted
where `word & mask` is zero. In DuckDB and in Polars, on one thread and on all.

Outside the timing: the relation is a table of the engine, and the request columns are handed over in its own form,
without a copy where it can read numpy's. Timed: the join, the mask, the verdict of every row in the order of the
requests as one column of bytes, and the count of permits.

The pair (slice, cell) is joined as one 64-bit key, base[slice] + cell, which both engines do faster than a pair; the
key is computed within the timing, as the table does it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Words = NDArray[np.uint64]
Permits = NDArray[np.uint8]
Columns = tuple[Int64, Int64, Words, Int64, Words]
