"""Where parcels lie dense: the one that is meant is found, whichever number it has in the book."""

from datetime import date
from uuid import UUID, uuid4

import pytest
import shapely

from service import audit
from service.parcels.models import ParcelVersion
from service.signals.land_around import MAX_PARCELS
from tests.service.test_signals import finding
from tests.signal_files import SOUTH, VILLAGE, WEST

SIDE = 0.0002  # about 20 m
LAST = 529


@pytest.fixture
def dense(database) -> UUID:
    """A field of 23 × 23 small parcels; the last in the book is the middle one, and larger."""
    cells = [
        (column, row) for row in range(23) for column in range(23) if (column, row) != (11, 11)
    ]
    shapes = [
        shapely.box(
            WEST + x * SIDE, SOUTH + y * SIDE, WEST + (x + 1) * SIDE, SOUTH + (y + 1) * SIDE
        )
        for x, y in cells
    ]
    middle = shapely.box(*(at + 11 * SIDE for at in (WEST, SOUTH)), *middle_end())
    uid = uuid4()
    with database.system_transaction() as session:
        common = {"valid_from": date(2022, 12, 31), "recorded_at": audit.instant(session)}
        common |= {"area_code": VILLAGE, "digest": "0" * 64, "ellipsoidal_area_m2": 400.0}
        for number, shape in enumerate([*shapes, middle], start=1):
            own = uid if number == LAST else uuid4()
            session.add(ParcelVersion(id=number, uid=own, geometry=shape, **common))
    return uid


def middle_end() -> tuple[float, float]:
    return WEST + 12.5 * SIDE, SOUTH + 12.5 * SIDE


def test_a_poor_position_is_asked_about_with_the_parcel_that_it_lies_in(dense, as_role):
    place = {"lon": WEST + 11.5 * SIDE, "lat": SOUTH + 11.5 * SIDE, "accuracy_m": 2000}
    made = as_role("officer").post("signals", finding(**place)).json()
    assert [each["parcel_uid"] for each in made["parcels"]] == [str(dense)]
    assert made["parcels"][0]["state"] == "candidate"


def test_a_patch_over_very_many_speaks_of_those_with_the_largest_common_parts(dense, as_role):
    whole = shapely.box(WEST, SOUTH, WEST + 23 * SIDE, SOUTH + 23 * SIDE)
    outline = {"type": "Polygon", "coordinates": [[list(at) for at in whole.exterior.coords]]}
    body = finding(lon=None, lat=None, accuracy_m=None, geometry=outline)
    made = as_role("officer").post("signals", body).json()
    assert len(made["parcels"]) == MAX_PARCELS
    largest = max(made["parcels"], key=lambda each: each["overlap_m2"])
    assert largest["parcel_uid"] == str(dense)
