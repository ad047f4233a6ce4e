"""Land, tips and patches for the tests of signals."""

from datetime import date
from uuid import uuid4

import numpy as np
import shapely

from geo import datum
from service import audit
from service.parcels.models import FarmlandOverlay, FarmlandVersion, ParcelVersion
from tests.land_files import STEP, squares

VILLAGE = "441803102201"
WEST, SOUTH = 112.95, 23.70
MIDDLE = (WEST + STEP / 2, SOUTH + STEP / 2)


def put_parcels(database, n: int = 6, village: str = VILLAGE) -> list:
    """Put n × n parcels of about 200 m into the book; every second one is basic farmland."""
    made = []
    with database.system_transaction() as session:
        common = {"valid_from": date(2022, 12, 31), "recorded_at": audit.instant(session)}
        common |= {"area_code": village, "digest": "0" * 64, "ellipsoidal_area_m2": 40000.0}
        for number, shape in enumerate(squares(n), start=1):
            parcel = ParcelVersion(id=number, uid=uuid4(), geometry=shape, **common)
            made.append(parcel)
            session.add(parcel)
            if number % 2:
                session.add(FarmlandVersion(id=number, uid=uuid4(), geometry=shape, **common))
                session.flush()
                session.add(
                    FarmlandOverlay(
                        parcel_id=number,
                        farmland_id=number,
                        area_m2=40000.0,
                        share_of_parcel=1.0,
                        is_edge_only=False,
                    )
                )
    return made


def tip(number: int = 1, **said) -> dict[str, str]:
    """The fields of a tip; the same number is the same submission."""
    return {
        "id": f"7d1f4f61-0000-4000-8000-{number:012d}",
        "claim": "building",
        "lon": str(MIDDLE[0]),
        "lat": str(MIDDLE[1]),
        "accuracy_m": "10",
        "text": "有人在田里打地基",
    } | {name: str(value) for name, value in said.items()}


def shifted(shape: shapely.Geometry) -> shapely.Geometry:
    """The same shape as GCJ-02 has it."""
    return shapely.transform(
        shape, lambda xy: np.column_stack(datum.gcj02_from_wgs84(xy[:, 0], xy[:, 1]))
    )


def patch_fields(n: int, **changed) -> dict[str, np.ndarray]:
    """The fields of JCTB for n patches, every one a building."""
    plain = {
        "JCBH": [f"4418032023{k:05d}" for k in range(n)],
        "TBLX": ["20"] * n,
        "QSX": ["20221101"] * n,
        "HSX": ["20230401"] * n,
        "SFYN": ["是"] * n,
    }
    return {name: np.asarray(values) for name, values in (plain | changed).items()}
