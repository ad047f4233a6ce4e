"""Every conversion rule has a land that falls under it, and a nearest one that does not."""

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import config
from config.thresholds import Thresholds
from inspections.conversion import CATEGORIES, judge
from inspections.conversion_lands import KINDS, USES, Approvals, Lands
from inspections.conversion_predicates import PREDICATES, add_months
from inspections.conversion_rules import ApprovalKind, Category, Mode, parsed
from inspections.land_uses import Use

TABLE = Path(config.__file__).parent / "codes" / "conversion_rules.csv"
LIMITS = Thresholds.read().conversion
CLASSES = ("0101", "0301", "0201K", "0201", "1104K", "1202")
ATTRIBUTES = ("", "JKHF", "LS")
FIRST = np.datetime64("2023-03-01")


def table() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


RULES = parsed(table())
BY_ID = {rule.rule_id: rule for rule in RULES}


def approval(kind: str, **given: Any) -> dict[str, Any]:
    """Return an approval that covers the whole of 1,000 m², basic farmland included."""
    told = {"covered_m2": 1000, "covered_farmland_m2": 0, "approved_m2": 1000}
    told |= {"valid_from": "2023-01-01", "valid_to": "NaT", "is_state_council": 1}
    return {"kind": kind} | told | given


def lands(rows: list[Mapping[str, Any]], as_of: date = date(2023, 6, 1)) -> Lands:
    """Return land, one row for each description; what is not described is unremarkable."""
    plain = {"land": "0101", "attribute": "", "use": Use.BUILDING, "changed_m2": 1000.0}
    plain |= {"confidence": 0.9, "first_seen": FIRST, "last_seen": FIRST}
    told = [
        plain | {k: v for k, v in row.items() if k not in {"approvals", "as_of"}} for row in rows
    ]
    told = [{"began_after": row["first_seen"] - np.timedelta64(1, "D")} | row for row in told]
    names = {key for row in told for key in row} - {"land", "attribute", "use"}
    columns: dict[str, Any] = {
        name: np.array([row.get(name, np.asarray(_default(name))) for row in told])
        for name in names
    }
    return Lands.of(
        len(rows),
        as_of,
        class_names=CLASSES,
        attribute_names=ATTRIBUTES,
        base_class=np.array([CLASSES.index(row["land"]) for row in told], np.uint8),
        attribute=np.array([ATTRIBUTES.index(row["attribute"]) for row in told], np.uint8),
        use=np.array([USES.index(row["use"]) for row in told], np.uint8),
        approvals=_approvals(rows),
        **columns,
    )


def _default(name: str) -> Any:
    return getattr(Lands.of(1, date(2023, 1, 1)), name)[0]


def _approvals(rows: list[Mapping[str, Any]]) -> Approvals:
    told = [
        {"land": number} | each
        for number, row in enumerate(rows)
        for each in row.get("approvals", [])
    ]
    if not told:
        return Approvals.none()
    days = {"valid_from", "valid_to"}
    return Approvals(
        kind=np.array([KINDS.index(ApprovalKind(each["kind"])) for each in told], np.uint8),
        **{
            name: np.array([each[name] for each in told], "M8[D]" if name in days else None)
            for name in told[0]
            if name != "kind"
        },
    )


def judged(row: Mapping[str, Any]):
    return judge(lands([row], row.get("as_of", date(2023, 6, 1))), RULES, LIMITS)


IN = {"farmland_m2": 600.0}
PERMIT = approval("temporary", valid_from="2021-03-01", valid_to="2023-03-02")
OPEN_PERMIT = approval("temporary", valid_to="2025-01-01")
OLD = {"first_seen": np.datetime64("2020-05-01")}
WEEDS = {"use": Use.WEED_FALLOW, "n_idle_seasons": 2}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    # rule: what falls under it, how the nearest land differs, and where that one falls
    "R000": ({"land": "1202"}, {"farmland_m2": 101.0}, "R099"),
    "R001": ({"confidence": 0.49}, {"confidence": 0.5}, "R041"),
    "R002": (
        {"use": Use.WATER, "disaster_on": np.datetime64("2022-06-01")},
        {"disaster_on": np.datetime64("2022-05-31")},
        "R099",
    ),
    "R003": ({"is_pseudo": True}, {"is_pseudo": False}, "R041"),
    "R012": (
        IN | {"approvals": [approval("conversion", covered_farmland_m2=600, is_state_council=0)]},
        {"approvals": [approval("conversion", covered_farmland_m2=600)]},
        "R010",
    ),
    "R010": (
        {"approvals": [approval("conversion", covered_m2=950)]},
        {"approvals": [approval("conversion", covered_m2=949)]},
        "R011",
    ),
    "R011": (
        {"approvals": [approval("conversion", covered_m2=960, approved_m2=960)]},
        {"approvals": [approval("conversion", covered_m2=960, approved_m2=995)]},
        "R010",
    ),
    "R013": (
        {"use": Use.BARE, "approvals": [approval("conversion", valid_from="2022-05-31")]},
        {"approvals": [approval("conversion", valid_from="2022-06-01")]},
        "R099",
    ),
    "R014": (
        {"approvals": [approval("emergency", valid_to="2022-12-01")], **OLD}
        | {"first_seen": np.datetime64("2023-02-01")},
        {"approvals": [approval("emergency", valid_to="2022-11-30")]},
        "R041",
    ),
    "R024": (
        {"approvals": [OPEN_PERMIT], "is_permanent": True},
        {"is_permanent": False},
        "R020",
    ),
    "R020": (
        {"approvals": [approval("temporary", valid_to="2023-06-02")]},
        {"approvals": [approval("temporary", valid_to="2023-06-01")]},
        "R022",
    ),
    "R021": (
        {"farmland_m2": 100.0, "approvals": [OPEN_PERMIT]},
        {"farmland_m2": 99.0},
        "R020",
    ),
    "R022": (
        {"approvals": [PERMIT], "use": Use.HARDENED, "as_of": date(2024, 3, 1)},
        {"as_of": date(2024, 3, 2)},
        "R023",
    ),
    "R023": (
        {"approvals": [PERMIT], "use": Use.HARDENED, "as_of": date(2024, 3, 2)},
        {"as_of": date(2024, 3, 1)},
        "R022",
    ),
    "R032": ({"use": Use.FACILITY_PLANT, "is_misused": True}, {"is_misused": False}, "R033"),
    "R030": (
        {"use": Use.FACILITY_LIVESTOCK, "approvals": [approval("facility")], "auxiliary_m2": 50.0},
        {"auxiliary_m2": 51.0},
        "R031",
    ),
    "R031": (
        {"use": Use.FACILITY_LIVESTOCK, "approvals": [approval("facility")], "auxiliary_m2": 51.0},
        {"auxiliary_m2": 50.0},
        "R030",
    ),
    "R033": (
        {"use": Use.FACILITY_AQUA, "approvals": [approval("facility", covered_m2=940)]},
        {"approvals": [approval("facility", covered_m2=960)]},
        "R030",
    ),
    "R034": (
        IN | {"use": Use.FACILITY_PLANT, "plough_layer": 0},
        {"plough_layer": -1},
        "R099",
    ),
    "R035": (
        IN | {"use": Use.FACILITY_PLANT, "plough_layer": 1, "approvals": [approval("facility")]},
        {"plough_layer": -1},
        "R099",
    ),
    "R040": ({"farmland_m2": 100.0}, {"farmland_m2": 99.9}, "R041"),
    "R041": ({"farmland_m2": 99.9}, {"farmland_m2": 100.0}, "R040"),
    "R042": (
        {"use": Use.RURAL_HOUSE},
        {"approvals": [approval("homestead")]},
        "R099",
    ),
    "R043": ({"use": Use.KILN}, {"use": Use.EXCAVATION}, "R099"),
    "R044": ({"use": Use.WASTE_DUMP} | IN, {"farmland_m2": 0.0}, "R099"),
    "R045": (
        {"use": Use.EXCAVATION, "first_seen": np.datetime64("2023-04-02")},
        {"first_seen": np.datetime64("2023-04-01")},
        "R099",
    ),
    "R046": ({"use": Use.SOLAR_PANEL}, {"use": Use.BUILDING}, "R041"),
    "R047": (
        {"use": Use.LANDSCAPE_LAKE},
        {"approvals": [approval("conversion")]},
        "R099",
    ),
    "R048": (
        {"use": Use.GREENBELT, "belt_width_m": 3.1, "is_major_road": 0},
        {"is_major_road": 1},
        "R099",
    ),
    "R050": (
        {"use": Use.AFFORESTATION, "approvals": [approval("returned_to_forest")]},
        {"approvals": []},
        "R049",
    ),
    "R049": (
        {"use": Use.AFFORESTATION, "first_seen": np.datetime64("2020-09-11")},
        {"first_seen": np.datetime64("2020-09-10")},
        "R099",
    ),
    "R060": (IN | {"use": Use.TEA}, {"first_seen": np.datetime64("2019-12-31")}, "R067"),
    "R061": (IN | {"use": Use.FISH_POND}, {"farmland_m2": 50.0}, "R063"),
    "R062": (
        IN | {"use": Use.TURF, "plough_layer": 0},
        {"plough_layer": 1},
        "R099",
    ),
    "R066": ({"use": Use.ORCHARD, "is_company": True}, {"is_company": False}, "R063"),
    "R064": (
        {"use": Use.PASTURE, "approvals": [approval("balance")]},
        {"approvals": [approval("balance", valid_from="2022-01-01")]},
        "R063",
    ),
    "R063": (
        {"use": Use.ORCHARD, "first_seen": np.datetime64("2021-11-28")},
        {"first_seen": np.datetime64("2021-11-27")},
        "R099",
    ),
    "R065": (
        {"use": Use.TURF, "first_seen": np.datetime64("2021-11-28")},
        {"first_seen": np.datetime64("2021-11-27")},
        "R099",
    ),
    "R067": (
        {"land": "0201K", "use": Use.ORCHARD},
        {"use": Use.FISH_POND},
        "R099",
    ),
    "R068": (
        {"use": Use.RICE_FISH, "trench_share": 0.1, "n_grain_cycles": 1},
        {"trench_share": 0.101},
        "R070",
    ),
    "R069": (
        IN | {"use": Use.RICE_FISH, "trench_share": 0.05, "n_grain_cycles": 0},
        {"n_grain_cycles": 1},
        "R068",
    ),
    "R070": (
        {"use": Use.RICE_FISH, "trench_share": 0.2, "n_grain_cycles": 1},
        {"farmland_m2": 600.0},
        "R069",
    ),
    "R071": (
        IN | {"use": Use.ANNUAL_NON_GRAIN_FOOD, "n_grain_cycles": 1},
        {"n_grain_cycles": 0},
        "R072",
    ),
    "R074": (
        {"use": Use.ANNUAL_NON_GRAIN_FOOD, "n_grain_cycles": 0, "in_grain_zone": True},
        {"in_grain_zone": False},
        "R073",
    ),
    "R072": (
        IN | {"use": Use.ANNUAL_NON_GRAIN_FOOD, "n_grain_cycles": 0},
        {"is_vegetable_base": True},
        "R099",
    ),
    "R073": (
        {"use": Use.ANNUAL_NON_GRAIN_FOOD, "n_grain_cycles": 0},
        {"farmland_m2": 600.0},
        "R072",
    ),
    "R075": (
        {"use": Use.NON_FOOD_ANNUAL, "n_grain_cycles": 0},
        {"plough_layer": 0},
        "R099",
    ),
    "R080": (
        WEEDS | {"approvals": [approval("fallow", valid_to="2024-01-01")]},
        {"approvals": [approval("fallow", valid_to="2023-06-01")]},
        "R082",
    ),
    "R081": (
        {"use": Use.WINTER_FALLOW, "n_grain_cycles": 1, "as_of": date(2024, 2, 29)},
        {"as_of": date(2024, 3, 1)},
        "R099",
    ),
    "R084": (
        WEEDS | {"first_seen": np.datetime64("2021-06-01")},
        {"first_seen": np.datetime64("2021-06-02")},
        "R082",
    ),
    "R083": (WEEDS | IN, {"n_idle_seasons": 1}, "R099"),
    "R082": (WEEDS, {"n_idle_seasons": 1}, "R099"),
    "R090": ({"use": Use.GRAIN}, {"land": "0301"}, "R000"),
    "R099": ({"use": Use.PASTURE} | IN, {"farmland_m2": 0.0}, "R063"),
}
"""R085 is additive: its two lands are in a test of their own."""


def test_every_rule_is_covered_by_two_lands():
    assert set(CASES) | {"R085"} == set(BY_ID)
    assert len(BY_ID) == 55


@pytest.mark.parametrize("rule_id", CASES)
def test_a_land_falls_under_its_rule_and_its_nearest_neighbour_under_another(rule_id):
    row, difference, other = CASES[rule_id]
    found = judged(row)
    assert found.rule_of(0).rule_id == rule_id
    assert judged(row | difference).rule_of(0).rule_id == other != rule_id
    assert found.severity[0] == BY_ID[rule_id].severity
    assert CATEGORIES[found.category[0]] is BY_ID[rule_id].category


def test_idle_land_goes_on_the_list_where_15_mu_lie_together():
    rows = [WEEDS | {"group_area_mu": mu} for mu in (15.0, 14.9)]
    rows.append({"use": Use.WEED_FALLOW, "group_area_mu": 15.0, "n_idle_seasons": 1})
    found = judge(lands(rows), RULES, LIMITS)
    assert found.is_listed.tolist() == [True, False, False]
    assert found.severity.tolist() == [3, 2, 1]
    assert [found.rule_of(row).rule_id for row in range(3)] == ["R082", "R082", "R099"]


def test_approvals_cut_the_land_that_they_cover():
    rows = [
        {"approvals": [approval("conversion", covered_m2=600, approved_m2=600)]},
        {"approvals": [approval("temporary", covered_m2=600)]},
        {"approvals": [approval("temporary", covered_m2=600, covered_farmland_m2=500)]}
        | {"farmland_m2": 500.0},
        {"approvals": [approval("temporary", covered_m2=40)]},
        {"use": Use.FISH_POND, "approvals": [approval("balance", covered_m2=700)]},
    ]
    found = judge(lands(rows), RULES, LIMITS)
    told = [(found.rule_of(row).rule_id, round(float(found.overlap_m2[row]))) for row in range(5)]
    assert told == [("R011", 400), ("R041", 400), ("R041", 400), ("R041", 1000), ("R063", 300)]


def test_no_county_and_no_yearly_balance_gives_basic_farmland_away():
    low = approval("conversion", covered_farmland_m2=600, is_state_council=0)
    pond = IN | {"use": Use.FISH_POND}
    rows = [IN | {"approvals": [low]}]
    rows.append(pond | {"approvals": [approval("balance", covered_farmland_m2=600)]})
    rows.append(IN | {"approvals": [low | {"is_state_council": -1}]})
    found = judge(lands(rows), RULES, LIMITS)
    assert [found.rule_of(row).rule_id for row in range(3)] == ["R012", "R061", "R099"]
    assert found.overlap_m2[:2].tolist() == [600, 600]


def test_what_counts_is_the_overlap_and_not_the_parcel():
    found = judged({"changed_m2": 2000.0, "farmland_m2": 300.0})
    assert (found.rule_of(0).rule_id, found.overlap_m2[0]) == ("R040", 300)
    small = judged({"changed_m2": 2000.0, "farmland_m2": 150.0})  # less than a tenth
    assert (small.rule_of(0).rule_id, small.overlap_m2[0]) == ("R041", 2000)
    over = judged(CASES["R031"][0])
    assert over.overlap_m2[0] == pytest.approx(1)


def test_an_unknown_first_day_is_held_against_nobody():
    rows = [{"use": use, "first_seen": np.datetime64("NaT")} for use in (Use.ORCHARD, Use.TURF)]
    found = judge(lands(rows), RULES, LIMITS)
    assert {CATEGORIES[each] for each in found.category} == {Category.REVIEW}


def test_what_was_seen_first_after_a_day_may_have_been_there_before():
    late = [each for each in RULES if each.seen_after is not None]
    assert {each.rule_id for each in late} >= {"R063", "R065", "R066"}
    for each in late:
        undated = CASES[each.rule_id][0] | {"began_after": np.datetime64("NaT")}
        assert judged(undated).rule_of(0).rule_id != each.rule_id


def test_a_building_that_came_before_its_approval_was_not_approved():
    late = approval("conversion", valid_from="2023-03-02")
    assert judged({"approvals": [late]}).rule_of(0).rule_id == "R041"


described = st.fixed_dictionaries(
    {
        "land": st.sampled_from(CLASSES),
        "attribute": st.sampled_from(ATTRIBUTES),
        "use": st.sampled_from(USES),
        "farmland_m2": st.sampled_from([0.0, 99.0, 100.0, 1000.0]),
        "confidence": st.sampled_from([0.4, 0.9]),
        "first_seen": st.sampled_from([np.datetime64("NaT"), FIRST, np.datetime64("2019-01-01")]),
        "n_grain_cycles": st.integers(-1, 2),
        "n_idle_seasons": st.integers(-1, 5),
        "group_area_mu": st.sampled_from([0.0, 20.0]),
        "approvals": st.lists(
            st.builds(
                approval,
                st.sampled_from([each.value for each in ApprovalKind]),
                covered_m2=st.sampled_from([30, 500, 1000]),
                valid_to=st.sampled_from(["NaT", "2022-10-01", "2024-01-01"]),
                is_state_council=st.integers(-1, 1),
            ),
            max_size=3,
            unique_by=lambda each: each["kind"],
        ),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(described, min_size=1, max_size=8), st.randoms())
def test_land_is_judged_alone_whatever_lies_in_the_table_beside_it(rows, random):
    whole = judge(lands(rows), RULES, LIMITS)
    order = random.sample(range(len(rows)), len(rows))
    taken = judge(lands(rows).take(np.array(order)), RULES, LIMITS)
    for place, row in enumerate(order):
        one = judged(rows[row])
        for found, at in ((whole, row), (taken, place)):
            assert found.rule_of(at) is one.rule_of(0)
            assert found.overlap_m2[at] == one.overlap_m2[0]
            assert found.severity[at] == one.severity[0]
    assert (whole.overlap_m2 <= 1000).all()
    assert (whole.overlap_m2 >= 0).all()


def test_the_table_says_only_what_can_be_asked_and_all_that_can():
    assert {name for rule in RULES for name in rule.requires} == set(PREDICATES)
    for rule in RULES:
        assert rule.title
        assert rule.legal_status
        assert (rule.mode is Mode.ADDITIVE) == (rule.rule_id == "R085")
        flagged = rule.category in (Category.NON_AG, Category.NON_GRAIN, Category.ABANDON)
        assert bool(flagged) <= bool(rule.legal_basis and rule.action_text and rule.body)
        assert bool(flagged) <= bool(rule.asks)


def test_the_table_tells_the_facts_of_the_given_one(shared_data):
    with (shared_data.parent / "domain" / "conversion_rules.csv").open(encoding="utf-8") as file:
        given_rows = {row["rule_id"]: row for row in csv.DictReader(file)}
    assert set(given_rows) == set(BY_ID)
    for rule_id, row in given_rows.items():
        rule = BY_ID[rule_id]
        side = {"Y": "in", "N": "out", "any": "any"}[row["pbf"]]
        assert (str(rule.priority), rule.mode.value) == (row["priority"], row["mode"])
        assert (rule.category.value, str(rule.severity)) == (row["category"], row["severity_1_4"])
        assert (rule.farmland.value, rule.legal_status) == (side, row["legal_status"])
        assert (rule.competent_body, rule.evidence) == (row["competent_body"], row["evidence"])
        if not row["legal_basis"].startswith("as "):
            assert rule.legal_basis == row["legal_basis"]
        if not row["action"].startswith("as "):
            assert rule.action == row["action"]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"use": "CASTLE", "uses": "CASTLE"}, "CASTLE"),
        ({"rule_id": "R001"}, "rule_id comes twice"),
        ({"priority": "20"}, "priority comes twice"),
    ],
)
def test_a_rule_table_with_a_slip_is_refused(change, refusal):
    rows = table()
    rows[0] |= {key: value for key, value in change.items() if key in rows[0]}
    with pytest.raises(ValueError, match=refusal):
        parsed(rows)


def test_a_rule_table_without_a_last_resort_or_with_an_unknown_question_is_refused():
    with pytest.raises(ValueError, match="whatever is left"):
        parsed(table()[:-1])
    rows = table()
    rows[0]["requires"] = "is_haunted"
    with pytest.raises(ValueError, match="is_haunted"):
        judge(lands([{}]), parsed(rows), LIMITS)


def test_two_approvals_of_one_kind_have_to_be_united_first():
    with pytest.raises(ValueError, match="unite"):
        lands([{"approvals": [approval("conversion"), approval("conversion", covered_m2=5)]}])


def test_months_are_calendar_months():
    days = np.array(["2023-01-31", "2024-02-29", "NaT"], "M8[D]")
    assert add_months(days, 1).astype(str).tolist() == ["2023-02-28", "2024-03-29", "NaT"]
    assert add_months(days, 12).astype(str).tolist() == ["2024-01-31", "2025-02-28", "NaT"]
