"""Violation types and versions of the checklist, loaded from `config/codes`."""

import csv
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.orm import Session

from service.visits.models import ChecklistItem, ViolationType

CODES = Path(__file__).parents[2] / "config" / "codes"


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (CODES / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def load(session: Session) -> None:
    """Bring the lists to what the files say; safe to repeat. A new version is new rows."""
    for row in _rows("violation_types.csv"):
        session.merge(
            ViolationType(
                code=row["code"],
                domain=row["domain"],
                name=row["name_zh"],
                legal_basis=row["legal_basis"],
                severity=int(row["severity_1_4"]),
            )
        )
    session.flush()
    for row in _rows("checklists.csv"):
        session.merge(ChecklistItem(**row))
