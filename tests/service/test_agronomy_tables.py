"""Hostile tables through every importer of the agronomy book; and who is first, and nearest."""

import threading
from datetime import date

import pytest
import shapely

from service import audit
from service.parcels.models import AreaOutline
from tests.service.test_agronomy import (
    COUNTY,
    SHANTANG,
    TAIHE,
    a_day,
    a_reading,
    a_reservoir,
    a_station,
    asked,
    brought,
    made,
    sources,
)

TABLES = {
    "weather": ("站点,日期,平均气温,雨量", ("A1站", "2023-03-01", "13.2", "0")),
    "reservoirs/readings": ("水库,日期,蓄水量", ("R1库", "2023-03-01", "600000")),
    "pest_surveys": (
        "镇,地块,代表面积,调查日期,病虫,类型田,方法,取样面积,活虫,技术人员",
        ("太和镇", "北坑", "75.5", "2023-03-01", "二化螟", "冬闲田", "剥查", "150", "36", "陈大文"),
    ),
}
NUMBER_AT = {"weather": 2, "reservoirs/readings": 2, "pest_surveys": 8}
DAY_AT = {"weather": 1, "reservoirs/readings": 1, "pest_surveys": 3}
BAD_NUMBERS = (
    "=1+1",
    "+1",
    "-70",
    "1e9",
    "1e99",
    "1e-99",
    "nan",
    "Infinity",
    "0x10",
    "12.345",
    "十二",
    "1O",
    "12 ℃",
    "9" * 400,
    "#DIV/0!",
)
BAD_DAYS = (
    "2023-02-29",
    "2023年4月31日",
    "1/2/2026",
    "45000",
    "0001-01-01",
    "9999-12-31",
    "2023-04-21",
    "昨天",
    "=TODAY()",
)


@pytest.fixture
def bureau(as_role):
    speaker = as_role("bureau")
    a_station(speaker)
    a_reservoir(speaker)
    return speaker


def table(kind: str, *rows: dict[int, str]) -> str:
    """Make a table whose rows differ from the good one in some cells."""
    heading, good = TABLES[kind]
    lines = [",".join(f'"{row.get(n, cell)}"' for n, cell in enumerate(good)) for row in rows]
    return "\n".join([heading, *lines, ""])


def n_kept(speaker, kind: str) -> int:
    return len(asked(speaker, kind, **{"from": "2023-02-01"})["items"])


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_bad_cell_is_named_and_keeps_the_whole_table_out(bureau, kind):
    bad = [{NUMBER_AT[kind]: each} for each in BAD_NUMBERS]
    bad += [{DAY_AT[kind]: each} for each in BAD_DAYS]
    bad += [{n: ""} for n in (0, DAY_AT[kind])]
    answer = brought(bureau, f"{kind}/imports", table(kind, {}, *bad))
    assert answer.status_code == 422
    told = answer.json()["rows"]
    assert {each["row"] for each in told} == set(range(3, 3 + len(bad)))
    assert all(each["reason"] for each in told)
    assert n_kept(bureau, kind) == 0
    partial = brought(bureau, f"{kind}/imports", table(kind, {}, *bad), partial="true").json()
    assert (partial["n_filed"], n_kept(bureau, kind)) == (1, 1)


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 100,
        b"PK\x03\x04 no workbook",
        "没有表头\n1,2\n".encode(),
        b"\xff\xfe\x00\x00",
    ],
    ids=["empty", "zeros", "a broken zip", "other headings", "half a mark"],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_no_table_is_refused_with_a_reason(bureau, kind, content):
    for name in ("t.csv", "t.xlsx"):
        answer = brought(bureau, f"{kind}/imports", content, name)
        assert answer.status_code == 422
        assert answer.json()["detail"]
    assert n_kept(bureau, kind) == 0


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_table_comes_in_utf8_and_gbk_with_full_width_digits_and_lines_in_quotes(bureau, kind):
    number = TABLES[kind][1][NUMBER_AT[kind]]
    wide = number.translate(str.maketrans("0123456789.", "０１２３４５６７８９．"))
    text = table(kind, {NUMBER_AT[kind]: wide})
    for encoding in ("utf-8-sig", "gbk"):
        found = brought(bureau, f"{kind}/imports", text.encode(encoding)).json()
        assert (found["n_filed"] + found["n_unchanged"], found["n_refused"]) == (1, 0)
    assert n_kept(bureau, kind) == 1


@pytest.mark.parametrize("what", ["day", "reading", "station"])
def test_of_those_who_write_one_thing_at_once_one_is_first_and_the_others_are_told(bureau, what):
    station = {"area_code": COUNTY, "code": "NEW", "name": "站", "lat": 23.7}
    bodies = {
        "day": ("weather", lambda n: a_day("2023-03-01", 10 + n)),
        "reading": ("reservoirs/readings", lambda n: a_reading("2023-03-01", 1000 + n)),
        "station": ("weather/stations", lambda n: station | {"lon": 112 + n / 10}),
    }
    path, body = bodies[what]
    codes: list[int] = []
    threads = [
        threading.Thread(target=lambda n=n: codes.append(bureau.post(path, body(n)).status_code))
        for n in range(5)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(codes) == [201, 409, 409, 409, 409]


def test_a_town_without_a_station_has_the_nearest_that_serves_the_county(bureau, database):
    made(
        bureau.post(
            "weather/stations",
            {"area_code": COUNTY, "code": "W1", "name": "西站", "lon": 112.5, "lat": 23.7},
        )
    )
    assert sources(bureau)[TAIHE] == ("A1", "first")  # no outline to measure from
    boxes = {TAIHE: (112.95, 23.6, 113.05, 23.8), SHANTANG: (112.4, 23.6, 112.6, 23.8)}
    with database.system_transaction() as session:
        for n, (area, box) in enumerate(boxes.items(), start=1):
            session.add(
                AreaOutline(
                    id=n,
                    area_code=area,
                    valid_from=date(2022, 12, 31),
                    recorded_at=audit.instant(session),
                    name=area,
                    level="town",
                    ellipsoidal_area_m2=1.0,
                    geometry=shapely.MultiPolygon([shapely.box(*box)]),
                )
            )
    found = sources(bureau)
    assert (found[TAIHE], found[SHANTANG]) == (("A1", "nearest"), ("W1", "nearest"))
    (line,) = asked(
        bureau, "weather/suitability", area=SHANTANG, as_of="2023-03-05", **{"from": "2023-03-05"}
    )["items"]
    assert line["distance_km"] == 0.0
