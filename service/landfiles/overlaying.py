"""The result laid over villages, farmland and the book."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from geo import ellipsoid, lineage, shares
from service.landfiles import comparison
from service.landfiles.comparison import CHANGED, NEW, Book, Comparison
from service.landfiles.digest import attribute_digest
from service.landfiles.surroundings import Around, write_table

THREADS = min(os.cpu_count() or 1, 4)
VILLAGE = 12
"""Digits of a village's code, with which every location code begins."""
PARCELS, FARMLAND = "parcels", "farmland"
OTHER_BOOK = {PARCELS: FARMLAND, FARMLAND: PARCELS}
"""The layer of the book that each kind of file is laid over."""
Geometries = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Compared:
    """The result with the columns of the comparison, and what the report says of it."""

    result: pa.Table
    report: dict[str, Any]


def compare(
    result: pa.Table,
    usable: Geometries,
    kind: str,
    options: Mapping[str, Any],
    around: Around,
) -> Compared:
    """Find villages, farmland shares and standing; write the tables that go beside the result."""
    areas_m2 = result.column("ellipsoidal_area_m2").to_numpy()
    report: dict[str, Any] = {}
    columns = _villages(usable, areas_m2, around, report)
    if kind in OTHER_BOOK and (other := around.book(OTHER_BOOK[kind])) is not None:
        report["n_overlay"] = _overlay(usable, areas_m2, kind, other)
    digests = attribute_digest(result)
    columns["digest"] = pa.array(digests, pa.string())
    book = around.book(kind)
    if book is None:
        found = comparison.all_new(len(usable))
    else:
        codes = result.column("survey_code").to_pylist()
        within = None if options["is_complete_county"] else _present(columns, result)
        found = comparison.compare(codes, digests, usable, book, within)
        report["n_lineage"] = _lineage(usable, found, book)
    columns |= comparison.columns_of(found)
    counts = Counter(found.standing.tolist())
    report["standing"] = {
        **{name: counts[name] for name in (NEW, CHANGED, comparison.SAME)},
        "gone": len(found.gone),
    }
    for name, column in columns.items():
        result = result.append_column(name, column)
    return Compared(result, report)


def _present(columns: Mapping[str, pa.Array], result: pa.Table) -> list[str | None]:
    """Return the villages of the file: where its rows lie, else what its survey names."""
    named = pc.utf8_slice_codeunits(result.column("location_code"), 0, VILLAGE)
    villages: list[str | None] = pc.coalesce(columns["village_code"], named).to_pylist()
    return villages


def _villages(
    usable: Geometries, areas_m2: npt.NDArray[np.float64], around: Around, report: dict[str, Any]
) -> dict[str, pa.Array]:
    n = len(usable)
    if around.villages is None:
        nothing = pa.nulls(n, pa.float64())
        empty = {"village_code": pa.nulls(n, pa.string()), "village_share": nothing}
        return empty | {"village_margin": nothing}
    codes, outlines = around.villages
    found = shares.largest_share(usable, outlines, areas_m2, n_threads=THREADS)
    has_none = found.zone < 0
    named = np.array([*codes, None], dtype=object)[found.zone]
    report["n_without_village"] = int(has_none.sum())
    return {
        "village_code": pa.array(named, pa.string()),
        "village_share": pa.array(found.share, mask=has_none),
        "village_margin": pa.array(found.margin, mask=has_none),
    }


def _overlay(usable: Geometries, areas_m2: npt.NDArray[np.float64], kind: str, beside: Book) -> int:
    """Lay parcels over basic farmland, whichever of the two is the file's."""
    ids = beside.table.column("id")
    if kind == PARCELS:
        pairs = shares.intersection_shares(usable, beside.geometries, n_threads=THREADS)
        rows, others, whole_m2 = pairs.parcel, pairs.other, areas_m2
    else:
        pairs = shares.intersection_shares(beside.geometries, usable, n_threads=THREADS)
        rows, others = pairs.other, pairs.parcel
        whole_m2 = ellipsoid.areas_m2(beside.geometries)
    write_table(
        Path("overlay.arrow"),
        {
            "row": pa.array(np.asarray(rows, np.int32) + 1),
            "other_id": ids.take(pa.array(others)),
            "area_m2": pa.array(pairs.area_m2),
            "share_of_parcel": pa.array(pairs.area_m2 / whole_m2[pairs.parcel]),
            "is_edge_only": pa.array(pairs.is_edge_only),
        },
    )
    return len(pairs.parcel)


def _lineage(usable: Geometries, found: Comparison, book: Book) -> int:
    """Relate what went or changed in the book to what came or changed in the file."""
    ids = book.table.column("id")
    write_table(Path("gone.arrow"), {"id": ids.take(pa.array(found.gone))})
    is_changed = found.standing == CHANGED
    old = np.concatenate([found.gone, found.matched[is_changed]])
    new = np.flatnonzero(is_changed | (found.standing == NEW))
    links = lineage.lineage(book.geometries[old], usable[new])
    write_table(
        Path("lineage.arrow"),
        {
            "old_id": ids.take(pa.array(old[links["old"]])),
            "row": pa.array((new[links["new"]] + 1).astype(np.int32)),
            "area_m2": pa.array(links["area_m2"]),
            "share_of_old": pa.array(links["share_of_old"]),
            "share_of_new": pa.array(links["share_of_new"]),
            "op": pa.array(links["op"].tolist(), pa.string()),
        },
    )
    return len(links)
