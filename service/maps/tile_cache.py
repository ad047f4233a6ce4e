"""Tiles that were made: the least recently asked for go first. One cache per server process."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

MAX_BYTES = 48 * 2**20
MAX_TILES = 20_000
"""Most tiles that can be asked for are empty: they have no bytes, but their keys have."""


class TileCache:
    """Bytes by key, bounded by their sum and their number."""

    def __init__(self, max_bytes: int = MAX_BYTES, max_tiles: int = MAX_TILES) -> None:
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._max_bytes, self._max_tiles, self._n_bytes = max_bytes, max_tiles, 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return what is kept under a key, made now if it is not there."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                return kept
        made = make()
        with self._lock:
            self._n_bytes += len(made) - len(self._kept.pop(key, b""))
            self._kept[key] = made
            while self._n_bytes > self._max_bytes or len(self._kept) > self._max_tiles:
                self._n_bytes -= len(self._kept.popitem(last=False)[1])
        return made
