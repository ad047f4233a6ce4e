"""Rates of farm inputs, the stages that want them, and which towns reach which outlets."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

CODES = Path(__file__).parents[2] / "config" / "codes"


@dataclass(frozen=True)
class Rate:
    """What a mu of a crop wants of a commodity at a stage."""

    crop: str
    commodity: str
    stage_code: str
    kg_per_mu: Decimal
    is_of_unplanted: bool
    """Wanted by land not yet planted; otherwise by all planned land, for its stage comes later."""
    valid_from: date
    is_default: bool
    source: str


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (CODES / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def _rates() -> tuple[Rate, ...]:
    return tuple(
        Rate(
            row["crop"],
            row["commodity"],
            row["stage_code"],
            Decimal(row["kg_per_mu"]),
            row["basis"] == "unplanted",
            date.fromisoformat(row["valid_from"]),
            row["is_default"] == "Y",
            row["source"],
        )
        for row in _rows("input_rates.csv")
    )


def rates(on: date) -> list[Rate]:
    """Return the rates that hold on a day: of each crop, commodity and stage the newest."""
    held: dict[tuple[str, str, str], Rate] = {}
    for each in sorted(_rates(), key=lambda rate: rate.valid_from):
        if each.valid_from <= on:
            held[each.crop, each.commodity, each.stage_code] = each
    return list(held.values())


@cache
def _stages() -> dict[str, tuple[str, str, str]]:
    return {
        row["stage_code"]: (row["start_mmdd"], row["end_mmdd"], row["stage_zh"])
        for row in _rows("early_rice_calendar.csv")
    }


def stage(code: str, year: int) -> tuple[date, date]:
    """Return the first and last day of a stage in a year."""
    first, last, _ = _stages()[code]
    return date.fromisoformat(f"{year}-{first}"), date.fromisoformat(f"{year}-{last}")


@cache
def reach() -> dict[str, tuple[str, ...]]:
    """Return town -> towns whose outlets its farmers also buy at, the nearest first."""
    found: dict[str, tuple[str, ...]] = {}
    for row in _rows("town_reach.csv"):
        found[row["town"]] = (*found.get(row["town"], ()), row["reaches"])
    return found
