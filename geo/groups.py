"""Which things hang together, by pairs that touch."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.integer]


def connected(n: int, pairs: Ints) -> NDArray[np.intp]:
    """Return the group of each of n things.

    Parameters
    ----------
    n : int
        How many things.
    pairs : int array, shape (m, 2)
        Those that touch, in any order and direction.

    Returns
    -------
    int array, shape (n,)
        The smallest number in the thing's group: equal for two that hang together.

    Notes
    -----
    Roots are hooked to smaller roots, then every path is halved until it is flat; each turn at
    least halves the number of roots of a group that is not done.
    """
    label = np.arange(n)
    while True:
        ends = label[pairs]
        low, high = ends.min(axis=1, initial=n), ends.max(axis=1, initial=0)
        is_apart = low < high
        if not is_apart.any():
            return label
        np.minimum.at(label, high[is_apart], low[is_apart])
        while (label != label[label]).any():
            label = label[label]
