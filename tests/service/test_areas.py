"""The area tree: the real county, names as people write them, and units that end."""

import csv
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from service.areas import actions, queries
from service.areas.models import Area
from service.areas.rules import match_name
from service.errors import Conflict, Invalid, NotFound

COUNTY, TAIHE, FOREST_FARM = "441803", "441803102", "441803450"
ON = date(2023, 4, 20)
TWICE = ("五星", "井塘", "塘坑", "新洲", "田心", "车头")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_county_has_nine_towns_and_209_villages(database):
    with database.system_reading() as session:
        towns = queries.unit_names(session, within=COUNTY, level="town", on=ON)
        villages = queries.unit_names(session, within=COUNTY, level="village", on=ON)
    assert len(towns) == 9
    assert towns[FOREST_FARM] == "笔架林场"
    assert len(villages) == 209
    assert {code[:9] for code in villages} == set(towns)


def test_the_shipped_list_is_the_real_one(shared_data):
    real = {row["code"]: row["name"] for row in rows_of(shared_data / "areas/villages_441803.csv")}
    shipped = {code: name for code, name in actions.shipped_areas() if len(code) == 12}
    assert shipped == real


def test_loading_again_changes_nothing_and_a_new_name_is_a_renaming(database):
    with database.system_transaction() as session:
        again = actions.load_areas(session, actions.shipped_areas())
        assert (again.read, again.new, again.renamed) == (219, 0, 0)
        renamed = actions.load_areas(session, [(TAIHE, "太和新镇")])
        assert (renamed.new, renamed.renamed) == (0, 1)
        assert queries.area_named(session, "太和新镇", within=COUNTY, on=ON).code == TAIHE


@pytest.mark.parametrize("name", TWICE)
def test_a_bare_name_that_stands_twice_is_refused_with_its_candidates(database, name):
    with database.system_reading() as session:
        with pytest.raises(Invalid) as refused:
            queries.area_named(session, name, within=COUNTY, on=ON)
        candidates = refused.value.members["candidates"]
        assert len(candidates) == (3 if name == "新洲" else 2)
        assert all(each["code"] in str(refused.value.detail) for each in candidates)
        # With its kind, within one of the towns, the name is plain.
        for each in candidates:
            found = queries.area_named(session, each["name"], within=each["code"][:9], on=ON)
            assert found.code == each["code"]


def test_only_these_six_names_stand_twice():
    names = [name for code, name in actions.shipped_areas() if len(code) == 12]
    assert {match_name(name) for name in names if names.count(name) > 1} == set(TWICE)


def test_a_whole_name_tells_two_units_of_one_bare_name_apart(database):
    with database.system_reading() as session:
        with pytest.raises(Invalid):
            queries.area_named(session, "山塘", within="441803105", on=ON)
        found = queries.area_named(session, "山塘居委会", within="441803105", on=ON)
    assert found.name == "山塘居委会"


@pytest.mark.parametrize(
    "written",
    ["西沙村委会", "西沙", "西沙村", "西\u200b沙村委会", " 西沙村委会\u3000", "\ufeff西沙\u2060村"],
)
def test_a_name_is_matched_by_its_sense(database, written):
    with database.system_reading() as session:
        found = queries.area_named(session, written, within="441803105", on=ON)
    assert found.code == "441803105201"


def test_compatibility_characters_are_folded():
    assert match_name("⼭塘") == match_name("山塘")
    assert match_name("Ａ１村") == match_name("A1")
    assert match_name("村") == "村"


def test_an_unknown_name_is_said_so(database):
    with database.system_reading() as session, pytest.raises(NotFound):
        queries.area_named(session, "没有这个村", within=COUNTY, on=ON)


def test_awkward_names_come_back_as_they_went_in(database, shared_data):
    rows = rows_of(shared_data / "areas/villages_awkward_names_cn.csv")
    wanted = {row["code"]: row["name"] for row in rows}
    assert len(wanted) == 95
    with database.system_transaction() as session:
        actions.load_areas(session, wanted.items())
    with database.system_reading() as session:
        found = queries.villages_by_code(session, wanted)
        assert {code: area.name for code, area in found.items()} == wanted
        for code, name in wanted.items():
            assert queries.area_named(session, name, within=code[:9], on=ON).code == code


def test_all_villages_of_the_province_load(database, shared_data):
    villages = rows_of(shared_data / "areas/villages_44_guangdong.csv")
    counties = rows_of(shared_data / "areas/counties_44_guangdong.csv")
    tree = {"44": "广东省"}
    tree |= {row["cityCode"]: row["cityCode"] for row in villages}
    tree |= {row["code"]: row["name"] for row in counties}
    tree |= {row["areaCode"]: row["areaCode"] for row in villages if row["areaCode"] not in tree}
    tree |= {row["streetCode"]: row["streetCode"] for row in villages}
    tree |= {row["code"]: row["name"] for row in villages}
    with database.system_transaction() as session:
        session.execute(delete(Area))
        loaded = actions.load_areas(session, tree.items())
    assert loaded.new == loaded.read == len(tree)
    with database.system_reading() as session:
        found = queries.unit_names(session, within="44", level="village", on=ON)
        assert found == {row["code"]: row["name"] for row in villages}
        assert len(found) == 26_842
        orphans = select(func.count()).where(Area.parent_code.is_(None))
        assert session.scalars(orphans.select_from(Area)).one() == 1
        page, after = queries.areas_page(session, parent="44", on=ON, after=None, limit=500)
    assert after is None
    assert {len(each.code) for each in page} == {4}


# --- units that end


def test_a_merged_unit_ends_and_its_successor_is_named(database):
    old, new = "441803105202", "441803105201"
    with database.system_transaction() as session:
        actions.merge(session, [old], into=new, happened_on=date(2023, 4, 15))
        assert queries.successors(session, old) == [new]
        before = queries.unit_names(
            session, within="441803105", level="village", on=date(2023, 4, 14)
        )
        after = queries.unit_names(
            session, within="441803105", level="village", on=date(2023, 4, 15)
        )
    assert before.keys() - after.keys() == {old}


def test_a_unit_merged_twice_over_is_succeeded_by_the_last(database):
    first, second, third = "441803105201", "441803105202", "441803105203"
    with database.system_transaction() as session:
        actions.merge(session, [first], into=second, happened_on=date(2023, 4, 15))
        actions.merge(session, [second], into=third, happened_on=date(2023, 4, 22))
        assert third in queries.successors(session, first)
        assert queries.successors(session, second) == [third]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("441803105201", "441803105201"),
        ("441803105201", TAIHE),
        ("441803105204", "441803105201"),
        ("441803105201", "441803105204"),
    ],
)
def test_what_cannot_be_merged_is_refused(database, old, new):
    ended = "441803105204"
    with database.system_transaction() as session:
        actions.merge(session, [ended], into="441803105203", happened_on=date(2023, 3, 1))
        with pytest.raises(Conflict):
            actions.merge(session, [old], into=new, happened_on=date(2023, 4, 15))


def test_the_api_lists_what_exists_on_a_day_inside_the_viewers_area(database, as_role):
    with database.system_transaction() as session:
        actions.merge(session, ["441803105202"], into="441803105201", happened_on=date(2023, 4, 15))
    leader, recorder = as_role("leader"), as_role("recorder", TAIHE)
    of_shantang = {"parent": "441803105"}
    then = leader.get("areas", on="2023-04-14", **of_shantang).json()["items"]
    now = leader.get("areas", on="2023-04-15", **of_shantang).json()["items"]
    assert len(then) - len(now) == 1
    assert recorder.get("areas", **of_shantang).json()["items"] == []
    assert recorder.get("areas/441803105201").status_code == 404
    seen = recorder.get("areas").json()["items"]
    assert {each["code"][:9] for each in seen} == {TAIHE}


def test_a_long_list_is_paged_without_loss(as_role):
    leader, seen, cursor = as_role("leader"), [], None
    while True:
        page = leader.get("areas", limit=100, cursor=cursor).json()
        seen += [each["code"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 219
    assert seen == sorted(seen)
