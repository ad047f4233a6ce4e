"""The exam of a layer, geometry and attributes, as one table of findings and its counts."""

import csv
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geo import exam
from inspections import land
from inspections.land import RowFinding
from inspections.land_checks import LandCodes
from service.landfiles import canonical, presets
from service.landfiles.surroundings import Around, write_table

VILLAGE = 12
SHARED_LAND = {"geometry.overlap", "geometry.duplicate"}
BLOCK, WARN = "block", "warn"
FIRST_YEAR = 1984
"""The first national land survey began."""
NOTICEABLE_SHARE = 0.01
"""Domain 1.7: beyond 1 % between declared and ellipsoidal area one should look."""
SCHEMA = pa.schema(
    {
        "rule": pa.string(),
        "severity": pa.string(),
        "row": pa.int32(),
        "other": pa.int32(),
        "column": pa.string(),
        "value": pa.string(),
        "numbers": pa.string(),
        "message_zh": pa.string(),
        "place": pa.binary(),
    }
)
"""One line a finding, of geometry or attributes; `row` and `other` count from one."""
Geometries = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Examined:
    """What the exam proposes as repairs, and what the report says of it."""

    repaired: Geometries
    report: dict[str, Any]


def examine(
    frame: pa.Table,
    geometries: Geometries,
    kind: str,
    options: Mapping[str, Any],
    around: Around,
    mapped: Collection[str],
) -> Examined:
    """Examine geometry and attributes, and write `findings.arrow`."""
    limits = options["exam"]
    if limits is None:
        return Examined(np.full(len(geometries), None, dtype=object), {"exam": None})
    villages = around.villages
    found = exam.examine(
        geometries,
        exam.ExamLimits(**limits),
        declared_m2=declared_m2(frame),
        outlines=_surveyed(frame, villages) if villages and kind == "parcels" else None,
        county=around.county,
    )
    found = _meant(found, frame, kind)
    rows = land.LandResult([], {}, {})
    if kind in ("parcels", "farmland"):
        absent = set(canonical.COLUMNS) - set(mapped)
        rows = land.inspect(frame.to_pandas(), _codes(options["year"]), absent=absent)
    _write(found.findings, rows.findings, villages[0] if villages else [])
    severities: Counter[str] = Counter(each.severity for each in found.findings)
    severities.update(each.severity for each in rows.findings)
    report = {
        "counts": found.counts | rows.counts,
        "skipped": found.skipped | rows.skipped,
        "n_block": severities[BLOCK],
        "n_warn": severities[WARN],
        "n_repairs": int((~shapely.is_missing(found.repaired)).sum()),
    }
    return Examined(found.repaired, {"exam": report})


def _meant(found: exam.ExamResult, frame: pa.Table, kind: str) -> exam.ExamResult:
    """Leave out overlaps that are as they should be.

    A county lies over its towns and they over their villages; land may be approved twice.
    """
    if kind not in ("outlines", "approvals"):
        return found
    lengths = pc.utf8_length(frame.column("location_code")).to_pylist()
    kept = [
        each
        for each in found.findings
        if each.rule not in SHARED_LAND
        or (kind == "outlines" and lengths[each.row] == lengths[each.other or 0])
    ]
    counts = found.counts | {
        rule: sum(each.rule == rule for each in kept) for rule in SHARED_LAND & found.counts.keys()
    }
    return replace(found, findings=kept, counts=counts)


def _surveyed(frame: pa.Table, villages: tuple[list[str], Geometries]) -> Geometries:
    """Return the outlines of the villages that the file names; of all where it names none.

    A file of one town says nothing about the land of another.
    """
    codes, outlines = villages
    named = pc.utf8_slice_codeunits(frame.column("location_code"), 0, VILLAGE)
    is_named = pc.is_in(pa.array(codes), pc.unique(named)).to_numpy(zero_copy_only=False)
    if not is_named.any():
        return outlines
    surveyed = outlines.copy()
    surveyed[~is_named] = None
    return surveyed


def declared_m2(frame: pa.Table) -> npt.NDArray[np.float64]:
    """Return the declared areas, NaN where there is none."""
    column: npt.NDArray[np.float64] = frame.column("declared_area_m2").to_numpy()
    return column.astype(np.float64)


def area_comparison(frame: pa.Table, ellipsoidal_m2: npt.NDArray[np.float64]) -> dict[str, Any]:
    """Compare the areas that the file declares with those of its geometries."""
    declared = declared_m2(frame)
    has_both = np.isfinite(declared) & (ellipsoidal_m2 > 0)
    apart = np.abs(declared[has_both] / ellipsoidal_m2[has_both] - 1)
    both_m2 = float(ellipsoidal_m2[has_both].sum())
    said_m2 = float(declared[has_both].sum())
    return {
        "ellipsoidal_m2": float(ellipsoidal_m2.sum()),
        "declared_m2": float(np.nansum(declared)) if np.isfinite(declared).any() else None,
        "n_declared": int(np.isfinite(declared).sum()),
        "difference_share": said_m2 / both_m2 - 1 if both_m2 else None,
        "n_noticeable": int((apart > NOTICEABLE_SHARE).sum()),
    }


def _codes(year: int | None) -> LandCodes:
    """Read the code lists; a survey of next year's land is not yet made."""
    last = datetime.now(UTC).year if year is None else year
    return LandCodes(
        _code_list("land_classes.csv"), _code_list("planting_attributes.csv"), FIRST_YEAR, last
    )


def _code_list(name: str) -> frozenset[str]:
    with (presets.CODES / name).open(encoding="utf-8", newline="") as file:
        return frozenset(row["code"] for row in csv.DictReader(file))


def _write(
    about_shapes: Sequence[exam.Finding], about_rows: Sequence[RowFinding], villages: Sequence[str]
) -> None:
    listed = [
        *(_line_of_shape(each, villages) for each in about_shapes),
        *(_line_of_row(each) for each in about_rows),
    ]
    columns = {name: [each[name] for each in listed] for name in SCHEMA.names}
    places = np.array(columns["place"], dtype=object)
    columns["place"] = shapely.to_wkb(places, byte_order=1).tolist() if listed else []
    write_table(Path("findings.arrow"), pa.table(columns, SCHEMA))


def _line_of_shape(finding: exam.Finding, villages: Sequence[str]) -> dict[str, Any]:
    """Number rows from one as the user's program does; a gap has no row, but a village."""
    is_gap = finding.row == exam.NO_ROW
    other = finding.other
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "row": None if is_gap else finding.row + 1,
        "other": None if is_gap or other is None else other + 1,
        "column": "village_code" if is_gap else None,
        "value": villages[other] if is_gap and other is not None else None,
        "numbers": json.dumps(finding.numbers),
        "message_zh": finding.message_zh,
        "place": finding.place,
    }


def _line_of_row(finding: RowFinding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "row": finding.row + 1,
        "other": None,
        "column": finding.column,
        "value": finding.value,
        "numbers": "{}",
        "message_zh": finding.message_zh,
        "place": None,
    }
