"""Whatever is sent: a refusal that names the field, never a crash, and nothing stored."""

import io
import json
import re
import struct
import zipfile
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import func, select

from config.settings import Settings
from service import files
from service.app import create_app
from service.database import Base
from service.errors import ServiceError
from service.schemas import BodyError, read_json
from tests import books

TAIHE = "441803102"
API = "/api/v1"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
NOT_COUNTED = {"login_failures", "login_sessions", "job_runs"}
ROLE_OF = {
    "accounts": "admin",
    "seasons": "bureau",
    "plans": "bureau",
    "exceptions": "bureau",
    "accept": "bureau",
    "reopen": "bureau",
    "return": "approver",
    "approve": "approver",
    "audit": "auditor",
    "parcels/imports": "bureau",
    "parcels/exports": "bureau",
    "approvals": "bureau",
    **books.ROLE_OF,
}
FIGURE = {
    "id": "6f1f6a52-8a44-4d61-9f0e-1c7b6a2e5d10",
    "season_code": "2023-spring",
    "area_code": "441803102201",
    "crop_code": "RICE_E",
    "method": "transplanted",
    "as_of": "2023-04-20",
    "answer": "area",
    "cumulative_mu": 12.5,
    "basis": "ledger",
    "reason": "misreport",
    "note": "雨后补栽",
}
BODIES: dict[tuple[str, str], dict] = {
    ("POST", f"{API}/sessions"): {"username": "nobody", "password": "something"},
    ("POST", f"{API}/accounts"): {
        "id": str(uuid4()),
        "username": "new-recorder",
        "display_name": "新录入员",
        "role": "recorder",
        "area_code": TAIHE,
        "password": "a new password",
    },
    ("PATCH", f"{API}/accounts/{{account_id}}"): {
        "display_name": "改名",
        "role": "leader",
        "area_code": TAIHE,
        "is_active": True,
        "password": "a new password",
    },
    ("POST", f"{API}/seasons"): {
        "code": "2024-spring",
        "title": "2024年春播",
        "kind": "spring",
        "crop_year": 2024,
        "starts_on": "2024-02-24",
        "ends_on": "2024-05-04",
        "week_ends_on": 4,
    },
    ("POST", f"{API}/reporting/tasks/{{task_id}}/submit"): {},
    ("POST", f"{API}/reporting/tasks/{{task_id}}/approve"): {},
    ("POST", f"{API}/reporting/tasks/{{task_id}}/accept"): {},
    ("POST", f"{API}/reporting/tasks/{{task_id}}/return"): {"reason": "数字不对"},
    ("POST", f"{API}/reporting/tasks/{{task_id}}/reopen"): {"reason": "需要更正"},
    ("POST", f"{API}/reporting/exceptions"): {
        "id": str(uuid4()),
        "dataset": "sowing",
        "season_code": "2023-spring",
        "area_code": TAIHE,
        "period": "2023-04-20",
        "reason": "停电",
        "expires_at": "2023-04-25T09:00:00+08:00",
    },
    ("POST", f"{API}/sowing/plans"): {
        "id": str(uuid4()),
        "season_code": "2023-spring",
        "area_code": TAIHE,
        "crop_code": "RICE_E",
        "plan_mu": 100.25,
        "document_no": "清新农〔2023〕1号",
        "reason": "调整",
    },
    ("POST", f"{API}/parcels/imports/{{import_id}}/options"): {
        "kind": "parcels",
        "layer": "DLTB",
        "encoding": "GB18030",
        "crs": "EPSG:4526",
        "mapping": {"DLBM": "land_class"},
        "valid_from": "2022-12-31",
        "is_complete_county": False,
    },
    ("POST", f"{API}/parcels/imports/{{import_id}}/commit"): {
        "accept_repairs": True,
        "leave_out_blocked": True,
    },
    ("POST", f"{API}/parcels/exports"): {
        "layer": "parcels",
        "format": "gpkg",
        "crs": "EPSG:4547",
        "area": TAIHE,
        "bbox": "112.9,23.6,113.1,23.8",
        "on": "2023-04-20",
    },
    ("POST", f"{API}/approvals"): {
        "uid": str(uuid4()),
        "kind": "temporary",
        "document_no": "临〔2023〕1号",
        "issued_by": "清新区自然资源局",
        "area_code": TAIHE,
        "valid_from": "2023-01-01",
        "valid_to": "2025-01-01",
        "note": "临时堆场",
        "datum": "gcj02",
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[113.0, 23.7], [113.001, 23.7], [113.001, 23.701], [113.0, 23.7]]],
        },
    },
    ("POST", f"{API}/approvals/{{approval_uid}}/withdraw"): {"reason": "登错了"},
    ("POST", f"{API}/sowing/reports"): FIGURE,
    ("POST", f"{API}/sowing/reports/batch"): {"items": [FIGURE]},
    **books.BODIES,
}
ALWAYS_BAD = {
    "NaN": "NaN",
    "Infinity": "Infinity",
    "-Infinity": "-Infinity",
    "1e999": "1e999",
    "an exponent that no decimal holds": "1e99999999999999999999999",
    "an exponent too small for any decimal": "1e-99999999999999999999999",
    "5,000 digits": "9" * 5000,
    "5,000 decimals": "0." + "1" * 5000,
    "NUL": '"a\\u0000b"',
    "a lone surrogate": '"\\ud800"',
    "a reversed pair": '"\\udc00\\ud800"',
    "a list in a list": "[[]]",
    "__proto__": '{"__proto__": {"is_admin": true}}',
    "2^63": "9223372036854775808",
    "minus one": "-1",
    "3 MB of text": '"' + "麦" * 2**20 + '"',
    "a megabyte of digits in quotes": '"' + "1" * 2**20 + '"',
}
BAD_FOR_TYPE = {
    "string": ["12", "1.5", "true", "false", "{}"],
    "number": ['"12.5"', '""', "true", "12.34567", "1e8", '"nan"', '"１２"', "[1]"],
    "integer": ['"4"', "4.5", "true", "99999", "[1]", '"１２"'],
    "boolean": ['"true"', "1", "0", '"yes"'],
    "array": ['"x"', "{}", "[]", "5", "[null]"],
}
BAD_FOR_FORMAT = {
    "date": [
        '"0001-01-01"',
        '"9999-12-31"',
        '"2023-02-29"',
        '"2023-4-1"',
        '"20230420"',
        '"2023-04-20T00:00:00"',
        '"２０２３-04-20"',
        '"2023-W16-4"',
        "1682000000",
        '"today"',
        '""',
    ],
    "date-time": [
        '"0001-01-01T00:00:00+08:00"',
        '"9999-12-31T23:59:59-12:00"',
        '"2023-02-29T00:00:00Z"',
        '"2023-04-25T09:00:00"',
        '"2023-04-25"',
        "1682000000",
        '"now"',
    ],
    "uuid": [
        '"not-a-uuid"',
        '"6f1f6a528a444d619f0e1c7b6a2e5d10"',
        '"{6f1f6a52-8a44-4d61-9f0e-1c7b6a2e5d10}"',
        '"urn:uuid:6f1f6a52-8a44-4d61-9f0e-1c7b6a2e5d10"',
        "1",
    ],
    "enum": ['"RECORDER"', '"anything"', '""', '"area "'],
    "area": ['"44180310"', '"4418031020001"', '"44180３"', '"４４１８０３"', '"441803102 "'],
    "pattern": ['"４４１８０３"', '"441803102\\n"', '"a b"', '"../x"', '"%"', '""'],
}


def document() -> dict:
    return create_app(Settings(_env_file=None, jobs=False)).openapi()


DOCUMENT = document()


def properties(operation: tuple[str, str]) -> dict[str, dict]:
    """Return the fields of an operation's body, each as its own plain schema."""
    told = DOCUMENT["paths"][operation[1]][operation[0].lower()]
    schema = told["requestBody"]["content"]["application/json"]["schema"]
    return {name: plain(each) for name, each in plain(schema).get("properties", {}).items()}


def plain(schema: dict) -> dict:
    while "$ref" in schema or "anyOf" in schema:
        if "$ref" in schema:
            schema = DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        else:
            schema = schema["anyOf"][0]
    return schema


def bad_tokens(schema: dict) -> list[str]:
    kind = "enum" if "enum" in schema else schema.get("format", "")
    if "pattern" in schema:
        kind = "area" if "{12}" in schema["pattern"] else "pattern"
    return [
        *ALWAYS_BAD.values(),
        *BAD_FOR_TYPE.get(schema.get("type", ""), []),
        *BAD_FOR_FORMAT.get(kind, []),
    ]


def with_token(body: dict, field: str, token: str) -> bytes:
    marked = json.dumps(body | {field: "@@here@@"}, ensure_ascii=False)
    return marked.replace('"@@here@@"', token).encode()


@pytest.fixture
def speak(as_role):
    """Speak as a role that may do what a path is about."""

    def choose(path: str):
        role = next((role for word, role in ROLE_OF.items() if word in path), "recorder")
        return as_role(role, TAIHE if role in {"recorder", "approver"} else "441803")

    return choose


@pytest.fixture
def fill(season, as_role, make_account, database):
    """Put real ids into a path."""
    tasks = as_role("recorder", TAIHE).get("reporting/tasks", season=season).json()["items"]
    ids = {"task_id": tasks[0]["id"], "account_id": str(make_account("outlet", TAIHE).id)}
    ids |= {"area_code": TAIHE, "report_id": str(uuid4()), "layer": "parcels"}
    ids |= {name: str(uuid4()) for name in ("import_id", "approval_uid", "uid")}
    ids |= dict.fromkeys("zxy", "0")
    ids |= books.SAME_EVERYWHERE | books.put(database, TAIHE, 1)
    return lambda path: path.format(**ids)


@pytest.fixture
def contents(database):
    """Count the rows of every table."""

    def count() -> dict[str, int]:
        with database.system_reading() as session:
            return {
                table.name: session.scalar(select(func.count()).select_from(table)) or 0
                for table in Base.metadata.sorted_tables
                if table.name not in NOT_COUNTED
            }

    return count


def assert_refused(answer, *, field: str | None = None, of: str = "") -> dict:
    where = f"{of[:120]} -> {answer.status_code} {answer.text[:300]}"
    assert 400 <= answer.status_code < 500, where
    assert answer.headers["content-type"] == "application/problem+json", where
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["type"]
    assert told["title"]
    assert CHINESE.search(told["detail"]), where
    if field is not None and answer.status_code != 413:
        errors = told["errors"]
        assert any(field in each["field"] or each["field"] == "body" for each in errors), where
        assert all(CHINESE.search(each["allowed"]) for each in errors), where
    return told


JSON = {"Content-Type": "application/json"}


def test_every_operation_with_a_json_body_is_tried_here():
    with_body = {
        (method.upper(), path)
        for path, methods in DOCUMENT["paths"].items()
        for method, told in methods.items()
        if "application/json" in told.get("requestBody", {}).get("content", {})
    }
    assert with_body == BODIES.keys()
    for operation, body in BODIES.items():
        assert properties(operation).keys() == body.keys(), operation


@pytest.mark.parametrize("operation", BODIES, ids=lambda each: each[1].removeprefix(API))
def test_a_bad_value_in_any_field_is_refused_by_name_and_nothing_is_stored(
    operation, fill, speak, contents
):
    method, path = operation
    speaker, where = speak(path), fill(path)
    before = contents()
    for field, schema in properties(operation).items():
        for token in bad_tokens(schema):
            body = with_token(BODIES[operation], field, token)
            answer = speaker.send(method, where, content=body, headers=JSON)
            assert_refused(answer, field=field, of=f"{field}={token}")
        assert answer.status_code == 422
    assert contents() == before


@pytest.mark.parametrize("operation", BODIES, ids=lambda each: each[1].removeprefix(API))
def test_a_bad_body_as_a_whole_is_refused_and_nothing_is_stored(operation, fill, speak, contents):
    method, path = operation
    speaker, where = speak(path), fill(path)
    good = BODIES[operation] or {"reason": "x"}
    text = json.dumps(good, ensure_ascii=False)
    name = next(iter(good))
    bodies = {
        "a field twice": text[:-1] + f', "{name}": 1}}',
        "a field of a lone surrogate twice": '{"\\ud800": 1, "\\ud800": 2}',
        "an unknown field": json.dumps(good | {"未知": 1}),
        "an unknown field with a lone surrogate": '{"\\udfff": 1}',
        "65 deep": '{"a":' + "[" * 64 + "]" * 64 + "}",
        "100,000 deep": "[" * 100_000,
        "100,000 deep, closed": "[" * 100_000 + "]" * 100_000,
        "depth behind a string": '{"a": "[[[", "b": ' + "[" * 70 + "]" * 70 + "}",
        "not JSON": "{'a': 1}",
        "two documents": text + text,
        "only an open quote": '"',
        "a trailing comma": text[:-1] + ",}",
        "a list": "[]",
        "a number": "5",
        "a string": '"x"',
        "false": "false",
        "UTF-16": text.encode("utf-16"),
        "GBK declared as UTF-8": '{"reason": "数字不对"}'.encode("gbk"),
        "UTF-8 cut short": b"{}" + "农".encode()[:2],
        "10 MB": '{"a": "' + "x" * 10 * 2**20 + '"}',
    }
    before = contents()
    for kind, body in bodies.items():
        content = body if isinstance(body, bytes) else body.encode()
        charset = {"Content-Type": "application/json; charset=utf-8"}
        answer = speaker.send(method, where, content=content, headers=charset)
        told = assert_refused(answer, of=f"{operation} {kind}")
        assert answer.status_code == (413 if kind == "10 MB" else 422), (kind, told)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml", "json"):
        answer = speaker.send(method, where, content=b"<x/>", headers={"Content-Type": kind})
        assert_refused(answer, of=kind)
    assert contents() == before


def test_a_byte_order_mark_before_a_good_body_does_no_harm(season, as_role):
    body = b"\xef\xbb\xbf" + json.dumps(FIGURE).encode()
    recorder = as_role("recorder", TAIHE)
    assert recorder.send("POST", "sowing/reports", content=body, headers=JSON).status_code == 201


def test_a_body_that_comes_in_pieces_is_counted_as_it_comes(fill, speak):
    def pieces():
        yield b'{"reason": "'
        for _ in range(80):
            yield b"x" * 2**16
        yield b'"}'

    path = fill(f"{API}/reporting/tasks/{{task_id}}/return")
    answer = speak(path).send("POST", path, content=pieces(), headers=JSON)
    assert answer.status_code == 413
    assert_refused(answer)


def test_an_upload_that_comes_in_pieces_is_counted_as_it_comes(season, as_role):
    def pieces():
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        for _ in range(340):
            yield b"x" * 2**16
        yield b"\r\n--x--\r\n"

    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = as_role("recorder", TAIHE).send(
        "POST", "sowing/imports", content=pieces(), headers=kind
    )
    assert answer.status_code == 413
    assert_refused(answer)


BAD_PARAMETERS = (
    "",
    "\x00",
    "a\x00b",
    "%",
    "_",
    "' OR '1'='1",
    "2023-02-29",
    "0001-01-01",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "99999999999999999999999999",
    "9223372036854775808",
    "-1",
    "1e3",
    "NaN",
    "１２",
    "a\r\nX-Evil: yes",
    "../../etc/passwd",
    "\ud7ff\U0010ffff",
    "x" * 10_000,
    "441803%",
    "٤٤١٨٠٣",
)
PARAMETERS = [
    ((method.upper(), path), parameter["name"], parameter["in"])
    for path, methods in DOCUMENT["paths"].items()
    for method, told in methods.items()
    for parameter in told.get("parameters", [])
]
GOOD_QUERY = {"season": "2023-spring", "area": TAIHE, "as_of": "2023-04-20"}
GOOD_QUERY |= {"lon": "113", "lat": "23.7"}


def test_no_parameter_makes_a_crash_a_header_or_another_rows_answer(fill, speak, contents):
    speakers = {path: speak(path) for (_, path), _, _ in PARAMETERS}
    before = contents()
    for (method, path), name, place in PARAMETERS:
        speaker = speakers[path]
        known = {each for operation, each, _ in PARAMETERS if operation == (method, path)}
        good = {key: value for key, value in GOOD_QUERY.items() if key in known}
        for bad in BAD_PARAMETERS:
            if place == "path":
                quoted = "".join(f"%{byte:02X}" for byte in bad.encode())
                if not bad or "/" in bad:
                    continue
                where = fill(path.replace(f"{{{name}}}", quoted))
                answer = speaker.send(method, where)
            else:
                answer = speaker.send(method, fill(path), params=good | {name: bad})
            cell = f"{method} {path} {name}={bad[:40]!r}"
            assert "x-evil" not in answer.headers, cell
            if answer.status_code >= 300:
                assert_refused(answer, of=cell)
            elif "json" not in answer.headers.get("content-type", ""):
                assert answer.status_code in {200, 204}, cell
            elif "items" in answer.json() and name in {"area", "season", "parent", "crop"}:
                assert answer.json()["items"] == [], cell
    assert contents() == before


def test_a_query_field_is_named_when_it_is_refused(season, as_role):
    leader = as_role("leader")
    answer = leader.get("sowing/progress", season=season, as_of="2023-02-29")
    told = assert_refused(answer, field="query.as_of")
    assert "没有这一天" in told["detail"]
    answer = leader.get("areas", limit=501)
    assert assert_refused(answer)["errors"][0] == {
        "field": "query.limit",
        "code": "less_than_equal",
        "allowed": "不能大于 500",
    }


BAD_HEADERS = {
    "a Bearer of bytes": {"Authorization": b"Bearer \xff\xfe"},
    "a Bearer of nothing": {"Authorization": "Bearer "},
    "a very long Bearer": {"Authorization": "Bearer " + "x" * 60_000},
    "another scheme": {"Authorization": "Basic YWRtaW46YWRtaW4="},
    "a cookie of nonsense": {"Cookie": b"chungeng_session=\xff; ;;=;chungeng_session"},
    "an Origin that is no URL": {"Origin": "http://[::1"},
    "an Origin of bytes": {"Origin": b"\xff\xfe"},
    "a length beyond any integer": {"Content-Length": "9" * 5000},
    "a length that is none": {"Content-Length": "-5"},
    "a type that is none": {"Content-Type": "application/json; charset=\x7f"},
    "a form without boundary": {"Content-Type": "multipart/form-data"},
    "a request id with a newline escape": {"X-Request-Id": "a%0d%0ab"},
}


@pytest.mark.parametrize("headers", BAD_HEADERS.values(), ids=BAD_HEADERS)
def test_a_bad_header_is_refused_and_no_crash(headers, nobody, as_role):
    for speaker in (nobody, as_role("leader")):
        for method, path in (("GET", "me"), ("POST", "sessions"), ("POST", "sowing/reports")):
            answer = speaker.send(method, path, headers=headers)
            assert answer.status_code < 500, (method, path, answer.text)
            if answer.status_code >= 400:
                assert_refused(answer)


@pytest.mark.parametrize("charset", ["utf-7", "unicode_escape", "rot13", "idna", "no-such"])
def test_a_form_in_a_strange_charset_is_refused_and_no_crash(charset, season, as_role):
    content = (
        b'--x\r\nContent-Disposition: form-data; name="season"\r\n\r\n+2AA-\\ud800\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="+2AA-\\ud800"\r\n\r\n'
        b"\r\n--x--\r\n"
    )
    kind = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
    answer = as_role("recorder", TAIHE).send(
        "POST", "sowing/imports", content=content, headers=kind
    )
    assert_refused(answer)
    again = content.replace(b"+2AA-\\ud800\r\n--x", b"2023-spring\r\n--x", 1)
    answer = as_role("recorder", TAIHE).send("POST", "sowing/imports", content=again, headers=kind)
    assert_refused(answer)


@pytest.fixture(scope="module")
def naughty(shared_data) -> list[str]:
    found = json.loads((shared_data / "text" / "naughty_strings.json").read_text(encoding="utf-8"))
    assert len(found) > 400
    return [*found, "⼭", "山", "\u202eabc", "a\u200bb", "葛󠄀", "А", "é" + "\u0301" * 90, "{{7*7}}"]


def test_naughty_notes_of_figures_come_back_as_they_were(naughty, season, as_role):
    recorder = as_role("recorder", TAIHE)
    villages = [each["code"] for each in recorder.get("areas", parent=TAIHE).json()["items"]]
    crops = [c for c in recorder.get("crops").json()["items"] if c["methods"]]
    places = ((village, crop) for village in villages for crop in crops)
    wanted = {}
    for note, (village, crop) in zip(naughty, places, strict=False):
        figure = FIGURE | {"area_code": village, "crop_code": crop["code"], "note": note}
        figure |= {"id": str(uuid4()), "method": crop["methods"][0], "reason": None}
        wanted[figure["id"]] = figure
    assert len(wanted) == len(naughty)
    answer = recorder.post("sowing/reports/batch", {"items": list(wanted.values())})
    assert answer.status_code == 200, answer.text[:500]
    seen, cursor = {}, 0
    while cursor is not None:
        page = recorder.get("sowing/reports", season=season, limit=200, cursor=cursor).json()
        seen |= {each["id"]: each["note"] for each in page["items"]}
        cursor = page["next"]
    assert seen == {key: figure["note"] for key, figure in wanted.items()}


def test_naughty_names_and_reasons_come_back_as_they_were_or_are_refused(naughty, season, as_role):
    admin, bureau = as_role("admin"), as_role("bureau")
    me = f"accounts/{as_role('outlet', TAIHE).get('me').json()['account_id']}"
    n_refused = 0
    for text in (*naughty[::3], "山" * 65):
        answer = admin.send("PATCH", me, json={"display_name": text})
        if not 1 <= len(text) <= 64:
            assert_refused(answer, field="display_name", of=text)
            n_refused += 1
        else:
            assert answer.json()["display_name"] == text
    for text in naughty[::8]:
        plan = {"season_code": season, "area_code": TAIHE, "crop_code": "RICE_E"}
        plan |= {"plan_mu": 1, "id": str(uuid4()), "reason": text or "空", "document_no": text}
        answer = bureau.post("sowing/plans", plan)
        if len(text) > 100:
            assert_refused(answer, field="document_no", of=text)
            continue
        assert (answer.json()["reason"], answer.json()["document_no"]) == (text or "空", text)
    assert n_refused
    page = bureau.get("sowing/plans", season=season, area=TAIHE).json()
    assert {each["document_no"] for each in page["items"]} <= set(naughty)


def test_naughty_titles_and_grants_come_back_as_they_were_or_are_refused(naughty, season, as_role):
    bureau = as_role("bureau")
    for year, text in enumerate(naughty[::10], start=2024):
        body = BODIES["POST", f"{API}/seasons"] | {"code": f"s-{year}", "title": text}
        body |= {"crop_year": year, "starts_on": "2024-03-01", "ends_on": "2024-03-02"}
        answer = bureau.post("seasons", body)
        if 1 <= len(text) <= 64:
            assert answer.json()["title"] == text
        else:
            assert_refused(answer, field="title", of=text)
        grant = BODIES["POST", f"{API}/reporting/exceptions"]
        answer = bureau.post("reporting/exceptions", grant | {"id": None, "reason": text})
        if text:
            assert answer.json()["reason"] == text
        else:
            assert_refused(answer, field="reason", of=text)


def test_naughty_names_at_the_door_are_refused_alike(naughty, nobody, clock):
    for text in naughty[::50]:
        clock.forward(hours=1)
        answer = nobody.post("sessions", {"username": text, "password": "x"})
        assert answer.status_code in {401, 422}, text
        assert_refused(answer, of=text)


def test_a_name_that_looks_like_sql_matches_only_itself(as_role, make_account, database):
    make_account("leader", TAIHE, "%")
    make_account("leader", TAIHE, "_")
    admin = as_role("admin")
    for cursor in ("%", "_", "a' OR 1=1 --"):
        assert admin.get("accounts", cursor=cursor).status_code == 422
    with database.system_reading() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM accounts")) == 3


# What json.loads would take, and what it would crash on.


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"a": 1, "a": 1}', "duplicate_key"),
        (b'{"a": {"b": 1, "b": 2}}', "duplicate_key"),
        (b"NaN", "number_not_finite"),
        (b"1" * 41, "number_too_long"),
        (b"1e99999999999999999999999", "number_too_long"),
        (b"[" * 65 + b"]" * 65, "json_too_deep"),
        (b'{"a":' * 65, "json_too_deep"),
        (b"", "json_invalid"),
        (b"\xff", "json_invalid"),
        (b'"\n"', "json_invalid"),
    ],
)
def test_json_that_is_ambiguous_or_too_much_is_refused(body, code):
    with pytest.raises(BodyError) as refusal:
        read_json(body)
    assert refusal.value.code == code
    assert CHINESE.search(refusal.value.reason)


def test_brackets_inside_strings_are_not_depth():
    value = {"a": "[" * 500 + '\\"' + "{" * 500}
    assert read_json(json.dumps(value).encode()) == value
    assert read_json(b"[" * 64 + b"]" * 64)


# Files. `service.files` reads them before any book sees a row.


def an_archive(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return file.getvalue()


def with_flag(content: bytes, flag: int) -> bytes:
    """Set a flag in the local headers and the directory of an archive."""
    changed = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(mark)
        while at >= 0:
            changed[at + offset] |= flag
            at = changed.find(mark, at + 4)
    return bytes(changed)


def overlapping() -> bytes:
    """Make two directory entries point at the same bytes."""
    content = an_archive(("a", b"x" * 1000), ("b", b"y" * 1000))
    changed = bytearray(content)
    second = changed.rfind(b"PK\x01\x02")
    struct.pack_into("<L", changed, second + 42, 0)
    return bytes(changed)


def lying_size(claimed: int) -> bytes:
    changed = bytearray(an_archive(("xl/worksheets/sheet1.xml", b"0" * 10 * 2**20)))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", changed, changed.find(mark) + offset, claimed)
    return bytes(changed)


GOOD_PARTS = (("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<workbook/>"))
ARCHIVES = {
    "a bomb of zeros": an_archive(*GOOD_PARTS, ("xl/sheet.xml", b"\0" * 50 * 2**20)),
    "overlapping entries": overlapping(),
    "a size that lies small": lying_size(10),
    "a size that lies large": lying_size(2**32 - 2),
    "cut in the middle": an_archive(*GOOD_PARTS)[:60],
    "cut at the end": an_archive(*GOOD_PARTS)[:-10],
    "only a start": b"PK\x03\x04",
    "encrypted": with_flag(an_archive(*GOOD_PARTS), 1),
    "a hundred entries": an_archive(*((f"{n}", b"") for n in range(100))),
    "a hundred thousand entries": an_archive(
        *((f"{n}", b"") for n in range(100_000)), method=zipfile.ZIP_STORED
    ),
    "two of a name": b"",
    "an archive in the archive": an_archive(("inner.zip", an_archive(*GOOD_PARTS))),
    "no workbook inside": an_archive(("readme.txt", b"hello")),
    "a workbook of nothing": an_archive(*GOOD_PARTS),
    "absolute and parent names": an_archive(("/etc/passwd", b"x"), ("../../x", b"y")),
    "an unknown method of compression": with_flag(an_archive(*GOOD_PARTS), 0).replace(
        b"\x08\x00", b"\x63\x00"
    ),
    "a billion laughs": an_archive(
        ("[Content_Types].xml", b"<Types/>"),
        (
            "xl/workbook.xml",
            b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
            b'<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">'
            b"]><workbook>&b;&f;</workbook>",
        ),
    ),
}
with pytest.warns(UserWarning, match="Duplicate name"):
    ARCHIVES["two of a name"] = an_archive(("a", b"1"), ("a", b"2"))


@pytest.mark.parametrize("content", ARCHIVES.values(), ids=ARCHIVES)
def test_a_workbook_that_lies_or_expands_is_refused(content):
    with pytest.raises(ServiceError) as refusal:
        files.read_table(content, filename="week.xlsx")
    assert refusal.value.status in {413, 422}
    assert CHINESE.search(refusal.value.detail)


TABLES = {
    "empty": b"",
    "an old .xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "a .rar": b"Rar!\x1a\x07\x00",
    "a .7z": b"7z\xbc\xaf\x27\x1c",
    "a .gz": b"\x1f\x8b\x08",
    "a PDF": b"%PDF-1.7",
    "UTF-16": "村代码,面积\n1,2\n".encode("utf-16"),
    "NUL": b"a,b\n1,\x002\n",
    "neither UTF-8 nor GBK": b"a,b\n\xff\xff\xff,2\n",
    "an open quote": b'a,b\n"1,2\n',
    "text after a quote": b'a,b\n"1"2,3\n',
    "20,001 rows": b"1,2\n" * 20_001,
    "256 columns": b",".join([b"1"] * 256),
    "a cell beyond all measure": b"a\n" + b"x" * 200_000,
    "21 MB": b"1,2\n" * (21 * 2**18),
    "an image": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
}


@pytest.mark.parametrize("content", TABLES.values(), ids=TABLES)
def test_a_file_that_is_no_table_is_refused(content):
    with pytest.raises(ServiceError) as refusal:
        files.read_table(content, filename="week.csv")
    assert refusal.value.status in {413, 422}
    assert CHINESE.search(refusal.value.detail)


def test_a_csv_is_read_as_utf8_with_or_without_mark_and_as_gbk():
    text = '村代码,备注\n441803102201,"一行\n两行"\n'
    for encoding, told in (("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gbk", "gb18030")):
        table = files.read_table(text.encode(encoding), filename="week.csv")
        assert table.encoding == told
        assert [row for _, row in table.rows] == [
            ["村代码", "备注"],
            ["441803102201", "一行\n两行"],
        ]


def test_no_archive_of_the_corpus_passes_through_the_door(season, as_role, contents):
    recorder, before = as_role("recorder", TAIHE), contents()
    for name, content in (ARCHIVES | TABLES).items():
        answer = recorder.send(
            "POST",
            "sowing/imports",
            data={"season": season},
            files={"file": ("周报.xlsx", content, "application/octet-stream")},
        )
        assert_refused(answer, of=name)
    assert contents() == before


def test_a_form_without_its_parts_is_refused_by_name(season, as_role):
    recorder = as_role("recorder", TAIHE)
    file = {"file": ("a.csv", b"a,b\n", "text/csv")}
    answer = recorder.send("POST", "sowing/imports", files=file)
    assert_refused(answer, field="season")
    answer = recorder.send("POST", "sowing/imports", data={"season": season})
    assert_refused(answer, field="file")
    answer = recorder.send("POST", "sowing/imports", data={"season": season, "file": "text"})
    assert_refused(answer, field="file")
    for field, bad in (("as_of", "2023-02-29"), ("dry_run", "perhaps"), ("season", "a\x00b")):
        data = {"season": season, field: bad}
        answer = recorder.send("POST", "sowing/imports", data=data, files=file)
        assert_refused(answer, field=field)
