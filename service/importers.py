"""Every table that comes in by one way: the kind of a table, who may bring it, what takes it.

A book adds its tables here; the command line and the pages read them from here.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.machinery import imports as machinery
from service.supply import outlet_imports as outlets
from service.tables import ImportReport, Upload


@dataclass(frozen=True)
class Importer:
    """One kind of table."""

    title: str
    action: str
    """The policy's name of what it takes to bring one."""
    take: Callable[[Session, Upload], ImportReport]


def _machinery(title: str, kind: str) -> Importer:
    def take(session: Session, upload: Upload) -> ImportReport:
        return machinery.import_table(session, kind, upload)

    return Importer(title, "machinery.write", take)


IMPORTERS = {
    "outlets": Importer("农资网点", "outlet.write", outlets.import_outlets),
    "machine_registers": _machinery("农机在册数", "machine_registers"),
    "machines": _machinery("农机登记", "machines"),
    "repairs": _machinery("农机检修", "repairs"),
    "trainings": _machinery("农机培训", "trainings"),
}
"""Kind -> what takes it."""
