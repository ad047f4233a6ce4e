"""The rule table and the numbers, as this deployment has them."""

import csv
from functools import cache
from pathlib import Path

import config
from config.thresholds import Thresholds
from inspections.conversion_rules import Rule, parsed
from inspections.screening import ScreeningLimits

TABLE = Path(config.__file__).parent / "codes" / "conversion_rules.csv"


@cache
def rules() -> tuple[Rule, ...]:
    """Return the conversion rules by priority."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return parsed(csv.DictReader(file))


def limits(thresholds: Thresholds) -> ScreeningLimits:
    """Return the numbers of every step of a screening."""
    return ScreeningLimits(
        markers=thresholds.markers,
        uses=thresholds.observed_use,
        conversion=thresholds.conversion,
        fusion=thresholds.fusion,
    )
