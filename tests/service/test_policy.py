"""Every cell of the policy: who may do what, on their own, on another's, on nothing at all."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from dataclasses import field as made_by
from datetime import date, timedelta
from itertools import count
from uuid import UUID, uuid4

import pytest
import shapely
from sqlalchemy import select, update

from config.settings import Settings
from service import audit
from service.accounts.models import Account, LoginSession
from service.accounts.policy import POLICY, may
from service.app import create_app
from service.parcels.models import (
    Approval,
    ApprovalKind,
    ImportState,
    LandImport,
    ParcelVersion,
)
from service.reporting.models import ReportingTask
from service.security import Role, token_hash
from tests import books
from tests.books_outlets import bind

TAIHE, SHANTANG, NOWHERE = "441803102", "441803105", "441803999"
OPEN = {
    ("POST", "/api/v1/sessions"),
    ("GET", "/healthz"),
    ("POST", "/api/v1/tips"),
    ("POST", "/api/v1/tips/status"),
}
SERVER_SET = (
    "recorded_by",
    "recorded_at",
    "doubt_mark",
    "state",
    "task_id",
    "role",
    "is_active",
    "version",
    "supersedes_id",
    "content_digest",
    "old_mu",
    "field_equivalent_mu",
    "password_hash",
    "created_at",
    "granted_by",
    "granted_at",
    "is_system",
    "actor_id",
    "__proto__",
)
numbers = count(1)


def document() -> dict:
    return create_app(Settings(_env_file=None, jobs=False)).openapi()


def operations() -> dict[tuple[str, str], dict]:
    return {
        (method.upper(), path): operation
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    }


GUARDED = {each: op for each, op in operations().items() if each not in OPEN}


@dataclass(frozen=True)
class Place:
    """A town with one of each thing in it, or the names of things that are not there."""

    area: str
    village: str
    task_id: str
    report_id: str
    account_id: str
    uid: str = ""
    approval_uid: str = ""
    import_id: str = ""
    more: dict[str, str] = made_by(default_factory=dict)
    """Of the other books: path parameter -> id."""

    def hidden(self, text: str) -> str:
        """Replace the names themselves, so that two answers can be compared."""
        names = (self.village, self.area, self.task_id, self.report_id, self.account_id)
        for name in (*names, self.uid, self.approval_uid, self.import_id, *self.more.values()):
            text = text.replace(name or "*", "*")
        return text


def a_figure(place: Place) -> dict:
    return {
        "season_code": "2023-spring",
        "area_code": place.village,
        "crop_code": "RICE_E",
        "method": "transplanted",
        "as_of": "2023-04-20",
        "cumulative_mu": 1,
    }


def an_account(place: Place) -> dict:
    return {
        "username": f"new-{next(numbers)}",
        "display_name": "新账号",
        "role": "leader",
        "area_code": place.area,
        "password": "a new password",
    }


def a_season(_: Place) -> dict:
    year = 1990 + next(numbers) % 110
    return {
        "code": f"{year}-a",
        "title": "一季",
        "kind": "spring",
        "crop_year": year,
        "starts_on": "2024-03-01",
        "ends_on": "2024-03-08",
    }


def an_exception(place: Place) -> dict:
    return {
        "season_code": "2023-spring",
        "area_code": place.area,
        "period": "2023-04-20",
        "reason": "停电",
        "expires_at": "2023-04-25T09:00:00+08:00",
    }


def a_plan(place: Place) -> dict:
    return {
        "season_code": "2023-spring",
        "area_code": place.area,
        "crop_code": "RICE_E",
        "plan_mu": next(numbers),
        "reason": "调整",
    }


def a_table(place: Place) -> dict:
    text = f"村代码,作物,方式,累计面积(亩)\n{place.village},RICE_E,栽插,1\n"
    return {"file": ("week.csv", text.encode(), "text/csv")}


SQUARE = [[[113.0, 23.7], [113.001, 23.7], [113.001, 23.701], [113.0, 23.7]]]


def an_approval(place: Place) -> dict:
    return {
        "kind": "temporary",
        "document_no": "临〔2023〕1号",
        "area_code": place.area,
        "valid_from": "2023-01-01",
        "valid_to": "2025-01-01",
        "geometry": {"type": "Polygon", "coordinates": SQUARE},
    }


Make = Callable[[Place], dict]
SEASON, A = {"season": "2023-spring"}, "/api/v1"


def query(**fixed: str) -> Make:
    return lambda place: {
        "params": {k: v.format(area=place.area, village=place.village) for k, v in fixed.items()}
    }


def body(make: Make) -> Make:
    return lambda place: {"json": make(place)}


def nothing(_: Place) -> dict:
    return {}


REQUESTS: dict[tuple[str, str], Make] = {
    ("DELETE", f"{A}/sessions/current"): nothing,
    ("GET", f"{A}/me"): nothing,
    ("GET", f"{A}/accounts"): nothing,
    ("POST", f"{A}/accounts"): body(an_account),
    ("PATCH", f"{A}/accounts/{{account_id}}"): body(lambda _: {"display_name": "改名"}),
    ("GET", f"{A}/audit"): nothing,
    ("GET", f"{A}/areas"): query(parent="{area}"),
    ("GET", f"{A}/areas/{{area_code}}"): nothing,
    ("POST", f"{A}/parcels/imports"): lambda _: {"files": {"file": ("a.gpkg", b"no such file")}},
    ("GET", f"{A}/parcels/imports"): nothing,
    ("GET", f"{A}/parcels/imports/{{import_id}}"): nothing,
    ("POST", f"{A}/parcels/imports/{{import_id}}/options"): body(nothing),
    ("POST", f"{A}/parcels/imports/{{import_id}}/commit"): body(nothing),
    ("POST", f"{A}/parcels/imports/{{import_id}}/discard"): nothing,
    ("GET", f"{A}/parcels/imports/{{import_id}}/findings"): nothing,
    ("GET", f"{A}/parcels/imports/{{import_id}}/findings.geojson"): nothing,
    ("GET", f"{A}/parcels/imports/{{import_id}}/findings.xlsx"): nothing,
    ("POST", f"{A}/parcels/exports"): body(lambda place: {"area": place.area, "format": "geojson"}),
    ("GET", f"{A}/parcels"): query(area="{area}"),
    ("GET", f"{A}/parcels/at"): query(lon="113", lat="23.7"),
    ("GET", f"{A}/parcels/{{uid}}"): nothing,
    ("GET", f"{A}/parcels/{{uid}}/card"): nothing,
    ("GET", f"{A}/parcels/{{uid}}/history"): nothing,
    ("GET", f"{A}/approvals"): query(area="{area}"),
    ("POST", f"{A}/approvals"): body(an_approval),
    ("POST", f"{A}/approvals/{{approval_uid}}/withdraw"): body(lambda _: {"reason": "登错了"}),
    ("GET", "/tiles/{layer}/{z}/{x}/{y}"): nothing,
    ("GET", f"{A}/seasons"): nothing,
    ("POST", f"{A}/seasons"): body(a_season),
    ("GET", f"{A}/reporting/tasks"): query(area="{area}"),
    ("GET", f"{A}/reporting/tasks/{{task_id}}/events"): nothing,
    ("POST", f"{A}/reporting/tasks/{{task_id}}/submit"): nothing,
    ("POST", f"{A}/reporting/tasks/{{task_id}}/return"): body(lambda _: {"reason": "不对"}),
    ("POST", f"{A}/reporting/tasks/{{task_id}}/approve"): nothing,
    ("POST", f"{A}/reporting/tasks/{{task_id}}/accept"): nothing,
    ("POST", f"{A}/reporting/tasks/{{task_id}}/reopen"): body(lambda _: {"reason": "更正"}),
    ("GET", f"{A}/reporting/rates"): query(area="{area}", **SEASON),
    ("GET", f"{A}/reporting/exceptions"): query(**SEASON),
    ("POST", f"{A}/reporting/exceptions"): body(an_exception),
    ("GET", f"{A}/reporting/notices"): nothing,
    ("GET", f"{A}/crops"): nothing,
    ("GET", f"{A}/sowing/plans"): query(area="{area}", **SEASON),
    ("POST", f"{A}/sowing/plans"): body(a_plan),
    ("GET", f"{A}/sowing/reports"): query(area="{area}", **SEASON),
    ("POST", f"{A}/sowing/reports"): body(a_figure),
    ("GET", f"{A}/sowing/reports/{{report_id}}"): nothing,
    ("POST", f"{A}/sowing/reports/batch"): body(lambda place: {"items": [a_figure(place)]}),
    ("GET", f"{A}/sowing/imports/template"): query(area="{area}", as_of="2023-04-20", **SEASON),
    ("POST", f"{A}/sowing/imports"): lambda place: {"data": SEASON, "files": a_table(place)},
    ("GET", f"{A}/sowing/progress"): query(area="{area}", as_of="2023-04-20", **SEASON),
    ("GET", f"{A}/sowing/curve"): query(area="{area}", **SEASON),
} | books.REQUESTS


TILE = {"layer": "parcels", "z": 12, "x": 0, "y": 0}
NAMES_A_PLACE = ("_id}", "uid}", "_code}")
"""How the parameters of a path end that name something of a place."""


def filled(path: str, place: Place) -> str:
    fixed = TILE | books.SAME_EVERYWHERE
    return path.format(**vars(place), **place.more, area_code=place.area, **fixed)


def send(speaker, operation: tuple[str, str], place: Place):
    method, path = operation
    return speaker.send(method, filled(path, place), **REQUESTS[operation](place))


def put_land(database, place: Place, number: int) -> Place:
    """Put a parcel, an approval and an import into a town."""
    square = shapely.Polygon(SQUARE[0])
    uids = [uuid4() for _ in range(3)]
    common = {"id": number, "area_code": place.area, "geometry": square, "ellipsoidal_area_m2": 1.0}
    with database.system_transaction() as session:
        common |= {"valid_from": date(2022, 12, 31), "recorded_at": audit.instant(session)}
        session.add(ParcelVersion(uid=uids[0], digest="0" * 64, **common))
        approval = {"kind": ApprovalKind.FALLOW, "document_no": "休〔2023〕1号"}
        session.add(Approval(uid=uids[1], **approval, **common))
        session.add(
            LandImport(
                id=uids[2],
                area_code=place.area,
                filename="a.gpkg",
                file_sha256="0" * 64,
                n_bytes=1,
                state=ImportState.REFUSED,
                created_at=database.clock(),
                report="{}",
                options="{}",
            )
        )
    uid, approval_uid, import_id = map(str, uids)
    return replace(place, uid=uid, approval_uid=approval_uid, import_id=import_id)


@pytest.fixture(autouse=True)
def nothing_is_read(client):
    """Land files that are brought here stay unread: how far one is, is no part of an answer."""
    client.app.state.reader.start = lambda _: None


@pytest.fixture
def places(season, as_role, make_account, database) -> dict[str, Place]:
    found = {}
    for number, (name, area, village) in enumerate(
        (("own", TAIHE, 10), ("other", SHANTANG, 5)), start=1
    ):
        recorder = as_role("recorder", area, f"first-recorder-{area}")
        villages = recorder.get("areas", parent=area).json()["items"]
        code = villages[village]["code"]
        figure = a_figure(Place(area, code, "", "", "")) | {"cumulative_mu": 7}
        report = recorder.post("sowing/reports", figure).json()
        as_role("bureau", area, f"planner-{area}").post(
            "sowing/plans", a_plan(Place(area, code, "", "", ""))
        )
        with database.system_reading() as session:
            task_id = session.scalars(
                select(ReportingTask.id)
                .where(ReportingTask.area_code == area)
                .order_by(ReportingTask.period)
            ).first()
        account = make_account("outlet", area, f"target-{area}")
        free = villages[village + 1]["code"]
        place = Place(area, free, str(task_id), report["id"], str(account.id))
        place = replace(place, more=books.put(database, area, number))
        found[name] = put_land(database, place, number)
    absent = {name: str(uuid4()) for name in books.NAMES}
    ids = (str(uuid4()) for _ in range(6))
    found["absent"] = Place(NOWHERE, f"{NOWHERE}999", *ids, more=absent)
    return found


def test_every_operation_names_a_row_of_the_policy_and_has_its_cells_here():
    assert GUARDED.keys() == REQUESTS.keys()
    for operation, told in GUARDED.items():
        assert told.get("x-action") in POLICY, operation
    used = {told["x-action"] for told in GUARDED.values()}
    assert used == set(POLICY), "a row of the policy that guards nothing"
    for operation in OPEN:
        assert "x-action" not in operations()[operation] or not operations()[operation]["x-action"]


@pytest.mark.parametrize("role", list(Role))
def test_each_role_does_its_duty_in_its_town_and_nothing_else(role, places, as_role, database):
    if role is Role.OUTLET:
        as_role(role.value, TAIHE)
        bind(database, f"{role}-{TAIHE}", places["own"].more["outlet_id"])
    for operation, told in GUARDED.items():
        action = told["x-action"]
        speaker = as_role(role.value, TAIHE, f"throwaway-{role}" if "session" in action else None)
        answers = {name: send(speaker, operation, place) for name, place in places.items()}
        cell = f"{role} {operation} {[a.text[:200] for a in answers.values()]}"
        if action == "session.end":
            assert [a.status_code for a in answers.values()] == [204, 401, 401], cell
            continue
        if not may(role, action):
            assert {a.status_code for a in answers.values()} == {403}, cell
        else:
            assert answers["own"].status_code not in {401, 403, 404, 413, 429}, cell
            assert answers["own"].status_code < 500, cell
        if any(each in operation[1] for each in NAMES_A_PLACE) and may(role, action):
            assert answers["other"].status_code == 404, cell
        other, absent = (answers[name] for name in ("other", "absent"))
        assert other.status_code == absent.status_code, cell
        if other.headers.get("content-type") == "application/json" and other.status_code == 201:
            assert operation[1].endswith(("/seasons", "/products")), cell  # they have no area
            continue
        if other.status_code == 202:
            assert operation[1].endswith("/imports"), cell  # a file is of who brings it
            continue
        assert places["other"].hidden(other.text) == places["absent"].hidden(absent.text), cell


def test_nothing_of_another_town_stands_in_any_list(places, as_role):
    hidden = (
        SHANTANG,
        places["other"].task_id,
        places["other"].report_id,
        places["other"].account_id,
        places["other"].uid,
        places["other"].approval_uid,
        places["other"].import_id,
        *places["other"].more.values(),
    )
    for role in Role:
        speaker = as_role(role.value, TAIHE)
        for operation, told in GUARDED.items():
            if operation[0] != "GET" or not may(role, told["x-action"]) or "{" in operation[1]:
                continue
            params = SEASON if "params" in REQUESTS[operation](places["own"]) else {}
            if operation[1].endswith("/at"):
                params = {"lon": 113, "lat": 23.7}
            if operation[1].endswith("prices/months"):
                params = {"product": "UREA-50"}
            if operation[1].endswith("template"):
                params = params | {"area": TAIHE, "as_of": "2023-04-20"}
            answer = speaker.send("GET", operation[1], params=params)
            assert answer.status_code < 300, (role, operation, answer.text)
            leaked = [each for each in hidden if each in answer.text]
            assert not leaked, (role, operation)


def test_nobody_enters_without_a_living_session_of_a_living_account(
    places, as_role, nobody, database, clock
):
    expired = as_role("admin", TAIHE, "expired")
    ended = as_role("admin", TAIHE, "ended")
    disabled = as_role("admin", TAIHE, "disabled")
    forged = as_role("admin", TAIHE, "forged")
    forged.headers = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWRtaW4ifQ."}
    token = expired.headers["Authorization"].removeprefix("Bearer ")
    with database.system_transaction() as session:
        session.execute(
            update(LoginSession)
            .where(LoginSession.token_hash == token_hash(token))
            .values(expires_at=clock())
        )
        session.execute(
            update(Account).where(Account.username == "disabled").values(is_active=False)
        )
    assert ended.send("DELETE", "sessions/current").status_code == 204
    hash_itself = as_role("admin", TAIHE, "hash")
    stored = token_hash(hash_itself.headers["Authorization"].removeprefix("Bearer "))
    hash_itself.headers = {"Authorization": f"Bearer {stored}"}
    strangers = (nobody, expired, ended, disabled, forged, hash_itself)
    for operation in GUARDED:
        answers = [send(each, operation, places["own"]) for each in strangers]
        assert {a.status_code for a in answers} == {401}, operation
        assert len({a.text for a in answers}) == 1, operation
        assert {a.headers["content-type"] for a in answers} == {"application/problem+json"}


def test_a_changed_duty_area_or_password_is_felt_on_the_next_request(as_role):
    admin, moving = as_role("admin"), as_role("recorder", TAIHE, "moving")
    where = f"accounts/{moving.get('me').json()['account_id']}"
    assert moving.get(f"areas/{TAIHE}").status_code == 200

    assert admin.send("PATCH", where, json={"area_code": SHANTANG}).status_code == 200
    assert moving.get(f"areas/{TAIHE}").status_code == 404
    assert moving.get(f"areas/{SHANTANG}").status_code == 200

    assert admin.send("PATCH", where, json={"role": "outlet"}).status_code == 200
    assert moving.get("sowing/reports", season="2023-spring").status_code == 403

    assert admin.send("PATCH", where, json={"is_active": False}).status_code == 200
    assert moving.get("me").status_code == 401
    assert admin.send("PATCH", where, json={"is_active": True}).status_code == 200
    assert moving.get("me").status_code == 200

    assert admin.send("PATCH", where, json={"password": "another password"}).status_code == 200
    assert moving.get("me").status_code == 401


def test_no_field_that_the_server_sets_can_be_written(places, as_role):
    schemas = document()["components"]["schemas"]
    for operation, told in GUARDED.items():
        content = told.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            continue
        reference = content["schema"].get("$ref") or content["schema"]["anyOf"][0]["$ref"]
        known = (
            schemas[reference.rsplit("/", 1)[1]]["properties"] if "Step" not in reference else {}
        )
        role = next(role for role in Role if may(role, told["x-action"]))
        valid = REQUESTS[operation](places["own"]).get("json", {})
        for field in SERVER_SET:
            if field in known:
                continue
            bad = valid | {field: str(uuid4())}
            path = filled(operation[1], places["own"])
            answer = as_role(role.value, TAIHE).send(operation[0], path, json=bad)
            assert answer.status_code == 422, (operation, field, answer.text)
            assert answer.json()["errors"][0] == {
                "field": f"body.{field}",
                "code": "extra_forbidden",
                "allowed": "没有这个字段,请去掉",
            }


def test_a_figure_inside_a_batch_takes_no_field_that_the_server_sets(places, as_role):
    recorder = as_role("recorder", TAIHE)
    for field in SERVER_SET:
        figure = a_figure(places["own"]) | {field: "x"}
        answer = recorder.post("sowing/reports/batch", {"items": [figure]})
        assert answer.status_code == 422
        assert f"items.0.{field}" in json.dumps(answer.json()["errors"], ensure_ascii=False)


def test_an_admin_can_neither_reach_nor_give_what_lies_outside_their_area(as_role, make_account):
    admin = as_role("admin", TAIHE)
    above = make_account("leader", "441803", "above")
    assert admin.send("PATCH", f"accounts/{above.id}", json={"role": "outlet"}).status_code == 404
    for area in ("441803", SHANTANG, "44", "441803１０２", "441803102 "):
        answer = admin.post("accounts", an_account(Place(area, "", "", "", "")))
        assert answer.status_code in {404, 422}, area
    mine = admin.get("me").json()["account_id"]
    assert admin.send("PATCH", f"accounts/{mine}", json={"area_code": "441803"}).status_code == 404
    assert admin.get("me").json()["area_code"] == TAIHE


def test_an_id_taken_out_of_sight_is_refused_without_a_word_about_it(places, as_role):
    recorder, taken = as_role("recorder", TAIHE), places["other"].report_id
    assert UUID(taken)
    answer = recorder.post("sowing/reports", a_figure(places["own"]) | {"id": taken})
    assert answer.status_code == 409
    assert SHANTANG not in answer.text
    with_own = recorder.post(
        "sowing/reports", a_figure(places["own"]) | {"id": places["own"].report_id}
    )
    assert with_own.status_code == 409
    assert with_own.json()["type"] == answer.json()["type"]


def test_a_session_lives_as_long_as_it_was_given(as_role, clock):
    speaker = as_role("leader")
    clock.forward(days=3649)
    assert speaker.get("me").status_code == 200
    clock.set(clock() + timedelta(days=1))
    assert speaker.get("me").status_code == 401
