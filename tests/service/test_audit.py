"""The chain holds, and says where it was touched; what is written once stays written."""

import random
import sqlite3
from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from service import audit
from service.audit import AuditEntry, AuditHead
from service.database import Database

TAIHE, VILLAGE = "441803102", "441803102201"
APPEND_ONLY = ("audit_entries", "sowing_reports", "sowing_plans", "task_events")
FIGURE = {
    "season_code": "2023-spring",
    "area_code": VILLAGE,
    "crop_code": "RICE_E",
    "method": "transplanted",
    "as_of": "2023-04-20",
    "cumulative_mu": 12.5,
}
PLAN = {
    "season_code": "2023-spring",
    "area_code": TAIHE,
    "crop_code": "RICE_E",
    "plan_mu": 100,
    "document_no": "清新农〔2023〕1号",
}


@pytest.fixture
def week(season, as_role) -> str:
    """The task of the week of 20 April, in which one figure and a plan stand."""
    recorder = as_role("recorder", TAIHE)
    assert recorder.post("sowing/reports", FIGURE).status_code == 201
    assert as_role("bureau").post("sowing/plans", PLAN).status_code == 201
    task = recorder.get("reporting/tasks", season=season, period="2023-04-20").json()["items"][0]
    return task["id"]


def count_entries(database) -> int:
    with database.system_reading() as session:
        return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def first_break(database) -> audit.Break | None:
    with database.system_reading() as session:
        return audit.first_break(session)


def test_the_chain_holds_after_a_week_of_use(week, as_role, database, clock):
    for role, step in (("recorder", "submit"), ("approver", "approve"), ("bureau", "accept")):
        speaker = as_role(role, TAIHE if role != "bureau" else "441803")
        assert speaker.post(f"reporting/tasks/{week}/{step}").status_code == 200
        clock.set(clock() - timedelta(hours=1))  # even with a clock that goes back
    assert first_break(database) is None
    with database.system_reading() as session:
        entries = session.execute(
            select(AuditEntry.n, AuditEntry.at, AuditEntry.previous_hash, AuditEntry.hash).order_by(
                AuditEntry.n
            )
        ).all()
        head = session.scalars(select(AuditHead)).one()
    assert [each.n for each in entries] == list(range(1, len(entries) + 1))
    assert entries[0].previous_hash == audit.GENESIS
    assert all(b.previous_hash == a.hash for a, b in pairwise(entries))
    instants = sorted({each.at for each in entries})
    assert [each.at for each in entries] == sorted(each.at for each in entries)
    assert len(instants) >= 7
    assert (head.n, head.hash, head.at) == (len(entries), entries[-1].hash, entries[-1].at)


def test_every_change_is_told_and_what_was_refused_is_not(week, as_role, database):
    recorder, approver = as_role("recorder", TAIHE), as_role("approver", TAIHE)
    bureau, admin = as_role("bureau"), as_role("admin")
    account = {
        "username": "new",
        "display_name": "新",
        "role": "leader",
        "area_code": TAIHE,
        "password": "a new password",
    }
    season = {
        "code": "2024-spring",
        "title": "2024年春播",
        "kind": "spring",
        "crop_year": 2024,
        "starts_on": "2024-02-24",
        "ends_on": "2024-05-04",
    }
    grant = {
        "season_code": "2023-spring",
        "area_code": TAIHE,
        "period": "2023-04-20",
        "reason": "停电",
        "expires_at": "2023-04-25T09:00:00+08:00",
    }
    me, task = admin.get("me").json()["account_id"], f"reporting/tasks/{week}"
    changes = [
        (recorder, "POST", "sowing/reports", FIGURE | {"cumulative_mu": 13}),
        (recorder, "POST", "sowing/reports/batch", {"items": [FIGURE | {"cumulative_mu": 14}]}),
        (recorder, "POST", f"{task}/submit", None),
        (approver, "POST", f"{task}/return", {"reason": "不对"}),
        (recorder, "POST", f"{task}/submit", None),
        (approver, "POST", f"{task}/approve", None),
        (bureau, "POST", f"{task}/accept", None),
        (bureau, "POST", f"{task}/reopen", {"reason": "更正"}),
        (bureau, "POST", "reporting/exceptions", grant),
        (bureau, "POST", "sowing/plans", PLAN | {"plan_mu": 120, "reason": "调整"}),
        (bureau, "POST", "seasons", season),
        (admin, "POST", "accounts", account),
        (admin, "PATCH", f"accounts/{me}", {"display_name": "管理员"}),
        (approver, "DELETE", "sessions/current", None),
    ]
    for speaker, method, path, body in changes:
        before = count_entries(database)
        answer = speaker.send(method, path, json=body)
        assert answer.status_code < 300, (path, answer.text)
        assert count_entries(database) > before, path
    refused = [
        (recorder, "POST", "sowing/reports", FIGURE | {"as_of": "2023-04-19"}),
        (recorder, "POST", "sowing/reports", FIGURE | {"cumulative_mu": -1}),
        (recorder, "POST", f"{task}/accept", None),
        (bureau, "POST", f"{task}/accept", None),
        (bureau, "POST", "seasons", season | {"title": "别的"}),
        (bureau, "POST", "sowing/plans", PLAN | {"plan_mu": 130}),
        (bureau, "POST", "reporting/exceptions", grant | {"period": "2023-04-19"}),
        (admin, "POST", "accounts", account | {"display_name": "别的"}),
        (admin, "PATCH", f"accounts/{uuid4()}", {"display_name": "x"}),
    ]
    before = count_entries(database)
    for speaker, method, path, body in refused:
        answer = speaker.send(method, path, json=body)
        assert 400 <= answer.status_code < 500, (path, answer.text)
    unchanged = recorder.post("sowing/reports", FIGURE | {"cumulative_mu": 14})
    assert unchanged.status_code == 200
    assert count_entries(database) == before
    assert first_break(database) is None


def test_reading_changes_nothing(week, as_role, database):
    def contents():
        with database.system_reading() as session:
            return {
                name: session.execute(sa.text(f"SELECT * FROM {name} ORDER BY 1, 2")).all()
                for name in ("audit_entries", "audit_head", "reporting_tasks", "sowing_rollups")
            }

    leader = as_role("leader")
    before = contents()
    for path in ("sowing/reports", "sowing/progress", "sowing/curve", "sowing/plans"):
        assert leader.get(path, season="2023-spring").status_code == 200
    assert leader.post("sowing/reports", FIGURE).status_code == 403
    assert contents() == before


def test_a_transaction_that_is_rolled_back_leaves_no_entry(database):
    before = count_entries(database)

    def write_and_fail() -> None:
        with database.system_transaction() as session:
            audit.record(session, "test", "subject")
            audit.instant(session)
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        write_and_fail()
    assert count_entries(database) == before
    with database.system_transaction() as session:
        audit.record(session, "test", "主题", detail_of="中文\u2028")
    assert count_entries(database) == before + 1
    assert first_break(database) is None


def test_instants_rise_though_the_clock_stands_or_goes_back(database, clock):
    seen = []
    for step in (0, 0, -3600, 5, -86400):
        clock.set(clock() + timedelta(seconds=step))
        with database.system_transaction() as session:
            seen.append(audit.instant(session))
            assert audit.instant(session) == seen[-1]
            audit.record(session, "test", "subject")
    assert all(later > earlier for earlier, later in pairwise(seen))


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_what_was_written_can_be_neither_changed_nor_deleted(table, week, database):
    statements = [f"UPDATE {table} SET id = id", f"DELETE FROM {table}"]
    if table == "audit_entries":
        statements[0] = f"UPDATE {table} SET detail = detail WHERE n = 1"
    if not database.is_sqlite:
        statements.append(f"TRUNCATE {table} CASCADE")
    for statement in statements:
        with (
            pytest.raises(DBAPIError, match="append-only"),
            database.system_transaction() as session,
        ):
            session.execute(sa.text(statement))
    with database.system_reading() as session:
        assert session.scalar(sa.text(f"SELECT count(*) FROM {table}"))


# Behind the program's back: the triggers are dropped first, as whoever owns the file can.


@pytest.fixture(scope="module")
def long_chain(tmp_path_factory, sqlite_template):
    """A file with a chain of some 3,000 entries and no triggers."""
    path = tmp_path_factory.mktemp("chain") / "chain.gpkg"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    n = count_entries(database)
    while n < 3000:
        with database.system_transaction() as session:
            for _ in range(150):
                n += 1
                audit.record(session, "test.说", f"主题 {n}", area_code=TAIHE, mu=n, note="春耕")
    database.dispose()
    with sqlite3.connect(path) as connection:
        for event in ("update", "delete"):
            connection.execute(f"DROP TRIGGER audit_entries_no_{event}")
    connection.close()
    return path


def edited_byte(connection, rng, n) -> int:
    column = rng.choice(
        ("at", "actor", "action", "subject", "detail", "algorithm", "previous_hash", "hash")
    )
    (value,) = connection.execute(
        f"SELECT CAST({column} AS BLOB) FROM audit_entries WHERE n = ?", (n,)
    ).fetchone()
    position = rng.randrange(len(value))
    changed = bytearray(value)
    changed[position] ^= 1 << rng.randrange(8)
    connection.execute(
        f"UPDATE audit_entries SET {column} = CAST(? AS TEXT) WHERE n = ?", (bytes(changed), n)
    )
    return n


def other_kind(connection, rng, n) -> int:
    column = rng.choice(("at", "actor", "detail", "algorithm", "hash"))
    value = rng.choice((5, 2.5, b"\xff\xfe", "", "sha1", "x" * 100))
    connection.execute(f"UPDATE audit_entries SET {column} = ? WHERE n = ?", (value, n))
    return n


def deleted(connection, _rng, n) -> int:
    connection.execute("DELETE FROM audit_entries WHERE n = ?", (n,))
    return n


def swapped(connection, _rng, n) -> int:
    connection.execute("UPDATE audit_entries SET n = -1 WHERE n = ?", (n,))
    connection.execute("UPDATE audit_entries SET n = ? WHERE n = ?", (n, n + 1))
    connection.execute("UPDATE audit_entries SET n = ? WHERE n = -1", (n + 1,))
    return n


def tail_cut(connection, _rng, n) -> int:
    connection.execute("DELETE FROM audit_entries WHERE n >= ?", (n,))
    return n


def renumbered(connection, _rng, n) -> int:
    connection.execute("UPDATE audit_entries SET n = 'x' WHERE n = ?", (n,))
    return n


def area_removed(connection, _rng, n) -> int:
    connection.execute(
        "UPDATE audit_entries SET area_code = CASE WHEN area_code IS NULL THEN '44' END "
        "WHERE n = ?",
        (n,),
    )
    return n


def put_before_all(connection, _rng, n) -> int:
    connection.execute("UPDATE audit_entries SET n = 0 WHERE n = ?", (n,))
    return 1


MUTATIONS = (
    edited_byte,
    edited_byte,
    edited_byte,
    other_kind,
    deleted,
    swapped,
    tail_cut,
    renumbered,
    area_removed,
    put_before_all,
)


def test_any_touch_is_named_at_the_first_row_that_it_breaks(long_chain):
    rng, database = random.Random(20230420), Database(f"sqlite:///{long_chain}")
    assert first_break(database) is None
    for turn in range(60):
        mutate, n = MUTATIONS[turn % len(MUTATIONS)], rng.randrange(2, 2990)
        with database.engine.connect() as held, held.begin() as transaction:
            raw = held.connection.driver_connection
            expected = mutate(raw, rng, n)
            with Session(held, join_transaction_mode="create_savepoint") as session:
                found = audit.first_break(session)
            transaction.rollback()
        assert found is not None, (mutate.__name__, n)
        assert found.n == expected, (mutate.__name__, n, found)
    assert first_break(database) is None
    database.dispose()


@pytest.mark.parametrize(
    "touch",
    [
        "UPDATE audit_head SET n = n - 1",
        "UPDATE audit_head SET hash = '0'",
        "UPDATE audit_head SET at = '2000-01-01 00:00:00.000000'",
        "UPDATE audit_head SET at = 'nonsense'",
        "DELETE FROM audit_head",
    ],
)
def test_a_head_that_does_not_fit_its_chain_is_named(touch, long_chain, tmp_path):
    path = tmp_path / "touched.gpkg"
    path.write_bytes(long_chain.read_bytes())
    with sqlite3.connect(path) as connection:
        connection.execute(touch)
    connection.close()
    database = Database(f"sqlite:///{path}")
    found = first_break(database)
    database.dispose()
    assert found is not None
    assert found.n == 3002
    assert "链尾" in found.reason


def test_the_auditor_reads_the_chain_of_their_area_in_order(week, as_role):
    auditor, page, seen = as_role("auditor", TAIHE), {"next": 0}, []
    while page["next"] is not None:
        page = auditor.get("audit", after=page["next"], limit=3).json()
        seen += page["items"]
    assert [each["n"] for each in seen] == sorted({each["n"] for each in seen})
    assert all((each["area_code"] or TAIHE).startswith(TAIHE) for each in seen)
    assert "report.file" in {each["action"] for each in seen}


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_savepoint_is_no_commit_of_the_chain(database, is_kept):
    with database.system_transaction() as session:
        at = audit.instant(session)
        audit.record(session, "test.before", "x")
        trial = session.begin_nested()
        audit.record(session, "test.inside", "x")
        trial.commit() if is_kept else trial.rollback()
        assert audit.instant(session) == at, "one transaction, one instant"
        queued = [each["action"] for each in session.info["audit_queue"]]
        assert queued == ["test.before", "test.inside"], "who takes back trims its own entries"
