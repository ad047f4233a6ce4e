"""The field's code lists of the sowing book, loaded from `config/codes`."""

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

from sqlalchemy.orm import Session

from service.sowing.models import Crop, NurseryFactor

CODES = Path(__file__).parents[2] / "config" / "codes"


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (CODES / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def load(session: Session) -> None:
    """Bring crops and nursery factors to what the lists say; safe to repeat."""
    for row in _rows("crops.csv"):
        session.merge(
            Crop(
                code=row["code"],
                name=row["name_zh"],
                name_en=row["name_en"],
                is_grain=row["is_grain"] == "1",
                season=row["season"],
                group_name=row["group"],
            )
        )
    session.flush()
    for row in _rows("nursery_factors.csv"):
        session.merge(
            NurseryFactor(
                crop_code=row["crop_code"],
                starts_on=date.fromisoformat(row["starts_on"]),
                factor=Decimal(row["factor"]),
                source=row["source"],
            )
        )
