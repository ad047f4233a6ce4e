"""The database: one model on two engines, and its transactions."""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    MetaData,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import DeclarativeBase, Session

from config.thresholds import Thresholds
from service import geopackage

BUSY_SECONDS = 10
ADMITTED_REQUESTS = 16
"""Requests with a transaction at one time; more wait without holding a thread or connection."""
ADMITTED_WRITERS = 2
"""Of these, requests that may write: one at the ledger, one reading its body or answering."""
WAL_RESET_FIXED = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
"""First patched release of each SQLite branch; others can corrupt a WAL database."""
UNSAFE_POSTGRESQL = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class Base(DeclarativeBase):
    """The declarative base; every constraint has a name to migrate by."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def utc_now() -> datetime:
    """Return this machine's instant."""
    return datetime.now(UTC)


class Database:
    """An engine and its two doors: one for reading, one for writing."""

    def __init__(
        self,
        url: str,
        *,
        clock: Callable[[], datetime] = utc_now,
        thresholds: Thresholds | None = None,
    ) -> None:
        self.url = make_url(url)
        self.clock = clock
        self.thresholds = thresholds or Thresholds.read()
        self.observation_directory = Path("var/observations")
        """Where series from imagery are kept; the door that opens the database says where."""
        self.is_demonstration = False
        self.kept: dict[str, dict[str, Any]] = {}
        """Rows that never change once they stand, by kind and code; read once per server."""
        self.answers: OrderedDict[Hashable, Any] = OrderedDict()
        """Answers that hold until the next write; see `audit.until_the_next_write`."""
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = self._sqlite_engine() if self.is_sqlite else self._postgresql_engine()
        event.listen(self.engine, "begin", self._begin)
        event.listen(self.engine, "checkin", self._checkin)
        self._writer_turn = threading.Lock()

    def _sqlite_engine(self) -> Engine:
        if self.url.database and self.url.database != ":memory:":
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            self.url,
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
            pool_size=ADMITTED_REQUESTS,
            max_overflow=8,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        self.read_engine = engine.execution_options(reads_only=True)
        return engine

    def _postgresql_engine(self) -> Engine:
        engine = create_engine(
            self.url, pool_size=ADMITTED_REQUESTS, max_overflow=8, pool_pre_ping=True
        )
        self.read_engine = engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        return engine

    def _begin(self, connection: Connection) -> None:
        if not self.is_sqlite:
            return
        if connection.get_execution_options().get("reads_only"):
            connection.exec_driver_sql("PRAGMA query_only=ON")
            connection.exec_driver_sql("BEGIN")
            return
        # One writer at a time anyway: queueing here is fair, SQLite's own polling is not.
        if not self._writer_turn.acquire(timeout=3 * BUSY_SECONDS):
            raise sqlite3.OperationalError("database is locked")
        connection.info["has_writer_turn"] = True
        connection.exec_driver_sql("PRAGMA query_only=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def _checkin(self, dbapi_connection: Any, record: Any) -> None:
        if record.info.pop("has_writer_turn", False):
            self._writer_turn.release()
            if dbapi_connection is not None:  # None where it was lost
                geopackage.restore(dbapi_connection)

    def read_session(self) -> Session:
        """Open a session that cannot write; what it asks twice, it may keep: see `records.once`."""
        info = {"database": self, "answers": {}}
        return Session(self.read_engine, expire_on_commit=False, info=info)

    def write_session(self) -> Session:
        """Open a session whose transaction may write."""
        return Session(self.engine, expire_on_commit=False, info={"database": self})

    @contextmanager
    def system_transaction(self) -> Iterator[Session]:
        """One transaction of the system itself: a job, a command, the demo. It sees every area."""
        with self.write_session() as session, session.begin():
            session.info["is_system"] = True
            yield session

    @contextmanager
    def system_reading(self) -> Iterator[Session]:
        """Read as the system itself, which sees every area."""
        with self.read_session() as session:
            session.info["is_system"] = True
            yield session

    def refuse_unsafe_durability(self) -> None:
        """Raise where this PostgreSQL could lose an acknowledged write."""
        if self.is_sqlite:
            return
        with self.engine.connect() as connection:
            for name, unsafe in UNSAFE_POSTGRESQL.items():
                if connection.exec_driver_sql(f"SHOW {name}").scalar() == unsafe:
                    raise RuntimeError(f"PostgreSQL runs with {name}=off; switch it on")

    def describe(self) -> dict[str, str]:
        """Name the engine, its version and how it keeps what it acknowledged."""
        if self.is_sqlite:
            mode = journal_mode(sqlite3.sqlite_version_info)
            return {"engine": "sqlite", "version": sqlite3.sqlite_version, "journal_mode": mode}
        with self.read_engine.connect() as connection:
            version = connection.exec_driver_sql("SHOW server_version").scalar()
        return {"engine": "postgresql", "version": str(version)}

    def dispose(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()


def clock_of(session: Session) -> Callable[[], datetime]:
    """Return the clock of the database that this session belongs to."""
    database: Database = session.info["database"]
    return database.clock


def thresholds_of(session: Session) -> Thresholds:
    """Return the numbers that this deployment's checks compare with."""
    database: Database = session.info["database"]
    return database.thresholds


def dialect_insert(session: Session, model: type[Base]) -> Any:
    """Return this engine's INSERT, whose `on_conflict_do_…` both engines spell alike."""
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    return insert(model)


def journal_mode(version: tuple[int, ...]) -> str:
    """Return the journal mode that is safe with this SQLite library."""
    is_fixed = any(
        version >= fixed and (version[:2] == fixed[:2] or fixed is WAL_RESET_FIXED[0])
        for fixed in WAL_RESET_FIXED
    )
    return "WAL" if is_fixed else "TRUNCATE"


def _prepare_sqlite(dbapi_connection: sqlite3.Connection, _record: Any) -> None:
    # The driver must not begin transactions by itself: every write begins IMMEDIATE (see _begin).
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    mode = journal_mode(sqlite3.sqlite_version_info)
    for pragma in (f"journal_mode={mode}", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    geopackage.register(dbapi_connection)
