"""Daily rates of machines and the stages of early rice, from `config/codes`."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from inspections.machinery import Rate
from service.capacity.schemas import Operation

CODES = Path(__file__).parents[2] / "config" / "codes"


@dataclass(frozen=True)
class KnownRate:
    """A rate with its operation and its source."""

    rate: Rate
    operation: Operation
    variant: str
    is_default: bool
    source: str


@dataclass(frozen=True)
class Work:
    """What an operation is compared with: a stage of the calendar, a crop's area."""

    name: str
    stage_code: str
    crop: str


WORK = {
    Operation.PLOUGH: Work("耕整", "E04", "GRAIN"),
    Operation.TRANSPLANT: Work("插秧", "E06", "RICE_E"),
}


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (CODES / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def rates() -> tuple[KnownRate, ...]:
    """Return what machines do in a day."""
    return tuple(
        KnownRate(
            Rate(
                row["class_code"],
                Decimal(row["low_mu_per_day"]),
                Decimal(row["high_mu_per_day"]),
            ),
            Operation(row["operation"]),
            row["variant"],
            row["is_default"] == "Y",
            row["source"],
        )
        for row in _rows("machine_rates.csv")
    )


@cache
def _stages() -> dict[str, tuple[str, str]]:
    return {
        row["stage_code"]: (row["start_mmdd"], row["end_mmdd"])
        for row in _rows("early_rice_calendar.csv")
    }


def stage(code: str, year: int) -> tuple[date, date]:
    """Return the first and last day of a stage in a year."""
    first, last = _stages()[code]
    return date.fromisoformat(f"{year}-{first}"), date.fromisoformat(f"{year}-{last}")
