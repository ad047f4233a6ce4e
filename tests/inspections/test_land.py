"""Each rule of the survey's attributes finds what breaks it, and nothing else."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspections import land

CODES = Path(land.__file__).parents[1] / "config" / "codes"
VILLAGE, OTHER = "441803104201", "441803104202"


def codes_of(name: str) -> list[str]:
    with (CODES / name).open(encoding="utf-8", newline="") as file:
        return [row["code"] for row in csv.DictReader(file)]


LISTS = land.LandCodes(
    land_classes=codes_of("land_classes.csv"),
    planting_attributes=codes_of("planting_attributes.csv"),
    first_year=2009,
    last_year=2026,
)
PADDY = {
    "survey_code": "441803000000000001",
    "parcel_number": "1",
    "land_class": "0101",
    "planting_attribute": "LS",
    "ownership": "30",
    "owner_code": VILLAGE + "0000000",
    "location_code": VILLAGE + "0000000",
    "deduction_class": "1203",
    "deduction_ratio": 0.0512,
    "terrain": "TT",
    "slope_grade": "2",
    "strip_width_m": None,
    "refinement": "LQYD",
    "settlement_attribute": None,
    "is_enclave": False,
    "source_year": 2025,
    "declared_area_m2": 1234.56,
    "deducted_area_m2": 63.21,
    "net_area_m2": 1171.35,
}
NO_DEDUCTION = {
    "deduction_class": None,
    "deduction_ratio": None,
    "deducted_area_m2": 0.0,
    "net_area_m2": 1234.56,
}
OTHER_LAND = PADDY | NO_DEDUCTION | {"planting_attribute": "", "terrain": " ", "slope_grade": None}
POND = OTHER_LAND | {"land_class": "1104", "survey_code": "2", "parcel_number": "2"}
ROAD = OTHER_LAND | {
    "land_class": "1006",
    "survey_code": "3",
    "parcel_number": "3",
    "strip_width_m": 8.0,
}
HOUSES = OTHER_LAND | {
    "land_class": "0702",
    "survey_code": "4",
    "parcel_number": "4",
    "settlement_attribute": "203",
}
SOUND = [PADDY, POND, ROAD, HOUSES]


def frame(rows: list[dict]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=list(PADDY))
    numeric = [name for name in PADDY if name.endswith(("_m", "_m2", "_ratio"))]
    kinds = dict.fromkeys(numeric, "float64")
    return made.astype(kinds | {"source_year": "Int32", "is_enclave": "boolean"})


def inspect(*rows: dict) -> land.LandResult:
    """Beside four sound rows, which come first, so that no column is absent."""
    return land.inspect(frame([*SOUND, *rows]), LISTS)


def rules_of(result: land.LandResult) -> list[str]:
    return [each.rule for each in result.findings]


NEW = {"survey_code": "9", "parcel_number": "9"}


def test_a_sound_layer_has_no_findings():
    result = inspect()
    assert (result.findings, result.skipped) == ([], {})
    assert result.counts == dict.fromkeys((rule.code for rule in land.RULES), 0)


@pytest.mark.parametrize(
    ("rule", "row", "change"),
    [
        ("land.survey-code-missing", PADDY, {"survey_code": None}),
        ("land.survey-code-missing", PADDY, {"survey_code": "  "}),
        ("land.location-form", PADDY, {"location_code": "44180310420", "owner_code": None}),
        ("land.location-form", PADDY, {"location_code": "清新区太平镇", "owner_code": None}),
        ("land.owner-form", PADDY, {"owner_code": VILLAGE + "00"}),
        ("land.land-class-unknown", POND, {"land_class": "1199"}),
        ("land.planting-unknown", PADDY, {"planting_attribute": "LLJJ"}),
        ("land.cropland-without-planting", PADDY, {"planting_attribute": None}),
        ("land.slope-unknown", PADDY, {"slope_grade": "6"}),
        ("land.terrain-unknown", PADDY, {"terrain": "XX"}),
        ("land.slope-without-terrain", PADDY, {"terrain": ""}),
        ("land.terrain-of-flat", PADDY, {"slope_grade": "1"}),
        ("land.other-with-terrain", POND, {"terrain": "PD"}),
        ("land.other-with-slope", POND, {"slope_grade": "1"}),
        ("land.other-with-deduction", POND, {"deduction_class": "1203"}),
        ("land.other-with-planting", POND, {"planting_attribute": "WG"}),
        ("land.deduction-class", PADDY, {"deduction_class": "1006"}),
        ("land.settlement-missing", HOUSES, {"settlement_attribute": None}),
        ("land.settlement-missing", POND, {"land_class": "1201"}),
        ("land.settlement-unknown", HOUSES, {"settlement_attribute": "206"}),
        ("land.refinement-unknown", PADDY, {"refinement": "XXYY"}),
        ("land.width-of-no-strip", POND, {"strip_width_m": 3.0}),
        ("land.road-too-wide", ROAD, {"strip_width_m": 8.1}),
        ("land.deducted-area", PADDY, {"deducted_area_m2": 63.23, "net_area_m2": 1171.33}),
        ("land.net-area", PADDY, {"net_area_m2": 1171.37}),
        ("land.net-area", POND, {"net_area_m2": 1234.0}),
        ("land.ownership-unknown", PADDY, {"ownership": "50"}),
        ("land.enclave", PADDY, {"is_enclave": True}),
        ("land.enclave", PADDY, {"owner_code": OTHER + "0000000"}),
        ("land.enclave", PADDY, {"owner_code": OTHER, "ownership": "20", "is_enclave": True}),
        ("land.year", PADDY, {"source_year": 1925}),
        ("land.year", PADDY, {"source_year": 2027}),
        (
            "land.area-missing",
            POND,
            {"declared_area_m2": 0.0, "net_area_m2": 0.0, "deducted_area_m2": None},
        ),
        ("land.area-missing", POND, {"declared_area_m2": None}),
    ],
)
def test_a_broken_rule_is_found_and_no_other(rule, row, change):
    result = inspect(row | NEW | change)
    assert rules_of(result) == [rule]
    [finding] = result.findings
    assert (finding.row, finding.severity) == (4, "block" if "code-missing" in rule else "warn")
    assert result.counts[rule] == 1


@pytest.mark.parametrize(
    ("rules", "row", "change"),
    [
        (["land.land-class-missing"], POND, {"land_class": None}),
        (["land.location-missing"], POND, {"location_code": ""}),
        (
            ["land.cropland-without-slope"],
            PADDY | NO_DEDUCTION,
            {"slope_grade": None, "terrain": None},
        ),
        (["land.other-with-ratio", "land.deducted-area"], POND, {"deduction_ratio": 0.05}),
        (["land.ratio-range", "land.deducted-area"], PADDY, {"deduction_ratio": 1.0}),
        (["land.ratio-range", "land.deducted-area"], PADDY, {"deduction_ratio": -0.1}),
    ],
)
def test_broken_rules_are_listed_in_their_order(rules, row, change):
    assert rules_of(inspect(row | NEW | change)) == rules


@pytest.mark.parametrize(
    ("row", "change"),
    [
        (PADDY, {"owner_code": OTHER + "0000000", "is_enclave": True}),
        (PADDY, {"owner_code": OTHER + "0000000", "ownership": "10"}),
        (PADDY, {"owner_code": None, "is_enclave": None}),
        (PADDY | NO_DEDUCTION, {"slope_grade": "1", "terrain": None}),
        (POND, {"planting_attribute": "JKHF"}),
        (POND, {"deduction_ratio": 0.0, "strip_width_m": 0.0}),
        (PADDY, {"deducted_area_m2": 63.20, "net_area_m2": 1171.36}),
        (POND, {"net_area_m2": 1234.57}),
        (HOUSES, {"land_class": "05H1", "settlement_attribute": "201A"}),
        (ROAD, {"land_class": "1107A", "strip_width_m": 20.0}),
        (POND, {"parcel_number": "1", "location_code": OTHER + "0000000", "ownership": "20"}),
        (POND, {"source_year": None, "parcel_number": None}),
    ],
)
def test_what_the_survey_allows_is_no_finding(row, change):
    assert rules_of(inspect(row | NEW | change)) == []


def test_a_repeated_survey_code_blocks_every_parcel_that_bears_it():
    result = inspect(
        POND | {"parcel_number": "8"}, POND | {"survey_code": " 2 "} | {"parcel_number": "7"}
    )
    assert [(each.rule, each.row, each.severity) for each in result.findings] == [
        ("land.survey-code-repeated", row, "block") for row in (1, 4, 5)
    ]
    assert result.findings[0].message_zh == "标识码 BSM 2 不止一个图斑使用"


def test_a_parcel_number_repeats_only_inside_its_village():
    result = inspect(POND | {"survey_code": "8"})
    assert [(each.rule, each.row) for each in result.findings] == [
        ("land.parcel-number-repeated", 1),
        ("land.parcel-number-repeated", 4),
    ]


def test_a_finding_names_the_column_the_value_and_the_numbers():
    [finding] = inspect(PADDY | NEW | {"net_area_m2": 1000.0}).findings
    assert (finding.column, finding.value) == ("net_area_m2", "1000")
    assert finding.message_zh == (
        "图斑地类面积 TBDLMJ 是 1000,须等于图斑面积 1234.56 减扣除面积“63.21”"
    )


def test_a_rule_whose_column_the_file_lacks_is_told_as_skipped():
    rows = frame(SOUND).drop(columns=["survey_code"])
    rows["slope_grade"] = None
    result = land.inspect(rows, LISTS)
    assert result.skipped["land.survey-code-missing"] == "文件没有 BSM 字段"
    assert result.skipped["land.slope-without-terrain"] == "文件没有 GDPDJB 字段"
    assert not set(result.skipped) & set(result.counts)
    assert set(result.skipped) | set(result.counts) == {rule.code for rule in land.RULES}
    told = land.inspect(frame(SOUND).assign(slope_grade=None), LISTS, absent=())
    assert Counter(rules_of(told)) == {"land.cropland-without-slope": 1}


def test_a_layer_of_another_land_skips_everything_it_lacks():
    result = land.inspect(pd.DataFrame({"land_class": ["", "0101"]}), LISTS)
    assert rules_of(result) == ["land.land-class-missing"]
    assert len(result.skipped) == len(land.RULES) - 2


def test_an_empty_layer_is_without_findings():
    assert land.inspect(frame([]), LISTS).findings == []


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_the_order_of_the_rows_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(30):
        row = SOUND[rng.integers(4)] | {"survey_code": str(rng.integers(40))}
        row = row | {"parcel_number": str(number)}
        for name in rng.choice(list(PADDY)[:13], 3):
            row[name] = SOUND[rng.integers(4)][name]
        rows.append(row)
    order = rng.permutation(len(rows))
    one = land.inspect(frame(rows), LISTS, absent=())
    two = land.inspect(frame([rows[at] for at in order]), LISTS, absent=())
    back = {(each.rule, int(order[each.row]), each.value) for each in two.findings}
    assert back == {(each.rule, each.row, each.value) for each in one.findings}
