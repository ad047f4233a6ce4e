"""The rule table and the numbers, as this deployment has them."""

import csv
from functools import cache
from pathlib import Path

import config
from config.thresholds import Thresholds
from geo.marker_rules import MarkerLimits
from inspections.conversion_limits import ConversionLimits
from inspections.conversion_rules import Rule, parsed
from inspections.fusion_words import FusionLimits
from inspections.observed_use import UseLimits
from inspections.screening import ScreeningLimits
from inspections.signals import Source

TABLE = Path(config.__file__).parent / "codes" / "conversion_rules.csv"


@cache
def rules() -> tuple[Rule, ...]:
    """Return the conversion rules by priority."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return parsed(csv.DictReader(file))


def limits(thresholds: Thresholds) -> ScreeningLimits:
    """Return the numbers of every step of a screening."""
    told = thresholds.fusion.model_dump()
    told["weights"] = {Source(name): weight for name, weight in told["weights"].items()}
    return ScreeningLimits(
        markers=MarkerLimits(**thresholds.markers.model_dump()),
        uses=UseLimits(**thresholds.observed_use.model_dump()),
        conversion=ConversionLimits(**thresholds.conversion.model_dump()),
        fusion=FusionLimits(**told),
    )
