"""Transactions that lose nothing, types that round nothing, subtrees that are whole."""

import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from service import database as databases
from service import migrations
from service.accounts.models import Account
from service.areas import actions as areas
from service.areas.models import Area
from service.audit import AuditHead, instant, record
from service.columns import ExactDecimal, UtcInstant
from service.database import Database, journal_mode
from service.security import Role, Viewer

TAIHE, COUNTY = "441803102", "441803"
VALUES = sa.Table(
    "test_values",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("mu", ExactDecimal(14, 2)),
    sa.Column("factor", ExactDecimal(8, 3)),
    sa.Column("at", UtcInstant()),
)
HELD = hypothesis_settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""About the file and its locks; PostgreSQL has others."""


@pytest.fixture
def values(database):
    """A table of the two column types."""
    with database.engine.begin() as connection:
        VALUES.create(connection)
    return VALUES


def together(n: int, work) -> list:
    """Run the work in so many threads at once; return what each returned or raised."""
    start, results = threading.Barrier(n), []

    def run() -> None:
        start.wait()
        try:
            results.append(work())
        except Exception as error:
            results.append(error)

    threads = [threading.Thread(target=run) for _ in range(n)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return results


def test_who_reads_then_writes_loses_no_update(database, values):
    with database.system_transaction() as session:
        session.execute(values.insert().values(id=1, mu=Decimal(200)))

    def take() -> int:
        taken = 0
        for _ in range(15):
            with database.system_transaction() as session:
                instant(session)
                left = session.scalar(select(values.c.mu))
                if left >= 1:
                    session.execute(values.update().values(mu=left - 1))
                    taken += 1
        return taken

    results = together(16, take)
    assert sum(results) == 200, results
    with database.system_reading() as session:
        assert session.scalar(select(values.c.mu)) == 0


@only_sqlite
def test_two_processes_that_read_then_write_a_file_wait_for_each_other(database):
    """Two pools stand for two processes: they share no queue but the database's own."""
    others = [Database(database.url.render_as_string()) for _ in range(3)]
    turn = iter(others * 4)

    def count_up() -> None:
        ours = next(turn)
        for _ in range(5):
            with ours.write_session() as session, session.begin():
                head = session.execute(sa.text("SELECT n FROM audit_head")).scalar()
                session.execute(sa.text("UPDATE audit_head SET n = :n"), {"n": head + 1})

    with database.system_reading() as session:
        before = session.scalars(select(AuditHead.n)).one()
    assert together(6, count_up) == [None] * 6
    with database.system_reading() as session:
        assert session.scalars(select(AuditHead.n)).one() == before + 30
    for each in others:
        each.dispose()


@only_sqlite
def test_every_writing_transaction_of_sqlite_begins_immediate(database):
    seen: list[str] = []
    with database.engine.connect() as connection:
        connection.connection.driver_connection.set_trace_callback(seen.append)
    with database.system_transaction() as session:
        session.execute(sa.text("SELECT 1"))
    begins = [each for each in seen if each.upper().startswith("BEGIN")]
    assert begins == ["BEGIN IMMEDIATE"]
    other = sqlite3.connect(database.url.database, timeout=0)
    with database.system_transaction() as session:
        session.execute(sa.text("SELECT 1"))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.close()


def test_a_session_for_reading_cannot_write(database):
    with database.system_reading() as session:
        for statement in (
            "DELETE FROM login_sessions",
            "UPDATE audit_head SET n = 99",
            "CREATE TABLE made (id INTEGER)",
        ):
            with pytest.raises(DBAPIError, match=r"readonly|read-only"):
                session.execute(sa.text(statement))
            session.rollback()
    with database.system_transaction() as session:  # and the next writer can
        record(session, "test", "subject")


def test_a_reading_sees_one_state_throughout(database):
    with database.system_reading() as reading:
        before = reading.scalars(select(AuditHead.n)).one()
        if not database.is_sqlite or journal_mode(sqlite3.sqlite_version_info) == "WAL":
            with database.system_transaction() as session:
                record(session, "test", "subject")
        reading.expire_all()
        assert reading.scalars(select(AuditHead.n)).one() == before


@only_sqlite
def test_sqlite_keeps_what_it_acknowledged(database):
    for engine in (database.engine, database.read_engine):
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
            assert mode == database.describe()["journal_mode"].lower()


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 40, 1), "TRUNCATE"),
        ((3, 44, 5), "TRUNCATE"),
        ((3, 44, 6), "WAL"),
        ((3, 45, 0), "TRUNCATE"),
        ((3, 50, 6), "TRUNCATE"),
        ((3, 50, 7), "WAL"),
        ((3, 51, 0), "TRUNCATE"),
        ((3, 51, 2), "TRUNCATE"),
        ((3, 51, 3), "WAL"),
        ((3, 52, 0), "WAL"),
        ((4, 0, 0), "WAL"),
    ],
)
def test_wal_is_used_only_where_its_reset_is_mended(version, mode):
    assert journal_mode(version) == mode


def test_a_postgresql_that_may_forget_is_refused(database):
    database.refuse_unsafe_durability()
    if database.is_sqlite:
        return
    url = database.url.update_query_dict({"options": "-c synchronous_commit=off"})
    unsafe = Database(url.render_as_string(hide_password=False))
    with pytest.raises(RuntimeError, match="synchronous_commit"):
        unsafe.refuse_unsafe_durability()
    unsafe.dispose()


def test_a_broken_reference_is_refused(database):
    with pytest.raises(DBAPIError), database.system_transaction() as session:
        session.execute(
            sa.text(
                "INSERT INTO login_sessions (token_hash, account_id, created_at, expires_at) "
                "VALUES ('x', :account, :at, :at)"
            ),
            {"account": uuid4().hex, "at": "2023-04-20 00:00:00"},
        )


# Types.

exact_mu = st.decimals(
    min_value=Decimal("-999999999999.99"), max_value=Decimal("999999999999.99"), places=2
)
instants = st.datetimes(
    min_value=datetime(1900, 1, 2),
    max_value=datetime(2200, 1, 1),
    timezones=st.sampled_from(
        [UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=8, minutes=5, seconds=43))]
    ),
)


@HELD
@given(mu=exact_mu, factor=st.decimals("-99999.999", "99999.999", places=3), at=instants)
def test_a_decimal_and_an_instant_come_back_exactly(values, database, mu, factor, at):
    with database.system_transaction() as session:
        session.execute(values.delete())
        session.execute(values.insert().values(id=1, mu=mu, factor=factor, at=at))
    with database.system_reading() as session:
        row = session.execute(select(values)).one()
        found = session.scalar(select(values.c.id).where(values.c.mu == mu, values.c.at == at))
    assert (row.mu, row.factor, row.at) == (mu, factor, at)
    assert (str(row.mu), str(row.factor)) == (str(mu), str(factor)) or not (mu and factor)
    assert row.at.tzinfo is UTC
    assert isinstance(row.mu, Decimal)
    assert found == 1


@HELD
@given(many=st.lists(exact_mu, min_size=1, max_size=30), when=st.lists(instants, min_size=2))
def test_sums_are_exact_and_instants_sort_as_they_follow(values, database, many, when):
    with database.system_transaction() as session:
        session.execute(values.delete())
        rows = [
            {"id": n, "mu": mu, "at": when[n % len(when)]} for n, mu in enumerate(many, start=1)
        ]
        session.execute(values.insert(), rows)
    with database.system_reading() as session:
        assert session.scalar(select(func.sum(values.c.mu))) == sum(many)
        assert session.scalar(select(func.max(values.c.mu))) == max(many)
        ordered = session.scalars(select(values.c.at).order_by(values.c.at)).all()
    assert ordered == sorted(row["at"] for row in rows)


def test_ten_thousand_tenths_are_a_thousand(values, database):
    with database.system_transaction() as session:
        rows = [{"id": n, "factor": Decimal("0.1")} for n in range(10_000)]
        session.execute(values.insert(), rows)
        assert str(session.scalar(select(func.sum(values.c.factor)))) == "1000.000"


@pytest.mark.parametrize(
    "bad", [Decimal("0.001"), Decimal("NaN"), Decimal("Infinity"), Decimal("1e13"), Decimal("1e30")]
)
def test_a_decimal_that_the_column_cannot_hold_is_refused(values, database, bad):
    with (
        pytest.raises((StatementError, ValueError, ArithmeticError)),
        database.system_transaction() as session,
    ):
        session.execute(values.insert().values(id=1, mu=bad))


def test_an_instant_without_a_zone_is_refused(values, database):
    with (
        pytest.raises(StatementError, match="time zone"),
        database.system_transaction() as session,
    ):
        session.execute(values.insert().values(id=1, at=datetime(2023, 4, 20, 9)))


# Scope.


def a_viewer(area_code: str) -> Viewer:
    return Viewer(uuid4(), "someone", "某人", Role.LEADER, area_code)


def areas_seen(database, viewer: Viewer | None) -> list[str]:
    with database.read_session() as session:
        if viewer is not None:
            session.info["viewer"] = viewer
        return list(session.scalars(select(Area.area_code).order_by(Area.area_code)))


def test_a_session_without_a_viewer_sees_nothing(database):
    assert areas_seen(database, None) == []
    assert len(areas_seen(database, a_viewer(COUNTY))) == 219


@pytest.mark.parametrize("area_code", ["44", "4418", COUNTY, TAIHE, "441803102201"])
def test_a_viewer_sees_exactly_the_codes_that_begin_with_theirs(database, area_code):
    everything = areas_seen(database, a_viewer(COUNTY))
    seen = areas_seen(database, a_viewer(area_code))
    assert seen == [code for code in everything if code.startswith(area_code)]
    assert seen


def test_the_scope_holds_for_aliases_joins_counts_and_getting_by_key(database, make_account):
    outside = make_account("leader", "441803105")
    with database.read_session() as session:
        session.info["viewer"] = a_viewer(TAIHE)
        other = sa.orm.aliased(Area)
        assert session.get(Area, "441803105") is None
        assert session.get(Account, outside.id) is None
        pairs = select(func.count()).select_from(Area).join(other, other.name == other.name)
        inside = session.scalar(select(func.count()).select_from(Area))
        assert session.scalar(pairs) == inside**2
        exists = select(sa.literal(1)).where(select(Area).where(Area.name == "山塘镇").exists())
        assert session.scalar(exists) is None
        union = select(Area.area_code).union_all(select(other.area_code))
        assert len(session.scalars(union).all()) == 2 * inside


def test_nothing_is_written_outside_the_scope(database, make_account):
    account = make_account("leader", TAIHE)
    with database.write_session() as session:
        session.info["viewer"] = a_viewer("441803105")
        session.add(
            Area(area_code="441803102999", name="x", match_name="x", starts_on=datetime.now(UTC))
        )
        with pytest.raises(PermissionError):
            session.flush()
    with database.write_session() as session:
        session.info["viewer"] = a_viewer(TAIHE)
        session.get_one(Account, account.id).area_code = COUNTY
        with pytest.raises(PermissionError):
            session.flush()
    with database.write_session() as session:
        session.info["viewer"] = a_viewer("441803105")
        changed = session.execute(
            sa.update(Account).values(display_name="x").where(Account.id == account.id)
        )
        assert changed.rowcount == 0


LOCALES = (
    "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C.UTF-8'",
    "LOCALE_PROVIDER icu ICU_LOCALE 'zh-Hans-CN' LOCALE 'C.UTF-8'",
)


@pytest.mark.postgis
@pytest.mark.parametrize("locale", LOCALES)
def test_a_subtree_is_whole_whatever_the_locale_of_the_database(locale, postgis_template):
    name = f"locale_{uuid4().hex[:12]}"
    admin = sa.create_engine(postgis_template, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" {locale} TEMPLATE template0')
    ours = Database(postgis_template.set(database=name).render_as_string(hide_password=False))
    try:
        with ours.engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT '441803:' < '441803102'").scalar()
        migrations.migrate(ours, backup_directory=None)
        with ours.system_transaction() as session:
            areas.load_areas(session, areas.shipped_areas())
        everything = sorted(code for code, _ in areas.shipped_areas())
        assert areas_seen(ours, a_viewer(COUNTY)) == everything
        assert areas_seen(ours, a_viewer(TAIHE)) == [
            code for code in everything if code.startswith(TAIHE)
        ]
    finally:
        ours.dispose()
        with admin.connect() as connection:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
        admin.dispose()


def test_every_column_that_holds_an_area_compares_byte_by_byte(database):
    plain = [
        f"{table.name}.{column.name}"
        for table in databases.Base.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("area_code")
        and column.type.dialect_impl(sa.dialects.postgresql.dialect()).collation != "C"
    ]
    assert plain == []


@only_sqlite
def test_the_thread_that_waits_for_a_writer_is_told_that_storage_is_busy(
    database, client, as_role, monkeypatch
):
    recorder = as_role("recorder", TAIHE)
    monkeypatch.setattr(databases, "BUSY_SECONDS", 0.01)
    with database.system_transaction() as session:
        session.execute(sa.text("SELECT 1"))
        answer = recorder.post("sowing/reports", {})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "storage_busy"


def test_a_session_outside_a_request_is_told_apart_from_the_system(database):
    with Session(database.engine) as session:
        assert session.scalars(select(Area)).all() == []
