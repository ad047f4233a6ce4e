"""What is left out of an import, is left out with the land that belongs to it.

If a parcel became two and one of them is blocked, neither the other may enter nor the parcel
end: the book would lose land, or hold it twice.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from service.parcels.tables import table_of


@dataclass(frozen=True)
class Spared:
    """The rows of a file that do not enter, and the versions that therefore do not end."""

    rows: frozenset[int]
    versions: frozenset[int]


def spared(folder: Path, left_out: Iterable[int]) -> Spared:
    """Follow the lineage from the rows left out to all that shares land with them."""
    rows: set[int] = set(left_out)
    versions: set[int] = set()
    path = folder / "lineage.arrow"
    if not rows or not path.exists():
        return Spared(frozenset(rows), frozenset())
    links = table_of(path)
    before: dict[int, set[int]] = defaultdict(set)
    after: dict[int, set[int]] = defaultdict(set)
    for row, old in zip(
        links.column("row").to_pylist(), links.column("old_id").to_pylist(), strict=True
    ):
        before[row].add(old)
        after[old].add(row)
    waiting = list(rows)
    while waiting:
        for old in before[waiting.pop()] - versions:
            versions.add(old)
            waiting += after[old] - rows
            rows |= after[old]
    return Spared(frozenset(rows), frozenset(versions))
