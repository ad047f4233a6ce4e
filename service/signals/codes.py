"""The list of patch types, from `config/codes`."""

import csv
from functools import cache
from pathlib import Path

import config
from inspections.land_uses import Claim, Use
from inspections.patches import PatchType

FILE = Path(config.__file__).parent / "codes" / "monitoring_patch_types.csv"


@cache
def patch_types() -> dict[str, PatchType]:
    """Return code -> type of patch."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: PatchType(
                row["code"],
                row["name_zh"],
                Claim(row["claim"]) if row["claim"] else None,
                Use(row["use"]) if row["use"] else None,
                row["is_asked"] == "yes",
            )
            for row in csv.DictReader(file)
        }
