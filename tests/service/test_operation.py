"""What the server tells its keeper: health, metrics, logs, headers, and its crashes."""

import io
import json
import logging
import re

import pytest
import structlog
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from config.settings import Settings
from service import errors, migrations, telemetry
from service.accounts import actions as accounts
from service.app import SECURITY_HEADERS, create_app
from service.reporting import queries as reporting
from service.security import Role

TAIHE = "441803102"


@pytest.fixture
def logged(monkeypatch):
    """Catch what is logged, in either form: `logged(as_json=True)`; stderr is held elsewhere."""

    def catch(*, as_json: bool) -> io.StringIO:
        file = io.StringIO()
        telemetry.configure_logging(as_json=as_json)
        ours = structlog.wrap_logger(
            structlog.PrintLogger(file),
            processors=structlog.get_config()["processors"],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        )
        for module in (telemetry, errors):
            monkeypatch.setattr(module, "log", ours)
        return file

    yield catch
    telemetry.configure_logging(as_json=False)


def test_healthz_tells_that_all_is_well_to_anybody_and_no_secret(nobody, database):
    answer = nobody.get("/healthz")
    assert answer.status_code == 200
    told = answer.json()
    assert told["status"] == "ok"
    assert told["schema"] == migrations.head()
    assert told["database"]["engine"] == ("sqlite" if database.is_sqlite else "postgresql")
    if database.is_sqlite:
        assert told["database"]["journal_mode"] in {"WAL", "TRUNCATE"}
    assert str(database.url.database) not in answer.text


def test_healthz_tells_when_the_database_is_away(nobody, database, monkeypatch):
    def away(_):
        raise OperationalError("SELECT secret", {}, Exception("connection refused"))

    monkeypatch.setattr(migrations, "current_revision", away)
    answer = nobody.get("/healthz")
    assert answer.status_code == 503
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OperationalError("x", {}, Exception("database is locked")), "storage_busy"),
        (OperationalError("x", {}, Exception("database or disk is full")), "storage_full"),
        (OperationalError("x", {}, Exception("No space left on device")), "storage_full"),
        (NoConnectionLeft("QueuePool limit reached"), "storage_busy"),
    ],
)
def test_a_database_that_is_busy_or_full_answers_503_and_when_to_come_again(
    error, code, as_role, monkeypatch
):
    def fail(*_):
        raise error

    monkeypatch.setattr(reporting, "seasons", fail)
    answer = as_role("leader").get("seasons")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["code"] == code
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_crash_leaves_as_a_problem_with_its_request_id_and_all_headers(as_role, monkeypatch):
    def crash(*_):
        raise ZeroDivisionError("a secret of the inside")

    monkeypatch.setattr(reporting, "seasons", crash)
    answer = as_role("leader").get("seasons")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name] == value


@pytest.mark.parametrize("as_json", [True, False])
def test_a_crash_is_logged_without_the_values_of_its_variables(
    as_json, client, make_account, monkeypatch, logged
):
    def crash(*_, **__):
        raise ZeroDivisionError("crash")

    make_account("leader", "441803", "leader")
    monkeypatch.setattr(accounts, "_open", crash)
    account = {"username": "leader", "password": "a password for tests"}
    file = logged(as_json=as_json)
    assert client.post("/api/v1/sessions", json=account).status_code == 500
    assert "ZeroDivisionError" in file.getvalue()
    assert "a password for tests" not in file.getvalue()


def test_what_was_written_before_a_crash_is_not_kept(as_role, monkeypatch, season):
    def crash(*_, **__):
        raise ZeroDivisionError

    bureau = as_role("bureau")
    plan = {"season_code": season, "area_code": TAIHE, "crop_code": "RICE_E", "plan_mu": 5}
    with monkeypatch.context() as patched:
        patched.setattr("service.audit._digest", crash)
        assert bureau.post("sowing/plans", plan).status_code == 500
    assert bureau.get("sowing/plans", season=season).json()["items"] == []
    assert bureau.post("sowing/plans", plan).status_code == 201


PATHS = (
    "/healthz",
    "/api/v1/me",
    "/api/v1/nothing",
    "/nothing",
    "/static/nothing",
    "/openapi.json",
)


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_security_headers_and_a_request_id(path, client):
    answer = client.get(path)
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name] == value, name
    assert answer.headers["x-request-id"]
    if not path.startswith("/static/"):
        assert answer.headers["cache-control"] == "no-store"
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "X" * 50])
def test_a_method_that_a_path_does_not_take_is_refused_as_a_problem(method, client):
    answer = client.request(method, "/api/v1/me")
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"
    assert "allow" in answer.headers


def test_the_callers_request_id_is_kept_if_it_is_one(client):
    def answered(given: str) -> str:
        headers = {"X-Request-Id": given}
        return client.get("/healthz", headers=headers).headers["x-request-id"]

    assert answered("from-the-proxy_1.2") == "from-the-proxy_1.2"
    for bad in ("short", "x" * 65, "has space in it", "<script>alert(1)", "a;b=c,d" * 3, ""):
        assert answered(bad) != bad
    assert answered("") != answered("")


def test_metrics_count_by_route_and_not_by_address_or_made_up_method(client, database, settings):
    here = TestClient(client.app, client=("127.0.0.1", 5))
    here.get("/api/v1/areas/441803102")
    here.get("/api/v1/areas/441803105")
    for made_up in ("AAAA", "AAAB", "BREW"):
        here.request(made_up, "/healthz")
    here.get("/no-such-path-a")
    answer = here.get("/metrics")
    assert answer.status_code == 200
    text = answer.text
    counted = [line for line in text.splitlines() if line.startswith("chungeng_requests_total")]
    (areas,) = [line for line in counted if "areas" in line]
    assert 'route="/api/v1/areas/{area_code}"' in areas
    assert 'status="401"' in areas
    assert areas.endswith(" 2.0")
    assert "441803102" not in text
    assert "no-such-path" not in text
    assert "AAAA" not in text
    assert 'method="OTHER"' in text


@pytest.mark.parametrize("address", ["10.0.0.1", "testclient", "fe80::1", "unknown"])
def test_metrics_are_for_this_machine_only_and_look_absent_elsewhere(address, client):
    there = TestClient(client.app, client=(address, 5))
    absent, hidden = there.get("/metricz"), there.get("/metrics")
    assert hidden.status_code == absent.status_code == 404
    forged = there.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})
    assert forged.status_code == 404


def test_metrics_can_be_opened_to_a_network(settings, database):
    open_to = settings.model_copy(update={"metrics_allowed_from": ("10.0.0.0/8", "::1")})
    with TestClient(create_app(open_to, database), client=("10.9.8.7", 5)) as near:
        assert near.get("/metrics").status_code == 200
        assert TestClient(near.app, client=("11.0.0.1", 5)).get("/metrics").status_code == 404


@pytest.mark.parametrize("as_json", [True, False])
def test_a_newline_in_a_path_does_not_make_a_line_of_the_log(as_json, client, logged):
    file = logged(as_json=as_json)
    client.get("/a%0a2023-04-20 [info] forged%0d", headers={"X-Request-Id": "id-1234567"})
    lines = file.getvalue().splitlines()
    assert len(lines) == 1
    assert "forged" in lines[0]
    assert "id-1234567" in lines[0]
    if as_json:
        assert json.loads(lines[0])["path"] == "/a\n2023-04-20 [info] forged\r"


def test_production_refuses_a_database_that_may_forget(settings, database, monkeypatch):
    def forgets() -> None:
        raise RuntimeError("PostgreSQL runs with fsync=off; switch it on")

    monkeypatch.setattr(database, "refuse_unsafe_durability", forgets)
    production = settings.model_copy(update={"mode": "production", "secure_cookies": True})
    with (
        pytest.raises(RuntimeError, match="fsync"),
        TestClient(create_app(production, database)),
    ):
        pass
    with TestClient(create_app(settings, database)) as client:
        assert client.get("/healthz").status_code == 200


def test_the_document_tells_every_refusal_in_its_own_media_type(client):
    document = client.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for told in methods.values():
            for status, response in told["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"], path
    assert "HTTPValidationError" not in document["components"]["schemas"]
    for path in ("/api/v1/sowing/plans", "/api/v1/sowing/reports"):
        assert {"200", "201"} <= document["paths"][path]["post"]["responses"].keys()


def test_the_api_does_nothing_at_import(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    create_app(Settings(_env_file=None, jobs=False))
    assert list(tmp_path.iterdir()) == []


def test_a_log_line_is_json_with_its_values_whole(logged):
    file = logged(as_json=True)
    telemetry.log.info("请求", path="/a\nb", role=Role.LEADER)
    assert json.loads(file.getvalue()) | {"timestamp": ""} == {
        "event": "请求",
        "level": "info",
        "path": "/a\nb",
        "role": "leader",
        "timestamp": "",
    }
