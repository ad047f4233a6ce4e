"""What a land file may be at most, and how it is refused; known to parent and child alike."""

from dataclasses import dataclass, replace
from typing import Any

MIB = 2**20
STAGES = ("read", "geometry", "reference", "attributes", "exam", "compare", "write")
"""The steps of a reading, by name."""


@dataclass(frozen=True)
class Limits:
    """Bounds of one land file and of the process that reads it."""

    upload_bytes: int = 128 * MIB
    entries: int = 64
    unpacked_bytes: int = 384 * MIB
    ratio: int = 100
    features: int = 200_000
    fields: int = 255
    text: int = 10_000
    json_depth: int = 64
    nesting: int = 8
    geometry_vertices: int = 100_000
    vertices: int = 8_000_000
    memory_bytes: int = 1536 * MIB
    cpu_s: int = 120
    wall_s: int = 180


UPLOAD = Limits()
"""A county's survey of 100,000 parcels comes by the page; what it needs was measured."""
COMMAND_LINE = replace(
    UPLOAD,
    upload_bytes=2048 * MIB,
    entries=1024,
    unpacked_bytes=4096 * MIB,
    features=3_000_000,
    vertices=100_000_000,
    memory_bytes=8192 * MIB,
    cpu_s=3600,
    wall_s=3600,
)
"""Who holds the machine's command line may bring a whole county at once."""


class Refusal(Exception):
    """The child's refusal: a code for programs, a reason in Chinese for people."""

    def __init__(self, code: str, reason: str, **members: Any) -> None:
        super().__init__(reason)
        self.code, self.reason, self.members = code, reason, members


class TooMuch(Refusal):
    """A refusal because of size."""
