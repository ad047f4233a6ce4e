"""How much basic farmland patrols went through: a union over a period, by town."""

from datetime import date
from uuid import uuid4

import pytest
import shapely
import sqlalchemy as sa

from service import audit
from service.database import Database
from service.parcels.models import FarmlandVersion
from service.signals import patrol_cover
from service.signals.models import Patrol
from tests.conftest import COUNTY, SHANTANG, TAIHE
from tests.land_files import TAIPING
from tests.service.test_facts import facts, rows

CELL = 0.005
WEST, SOUTH = 112.95, 23.70
HTML = {"Accept": "text/html"}
PERIOD = {"since": "2023-04-01", "until": "2023-04-20"}


def square(column: float, row: float, width: float = 1.0, height: float = 1.0):
    west, south = WEST + column * CELL, SOUTH + row * CELL
    return shapely.box(west, south, west + width * CELL, south + height * CELL)


def put_farmland(database, number: int, town: str, shape, **other) -> None:
    """Put one piece of basic farmland into a village of a town."""
    with database.system_transaction() as session:
        plain = dict(
            id=number,
            uid=uuid4(),
            area_code=f"{town}201",
            valid_from=date(2022, 12, 31),
            recorded_at=audit.instant(session),
            digest="0" * 64,
            ellipsoidal_area_m2=1.0,
            geometry=shape,
        )
        session.add(FarmlandVersion(**(plain | other)))


@pytest.fixture
def land(database) -> Database:
    """A strip: four cells of Taihe, one shared (more of it Taihe's), two of Shantang."""
    put_farmland(database, 1, TAIHE, square(0.1, 0.1, 4.5, 0.8))
    put_farmland(database, 2, SHANTANG, square(4.7, 0.1, 2.2, 0.8))
    return database


def patrolled(speaker, *columns: float, day: str = "2023-04-19", area: str = TAIHE, **other):
    """Walk along the strip, from the middle of cell to cell, a point each half cell."""
    steps = [columns[0] + k / 2 for k in range(int((columns[-1] - columns[0]) * 2) + 1)]
    points = [
        {
            "lon": round(WEST + (each + 0.5) * CELL, 6),
            "lat": round(SOUTH + 0.5 * CELL, 6),
            "at": f"{day}T09:{2 * k:02d}:00+08:00",
        }
        for k, each in enumerate(steps)
    ]
    body = {
        "area_code": area,
        "datum": "cgcs2000",
        "started_at": f"{day}T09:00:00+08:00",
        "ended_at": f"{day}T10:00:00+08:00",
        "points": points,
    }
    answer = speaker.post("patrols", body | other)
    assert answer.status_code == 201, answer.text
    return answer.json()


def cover(speaker, **asked) -> dict:
    answer = speaker.get("patrols/coverage", **(PERIOD | asked))
    assert answer.status_code == 200, answer.text
    return answer.json()


def by_town(found: dict) -> dict[str, tuple]:
    return {
        each["area_code"]: (each["n_cells"], each["n_seen"], each["last_seen_on"])
        for each in found["towns"]
    }


def test_two_patrols_over_the_same_cells_count_once(land, as_role):
    officer = as_role("officer")
    first = patrolled(officer, 0, 1, day="2023-04-10")
    second = patrolled(officer, 0, 1, day="2023-04-12")
    assert first["n_cells_seen"] == second["n_cells_seen"] == 2
    found = cover(as_role("leader"))
    assert by_town(found) == {TAIHE: (5, 2, "2023-04-12"), SHANTANG: (2, 0, None)}
    assert (found["n_cells"], found["n_seen"], found["share"]) == (7, 2, 0.2857)
    patrolled(officer, 1, 3, day="2023-04-15")
    assert by_town(cover(as_role("leader")))[TAIHE] == (5, 4, "2023-04-15"), "one more seen twice"


def test_a_patrol_outside_the_period_is_not_counted(land, as_role):
    officer, leader = as_role("officer"), as_role("leader")
    for column, day in ((0, "2023-03-31"), (1, "2023-04-01"), (2, "2023-04-10"), (3, "2023-04-11")):
        patrolled(officer, column, day=day)
    assert cover(leader, since="2023-04-01", until="2023-04-10")["n_seen"] == 2
    assert cover(leader, since="2023-03-31", until="2023-04-11")["n_seen"] == 4
    assert cover(leader, since="2023-04-12", until="2023-04-20")["last_seen_on"] is None
    whole = leader.get("patrols/coverage").json()
    assert (whole["since"], whole["until"]) == ("2023-01-01", "2023-04-20"), "this year, to today"
    assert whole["n_seen"] == 4


def test_a_day_is_a_day_of_the_clock_on_the_wall(land, as_role):
    early = {"started_at": "2023-04-10T00:10:00+08:00", "ended_at": "2023-04-10T11:00:00+08:00"}
    patrolled(as_role("officer"), 0, day="2023-04-10", **early)
    assert cover(as_role("leader"), since="2023-04-10", until="2023-04-10")["n_seen"] == 1
    assert cover(as_role("leader"), since="2023-04-09", until="2023-04-09")["n_seen"] == 0


def test_towns_add_up_to_their_county_and_are_the_same_by_themselves(land, as_role):
    # Entered for one town, it goes on into the other: whose patrol it was plays no part.
    patrolled(as_role("recorder", TAIHE), 3, 5)
    county = cover(as_role("leader"))
    assert by_town(county) == {
        TAIHE: (5, 2, "2023-04-19"),
        SHANTANG: (2, 1, "2023-04-19"),
    }
    for name in ("n_cells", "n_seen"):
        assert sum(each[name] for each in county["towns"]) == county[name]
    for town in (TAIHE, SHANTANG):
        alone = cover(as_role("leader"), area=town)
        assert by_town(alone) == {town: by_town(county)[town]}
        assert by_town(cover(as_role("recorder", town))) == by_town(alone)
    assert cover(as_role("leader"), area=TAIPING)["towns"] == []


def test_the_cells_that_nobody_went_through_are_named_page_by_page(land, as_role):
    patrolled(as_role("officer"), 0, 1)
    leader, seen, cursor = as_role("leader"), [], 0
    while cursor is not None and len(seen) < 9:
        found = cover(leader, cursor=cursor, limit=2)
        seen += found["unseen"]
        cursor = found["next"]
    assert found["n_unseen"] == len(seen) == 5
    assert [round((each["west"] - WEST) / CELL) for each in seen] == [2, 3, 4, 5, 6]
    assert seen[0]["east"] - seen[0]["west"] == pytest.approx(CELL)
    assert {each["area_code"] for each in seen[:3]} == {TAIHE}


def test_the_farmland_is_that_of_the_last_day(land, as_role, clock):
    put_farmland(land, 3, TAIPING, square(20, 20), valid_from=date(2023, 4, 15))
    leader = as_role("leader")
    assert TAIPING not in by_town(cover(leader, until="2023-04-14"))
    assert by_town(cover(leader, until="2023-04-15"))[TAIPING] == (1, 0, None)
    with land.system_transaction() as session:
        ended = {"valid_to": date(2023, 4, 18), "ended_at": audit.instant(session)}
        session.execute(sa.update(FarmlandVersion).where(FarmlandVersion.id == 3).values(**ended))
    assert TAIPING in by_town(cover(leader, until="2023-04-17"))
    assert TAIPING not in by_town(cover(leader, until="2023-04-18"))


def test_a_new_patrol_is_seen_at_once_and_another_server_says_the_same(land, as_role):
    leader = as_role("leader")
    assert cover(leader)["n_seen"] == 0
    patrolled(as_role("officer"), 0, 3)
    found = cover(leader)
    assert found["n_seen"] == 4
    land.kept.clear()
    land.answers.clear()
    assert cover(leader) == found


def test_points_far_apart_are_not_joined(land, as_role):
    points = [
        {
            "lon": WEST + (c + 0.5) * CELL,
            "lat": SOUTH + CELL / 2,
            "at": f"2023-04-19T09:0{m}:00+08:00",
        }
        for c, m in ((0, 0), (3, 2))
    ]
    patrolled(as_role("officer"), 0, points=points)
    found = cover(as_role("leader"))
    assert found["n_seen"] == 2, "a kept track has no instants: what lay between is not claimed"


def test_a_patrol_without_a_track_sees_nothing(land, as_role):
    patrolled(as_role("officer"), 0, points=None)
    assert cover(as_role("leader"))["n_seen"] == 0


def test_what_makes_no_sense_is_refused(land, as_role):
    leader = as_role("leader")
    for asked in (
        {"since": "2023-04-21", "until": "2023-04-20"},
        {"area": f"{TAIHE}201"},
        {"since": "昨天"},
    ):
        assert leader.get("patrols/coverage", **asked).status_code == 422, asked
    assert leader.get("patrols/coverage", area="441803999").status_code == 404
    assert as_role("recorder", TAIHE).get("patrols/coverage", area=SHANTANG).status_code == 404
    assert as_role("outlet", TAIHE).get("patrols/coverage").status_code == 403


def test_the_page_shows_towns_and_what_nobody_went_through(land, as_role):
    patrolled(as_role("officer"), 0, 1)
    text = as_role("leader").send("GET", "/patrols", headers=HTML).text
    body = text.partition('id="coverage"')[2]
    for part in ("太和镇", "山塘镇", "合计", "28.6%", "没走到的网格 5 个", "还没有走到"):
        assert part in body, part
    assert 'href="/map#map=15/23.70250/112.96250"' in body
    older = as_role("leader").send(
        "GET", "/patrols?since=2022-01-01&until=2022-12-31", headers=HTML
    )
    assert 'value="2022-12-31"' in older.text
    assert "28.6%" not in older.text
    wrong = as_role("leader").send(
        "GET", "/patrols?since=2023-05-01&until=2023-04-01", headers=HTML
    )
    assert wrong.status_code == 422
    own = as_role("recorder", SHANTANG).send("GET", "/patrols", headers=HTML).text
    assert "太和镇" not in own.partition('id="coverage"')[2].partition("</section>")[0]


def test_the_page_says_so_where_there_is_no_farmland(as_role):
    text = as_role("leader").send("GET", "/patrols", headers=HTML).text
    assert "没有永久基本农田,算不出网格" in text
    village = as_role("recorder", f"{TAIHE}201").send("GET", "/patrols", headers=HTML)
    assert village.status_code == 200
    assert "请看本镇的" in village.text


def test_the_page_turns_through_what_nobody_went_through(land, as_role, monkeypatch):
    monkeypatch.setattr("service.pages.signal_pages.AT_ONCE", 3)
    speaker = as_role("leader")
    text = speaker.send("GET", "/patrols", headers=HTML).text
    assert 'rel="next" href="/patrols?cursor=3#coverage"' in text
    text = speaker.send("GET", "/patrols?cursor=6", headers=HTML).text
    assert 'rel="prev" href="/patrols?cursor=3#coverage"' in text
    assert 'rel="next"' not in text


def test_the_fact_is_the_share_and_its_rows_are_patrols(land, as_role):
    officer, bureau = as_role("officer"), as_role("bureau")
    told = facts(bureau)["patrols.coverage"]
    assert (told["value"], told["n_rows"]) == (0, 0)
    assert "今年还没有走到" in told["text"]
    made = [patrolled(officer, 0, 1, day=f"2023-04-{day}") for day in (10, 12)]
    patrolled(officer, 0, 3, day="2022-12-31")
    told = facts(bureau)["patrols.coverage"]
    assert (told["value"], told["unit"]) == (0.2857, "%")
    assert told["exact"].startswith("0.285714")
    assert "7 个永农网格,走过 2 个,最近一次 2023-04-12" in told["text"]
    listed = rows(bureau, "patrols.coverage")
    assert [each["id"] for each in listed] == [each["id"] for each in made]
    assert [each["amount"] for each in listed] == [2, 2]
    assert {each["recorded_by_name"] for each in listed} == {"officer 441803"}
    before = facts(bureau, as_of="2023-04-11")["patrols.coverage"]
    assert (before["n_rows"], "2023-04-10" in before["text"]) == (1, True)


def test_what_was_entered_later_does_not_change_what_was_known(land, as_role, clock):
    bureau = as_role("bureau")
    patrolled(as_role("officer"), 0, 1, day="2023-04-10")
    known_at = clock().isoformat()
    then = facts(bureau)["patrols.coverage"]
    clock.forward(minutes=5)
    patrolled(as_role("officer"), 2, 3, day="2023-04-11")
    assert facts(bureau)["patrols.coverage"]["value"] > then["value"]
    again = facts(bureau, known_at=known_at)["patrols.coverage"]
    assert (again["value"], again["digest"]) == (then["value"], then["digest"])


def test_a_town_says_its_own_share_and_a_village_none(land, as_role):
    patrolled(as_role("officer"), 3, 5, area=COUNTY)
    bureau = as_role("bureau")
    town = facts(bureau, area=SHANTANG)["patrols.coverage"]
    assert (town["value"], town["n_rows"]) == (0.5, 0), "entered for the county, not for the town"
    village = facts(bureau, area=f"{TAIHE}201")["patrols.coverage"]
    assert (village["value"], "不分村" in village["text"]) == (None, True)


def test_both_engines_give_the_same_figures(land, as_role, request):
    patrolled(as_role("officer"), 0.2, 4.7)
    told = cover(as_role("leader"))
    digest = facts(as_role("bureau"))["patrols.coverage"]["digest"]
    cache = request.config.stash.setdefault(FIGURES, {})
    cache[land.url.get_backend_name()] = (told, digest)
    assert len({str(each) for each in cache.values()}) == 1
    assert told["n_seen"] == 6


FIGURES: pytest.StashKey[dict[str, object]] = pytest.StashKey()


def test_land_and_tracks_are_worked_out_once(land, as_role, monkeypatch):
    patrolled(as_role("officer"), 0, 1)
    leader = as_role("leader")
    cover(leader)

    def never(*_, **__):
        raise AssertionError("worked out again")

    for name in ("pieces", "grid", "cells_of_track"):
        monkeypatch.setattr(patrol_cover, name, never)
    land.answers.clear()
    assert cover(leader)["n_seen"] == 2
    with land.system_reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Patrol)) == 1
