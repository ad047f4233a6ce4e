"""The EXIF block of a photo, read so that no block, however broken, can do harm.

References
----------
CIPA DC-008-2019 (Exif 2.32), with TIFF 6.0 for the layout of a directory.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

Ratio = tuple[int, int]
Value = str | bytes | tuple[int, ...] | tuple[Ratio, ...]
START = b"Exif\x00\x00"
BYTE_ORDERS = {b"II\x2a\x00": "<", b"MM\x00\x2a": ">"}
MAX_ENTRIES = 512
MAX_VALUE_BYTES = 1024
"""Of any value that is of use here; maker notes and thumbnails are passed over."""
ENTRY_BYTES, INLINE_BYTES = 12, 4
ASCII, RATIONAL, UNDEFINED, SIGNED_RATIONAL = 2, 5, 7, 10
FORMATS = {1: "B", 3: "H", 4: "I", RATIONAL: "II", 6: "b", 8: "h", 9: "i", SIGNED_RATIONAL: "ii"}
SIZES = {ASCII: 1, UNDEFINED: 1} | {kind: struct.calcsize("=" + f) for kind, f in FORMATS.items()}


class Tag(IntEnum):
    """The entries that are of use here, of all three directories."""

    GPS_LAT_REF = 1
    GPS_LAT = 2
    GPS_LON_REF = 3
    GPS_LON = 4
    GPS_TIME = 7
    GPS_BEARING_REF = 16
    GPS_BEARING = 17
    GPS_DATE = 29
    GPS_ACCURACY = 31
    MAKE = 271
    MODEL = 272
    ORIENTATION = 274
    CAMERA_DIRECTORY = 34665
    GPS_DIRECTORY = 34853
    TAKEN = 36867
    TAKEN_OFFSET = 36881


Directory = Mapping[int, Value]


@dataclass(frozen=True)
class Exif:
    """What a block holds: its three directories by tag, and whether any of it is broken."""

    main: Directory = field(default_factory=dict)
    camera: Directory = field(default_factory=dict)
    gps: Directory = field(default_factory=dict)
    is_broken: bool = False


def read_exif(block: bytes) -> Exif:
    """Read an EXIF block; what cannot be read is left out and said to be broken.

    Parameters
    ----------
    block : bytes
        As it stands in the file, with or without the six bytes that name it.

    Returns
    -------
    Exif
        Texts as str without trailing blanks, numbers as tuples of int, rationals as tuples of
        (numerator, denominator), nothing divided; empty for an empty block. Never raises.
    """
    if not block:
        return Exif()
    body = block.removeprefix(START)
    order = BYTE_ORDERS.get(body[:4])
    if order is None:
        return Exif(is_broken=True)
    reader = _Reader(body, order)
    main = reader.directory(4)
    camera = reader.directory_named(main, Tag.CAMERA_DIRECTORY)
    gps = reader.directory_named(main, Tag.GPS_DIRECTORY)
    return Exif(main, camera, gps, reader.is_broken)


class _Reader:
    def __init__(self, body: bytes, order: str) -> None:
        self.body, self.order, self.is_broken = body, order, False

    def directory_named(self, main: Directory, tag: Tag) -> Directory:
        """Read the directory that an entry of the main one points at."""
        place = main.get(tag)
        if place is None:
            return {}
        if not isinstance(place, tuple) or not isinstance(place[0], int):
            self.is_broken = True
            return {}
        return self._entries(place[0])

    def directory(self, pointer_at: int) -> Directory:
        """Read the directory whose offset stands at a place."""
        place = self._numbers(pointer_at, "I")
        return self._entries(place[0]) if place else {}

    def _entries(self, place: int) -> Directory:
        count = self._numbers(place, "H")
        if not count or count[0] > MAX_ENTRIES:
            self.is_broken = True
            return {}
        found: dict[int, Value] = {}
        for number in range(count[0]):
            entry = self._numbers(place + 2 + number * ENTRY_BYTES, "HHI")
            if not entry:
                break
            tag, kind, n = entry
            if tag in Tag.__members__.values() and tag not in found:
                value = self._value(place + 2 + number * ENTRY_BYTES + 8, kind, n)
                if value is not None:
                    found[tag] = value
        return found

    def _value(self, at: int, kind: int, n: int) -> Value | None:
        size = SIZES.get(kind, 0) * n
        if not 0 < size <= MAX_VALUE_BYTES:
            self.is_broken |= size != 0 or kind not in SIZES
            return None
        if size > INLINE_BYTES:
            pointer = self._numbers(at, "I")
            if not pointer:
                return None
            at = pointer[0]
        if kind in {ASCII, UNDEFINED}:
            raw = self._slice(at, size)
            return raw if kind == UNDEFINED or raw is None else _text(raw)
        numbers = self._numbers(at, FORMATS[kind] * n)
        if kind in {RATIONAL, SIGNED_RATIONAL}:
            return tuple(zip(numbers[::2], numbers[1::2], strict=True)) or None
        return numbers or None

    def _numbers(self, at: int, layout: str) -> tuple[int, ...]:
        raw = self._slice(at, struct.calcsize(self.order + layout))
        return struct.unpack(self.order + layout, raw) if raw is not None else ()

    def _slice(self, at: int, size: int) -> bytes | None:
        found = self.body[at : at + size]
        if len(found) == size:
            return found
        self.is_broken = True
        return None


def _text(raw: bytes) -> str:
    shown = raw.split(b"\x00", 1)[0].decode("utf-8", "replace")
    return "".join(each for each in shown if each.isprintable()).strip()
