"""The code lists of the agronomy book, read from `config/codes`."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from inspections.water import Need
from service.errors import NotFound

CODES = Path(__file__).parents[2] / "config" / "codes"


@dataclass(frozen=True)
class Pest:
    """One pest, and from where its grades 2 to 5 begin (insects per mu)."""

    code: str
    name: str
    name_en: str
    grades_from: tuple[Decimal, ...]


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (CODES / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def pests() -> dict[str, Pest]:
    """Return code -> pest."""
    return {
        row["code"]: Pest(
            row["code"],
            row["name_zh"],
            row["name_en"],
            tuple(Decimal(row[f"grade{n}_per_mu"]) for n in (2, 3, 4, 5)),
        )
        for row in _rows("pests.csv")
    }


def pest(code: str) -> Pest:
    """Return one pest."""
    found = pests().get(code)
    if found is None:
        raise NotFound(
            f"没有病虫代码 {code};可用代码见 /api/v1/pest_surveys/pests", field="pest_code"
        )
    return found


@cache
def needs() -> tuple[Need, ...]:
    """Return what early rice needs, stage by stage of the calendar."""
    stages = {row["stage_code"]: row for row in _rows("early_rice_calendar.csv")}
    return tuple(
        Need(
            row["stage_code"],
            stages[row["stage_code"]]["stage_zh"],
            _month_day(stages[row["stage_code"]]["start_mmdd"]),
            _month_day(stages[row["stage_code"]]["end_mmdd"]),
            Decimal(row["need_m3_per_mu"]),
        )
        for row in _rows("water_needs.csv")
    )


def _month_day(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    return int(month), int(day)
