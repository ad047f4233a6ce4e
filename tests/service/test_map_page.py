"""The map page through HTTP: where it begins, what it may load, and who is shown which outlines."""

import json
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from uuid import uuid4

import pytest
import shapely
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pydantic import SecretStr

from service.accounts.access import action_of
from service.accounts.policy import POLICY, may
from service.app import create_app
from service.pages import land_routes
from service.parcels.models import (
    AreaOutline,
    ImportState,
    LandImport,
    LandKind,
    ParcelVersion,
)
from service.security import Role

COUNTY, TAIHE, SHANTANG = "441803", "441803102", "441803105"
VILLAGE = "441803102201"
HTML = {"Accept": "text/html"}
PAYLOAD = "\"'><script>alert(1)</script>"
SURVEY = date(2022, 12, 31)
KNOWN = datetime(2023, 1, 10, tzinfo=UTC)
FIELD = shapely.box(112.95, 23.75, 112.952, 23.752)
OUTLINES = (
    (COUNTY, "county", "清新区", shapely.box(112.5, 23.5, 113.5, 24.5)),
    (TAIHE, "town", "太和镇", shapely.box(112.9, 23.7, 113, 23.8)),
    (SHANTANG, "town", f"山塘镇{PAYLOAD}", shapely.box(113, 23.7, 113.1, 23.8)),
    (VILLAGE, "village", "黄坑村委会", shapely.box(112.94, 23.74, 112.96, 23.76)),
)


def page(speaker, path: str = "/map", **params):
    return speaker.send("GET", path, headers=HTML, params=params)


class Read(HTMLParser):
    """Collects what the page gives to its script, and scripts or styles inside the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.known: dict = {}
        self.inline: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if "data-known" in given:
            self.known = json.loads(given["data-known"])
        if tag == "style" or "style" in given or (tag == "script" and "src" not in given):
            self.inline.append(tag)


def known(speaker, **params) -> dict:
    answer = page(speaker, **params)
    assert answer.status_code == 200, answer.text
    return Read(answer.text).known


@pytest.fixture
def parcel(database) -> None:
    with database.system_transaction() as session:
        session.add(
            ParcelVersion(
                id=1,
                uid=uuid4(),
                area_code=VILLAGE,
                valid_from=SURVEY,
                recorded_at=KNOWN,
                digest="0" * 64,
                ellipsoidal_area_m2=1.0,
                geometry=FIELD,
            )
        )


@pytest.fixture
def outlines(database, parcel) -> None:
    with database.system_transaction() as session:
        for key, (code, level, name, shape) in enumerate(OUTLINES, start=1):
            session.add(
                AreaOutline(
                    id=key,
                    area_code=code,
                    level=level,
                    name=name,
                    valid_from=SURVEY,
                    recorded_at=KNOWN,
                    ellipsoidal_area_m2=1.0,
                    geometry=shape,
                )
            )


def test_every_page_about_land_names_a_row_of_the_policy():
    for route in land_routes.router.routes:
        assert isinstance(route, APIRoute)
        assert action_of(route) in POLICY, route.path


@pytest.mark.parametrize("role", list(Role))
def test_whoever_may_read_the_map_finds_it_in_the_head_and_nobody_else(parcel, as_role, role):
    answer = page(as_role(role.value))
    is_allowed = may(role, "map.read")
    assert answer.status_code == (200 if is_allowed else 403)
    assert ('href="/map"' in answer.text) is is_allowed
    assert Read(answer.text).inline == []


def test_the_map_begins_at_the_readers_own_area_and_names_no_other_town(outlines, as_role):
    leader, recorder = known(as_role("leader")), known(as_role("recorder", TAIHE))
    assert leader["box"] == [112.5, 23.5, 113.5, 24.5]
    assert (leader["area"], recorder["area"]) == ("清新区", "太和镇")
    assert [each["code"] for each in leader["places"]] == [COUNTY, TAIHE, VILLAGE, SHANTANG]
    assert recorder["box"] == [112.9, 23.7, 113, 23.8]
    assert [each["code"] for each in recorder["places"]] == [COUNTY, TAIHE, VILLAGE]
    village = leader["places"][2]
    assert village["town"] == "太和镇"
    assert shapely.box(*village["box"]).contains(shapely.Point(village["point"]))


def test_without_outlines_the_map_begins_where_parcels_are(parcel, as_role):
    found = known(as_role("leader"))
    assert found["box"] == [112.95, 23.75, 112.952, 23.752]
    assert found["places"] == []


def test_without_parcels_the_page_says_who_imports_them(as_role):
    assert 'href="/land"' in page(as_role("bureau")).text
    leader = page(as_role("leader")).text
    assert 'href="/land"' not in leader
    assert "请联系区业务科室" in leader
    assert "data-known" not in leader


def test_another_towns_parcels_are_none_of_ones_own(parcel, as_role):
    assert "账本里还没有图斑" in page(as_role("recorder", SHANTANG)).text


def test_the_page_speaks_of_the_day_that_is_asked_for(outlines, as_role, database):
    with database.system_transaction() as session:
        for day, state in ((SURVEY, ImportState.COMMITTED), (KNOWN.date(), ImportState.READY)):
            session.add(
                LandImport(
                    area_code=COUNTY,
                    filename="a.gpkg",
                    file_sha256="0" * 64,
                    n_bytes=1,
                    kind=LandKind.PARCELS,
                    state=state,
                    valid_from=day,
                    created_at=KNOWN,
                )
            )
    leader = as_role("leader")
    today, earlier = known(leader), known(leader, on="2021-01-01")
    assert (today["on"], today["today"]) == ("2023-04-20", "2023-04-20")
    assert today["survey_days"] == ["2022-12-31"]
    assert (earlier["on"], earlier["places"]) == ("2021-01-01", [])
    assert known(leader, on="")["on"] == "2023-04-20"
    assert page(leader, on="2023-02-29").status_code == 422


def test_names_of_the_survey_stay_text(outlines, as_role):
    answer = page(as_role("leader"))
    assert "<script>alert" not in answer.text
    assert Read(answer.text).inline == []
    assert Read(answer.text).known["places"][3]["name"] == f"山塘镇{PAYLOAD}"


def test_nothing_is_loaded_from_elsewhere_without_a_key(outlines, as_role):
    answer = page(as_role("leader"))
    assert "tianditu" not in answer.headers["content-security-policy"]
    assert known(as_role("leader"))["tianditu_key"] is None
    assert "天地图" not in answer.text


def test_with_a_key_the_map_may_load_the_basemap_and_no_other_page_may(
    outlines, settings, database, as_role
):
    speaker = as_role("leader")
    keyed = settings.model_copy(update={"tianditu_key": SecretStr("k" * 32)})
    with TestClient(create_app(keyed, database)) as client:
        there = type(speaker)(client, None)
        there.headers = speaker.headers
        answer, other = page(there), page(there, "/notices")
    allowed = {
        name: hosts.split()
        for name, _, hosts in (
            each.strip().partition(" ")
            for each in answer.headers["content-security-policy"].split(";")
        )
    }
    for directive in ("img-src", "connect-src"):
        assert {f"https://t{n}.tianditu.gov.cn" for n in range(8)} <= set(allowed[directive])
    assert allowed["script-src"] == ["'self'"]
    assert Read(answer.text).known["tianditu_key"] == "k" * 32
    assert "天地图影像" in answer.text
    assert "tianditu" not in other.headers["content-security-policy"]


def test_modules_without_a_version_in_their_address_are_asked_for_anew(nobody):
    for address, said in (
        ("/static/app/map/card.js", "no-cache"),
        ("/static/app/map/map.js?v=1", None),
    ):
        answer = nobody.send("GET", address)
        assert answer.status_code == 200
        assert answer.headers.get("cache-control") == said
        assert answer.headers["content-type"].startswith("text/javascript")
