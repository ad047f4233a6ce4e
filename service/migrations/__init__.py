"""Bringing a database to the schema of this code: once, backed up, never backwards."""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from service import backups
from service.database import Database
from service.machinery import codes as machinery
from service.sowing import codes
from service.supply import products
from service.visits import codes as visits

HERE = Path(__file__).parent
LOCK_KEY = int.from_bytes(hashlib.sha256(b"chungeng.migrate").digest()[:7], "big")
log = structlog.get_logger(__name__)


class SchemaTooNew(RuntimeError):
    """The database was migrated by newer code than this."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """Return the newest revision that this code knows."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None
    return revision


def current_revision(database: Database) -> str | None:
    """Return the revision of the database; None if it is empty."""
    with database.read_engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migrate(database: Database, *, backup_directory: Path | None) -> bool:
    """Bring the database to this code's schema; tell whether anything was done.

    Servers that start together take turns; the first migrates, the others find it done. A
    database with data is backed up first; with `backup_directory=None` the caller answers
    for that.
    """
    with _turn(database):
        before = current_revision(database)
        newest = head()
        if before == newest:
            return False
        _refuse_newer(before)
        if before is not None and backup_directory is not None:
            saved = backups.save(database, backup_directory, label=f"before-{newest}")
            log.info("backed up before migrating", file=saved.name)
        with database.engine.begin() as connection:
            command.upgrade(_config(connection), "head")
            # In the same transaction: a server killed in between must not start without codes.
            with Session(connection, join_transaction_mode="rollback_only") as session:
                codes.load(session)
                machinery.load(session)
                products.load(session)
                visits.load(session)
                session.commit()
        log.info("migrated", before=before, after=newest)
        return True


def _refuse_newer(revision: str | None) -> None:
    known = {each.revision for each in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise SchemaTooNew(f"数据库的结构版本 {revision} 比本程序新;请升级程序,或恢复升级前的备份")


@contextmanager
def _turn(database: Database) -> Iterator[None]:
    if database.is_sqlite:
        with _file_turn(database):
            yield
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK_KEY})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK_KEY})


@contextmanager
def _file_turn(database: Database) -> Iterator[None]:
    path = database.url.database
    if not path or path == ":memory:":
        yield
        return
    with Path(f"{path}.migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
