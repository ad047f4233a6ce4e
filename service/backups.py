"""Saving and restoring the whole database, consistently, while it is in use.

Never by copying the file: under load such a copy passes SQLite's own check and lacks rows.
"""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

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
    tool = shutil.which("pg_dump")
    if tool is None:
        raise BackupFailed("找不到 pg_dump;请安装 postgresql-client,或另行备份后用 --no-backup")
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        subprocess.run(
            [tool, "--format=custom", f"--file={target}", url],
            check=True,
            capture_output=True,
            text=True,
        )
    except subprocess.CalledProcessError as error:
        raise BackupFailed(f"pg_dump 失败:{error.stderr.strip()[:500]}") from error


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    directory = os.open(path.parent, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)
