"""Saving and restoring the whole database, consistently, while it is in use.

Never by copying the file: under load such a copy passes SQLite's own check and lacks rows.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import URL, inspect

from service.database import Database


class BackupFailed(RuntimeError):
    """No backup was made; says what to do."""


def save(database: Database, directory: Path, *, label: str = "backup") -> Path:
    """Write a consistent copy into a directory; return the file."""
    directory.mkdir(parents=True, exist_ok=True)
    stamp = database.clock().strftime("%Y%m%dT%H%M%SZ")
    suffix = "gpkg" if database.is_sqlite else "pgdump"
    target = directory / f"chungeng-{stamp}-{label}.{suffix}"
    partial = target.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    if database.is_sqlite:
        _save_sqlite(database, partial)
    else:
        _save_postgresql(database, partial)
    _sync(partial)
    partial.rename(target)
    return target


def _save_sqlite(database: Database, target: Path) -> None:
    assert database.url.database is not None
    with sqlite3.connect(database.url.database, isolation_level=None) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))
    connection.close()


def _save_postgresql(database: Database, target: Path) -> None:
    _run_client(database, "pg_dump", lambda url: ["--format=custom", f"--file={target}", url])


def _run_client(database: Database, name: str, arguments: Callable[[str], list[str]]) -> None:
    tool = shutil.which(name)
    if tool is None:
        raise BackupFailed(f"找不到 {name};请安装 postgresql-client,或另行备份后用 --no-backup")
    place = database.url
    url = URL.create(
        "postgresql", place.username, None, place.host, place.port, place.database, place.query
    ).render_as_string()
    # By environment: what stands on the command line, every user of the machine can read.
    password = {"PGPASSWORD": str(database.url.password)} if database.url.password else {}
    try:
        subprocess.run(
            [tool, *arguments(url)],
            env=os.environ | password,
            check=True,
            capture_output=True,
            text=True,
        )
    except subprocess.CalledProcessError as error:
        raise BackupFailed(f"{name} 失败:{error.stderr.strip()[:500]}") from error


def restore(database: Database, source: Path, *, is_replacing: bool) -> Path | None:
    """Put a backup in the database's place; return where the present one was kept.

    The copy is checked and synced beside the place first, and put there by one rename: a
    restore that is interrupted leaves the old database.
    """
    if not source.is_file():
        raise BackupFailed(f"没有备份文件 {source}")
    if not database.is_sqlite:
        _restore_postgresql(database, source)
        return None
    place = Path(database.url.database or "")
    if place.exists() and not is_replacing:
        raise BackupFailed(f"{place} 已存在;确要替换请加 --replace(现有数据库会另存)")
    incoming = place.with_name(place.name + ".restoring")
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, incoming)
    _refuse_damaged(incoming)
    _sync(incoming)
    kept = None
    if place.exists():
        kept = place.with_name(f"{place.name}.replaced-{database.clock():%Y%m%dT%H%M%SZ}")
        os.link(place, kept)
        _move_journals(place, kept)
    incoming.replace(place)
    _sync(place)
    return kept


def _move_journals(place: Path, kept: Path) -> None:
    """Leave the old database what a server that was killed had not yet written into it.

    SQLite would write it into whatever lies in the old one's place next.
    """
    for tail in ("-wal", "-journal"):
        beside = Path(f"{place}{tail}")
        if beside.exists():
            beside.replace(f"{kept}{tail}")
    Path(f"{place}-shm").unlink(missing_ok=True)


def _refuse_damaged(path: Path) -> None:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        whole = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        known = connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    except sqlite3.DatabaseError:
        whole = known = False
    finally:
        connection.close()
    if not (whole and known):
        path.unlink()
        raise BackupFailed("备份文件损坏,或不是春耕的备份;数据库没有改动")


def _restore_postgresql(database: Database, source: Path) -> None:
    with database.read_engine.connect() as connection:
        if inspect(connection).has_table("alembic_version"):
            raise BackupFailed("数据库不是空的;请新建一个空库再恢复")
    options = ["--no-owner", "--exit-on-error", "--single-transaction", "--clean", "--if-exists"]
    _run_client(database, "pg_restore", lambda url: [*options, f"--dbname={url}", str(source)])


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    directory = os.open(path.parent, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)
