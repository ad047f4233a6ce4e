"""Logging in, being slowed down, being logged out; and one row however often it is sent."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from config.settings import Settings
from service.accounts.models import Account, LoginFailure, LoginSession
from service.app import create_app
from service.security import hash_password, is_password, token_hash
from service.sowing.models import SowingReport

PASSWORD = "a password for tests"
TAIHE, VILLAGE = "441803102", "441803102201"


def log_in(client, username: str, password: str = PASSWORD):
    return client.post("/api/v1/sessions", json={"username": username, "password": password})


@pytest.fixture
def from_address(client):
    """Speak from an address of one's own: `from_address("10.0.0.2")`."""
    return lambda address: TestClient(
        client.app, client=(address, 50000), raise_server_exceptions=False
    )


def test_a_right_password_opens_a_session_and_a_cookie(client, make_account):
    make_account("leader", "441803", "leader")
    answer = log_in(client, "leader")
    assert answer.status_code == 201
    opened = answer.json()
    assert opened["account"]["username"] == "leader"
    assert opened["expires_at"].startswith("2023-04-20T13:00:00")
    cookie = answer.headers["set-cookie"]
    for flag in ("HttpOnly", "SameSite=lax", "Path=/", f"chungeng_session={opened['token']}"):
        assert flag in cookie
    assert client.get("/api/v1/me").json()["username"] == "leader"  # by the cookie
    bearer = {"Authorization": f"Bearer {opened['token']}"}
    client.cookies.clear()
    assert client.get("/api/v1/me", headers=bearer).status_code == 200


def test_behind_tls_the_cookie_is_bound_to_this_host(settings, database, make_account):
    make_account("leader", "441803", "leader")
    secure = settings.model_copy(update={"secure_cookies": True})
    with TestClient(create_app(secure, database), base_url="https://testserver") as client:
        cookie = log_in(client, "leader").headers["set-cookie"]
        assert cookie.startswith("__Host-chungeng_session=")
        assert "Secure" in cookie
        assert "Domain" not in cookie
        assert client.get("/api/v1/me").status_code == 200
        gone = client.delete("/api/v1/sessions/current").headers["set-cookie"]
        assert gone.startswith('__Host-chungeng_session=""')
        assert "Secure" in gone


def test_whatever_is_wrong_the_words_are_the_same(client, make_account, database):
    make_account("leader", "441803", "leader")
    make_account("leader", "441803", "gone")
    with database.system_transaction() as session:
        session.execute(
            sa.update(Account).values(is_active=False).where(Account.username == "gone")
        )
    answers = [
        log_in(client, "leader", "wrong"),
        log_in(client, "nobody"),
        log_in(client, "gone"),
        log_in(client, "LEADER"),
        log_in(client, ""),
        log_in(client, "leader", PASSWORD + " "),
        log_in(client, "%"),
    ]
    assert {each.status_code for each in answers} == {401}
    assert len({each.text for each in answers}) == 1
    assert answers[0].json()["type"] == "/problems/wrong-credentials"
    assert "set-cookie" not in answers[0].headers


def test_a_guesser_waits_longer_and_longer_and_the_owner_elsewhere_does_not(
    make_account, from_address, clock
):
    make_account("leader", "441803", "leader")
    guesser, owner = from_address("10.0.0.66"), from_address("10.0.0.7")
    for _ in range(5):
        assert log_in(guesser, "leader", "guess").status_code == 401
    waited = []
    for _ in range(3):
        refused = log_in(guesser, "leader", "guess")
        assert refused.status_code == 429
        wait = int(refused.headers["retry-after"])
        waited.append(wait)
        assert log_in(guesser, "leader").status_code == 429, "not even the right one"
        assert log_in(owner, "leader").status_code == 201
        clock.forward(seconds=wait)
        assert log_in(guesser, "leader", "guess").status_code == 401
    assert waited == [1, 2, 4]
    clock.forward(seconds=300)
    assert log_in(guesser, "leader").status_code == 201
    assert log_in(guesser, "leader", "guess").status_code == 401
    assert log_in(guesser, "leader").status_code == 201, "a success starts the count anew"


def a_failure(session, key: str, failures: int, at) -> None:
    session.add(LoginFailure(key=key, failures=failures, waits_until=at))


def test_an_address_that_tries_many_names_is_slowed_down_and_no_other(
    make_account, from_address, database, clock
):
    make_account("leader", "441803", "leader")
    office, elsewhere = from_address("10.0.0.1"), from_address("10.0.0.2")
    with database.system_transaction() as session:
        a_failure(session, "address:10.0.0.1", 29, clock())
    assert log_in(office, "nobody-30").status_code == 401
    assert log_in(office, "leader").status_code == 429
    assert log_in(elsewhere, "leader").status_code == 201
    clock.forward(seconds=2)
    assert log_in(office, "leader").status_code == 201


def test_an_account_guessed_from_many_addresses_is_slowed_down(
    make_account, from_address, database, clock
):
    make_account("leader", "441803", "leader")
    with database.system_transaction() as session:
        a_failure(session, "account:leader", 49, clock())
    assert log_in(from_address("10.0.0.3"), "leader", "guess").status_code == 401
    assert log_in(from_address("10.0.0.4"), "leader", "guess").status_code == 429
    clock.forward(seconds=2)
    assert log_in(from_address("10.0.0.5"), "leader").status_code == 201


def test_the_wait_is_never_longer_than_its_limit(make_account, from_address, database, clock):
    make_account("leader", "441803", "leader")
    with database.system_transaction() as session:
        a_failure(session, "pair:leader@10.0.0.9", 10_000, clock())
    guesser = from_address("10.0.0.9")
    assert log_in(guesser, "leader", "guess").status_code == 401
    assert log_in(guesser, "leader").headers["retry-after"] == "300"


def test_a_forwarded_address_is_not_believed(make_account, from_address):
    make_account("leader", "441803", "leader")
    guesser = from_address("10.0.0.66")
    for n in range(5):
        guesser.headers["X-Forwarded-For"] = f"10.1.1.{n}"
        assert log_in(guesser, "leader", "guess").status_code == 401
    guesser.headers["X-Forwarded-For"] = "10.1.1.99"
    assert log_in(guesser, "leader").status_code == 429


def test_guesses_sent_side_by_side_do_not_slip_past_the_count(make_account, from_address, database):
    """The right one among forty at once is refused when five wrong ones were counted before."""
    make_account("leader", "441803", "leader")
    guesser, statuses = from_address("10.0.0.66"), []

    def guess() -> None:
        statuses.append(log_in(guesser, "leader", "guess").status_code)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert set(statuses) <= {401, 429}
    assert log_in(guesser, "leader").status_code == 429
    with database.system_reading() as session:
        counted = session.get_one(LoginFailure, "pair:leader@10.0.0.66").failures
    assert counted == statuses.count(401)


def test_only_hashes_of_tokens_and_passwords_are_kept(client, make_account, database):
    make_account("leader", "441803", "leader")
    token = log_in(client, "leader").json()["token"]
    with database.system_reading() as session:
        stored = session.scalars(select(LoginSession.token_hash)).one()
        password = session.scalars(select(Account.password_hash)).one()
        audited = session.execute(sa.text("SELECT * FROM audit_entries")).all()
    assert stored == token_hash(token) != token
    assert password.startswith("$argon2id$")
    assert token not in str(audited)
    assert PASSWORD not in str(audited)


def test_a_password_change_is_not_told_to_the_audit_log(as_role, make_account):
    account = make_account("leader", TAIHE, "leader")
    change = {"password": "the new secret", "display_name": "新名"}
    answer = as_role("admin").send("PATCH", f"accounts/{account.id}", json=change)
    assert "secret" not in answer.text
    told = as_role("auditor").get("audit").text
    assert "account.change" in told
    assert "secret" not in told


def test_logging_out_ends_this_session_and_no_other(client, make_account):
    make_account("leader", "441803", "leader")
    first, second = (log_in(client, "leader").json()["token"] for _ in range(2))
    client.cookies.clear()
    one, other = ({"Authorization": f"Bearer {token}"} for token in (first, second))
    assert client.delete("/api/v1/sessions/current", headers=one).status_code == 204
    assert client.get("/api/v1/me", headers=one).status_code == 401
    assert client.get("/api/v1/me", headers=other).status_code == 200


def test_a_new_account_can_log_in_and_its_repeat_answers_as_the_first_time(as_role, client):
    admin = as_role("admin")
    new = {
        "id": str(uuid4()),
        "username": "newcomer",
        "display_name": "新来的",
        "role": "recorder",
        "area_code": TAIHE,
        "password": "a first password",
    }
    first = admin.post("accounts", new)
    assert first.status_code == 201
    again = admin.post("accounts", new)
    assert (again.status_code, again.json()) == (201, first.json())
    for change in ({"password": "another one"}, {"role": "approver"}, {"username": "other"}):
        assert admin.post("accounts", new | change).status_code == 409
    assert admin.post("accounts", new | {"id": str(uuid4())}).status_code == 409
    assert admin.post("accounts", new | {"id": None}).status_code == 409
    assert log_in(client, "newcomer", "a first password").status_code == 201


def test_the_accounts_are_listed_page_by_page(as_role, make_account):
    for n in range(5):
        make_account("outlet", TAIHE, f"outlet-{n}")
    admin, seen, cursor = as_role("admin", TAIHE, "zz"), [], None
    while True:
        page = admin.get("accounts", limit=2, cursor=cursor).json()
        seen += [each["username"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [*(f"outlet-{n}" for n in range(5)), "zz"]
    assert "password" not in str(page)


def test_an_empty_change_is_refused(as_role, make_account):
    account = make_account("leader", TAIHE)
    for change in ({}, {"display_name": None}):
        answer = as_role("admin").send("PATCH", f"accounts/{account.id}", json=change)
        assert answer.status_code == 422


FOREIGN = {
    "another origin": {"Origin": "https://evil.example"},
    "an origin that only begins alike": {"Origin": "http://testserver.evil.example"},
    "no origin at all": {"Origin": "null"},
    "a file": {"Origin": "file://"},
    "another scheme on this host": {"Origin": "ftp://testserver"},
    "a broken origin": {"Origin": "http://[::1"},
    "cross-site": {"Sec-Fetch-Site": "cross-site"},
    "same-site": {"Sec-Fetch-Site": "same-site"},
    "cross-site with our origin": {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_a_form_of_another_site_is_refused_before_anything_is_done(
    headers, client, make_account, as_role
):
    make_account("leader", "441803", "leader")
    account = {"username": "leader", "password": PASSWORD}
    answer = client.post("/api/v1/sessions", json=account, headers=headers)
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert "set-cookie" not in answer.headers
    admin = as_role("admin")
    assert admin.send("DELETE", "sessions/current", headers=headers).status_code == 403
    assert admin.send("GET", "me", headers=headers).status_code == 200


def test_a_form_of_our_own_pages_is_taken(client, make_account):
    make_account("leader", "441803", "leader")
    ours = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    account = {"username": "leader", "password": PASSWORD}
    assert client.post("/api/v1/sessions", json=account, headers=ours).status_code == 201


def test_the_same_figure_sent_by_32_at_once_is_stored_once_and_all_are_told(
    season, as_role, database
):
    recorder = as_role("recorder", TAIHE)
    for _ in range(3):
        figure = {
            "id": str(uuid4()),
            "season_code": season,
            "area_code": VILLAGE,
            "crop_code": "RICE_E",
            "method": "transplanted",
            "as_of": "2023-04-20",
            "cumulative_mu": 12.5,
            "note": str(uuid4()),
        }
        if _:
            figure |= {"cumulative_mu": 12.5 + _}
        start, answers = threading.Barrier(32), []

        def send(body=figure, start=start, answers=answers) -> None:
            start.wait()
            answers.append(recorder.post("sowing/reports", body))

        threads = [threading.Thread(target=send) for _ in range(32)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert sorted({each.status_code for each in answers}) in ([200, 201], [201])
        assert [each.status_code for each in answers].count(201) == 1
        assert len({each.text for each in answers}) == 1
        tampered = recorder.post("sowing/reports", figure | {"cumulative_mu": 999})
        assert tampered.status_code == 409
    with database.system_reading() as session:
        assert session.scalar(select(func.count()).select_from(SowingReport)) == 3


def test_one_username_asked_for_by_many_at_once_is_given_once(as_role, database):
    admin, answers, start = as_role("admin"), [], threading.Barrier(6)

    def create(n: int) -> None:
        start.wait()
        account = {
            "username": "wanted",
            "display_name": f"第{n}人",
            "role": "leader",
            "area_code": TAIHE,
            "password": "a password of mine",
        }
        answers.append(admin.post("accounts", account).status_code)

    threads = [threading.Thread(target=create, args=(n,)) for n in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(answers) == [201, *[409] * 5]


def test_a_password_of_any_script_fits_itself_and_nothing_else():
    for password in ("密码一二三四五六", "🌾" * 8):
        hashed = hash_password(password)
        assert is_password(password, hashed)
        assert not is_password(password + " ", hashed)


def test_production_refuses_to_start_without_safe_cookies():
    with pytest.raises(ValueError, match="SECURE_COOKIES"):
        Settings(_env_file=None, mode="production")
    assert Settings(_env_file=None, mode="production", secure_cookies=True).mode == "production"


def test_the_clock_decides_when_a_session_ends(client, make_account, clock):
    make_account("leader", "441803", "leader")
    assert log_in(client, "leader").status_code == 201
    clock.forward(hours=12)
    clock.set(clock() - timedelta(microseconds=1))
    assert client.get("/api/v1/me").status_code == 200
    clock.forward(seconds=1)
    assert client.get("/api/v1/me").status_code == 401
