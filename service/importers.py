"""Every table that comes in by one way: the kind of a table, who may bring it, what takes it.

A book adds its tables here; the command line and the pages read them from here.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.agronomy import imports as agronomy
from service.imagery import imports as imagery
from service.machinery import imports as machinery
from service.supply import outlet_imports as outlets
from service.supply import price_imports as prices
from service.supply import stock_imports as stock
from service.tables import ImportReport, Upload
from service.visits import imports as visits


@dataclass(frozen=True)
class Importer:
    """One kind of table."""

    title: str
    path: str
    """The API's collection whose `/imports` takes the same table."""
    action: str
    """The policy's name of what it takes to bring one."""
    take: Callable[[Session, Upload], ImportReport]


def _machinery(title: str, path: str, kind: str) -> Importer:
    def take(session: Session, upload: Upload) -> ImportReport:
        return machinery.import_table(session, kind, upload)

    return Importer(title, path, "machinery.write", take)


IMPORTERS = {
    "outlets": Importer("农资网点", "outlets", "outlet.write", outlets.import_outlets),
    "stock_events": Importer("农资进销存台账", "stock", "stock.import", stock.import_ledger),
    "prices": Importer("农资价格", "prices", "price.write", prices.import_prices),
    "visits": Importer("执法检查", "visits", "visit.write", visits.import_visits),
    "machine_registers": _machinery("农机在册数", "machinery/registers", "machine_registers"),
    "machines": _machinery("农机登记", "machines", "machines"),
    "repairs": _machinery("农机检修", "repairs", "repairs"),
    "trainings": _machinery("农机培训", "trainings", "trainings"),
    "weather": Importer("逐日气象", "weather", "agronomy.write", agronomy.import_weather),
    "reservoir_readings": Importer(
        "水库蓄水", "reservoirs/readings", "agronomy.write", agronomy.import_readings
    ),
    "observations": Importer(
        "图斑遥感观测", "observations", "observation.import", imagery.import_observations
    ),
    "pest_surveys": Importer("病虫调查", "pest_surveys", "agronomy.write", agronomy.import_surveys),
}
"""Kind -> what takes it."""
