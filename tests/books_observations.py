"""What the tests of every operation must know of observations: see `tests/books.py`."""

from datetime import date
from uuid import uuid4

import shapely

from service import audit
from service.parcels.models import ParcelVersion

A = "/api/v1"
FIRST_ID = 900_000


def _table(place):
    row = f"{place.more['observed']},2023-03-14,S2,0.52,0.31,0.2,-0.1\n"
    text = "图斑,日期,来源,NDVI,EVI,LSWI,BSI\n" + row
    return {"files": {"file": ("t.csv", text.encode(), "text/csv")}}


REQUESTS = {
    ("GET", f"{A}/parcels/{{uid}}/observations"): lambda _: {},
    ("GET", f"{A}/observations/imports/template"): lambda _: {},
    ("POST", f"{A}/observations/imports"): _table,
}
BODIES = {}
ROLE_OF = {"observations": "bureau"}
APPEND_ONLY = ()
NAMES = ("observed",)


def put(database, area: str, number: int) -> dict[str, str]:
    """Put a parcel into a town."""
    with database.system_transaction() as session:
        parcel = ParcelVersion(
            id=FIRST_ID + number,
            uid=uuid4(),
            area_code=f"{area}201",
            valid_from=date(2022, 1, 1),
            recorded_at=audit.instant(session),
            digest="0" * 64,
            ellipsoidal_area_m2=20_000.0,
            geometry=shapely.box(112.9, 23.6, 112.901, 23.601),
        )
        session.add(parcel)
        session.flush()
        return {"observed": str(parcel.uid)}
