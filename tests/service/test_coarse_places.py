"""Where a tip lies is for whoever reads tips; for others it is a cell of about 100 m."""

import re

import pytest

from tests.service.test_signals import box_around
from tests.signal_files import SOUTH, WEST, put_parcels, tip

# Two places of one cell of 0.001°, in one parcel, and a third place in the next cell.
ONE = {"lon": WEST + 0.00112, "lat": SOUTH + 0.00117, "accuracy_m": "7"}
OTHER = {"lon": WEST + 0.00171, "lat": SOUTH + 0.00181, "accuracy_m": "19"}
NEXT = {"lon": WEST + 0.00057, "lat": SOUTH + 0.00117, "accuracy_m": "7"}
BLIND = ("officer", "leader", "auditor")
OWN = {"id", "origin_id", "claim", "received_at", "recorded_at", "observed_at", "related"}


@pytest.fixture
def told(nobody, as_role, database) -> dict[str, dict]:
    """Three tips, as the bureau sees their signals, by what they claim."""
    put_parcels(database)
    for number, (claim, place) in enumerate(
        {"building": ONE, "trees": OTHER, "other": NEXT}.items()
    ):
        answer = nobody.send("POST", "tips", data=tip(number, claim=claim, **place))
        assert answer.status_code == 201, answer.text
    found = as_role("bureau").get("signals").json()["items"]
    return {each["claim"]: each for each in found}


def test_the_bureau_sees_the_place_itself(told, as_role):
    card = as_role("bureau").get(f"signals/{told['building']['id']}").json()
    assert (card["lon"], card["lat"], card["accuracy_m"]) == (ONE["lon"], ONE["lat"], 7)
    assert card["geometry"]["coordinates"] == [ONE["lon"], ONE["lat"]]
    assert not card["is_coarse"]
    assert card["parcels"][0]["distance_m"] == 0


@pytest.mark.parametrize("role", BLIND)
def test_two_places_of_one_cell_are_alike_to_whoever_reads_no_tips(role, told, as_role):
    reader = as_role(role)
    cards = [reader.get(f"signals/{told[claim]['id']}").json() for claim in ("building", "trees")]
    one, other = ({k: v for k, v in card.items() if k not in OWN} for card in cards)
    assert one == other
    assert one["is_coarse"]
    assert (one["lon"], one["lat"]) == (WEST + 0.0015, SOUTH + 0.0015)
    assert one["geometry"]["coordinates"] == [WEST + 0.0015, SOUTH + 0.0015]
    assert one["accuracy_m"] == 100
    assert {(each["share"], each["distance_m"], each["match"]) for each in one["parcels"]} == {
        (None, None, None)
    }
    listed = {each["claim"]: each for each in reader.get("signals").json()["items"]}
    assert all(listed["building"][name] == one[name] for name in ("lon", "lat", "accuracy_m"))


@pytest.mark.parametrize("role", BLIND)
def test_no_box_however_small_tells_two_places_of_one_cell_apart(role, told, as_role):
    reader = as_role(role)
    west, south = WEST + 0.001, SOUTH + 0.001
    for k in range(6):
        for j in range(6):
            x, y = west + k * 0.00019, south + j * 0.00019
            box = f"{x:.6f},{y:.6f},{x + 0.0001:.6f},{y + 0.0001:.6f}"
            found = {each["claim"] for each in reader.get("signals", bbox=box).json()["items"]}
            assert len(found & {"building", "trees"}) != 1, box
    assert "other" not in found
    seen = (
        as_role("bureau").get("signals", bbox=box_around((ONE["lon"], ONE["lat"]))).json()["items"]
    )
    assert [each["claim"] for each in seen] == ["building"]


@pytest.mark.parametrize("role", BLIND)
def test_the_page_shows_the_cell_and_says_so(role, told, as_role):
    text = as_role(role).get(f"/signals/{told['building']['id']}").text
    assert "只显示到约 100 米的方格" in text
    assert f"{WEST + 0.0015:.5f}, {SOUTH + 0.0015:.5f}" in text
    assert not re.search(r"112\.9511|23\.7011", text)


def test_what_officers_bring_themselves_is_seen_where_it_is(as_role, database):
    put_parcels(database)
    body = {
        "area_code": "441803102",
        "claim": "building",
        "observed_at": "2023-04-19T10:00:00+08:00",
    }
    body |= {"lon": ONE["lon"], "lat": ONE["lat"], "accuracy_m": 7}
    made = as_role("officer").post("signals", body).json()
    assert (made["lon"], made["is_coarse"]) == (ONE["lon"], False)
