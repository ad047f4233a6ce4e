"""When a compiled function may be taken from the cache."""

from pathlib import Path
from zlib import crc32

KERNELS = (
    "drop_kernel",
    "marker_cycles",
    "marker_kernel",
    "marker_reading",
    "marker_records",
    "marker_rules",
    "marker_seasons",
    "marker_states",
    "marker_words",
    "series",
)


def sources() -> int:
    """Return a number that changes with the text of any kernel.

    Returns
    -------
    int
        numba takes a function from its cache while that function's own file is unchanged, though
        what it calls from other files may be another. It does heed what a function closes over:
        so each function that is cached closes over this number.
    """
    folder = Path(__file__).parent
    number = 0
    for name in KERNELS:
        number = crc32((folder / f"{name}.py").read_bytes(), number)
    return number
