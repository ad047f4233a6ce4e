"""A backup holds what was there, and a restore puts it back or leaves everything as it is."""

from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service import backups
from service.areas.models import Area
from service.audit import first_break
from service.backups import BackupFailed
from service.database import Database

N_AREAS = 219


def contents(database: Database) -> tuple[int, object]:
    with database.system_reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Area)), first_break(session)


def another(database: Database, tmp_path: Path) -> Database:
    """An empty database of the same engine."""
    if database.is_sqlite:
        return Database(f"sqlite:///{tmp_path}/other.gpkg")
    name = f"other_{uuid4().hex[:12]}"
    admin = sa.create_engine(database.url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
    admin.dispose()
    return Database(database.url.set(database=name).render_as_string(hide_password=False))


def test_a_backup_restores_into_an_empty_database(database, tmp_path):
    saved = backups.save(database, tmp_path / "backups")
    empty = another(database, tmp_path)
    assert backups.restore(empty, saved, is_replacing=False) is None
    assert contents(empty) == (N_AREAS, None)
    with pytest.raises(sa.exc.DBAPIError), empty.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit_entries")
    empty.dispose()


def test_a_restore_refuses_a_database_that_holds_something(database, tmp_path):
    saved = backups.save(database, tmp_path / "backups")
    with pytest.raises(BackupFailed):
        backups.restore(database, saved, is_replacing=False)
    assert contents(database) == (N_AREAS, None)


@pytest.mark.parametrize("damage", ["cut", "flipped", "other", "empty"])
def test_a_damaged_backup_leaves_the_database_as_it_is(tmp_path, sqlite_template, damage):
    place = tmp_path / "place.gpkg"
    place.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{place}")
    saved = backups.save(database, tmp_path)
    whole = saved.read_bytes()
    half = len(whole) // 2
    saved.write_bytes(
        {
            "cut": whole[:half],
            "flipped": bytes(255 - each for each in whole[:8192]) + whole[8192:],
            "other": b"not a database",
            "empty": b"",
        }[damage]
    )
    with pytest.raises(BackupFailed):
        backups.restore(database, saved, is_replacing=True)
    assert contents(database) == (N_AREAS, None)
    database.dispose()


def test_replacing_keeps_the_old_database_beside_it(tmp_path, sqlite_template):
    place = tmp_path / "place.gpkg"
    place.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{place}")
    saved = backups.save(database, tmp_path)
    before = place.read_bytes()
    kept = backups.restore(database, saved, is_replacing=True)
    assert kept is not None
    assert kept.read_bytes() == before
    assert contents(database) == (N_AREAS, None)
    database.dispose()
