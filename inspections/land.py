"""Whether the attributes of a land survey layer (DLTB) agree with each other and the codes."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from inspections.land_checks import LandCodes
from inspections.land_columns import Columns, Flags, Rule, Severity
from inspections.land_rules import FIELDS, RULES

__all__ = ["RULES", "LandCodes", "LandResult", "RowFinding", "inspect"]


@dataclass(frozen=True, slots=True)
class RowFinding:
    """One attribute that is wrong.

    Attributes
    ----------
    rule : str
        Such as `land.net-area`.
    row : int
        Position in the frame, from 0.
    severity : "block" or "warn"
        Whether an import must stop.
    column : str
        The canonical column in question.
    value : str
        What it holds, as text; empty if nothing.
    message_zh : str
        One sentence for the user.
    """

    rule: str
    row: int
    severity: Severity
    column: str
    value: str
    message_zh: str


@dataclass(frozen=True)
class LandResult:
    """What an inspection found.

    Attributes
    ----------
    findings : list of RowFinding
        In order of row, then of the rules.
    skipped : dict of str to str
        Rules whose columns the file does not have, with the reason in Chinese.
    counts : dict of str to int
        Findings of each rule that was examined, zeros included.
    """

    findings: list[RowFinding]
    skipped: dict[str, str]
    counts: dict[str, int]


def inspect(
    frame: pd.DataFrame,
    codes: LandCodes,
    *,
    absent: Collection[str] | None = None,
    rules: Sequence[Rule] = RULES,
) -> LandResult:
    """Examine the attributes of a layer by every rule.

    Parameters
    ----------
    frame : DataFrame, shape (n, any)
        Canonical columns of a layer, one row a parcel; areas in square metres, widths in
        metres. Columns may be missing. It is not changed.
    codes : LandCodes
        The code lists and limits to compare with.
    absent : collection of str, optional
        Canonical columns that the file does not have. If not given, those that the frame lacks
        or that hold nothing at all.
    rules : sequence of Rule
        The rules, all if not given.

    Returns
    -------
    LandResult
        Findings and skipped rules.

    Notes
    -----
    That land newly turned into cropland must not be 未耕种 needs the older map, and is not asked
    here.
    """
    columns = Columns(frame)
    if absent is None:
        asked = {column for rule in rules for column in rule.needs}
        absent = {column for column in asked if columns.is_missing(column)}
    findings: list[tuple[int, RowFinding]] = []
    skipped: dict[str, str] = {}
    for number, rule in enumerate(rules):
        missing = [column for column in rule.needs if column in absent]
        if missing:
            names = "、".join(FIELDS[column] for column in missing)
            skipped[rule.code] = f"文件没有 {names} 字段"
            continue
        mask = rule.is_wrong(columns, codes)
        findings.extend((number, each) for each in _findings(rule, columns, mask, codes))
    findings.sort(key=lambda each: (each[1].row, each[0]))
    tally = Counter(each.rule for _, each in findings)
    counts = {rule.code: tally[rule.code] for rule in rules if rule.code not in skipped}
    return LandResult([each for _, each in findings], skipped, counts)


def _findings(rule: Rule, columns: Columns, mask: Flags, codes: LandCodes) -> list[RowFinding]:
    rows = np.flatnonzero(mask)
    values = {name: columns.shown(name, rows) for name in rule.needs}
    limits = {"years": f"{codes.first_year} 至 {codes.last_year}", "road": f"{codes.max_road_m:g}"}
    return [
        RowFinding(
            rule.code,
            row,
            rule.severity,
            rule.column,
            values[rule.column][index],
            rule.message_zh.format(
                **limits, **{name: shown[index] for name, shown in values.items()}
            ),
        )
        for index, row in enumerate(rows.tolist())
    ]
