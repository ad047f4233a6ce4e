"""The classes of machinery, loaded from `config/codes`."""

import csv
from pathlib import Path

from sqlalchemy.orm import Session

from service.machinery.models import MachineClass

CLASSES_FILE = Path(__file__).parents[2] / "config" / "codes" / "machinery_classes.csv"


def load(session: Session) -> None:
    """Bring the classes to what the list says; safe to repeat."""
    with CLASSES_FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            session.merge(
                MachineClass(
                    code=row["code"],
                    name=row["name_zh"],
                    group_name=row["group"],
                    needs_plate=row["plate_required"] == "Y",
                )
            )
