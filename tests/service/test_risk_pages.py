"""The map of verdicts and its list: who sees them, what is drawn, the reasoning on a parcel."""

import re
from uuid import UUID

import pytest
import shapely

from inspections.fusion_words import VerdictClass
from service.cases.actions import open_lead
from service.pages import risk_pages
from tests import books_screening
from tests.books_cases import a_lead, a_parcel
from tests.case_desk import SHANTANG, TAIHE

HTML_WANTED = {"Accept": "text/html"}
EVERYWHERE = "112,23,114,24"
HOSTILE = "<script>alert(1)</script>"
CLASSES = (VerdictClass.SUSPECTED, VerdictClass.CONFIRMED, VerdictClass.UNKNOWN)


def judged_one(database, area: str, n: int, **other) -> str:
    """Put a parcel into the book and a verdict on it; return its uid."""
    west = 112.95 + n / 100
    with database.system_transaction() as session:
        land = a_parcel(session, area, 700 + n, shapely.box(west, 23.7, west + 0.002, 23.702))
        named = {"parcel_uid": land.uid, "parcel_version_id": land.id}
    return books_screening.put(database, area, n, **named, **other)["parcel"]


@pytest.fixture
def judged(database) -> list[str]:
    """Three parcels side by side, in two towns, each with a verdict of another class."""
    return [
        judged_one(database, f"{SHANTANG if n == 2 else TAIHE}201", n, verdict_class=each)
        for n, each in enumerate(CLASSES, 1)
    ]


def page(speaker, path: str) -> str:
    answer = speaker.send("GET", path, headers=HTML_WANTED)
    assert answer.status_code == 200, answer.text
    return answer.text


def listed(text: str) -> set[str]:
    return set(re.findall(r'href="/risk/([0-9a-f-]{36})"', text))


def drawn(speaker, **asked) -> dict:
    answer = speaker.get("/risk/verdicts", **({"bbox": EVERYWHERE} | asked))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    return answer.json()


def test_whoever_may_read_verdicts_sees_them_and_nobody_else(judged, as_role, nobody):
    paths = ("/risk", f"/risk/verdicts?bbox={EVERYWHERE}", f"/risk/{judged[0]}")
    for role in ("bureau", "officer", "leader", "auditor", "recorder", "approver", "outlet"):
        wanted = 200 if role in {"bureau", "officer", "leader", "auditor"} else 403
        for path in paths:
            assert as_role(role, TAIHE).send("GET", path).status_code == wanted, (role, path)
    answer = nobody.send("GET", "/risk", headers=HTML_WANTED, follow_redirects=False)
    assert answer.headers["location"].startswith("/login?next=")


def test_the_list_shows_what_says_that_something_is_there_and_filters(judged, as_role):
    bureau = as_role("bureau")
    suspected, confirmed, unknown = judged
    assert listed(page(bureau, "/risk")) == {suspected, confirmed}
    assert listed(page(bureau, "/risk?verdict_class=unknown&town=")) == {unknown}
    assert listed(page(bureau, f"/risk?town={SHANTANG}")) == {confirmed}
    assert "没有符合条件的图斑" in page(bureau, "/risk?verdict_class=excluded")
    text = page(bureau, "/risk")
    assert "疑似(1)" in text
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", text)


def test_the_map_draws_points_from_afar_and_outlines_near_by(judged, as_role):
    bureau = as_role("bureau")
    far, near = drawn(bureau), drawn(bureau, has_outlines="true")
    for told, kind in ((far, "Point"), (near, "Polygon")):
        assert {each["properties"]["uid"] for each in told["features"]} == set(judged[:2])
        types = {each["geometry"]["type"].removeprefix("Multi") for each in told["features"]}
        assert types == {kind}
        assert not told["is_cut"]
    (only,) = drawn(bureau, verdict_class="unknown")["features"]
    assert only["properties"]["class"] == "unknown"
    assert 112.98 < only["geometry"]["coordinates"][0] < 112.982
    assert drawn(bureau, bbox="112.0,23.0,112.1,23.1")["features"] == []
    assert bureau.get("/risk/verdicts", bbox="1,2,3").status_code == 422


def test_a_town_sees_its_own_on_map_and_list(judged, as_role):
    officer = as_role("officer", TAIHE)
    assert listed(page(officer, "/risk")) == {judged[0]}
    assert [each["properties"]["uid"] for each in drawn(officer)["features"]] == [judged[0]]
    assert officer.get(f"/risk/{judged[1]}").status_code == 404


def test_where_there_is_too_much_the_gravest_are_drawn_and_that_is_said(
    database, as_role, monkeypatch
):
    monkeypatch.setattr(risk_pages, "DRAWN", 1)
    judged_one(database, TAIHE, 1, severity=1)
    grave = judged_one(database, TAIHE, 2, severity=4)
    told = drawn(as_role("bureau"))
    assert told["is_cut"]
    assert [each["properties"]["uid"] for each in told["features"]] == [grave]


def test_a_parcel_tells_why_and_its_case(judged, as_role, database):
    with database.system_transaction() as session:
        case, _ = open_lead(session, a_lead(f"{TAIHE}201", UUID(judged[0])))
        case_id = str(case.id)
    text = page(as_role("bureau"), f"/risk/{judged[0]}")
    assert "影像" in text
    assert "还需核实" in text
    assert f"/cases/{case_id}" in text


def test_reasons_are_words(database, as_role):
    uid = judged_one(database, TAIHE, 1, reasons=f'["{HOSTILE}"]', missing=f'["{HOSTILE}"]')
    text = page(as_role("bureau"), f"/risk/{uid}")
    assert text.count("&lt;script&gt;alert(1)") == 2
    assert HOSTILE not in text


def test_an_empty_book_says_so(as_role):
    assert "还没有筛查过" in page(as_role("bureau"), "/risk")
