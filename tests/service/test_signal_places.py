"""What officers bring lies in the county, and in the village where it lies."""

import pytest

from tests.conftest import COUNTY, TAIHE
from tests.land_files import SOUTH, STEP, TAIPING, WEST
from tests.service.test_signals import START, finding, found_thing, patrol
from tests.signal_files import VILLAGE

FAR = {"lon": 114.2, "lat": 22.6}
EAST = {"lon": WEST + 6 * STEP, "lat": SOUTH + 0.001}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("signals", finding(**FAR)),
        ("patrols", patrol(findings=[found_thing(), found_thing(**FAR)])),
        ("patrols", patrol(points=[FAR | {"at": START}])),
    ],
    ids=["a finding", "a finding of a patrol", "a whole track"],
)
def test_a_place_outside_the_county_is_refused(path, body, as_role, outlined):
    answer = as_role("officer").post(path, body)
    assert answer.status_code == 422, answer.text
    assert "不在本区" in answer.json()["detail"]
    assert as_role("bureau").get("signals").json()["items"] == []
    assert as_role("bureau").get("patrols").json()["items"] == []


def test_a_track_that_leads_over_the_border_for_a_while_is_taken(as_role, outlined):
    points = [FAR | {"at": START}, {"lon": WEST, "lat": SOUTH, "at": START[:11] + "10:00:00+08:00"}]
    assert as_role("officer").post("patrols", patrol(points=points)).status_code == 201


def test_a_finding_is_of_the_village_where_it_lies(as_role, outlined):
    officer = as_role("officer")
    assert officer.post("signals", finding(area_code=COUNTY)).json()["area_code"] == VILLAGE
    body = patrol(area_code=COUNTY, findings=[found_thing(), found_thing(**EAST, claim="trees")])
    assert officer.post("patrols", body).status_code == 201
    found = as_role("bureau").get("signals", source="patrol").json()["items"]
    assert {each["area_code"] for each in found} == {VILLAGE, f"{TAIPING}201"}


def test_over_the_border_of_ones_own_town_it_stays_with_the_town_that_was_stated(as_role, outlined):
    made = as_role("officer", TAIHE).post("signals", finding(**EAST, area_code=TAIHE))
    assert (made.status_code, made.json()["area_code"]) == (201, TAIHE)
