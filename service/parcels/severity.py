"""Which rows of a file an exam blocks, and which of them a person lets pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from service.parcels.tables import table_of

INVALID = "geometry.invalid"
WARN, BLOCK = "warn", "block"


@dataclass(frozen=True)
class Blocked:
    """What an exam says of the rows of a file."""

    exam: dict[int, str]
    """The gravest severity of each row that was found anything about."""
    blocked: set[int]
    only_repair: set[int]
    """Blocked rows that the proposed repair alone would free."""
    left_out: set[int]


def blocked_rows(folder: Path, choices: Mapping[str, Any]) -> Blocked:
    """Return the rows that are blocked, and those that are left out by these choices."""
    path = folder / "findings.arrow"
    if not path.exists():
        return Blocked({}, set(), set(), set())
    found = table_of(path)
    exam = dict.fromkeys(_rows(found, WARN), WARN) | dict.fromkeys(_rows(found, BLOCK), BLOCK)
    is_block = pc.equal(found.column("severity"), BLOCK)
    is_invalid = pc.equal(found.column("rule"), INVALID)
    otherwise = _numbers(found.filter(pc.and_(is_block, pc.invert(is_invalid))).column("row"))
    blocked = _numbers(found.filter(is_block).column("row"))
    only_repair = (blocked - otherwise) & _repairable(folder)
    left_out = blocked - only_repair if choices.get("accept_repairs") else blocked
    return Blocked(exam, blocked, only_repair, left_out)


def _rows(found: pa.Table, severity: str) -> list[int]:
    meant = found.filter(pc.equal(found.column("severity"), severity))
    return [*_numbers(meant.column("row")), *_numbers(meant.column("other"))]


def _numbers(column: pa.ChunkedArray) -> set[int]:
    return set(column.drop_null().to_pylist())


def _repairable(folder: Path) -> set[int]:
    result = table_of(folder / "result.arrow")
    return _numbers(result.filter(pc.is_valid(result.column("repaired"))).column("row"))
