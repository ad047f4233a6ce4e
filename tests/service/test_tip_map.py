"""The map of the public's page: what it shows, to whom, and what is typed beside it."""

import pytest
import shapely
from sqlalchemy import select

from service.parcels.models import AreaOutline
from service.signals.models import Signal
from tests.conftest import COUNTY, TAIHE
from tests.land_files import TAIPING
from tests.service.test_signal_pages import posted, received
from tests.signal_files import MIDDLE, put_parcels, tip


def test_anybody_may_see_outlines_of_units_and_nothing_of_the_land(nobody, database, outlined):
    parcels = put_parcels(database)
    answer = nobody.get("/tip/outlines")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["cache-control"] == "no-store"  # a phone keeps no trace of the page
    features = answer.json()["features"]
    codes = [each["properties"]["code"] for each in features]
    assert codes == [COUNTY, f"{TAIHE}201", f"{TAIPING}201"]
    told = {name for each in features for name in each["properties"]}
    assert told == {"code", "name", "level", "town", "box", "point"}
    assert not [each for each in parcels if str(each.uid) in answer.text]
    for each in features:
        shape = shapely.geometry.shape(each["geometry"])
        assert shapely.hausdorff_distance(shape, outlined[each["properties"]["code"]]) < 0.0004


def test_an_outline_that_came_later_is_shown_too(nobody, database, outlined):
    assert len(nobody.get("/tip/outlines").json()["features"]) == 3
    with database.system_transaction() as session:
        old = session.scalars(select(AreaOutline).where(AreaOutline.area_code == COUNTY)).one()
        plain = {c.name: getattr(old, c.name) for c in AreaOutline.__table__.columns}
        plain |= {"id": 99, "area_code": TAIHE, "level": "town", "name": "太和镇"}
        session.add(AreaOutline(**plain))
    features = nobody.get("/tip/outlines").json()["features"]
    towns = {each["properties"]["code"]: each["properties"]["town"] for each in features}
    assert towns == {COUNTY: None, TAIHE: None, f"{TAIHE}201": "太和镇", f"{TAIPING}201": None}


def test_the_page_offers_the_map_where_there_is_one(nobody, request):
    assert "data-open-map" not in nobody.get("/tip").text
    request.getfixturevalue("outlined")
    shown = nobody.get("/tip")
    assert "data-open-map" in shown.text
    assert 'name="lon"' in shown.text
    assert "connect-src 'self';" in shown.headers["content-security-policy"]


@pytest.mark.parametrize(("datum", "is_moved"), [("", False), ("wgs84", False), ("gcj02", True)])
def test_figures_from_another_map_are_moved(datum, is_moved, nobody, database):
    put_parcels(database)
    received(nobody, accuracy_m="", datum=datum)
    with database.system_reading() as session:
        found = session.scalars(select(Signal)).one()
    assert (abs(found.lon - MIDDLE[0]) > 0.003) is is_moved
    assert (found.given_geometry is not None) is is_moved
    assert found.accuracy_m is None


def test_half_a_place_or_a_datum_that_is_none_is_refused_and_kept_in_the_form(nobody):
    answer = posted(nobody, "/tip", tip(1, lat=""))
    assert answer.status_code == 422
    assert "都填" in answer.text
    assert f'value="{MIDDLE[0]}"' in answer.text
    answer = posted(nobody, "/tip", tip(1, datum="moon"))
    assert answer.status_code == 422
    assert "只能是" in answer.text
