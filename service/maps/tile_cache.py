"""Tiles that were made: the least recently asked for go first. One cache per server process."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

MAX_BYTES = 48 * 2**20


class TileCache:
    """Bytes by key, bounded by their sum."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._max_bytes, self._n_bytes = max_bytes, 0
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
            while self._n_bytes > self._max_bytes:
                self._n_bytes -= len(self._kept.popitem(last=False)[1])
        return made
