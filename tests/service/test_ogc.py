"""OGC API - Features by its abstract tests (17-069r4 Annex A, 18-058r1 Annex A), and by GDAL.

A test's docstring names the abstract tests that it stands for.
"""

import json
import re
import shutil
import socket
import subprocess
import sys
import threading
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import numpy as np
import pyproj
import pytest
import shapely
import uvicorn
from schemathesis.specs.openapi.definitions import OPENAPI_30_VALIDATOR
from sqlalchemy import event

from service.app import create_app
from service.parcels import bulk
from service.parcels.models import (
    Approval,
    AreaOutline,
    ExamFinding,
    FarmlandVersion,
    ImportState,
    LandImport,
    ParcelVersion,
)
from service.parcels.queries import Moment, valid

COUNTY, TAIHE, SHANTANG = "441803", "441803102", "441803105"
KNOWN = datetime(2023, 1, 1, tzinfo=UTC)
SURVEY = date(2022, 12, 31)
WEST, SOUTH, STEP, SIZE = 113.0, 23.7, 0.01, 0.004
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
NAMES = ("parcels", "basic_farmland", "outlines", "approvals", "exam_findings")
COUNTS = dict(zip(NAMES, (24, 9, 3, 2, 3), strict=True))
JSON, HTML, GEOJSON = "application/json", "text/html", "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
UNCOMMITTED, ELSEWHERE = UUID(int=2), 999


def epsg(code: int) -> str:
    return f"http://www.opengis.net/def/crs/EPSG/0/{code}"


def square(column: int, row: int) -> shapely.Polygon:
    lon, lat = WEST + column * STEP, SOUTH + row * STEP
    return shapely.box(lon, lat, lon + SIZE, lat + SIZE)


def plain(n: int, **columns) -> dict:
    return {
        "id": np.arange(1, n + 1),
        "uid": [UUID(int=i).hex for i in range(1, n + 1)],
        "valid_from": SURVEY,
        "recorded_at": KNOWN,
        "digest": "d1" * 32,
        "ellipsoidal_area_m2": 181_234.5,
        "attributes": "{}",
        "is_repaired": False,
        "exam": "ok",
    } | columns


def put(session, model, geometries, **columns) -> None:
    wkbs = [shapely.to_wkb(each, byte_order=1) for each in geometries]
    bulk.insert(session, model, plain(len(wkbs), **columns), wkbs)


def put_parcels(session) -> None:
    """A square of 5 by 5: west in 太和, east in 山塘; the last one ended with 2022."""
    places = [(n % 5, n // 5) for n in range(25)]
    put(
        session,
        ParcelVersion,
        [square(*place) for place in places],
        area_code=[(TAIHE if c < 3 else SHANTANG) + "201" for c, _ in places],
        land_class=[f"010{1 + r % 3}" for _, r in places],
        survey_code=[f"{n:018d}" for n in range(25)],
        declared_area_m2=[181_234.56] + [None] * 24,
        source_year=[2022] * 24 + [2021],
        attributes=['{"BSM":1,"名":"甲","x":NaN}'] + ["{}"] * 24,
        exam=["warn"] + ["ok"] * 24,
        valid_from=[SURVEY] * 24 + [date(2021, 12, 31)],
        valid_to=[None] * 24 + [SURVEY],
        ended_at=[None] * 24 + ["2023-01-01 00:00:00"],
    )


def put_farmland(session) -> None:
    hole = shapely.Polygon(
        square(0, 0).exterior.coords[::-1], [square(0, 0).buffer(-1e-3).exterior]
    )
    pair = shapely.MultiPolygon([square(1, 1), square(2, 2)])
    places = [hole, pair, *(square(n, 3) for n in range(7))]
    put(session, FarmlandVersion, places, area_code=f"{TAIHE}201", land_class="0101")


def put_others(session) -> None:
    dated = {"valid_from": SURVEY, "recorded_at": KNOWN, "ellipsoidal_area_m2": 1.0}
    for n, code in enumerate((COUNTY, TAIHE, SHANTANG)):
        level = "county" if code == COUNTY else "town"
        outline = AreaOutline(id=n + 1, area_code=code, name=code, level=level, **dated)
        outline.geometry = shapely.box(WEST, SOUTH, WEST + 0.1, SOUTH + 0.1)
        session.add(outline)
    ends = {3: {"ended_at": KNOWN, "end_reason": "录错"}, 4: {"valid_to": date(2023, 4, 20)}}
    for n in range(1, 5):
        approval = Approval(id=n, uid=uuid4(), area_code=TAIHE, kind="temporary", **dated)
        approval.document_no = f"清临用[2023]{n}号"
        approval.geometry = square(n, 0)
        for name, value in ends.get(n, {}).items():
            setattr(approval, name, value)
        session.add(approval)


def put_findings(session) -> None:
    for number, state in ((1, ImportState.COMMITTED), (2, ImportState.READY)):
        book = LandImport(id=UUID(int=number), filename="a.gpkg", file_sha256="0" * 64)
        book.area_code, book.n_bytes, book.state, book.created_at = COUNTY, 1, state, KNOWN
        session.add(book)
    session.flush()
    point = shapely.Point(WEST + 0.002, SOUTH + 0.002)
    shapes = (square(0, 0), point, point, None, point)
    for n, shape in enumerate(shapes, 1):
        finding = ExamFinding(id=n, import_id=UUID(int=2 if n == 5 else 1), source_row=n)
        finding.rule, finding.severity, finding.message = "geometry.overlap", "warn", "重叠"
        finding.area_code, finding.numbers = f"{TAIHE}201", '{"area_m2":12.5}'
        finding.geometry = shape
        session.add(finding)


@pytest.fixture
def book(database):
    """A small book: twenty-four parcels that hold today, and some of everything else."""
    with database.system_transaction() as session:
        put_parcels(session)
        put_farmland(session)
        put_others(session)
        put_findings(session)


@pytest.fixture
def ogc(as_role, book):
    """Ask as the county's leader: `ogc("/collections")`."""
    return asking(as_role("leader"))


def asking(speaker):
    def ask(path: str, accept: str | None = None, method: str = "GET", **params):
        named = {
            name.replace("_", "-") if "_crs" in name else name: v for name, v in params.items()
        }
        headers = {"Accept": accept} if accept else {}
        return speaker.send(method, f"/ogc{path}", params=named, headers=headers)

    return ask


def items(ogc, name: str = "parcels", **params) -> dict:
    answer = ogc(f"/collections/{name}/items", **params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(ogc, name: str = "parcels", **params) -> list[int]:
    found = items(ogc, name, limit=1000, **params)
    assert found["numberMatched"] == found["numberReturned"] == len(found["features"])
    return [each["id"] for each in found["features"]]


def links(document: dict, rel: str) -> dict[str, str]:
    return {each["type"]: each["href"] for each in document["links"] if each["rel"] == rel}


def follow(speaker, href: str):
    assert href.startswith("http://testserver/ogc"), href
    return speaker.send("GET", href.removeprefix("http://testserver"))


def refused(answer) -> str:
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert re.search("[一-鿿]", answer.json()["detail"])
    return answer.json()["detail"]


# --- landing page, conformance, definition


def test_the_landing_page_leads_to_everything_else(ogc, as_role):
    """/conf/core/root-op, root-success, http."""
    answer = ogc("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == JSON
    document = answer.json()
    assert "Bearer" in document["description"]
    for rel, kind in (
        ("service-desc", OPENAPI),
        ("service-doc", HTML),
        ("conformance", JSON),
        ("data", JSON),
    ):
        followed = follow(as_role("leader"), links(document, rel)[kind])
        assert followed.status_code == 200
        assert followed.headers["content-type"].startswith(kind)
    assert ogc("").json()["links"][2:] == document["links"][2:]


def test_the_conformance_classes_are_those_that_are_implemented(ogc):
    """/conf/core/conformance-op, conformance-success."""
    one, two = (f"http://www.opengis.net/spec/ogcapi-features-{n}/1.0/conf/" for n in (1, 2))
    declared = ogc("/conformance").json()["conformsTo"]
    expected = {*(one + each for each in ("core", "oas30", "geojson", "html")), two + "crs"}
    assert set(declared) == expected


def test_the_definition_is_a_valid_openapi_document(ogc):
    """/conf/core/api-definition-op, api-definition-success; /conf/oas30/definition-1, -2."""
    answer = ogc("/api", accept=OPENAPI)
    assert answer.headers["content-type"] == OPENAPI
    document = answer.json()
    OPENAPI_30_VALIDATOR.validate(document)
    assert document["openapi"].startswith("3.0.")
    assert document["servers"] == [{"url": "http://testserver/ogc"}]
    for reference in re.findall(r'"\$ref":"#/components/(\w+)/([^"]+)"', answer.text):
        assert reference[1] in document["components"][reference[0]], reference


def test_the_definition_tells_every_address_parameter_and_status(ogc):
    """/conf/oas30/oas-impl, completeness, exception-codes, security."""
    document = ogc("/api").json()
    parameters = document["components"]["parameters"]
    assert document["security"] == [{"bearer": []}, {"cookie": []}]
    for path, operations in document["paths"].items():
        answer = ogc(path.replace("{featureId}", "1"))
        assert answer.status_code == 200, path
        content = operations["get"]["responses"]["200"]["content"]
        assert answer.headers["content-type"] in content, path
        assert {"400", "401", "403", "406", "500"} < set(operations["get"]["responses"])
    asked = document["paths"]["/collections/parcels/items"]["get"]["parameters"]
    names = {each.get("name") or each["$ref"].rpartition("/")[2] for each in asked}
    queryables = ogc("/collections/parcels/queryables").json()["properties"]
    assert names == {"f", "limit", "offset", "bbox", "bbox-crs", "datetime", "crs", *queryables}
    limit = parameters["limit"]["schema"]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 10_000, 10)


def test_nothing_of_it_stands_in_the_description_of_the_other_api(client):
    assert not any(path.startswith("/ogc") for path in client.get("/openapi.json").json()["paths"])


# --- collections


def test_every_collection_is_described_with_its_links_and_systems(ogc, as_role):
    """/conf/core/fc-md-*, sfc-md-*; /conf/crs/crs-uri, storageCrs, default-crs."""
    document = ogc("/collections").json()
    assert {JSON, HTML} == links(document, "self").keys() | links(document, "alternate").keys()
    assert [each["id"] for each in document["collections"]] == list(NAMES)
    for each in document["collections"]:
        alone = ogc(f"/collections/{each['id']}").json()
        assert {**alone, "links": []} == {**each, "links": []}
        assert links(each, "items").keys() == {GEOJSON, HTML}
        assert each["crs"] == [CRS84, epsg(4490), epsg(4526), epsg(4547)]
        assert each["storageCrs"] == epsg(4490)
        for kind, href in (links(each, "items") | links(alone, "self")).items():
            assert follow(as_role("leader"), href).headers["content-type"].startswith(kind)


def test_the_extent_holds_every_version(ogc):
    """/conf/core/fc-md-extent."""
    extent = ogc("/collections/parcels").json()["extent"]
    (box,) = extent["spatial"]["bbox"]
    assert extent["spatial"]["crs"] == CRS84
    exact = (WEST, SOUTH, WEST + 4 * STEP + SIZE, SOUTH + 4 * STEP + SIZE)
    assert box == pytest.approx(exact, abs=1.01e-4)
    assert box[0] <= exact[0]
    assert box[3] >= exact[3]
    assert extent["temporal"]["interval"] == [["2021-12-31T00:00:00+08:00", None]]
    assert "temporal" not in ogc("/collections/exam_findings").json()["extent"]


def test_an_empty_collection_has_no_extent_and_no_features(as_role):
    ogc = asking(as_role("leader"))
    for name in NAMES:
        assert "extent" not in ogc(f"/collections/{name}").json()
        assert ids(ogc, name) == []
        assert ogc(f"/collections/{name}", accept=HTML).status_code == 200


def test_the_queryables_are_a_schema_of_what_can_be_asked(ogc):
    answer = ogc("/collections/approvals/queryables")
    assert answer.headers["content-type"] == "application/schema+json"
    document = answer.json()
    assert document["$id"] == "http://testserver/ogc/collections/approvals/queryables"
    assert document["properties"]["kind"]["enum"][0] == "conversion"
    assert document["properties"]["uid"] == {"type": "string", "format": "uuid", "title": "编号"}


def test_the_schema_tells_every_property_with_its_type(ogc):
    document = ogc("/collections/parcels/schema").json()
    told = document["properties"]["properties"]["properties"]
    first = items(ogc, limit=1)["features"][0]["properties"]
    assert list(told) == list(first)
    types = {"string": str, "integer": int, "boolean": bool, "number": float, "object": dict}
    for name, value in first.items():
        assert value is None or isinstance(value, types[told[name]["type"]]), name


# --- features


def test_features_are_geojson_with_all_that_the_model_tells(ogc):
    """/conf/core/fc-op, fc-response, fc-timeStamp, fc-numberMatched, fc-numberReturned;
    /conf/geojson/content; /conf/core/crs84."""
    for name in NAMES:
        answer = ogc(f"/collections/{name}/items", limit=1000)
        assert answer.headers["content-type"] == GEOJSON
        assert answer.headers["content-crs"] == f"<{CRS84}>"
        document = answer.json()
        assert document["type"] == "FeatureCollection"
        assert document["timeStamp"] == "2023-04-20T01:00:00Z"
        assert document["numberMatched"] == document["numberReturned"] == COUNTS[name]
        assert len(document["features"]) == COUNTS[name]
        for each in document["features"]:
            assert each["type"] == "Feature"
            shape = shapely.geometry.shape(each["geometry"])
            assert shape.is_valid
            assert shape.geom_type in {"MultiPolygon", "Point"}
            assert WEST <= shape.bounds[0] <= shape.bounds[2] <= WEST + 0.11
            assert not {"digest", "id", "geometry", "recorded_by"} & each["properties"].keys()


def test_a_feature_tells_its_columns_under_the_names_of_the_model(ogc):
    told = items(ogc, limit=1)["features"][0]["properties"]
    assert told["uid"] == str(UUID(int=1))
    assert told["declared_area_m2"] == 181_234.56
    assert told["valid_from"] == "2022-12-31"
    assert told["recorded_at"] == "2023-01-01T00:00:00Z"
    assert told["is_repaired"] is False
    assert told["attributes"] == {"BSM": 1, "名": "甲", "x": None}
    assert told["net_area_m2"] is None
    finding = items(ogc, "exam_findings", limit=1)["features"][0]["properties"]
    assert finding["numbers"] == {"area_m2": 12.5}


def test_outer_rings_run_counterclockwise(ogc):
    shape = items(ogc, "basic_farmland", limit=1)["features"][0]["geometry"]
    outer, inner = (shapely.LinearRing(ring) for ring in shape["coordinates"][0])
    assert outer.is_ccw
    assert not inner.is_ccw


def test_one_feature_is_the_same_alone_and_leads_back(ogc, as_role):
    """/conf/core/f-op, f-success, f-links."""
    for name in NAMES:
        first = items(ogc, name, limit=1)["features"][0]
        answer = ogc(f"/collections/{name}/items/{first['id']}")
        assert answer.headers["content-type"] == GEOJSON
        assert answer.headers["content-crs"] == f"<{CRS84}>"
        alone = answer.json()
        assert {**alone, "links": None} == {**first, "links": None}
        leading = {
            "self": {
                GEOJSON: f"http://testserver/ogc/collections/{name}/items/{first['id']}?f=json"
            },
            "alternate": {
                HTML: f"http://testserver/ogc/collections/{name}/items/{first['id']}?f=html"
            },
            "collection": {JSON: f"http://testserver/ogc/collections/{name}"},
        }
        for rel, expected in leading.items():
            assert links(alone, rel) == expected
            assert follow(as_role("leader"), next(iter(expected.values()))).status_code == 200


ABSENT = (
    "/collections/roads",
    "/collections/roads/items",
    "/collections/roads/items/1",
    "/collections/roads/queryables",
    "/collections/parcels/items/0",
    "/collections/parcels/items/99999",
    "/collections/parcels/items/-1",
    "/collections/parcels/items/1.0",
    "/collections/parcels/items/１",
    "/collections/parcels/items/" + "9" * 30,
    "/collections/parcels/items/a b",
    "/collections/approvals/items/3",
    "/collections/exam_findings/items/4",
    "/collections/exam_findings/items/5",
    "/nothing",
)


def test_what_is_not_there_is_not_found(ogc):
    for path in ABSENT:
        answer = ogc(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"


# --- paging


def test_pages_hold_every_feature_once_and_keep_the_other_parameters(ogc, as_role):
    """/conf/core/fc-limit-response, fc-links."""
    seen, document = [], items(ogc, limit=7, land_class="010*", bbox="112,23,114,25")
    while True:
        seen += [each["id"] for each in document["features"]]
        assert document["numberMatched"] == 24
        following = links(document, "next")
        if not following:
            break
        assert "land_class=010%2A" in following[GEOJSON]
        document = follow(as_role("leader"), following[GEOJSON]).json()
    assert seen == list(range(1, 25))
    before = follow(as_role("leader"), links(document, "prev")[GEOJSON]).json()
    assert [each["id"] for each in before["features"]] == list(range(15, 22))
    beyond = items(ogc, offset=1000)
    assert beyond["features"] == []
    assert "next" not in {each["rel"] for each in beyond["links"]}


def test_a_page_has_ten_features_or_as_many_as_asked_and_never_more_than_the_maximum(ogc):
    """/conf/core/fc-limit-definition: a larger limit is no error."""
    assert items(ogc)["numberReturned"] == 10
    assert items(ogc, limit=1)["numberReturned"] == 1
    for limit in ("10000", "10001", "9" * 30):
        assert items(ogc, limit=limit)["numberReturned"] == 24


# --- bbox


def test_a_box_finds_what_it_meets(ogc):
    """/conf/core/fc-bbox-definition, fc-bbox-response."""
    assert ids(ogc, bbox="113.0,23.7,113.001,23.701") == [1]
    assert ids(ogc, bbox="113.0,23.7,-5,113.001,23.701,900") == [1]
    assert ids(ogc, bbox="113.004,23.704,113.004,23.704") == [1]
    assert ids(ogc, bbox="113.001,23.6,113.001,24") == [1, 6, 11, 16, 21]
    assert ids(ogc, bbox="113.0045,23.7045,113.0095,23.7095") == []
    assert ids(ogc, "exam_findings", bbox="113.0015,23.7015,113.0025,23.7025") == [1, 2, 3]


def test_a_box_across_the_antimeridian_is_two(ogc):
    assert ids(ogc, bbox="170,23,113.001,24") == [1, 6, 11, 16, 21]
    assert ids(ogc, bbox="113.0435,23,-170,24") == [5, 10, 15, 20]
    assert ids(ogc, bbox="170,23,-170,24") == []


def test_a_box_is_read_in_the_axis_order_of_its_system(ogc):
    """/conf/crs/bbox-crs-parameter, bbox-crs-parameter-default."""
    assert ids(ogc, bbox="23.7,113.0,23.701,113.001", bbox_crs=epsg(4490)) == [1]
    assert ids(ogc, bbox="113.0,23.7,113.001,23.701", bbox_crs=CRS84) == [1]
    for code in (4526, 4547):
        to_plane = pyproj.Transformer.from_crs(4490, code)
        north, east = to_plane.transform(SOUTH + 0.002, WEST + 0.002)
        box = f"{north - 50},{east - 50},{north + 50},{east + 50}"
        assert ids(ogc, bbox=box, bbox_crs=epsg(code)) == [1]


def test_the_edges_of_a_projected_box_are_curves_in_degrees(ogc, database):
    """A box 6 degrees wide, whose south edge bows by some 10 km: corners alone would miss."""
    to_plane = pyproj.Transformer.from_crs(4490, 4547)
    _, west = to_plane.transform(24, 111)
    _, east = to_plane.transform(24, 117)
    bottom, _ = to_plane.transform(24, 114)
    inside = shapely.Point(114, 24.01).buffer(0.002)
    outside = shapely.Point(114, 23.99).buffer(0.002)
    with database.system_transaction() as session:
        put(session, ParcelVersion, [inside, outside], id=np.array([101, 102]), area_code=COUNTY)
    box = f"{bottom},{west},{bottom + 50_000},{east}"
    assert ids(ogc, bbox=box, bbox_crs=epsg(4547)) == [101]


# --- datetime


# (datetime, whether the parcel that ended with 2022 is found, whether the others are)
VALID = (
    (None, False, True),
    ("2023-04-20", False, True),
    ("2022-12-30", True, False),
    ("2022-12-31", False, True),
    ("2022-12-30T15:59:59Z", True, False),
    ("2022-12-30T16:00:00Z", False, True),
    ("2022-12-31T00:00:00+08:00", False, True),
    ("2022-06-01T00:00:00.5z", True, False),
    ("2020-01-01/2021-12-30", False, False),
    ("2020-01-01/2021-12-31", True, False),
    ("../2022-06-01", True, False),
    ("/2022-06-01", True, False),
    ("2022-06-01/..", True, True),
    ("2022-12-31/", False, True),
    ("2022-01-01T00:00:00Z/2023-06-01T00:00:00Z", True, True),
    ("2020-01-01", False, False),
)


def test_datetime_finds_what_is_valid_then(ogc):
    """/conf/core/fc-time-definition, fc-time-response."""
    for asked, ended, others in VALID:
        expected = ([*range(1, 25)] if others else []) + ([25] if ended else [])
        assert ids(ogc, **({"datetime": asked} if asked else {})) == expected, asked


def test_what_has_no_validity_is_there_on_every_day(ogc):
    assert len(ids(ogc, "exam_findings", datetime="1999-01-01")) == 3
    assert ids(ogc, "approvals", datetime="2023-04-19") == [1, 2, 4]
    assert ids(ogc, "approvals", datetime="2023-04-20") == [1, 2]
    assert ogc("/collections/approvals/items/4").status_code == 200


def test_a_day_means_the_same_as_in_the_parcel_book(ogc, database):
    for day in (date(2021, 12, 31), date(2022, 12, 30), SURVEY, date(2024, 1, 1)):
        with database.system_reading() as session:
            criterion = valid(ParcelVersion, Moment.of(session, day))
            expected = session.query(ParcelVersion.id).where(criterion).order_by(ParcelVersion.id)
            assert ids(ogc, datetime=day.isoformat()) == [key for (key,) in expected]


# --- properties


def test_properties_find_equal_values_and_a_star_any_ending(ogc):
    first_row = [1, 2, 3, 4, 5, 16, 17, 18, 19, 20]
    assert ids(ogc, land_class="0101") == first_row
    assert ids(ogc, land_class="01") == []
    assert len(ids(ogc, land_class="01*")) == 24
    assert ids(ogc, area_code=SHANTANG) == []
    assert ids(ogc, area_code=f"{SHANTANG}*", land_class="0101") == [4, 5, 19, 20]
    assert ids(ogc, exam="warn") == [1]
    assert ids(ogc, uid=str(UUID(int=3))) == [3]
    assert ids(ogc, uid=str(UUID(int=3)).upper()) == [3]
    assert ids(ogc, source_year="2021") == []
    assert ids(ogc, is_repaired="true") == []
    assert len(ids(ogc, is_repaired="0")) == 24
    assert ids(ogc, "approvals", kind="fallow") == []
    assert ids(ogc, "approvals", document_no="清临用*") == [1, 2]
    assert ids(ogc, "outlines", level="town") == [2, 3]
    assert ids(ogc, "exam_findings", rule="geometry.*", source_row="2") == [2]
    assert ids(ogc, survey_code="%") == ids(ogc, survey_code="_*") == []
    assert len(ids(ogc, survey_code="*")) == 24


# --- refusals


WRONG = (
    {"limit": "0"},
    {"limit": "-1"},
    {"limit": "ten"},
    {"limit": "1.5"},
    {"limit": ""},
    {"limit": "１０"},
    {"limit": ["1", "2"]},
    {"offset": "-1"},
    {"offset": "9" * 12},
    {"bbox": ""},
    {"bbox": "1,2,3"},
    {"bbox": "1,2,3,4,5"},
    {"bbox": "1,2,3,x"},
    {"bbox": "1,2,3,nan"},
    {"bbox": "1,2,3,1e999"},
    {"bbox": "113,24,114,23"},
    {"bbox": "113,23,181,24"},
    {"bbox": "113,-91,114,24"},
    {"bbox": "113,23,114,24", "bbox-crs": epsg(4490)},
    {"bbox": "23,113,24,114", "bbox-crs": epsg(4326)},
    {"bbox": "3000000,500000,2000000,600000", "bbox-crs": epsg(4547)},
    {"bbox": "0,0,1e300,1e300", "bbox-crs": epsg(4547)},
    {"bbox-crs": "EPSG:4547"},
    {"crs": "EPSG:4547"},
    {"crs": epsg(3857)},
    {"crs": ""},
    {"datetime": ""},
    {"datetime": "../.."},
    {"datetime": "/"},
    {"datetime": "2023"},
    {"datetime": "2023-02-30"},
    {"datetime": "2023-01-01T00:00:00"},
    {"datetime": "2023-01-01T25:00:00Z"},
    {"datetime": "0001-01-01T00:00:00+14:00"},
    {"datetime": "9999-12-31T23:59:59Z"},
    {"datetime": "2023-01-02/2023-01-01"},
    {"datetime": "2023-01-01/2023-02-01/2023-03-01"},
    {"datetime": "2023/01/01"},
    {"f": "xml"},
    {"f": ""},
    {"source_year": "x"},
    {"source_year": "99999999999"},
    {"uid": "1"},
    {"exam": "bad"},
    {"is_repaired": "maybe"},
    {"land_class": "\x00"},
    {"land_class": "0" * 201},
    {"digest": "0"},
    {"BBOX": "1,2,3,4"},
    {"foo": "bar"},
)


def test_a_parameter_that_is_unknown_or_wrong_is_refused(ogc):
    """/conf/core/query-param-unknown, query-param-invalid; /conf/crs/*-parameter-invalid."""
    for params in WRONG:
        said = refused(ogc("/collections/parcels/items", **params))
        assert next(iter(params)) in said or "bbox" in said, params


def test_an_unknown_parameter_is_refused_everywhere(ogc):
    top = ("/", "/conformance", "/api", "/collections", "/collections/parcels")
    below = (f"/collections/parcels/{each}" for each in ("queryables", "schema", "items/1"))
    for path in (*top, *below):
        assert "foo" in refused(ogc(path, foo="bar"))
        refused(ogc(path, f="xml"))
        refused(ogc(path, limit="1"))


# --- systems


def test_coordinates_come_in_the_order_of_the_system_that_was_asked_for(ogc):
    """/conf/crs/crs-parameter, crs-parameter-default, crs-parameter-transform, crs-transform."""
    expected = np.array(square(0, 0).exterior.coords)
    for uri, code in ((CRS84, None), *((epsg(each), each) for each in (4490, 4526, 4547))):
        for path in ("/collections/parcels/items", "/collections/parcels/items/1"):
            answer = ogc(path, crs=uri)
            assert answer.headers["content-crs"] == f"<{uri}>"
            document = answer.json()
            shape = document.get("features", [document])[0]["geometry"]
            ((ring,),) = np.array(shape["coordinates"])
            if code in {4526, 4547}:
                back = pyproj.Transformer.from_crs(code, 4490).transform(*ring.T)
                assert (ring == np.round(ring, 4)).all()
                assert 2.6e6 < ring[:, 0].min() < ring[:, 0].max() < 2.7e6
                ring = np.column_stack(back)
            lon_lat = ring if code is None else ring[:, ::-1]
            assert {tuple(p) for p in np.round(lon_lat, 8)} == {
                tuple(p) for p in np.round(expected, 8)
            }


# --- pages, formats, methods


def test_every_answer_is_also_a_page(ogc):
    """/conf/html/definition, content."""
    below = ("", "/items", "/items/1", "/queryables", "/schema")
    layers = (f"/collections/{name}{rest}" for name in NAMES for rest in below)
    for path in ("/", "/conformance", "/api", "/collections", *layers):
        for answer in (ogc(path, accept=BROWSER), ogc(path, f="html")):
            assert answer.status_code == 200, path
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert answer.text.startswith("<!doctype html>")
            assert "f=json" in answer.text
            assert "style=" not in answer.text
        assert "json" in ogc(path, f="json", accept=BROWSER).headers["content-type"]


def test_a_page_shows_what_users_wrote_as_text(ogc, database):
    evil = "<script>alert(1)</script>"
    with database.system_transaction() as session:
        put(
            session,
            FarmlandVersion,
            [square(8, 8)],
            id=np.array([77]),
            area_code=COUNTY,
            remark=evil,
            attributes=json.dumps({evil: "\ud800"}),
        )
    for path in (
        "/collections/basic_farmland/items?limit=100",
        "/collections/basic_farmland/items/77",
    ):
        shown = ogc(path, accept=HTML)
        assert shown.status_code == 200
        assert "&lt;script&gt;" in shown.text
        assert evil not in shown.text
        assert ogc(path).status_code == 200


def test_the_client_gets_what_it_accepts_most(ogc):
    for accept, is_page in (
        ("*/*", False),
        ("application/json, text/html", False),
        ("application/json;q=0.5, text/html", True),
        ("text/html;q=0, */*", False),
        ("text/*", True),
        ("application/*", False),
        ("application/geo+json", False),
        ("application/vnd.oai.openapi+json;version=3.0, application/json", False),
    ):
        kind = ogc("/collections/parcels/items", accept=accept).headers["content-type"]
        assert kind.startswith(HTML) == is_page, accept
    answer = ogc("/collections", accept="image/png")
    assert answer.status_code == 406
    assert answer.headers["content-type"] == "application/problem+json"


def test_head_and_options_answer_and_writing_does_not(ogc, as_role):
    head = ogc("/collections/parcels/items", method="HEAD")
    assert head.status_code == 200
    assert head.headers["content-type"] == GEOJSON
    options = ogc("/collections/parcels/items", method="OPTIONS")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = ogc("/collections/parcels/items", method=method)
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_addresses_are_made_from_the_host_that_was_asked(as_role, book):
    answer = as_role("leader").send("GET", "/ogc", headers={"Host": "map.example.cn:8443"})
    for each in answer.json()["links"]:
        assert each["href"].startswith("http://map.example.cn:8443/ogc")


# --- who sees what


def test_a_program_without_account_is_refused_and_a_browser_led_to_the_log_in(nobody, book):
    for path in ("/ogc", "/ogc/collections", "/ogc/collections/parcels/items?limit=1", "/ogc/api"):
        answer = nobody.send("GET", path, headers={"Accept": GEOJSON}, follow_redirects=False)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == "Bearer"
        page = nobody.send("GET", path, headers={"Accept": BROWSER}, follow_redirects=False)
        assert page.status_code == 303
        assert page.headers["location"].startswith("/login?next=/ogc")


def test_an_outlet_operator_may_not_read_maps(as_role, book):
    for path in ("/ogc", "/ogc/api", "/ogc/collections/parcels/items"):
        assert as_role("outlet", TAIHE).get(path).status_code == 403


def test_a_town_sees_its_own_land_only_and_counts_no_more(as_role, book):
    taihe, shantang = (asking(as_role("officer", code)) for code in (TAIHE, SHANTANG))
    own = [n for n in range(1, 26) if (n - 1) % 5 < 3]
    assert ids(taihe) == own
    assert ids(taihe, bbox="112,23,114,25") == own
    assert ids(shantang) == [n for n in range(1, 25) if n not in own]
    assert ids(taihe, area_code=f"{SHANTANG}*") == []
    for path in ("items/4", f"items/{ELSEWHERE}"):
        answer = taihe(f"/collections/parcels/{path}")
        assert answer.status_code == 404
        assert answer.json()["detail"] == "图层 parcels 里没有这个要素;请核对编号"
    (box,) = taihe("/collections/parcels").json()["extent"]["spatial"]["bbox"]
    assert box[2] == pytest.approx(WEST + 2 * STEP + SIZE, abs=1.01e-4)
    assert ids(shantang, "basic_farmland") == []
    assert "extent" not in shantang("/collections/basic_farmland").json()
    assert ids(taihe, "outlines") == [1, 2]
    assert ids(taihe, "exam_findings") == [1, 2, 3]
    assert ids(shantang, "exam_findings") == []


# --- how much it asks the database


def test_a_page_of_a_thousand_asks_as_little_as_a_page_of_ten(as_role, database):
    """A thousand features need no more statements than ten; rows are not made into objects."""
    with database.system_transaction() as session:
        shapes = [square(n % 100, n // 100) for n in range(1500)]
        put(session, ParcelVersion, shapes, area_code=COUNTY)
    ogc = asking(as_role("leader"))
    items(ogc)
    counts, loaded = [], []
    for limit in (10, 1000):
        statements = []
        note = lambda *said, into=statements: into.append(said[2])  # noqa: E731
        event.listen(database.read_engine, "before_cursor_execute", note)
        event.listen(ParcelVersion, "load", lambda *_: loaded.append(1))
        assert items(ogc, limit=limit)["numberReturned"] == limit
        event.remove(database.read_engine, "before_cursor_execute", note)
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert loaded == []


# --- GDAL


@pytest.fixture
def served(settings, database, as_role, book):
    """The address of a real server, and a token for it."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(settings, database), log_level="error", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    token = as_role("leader").headers["Authorization"]
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/ogc", token
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture
def ogrinfo(served, tmp_path):
    """Ask the system's GDAL: `ogrinfo("parcels", "-where", …)` gives its answer as text."""
    from tests.conftest import skip_or_fail  # noqa: PLC0415 - known once pytest has read it

    program = shutil.which("ogrinfo")
    if program is None:
        skip_or_fail("no ogrinfo on this machine: install gdal-bin")
    address, token = served
    headers = tmp_path / "headers.txt"
    headers.write_text(f"Authorization: {token}\n")

    def ask(*arguments: str) -> str:
        config = ("--config", "GDAL_HTTP_HEADER_FILE", str(headers))
        command = [program, "-ro", *config, *arguments[1:], f"OAPIF:{address}", *arguments[:1]]
        environment = {"PATH": "/usr/bin:/bin", "no_proxy": "*", "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=120, env=environment, check=True
        )
        assert "ERROR" not in done.stderr + done.stdout, done.stderr + done.stdout
        return done.stdout

    return ask


def feature_count(said: str) -> int:
    (count,) = re.findall(r"Feature Count: (\d+)", said)
    return int(count)


def test_gdal_reads_every_feature_of_every_collection(ogrinfo):
    for name in NAMES:
        said = ogrinfo(name, "-al")
        assert feature_count(said) == COUNTS[name]
        assert len(re.findall(r"^OGRFeature\(", said, re.M)) == COUNTS[name]
        assert "Extent: (113.0" in said


def test_gdal_filters_by_place_and_by_property(ogrinfo):
    assert feature_count(ogrinfo("parcels", "-so", "-al", "-where", "land_class = '0101'")) == 10
    assert feature_count(ogrinfo("parcels", "-so", "-al", "-where", "source_year = 2022")) == 24
    box = ("-spat", "113.0", "23.7", "113.001", "23.701")
    assert feature_count(ogrinfo("parcels", "-so", "-al", *box)) == 1
    both = (*box, "-where", "land_class = '0103'")
    assert feature_count(ogrinfo("parcels", "-so", "-al", *both)) == 0
    assert "OGRFeature(parcels):7" in ogrinfo("parcels", "-fid", "7")


READ_IN_PLANE = """
import json, sys
import pyogrio, shapely
address, token, *names = sys.argv[1:]
bearer = token.removeprefix("Bearer ")
pyogrio.set_gdal_config_options({"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": bearer})
source, told = f"OAPIF:{address}", []
for name in names:
    for code in (4490, 4526, 4547):
        asked = {"layer": name, "PREFERRED_CRS": f"EPSG:{code}"}
        meta, _, wkb, _ = pyogrio.raw.read(source, **asked)
        shapes = shapely.from_wkb(wkb)
        left, bottom, right, top = shapely.total_bounds(shapes).tolist()
        box = (left, bottom, (left + right) / 2, (bottom + top) / 2)
        near = pyogrio.raw.read(source, bbox=box, **asked)[2]
        n_near = int(shapely.intersects(shapes, shapely.box(*box)).sum())
        told.append([name, code, meta["crs"], len(wkb), left, bottom, n_near, len(near)])
print(json.dumps(told))
"""


def test_gdal_reads_every_collection_in_the_system_it_prefers(served):
    """By the newer GDAL inside pyogrio: the system's own does not know Part 2."""
    done = subprocess.run(
        [sys.executable, "-c", READ_IN_PLANE, *served, *NAMES],
        capture_output=True,
        text=True,
        timeout=200,
        env={"no_proxy": "*"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(told) == 3 * len(NAMES)
    for name, code, system, n, left, bottom, n_near, n_found in told:
        assert str(code) in system
        assert n == COUNTS[name]
        assert n_found == n_near > 0
        to_plane = pyproj.Transformer.from_crs(4490, code, always_xy=True)
        far = 0.02 if code == 4490 else 2000
        assert (left, bottom) == pytest.approx(to_plane.transform(WEST, SOUTH), abs=far)
