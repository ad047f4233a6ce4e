"""Observations in a backup: copies by their content, and a manifest beside each database.

A file of observations is moved over as a whole, so one that is held open stays what it was. What
did not change since the last backup is not copied again.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from uuid import uuid4

from service.backups import BackupFailed
from service.imagery import store

MANIFEST = ".observations.json"
FORMAT = 1
TRIES = 3
READ_ONLY = 0o440


@dataclass(frozen=True)
class Restored:
    """What became of the observations of a backup."""

    n_copied: int
    n_same: int
    kept: Path | None
    """Where those that stood in the way lie now."""
    lost: list[str]
    """Names whose copy is missing or not what it was."""


def manifest_of(backup: Path) -> Path:
    """Return where a backup's manifest lies."""
    return backup.with_name(backup.name + MANIFEST)


def copies_of(backup: Path) -> Path:
    """Return the folder of copies that a backup shares with the others of its directory."""
    return backup.parent / "observations"


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    lock = store.locked(folder)
    try:
        yield
    finally:
        os.close(lock)


def save(folder: Path, save_database: Callable[[], Path]) -> tuple[Path, int]:
    """Save a database with its observations; return its file, and how many others were copied.

    Both are of one state. Where images come in meanwhile, both are saved again; the last time,
    whoever observes waits.
    """
    for attempt in range(1, TRIES + 1):
        with ExitStack() as stack:
            turn = stack.enter_context(ExitStack())
            turn.enter_context(_held(folder))
            opened = {
                name: stack.enter_context(path.open("rb"))
                for name, path in store.files(folder).items()
            }
            if attempt < TRIES:
                turn.close()
            target = save_database()
            if attempt == TRIES or _stands(folder, opened):
                return target, _copy(opened, target)
        target.unlink()
    raise AssertionError("the last try always ends")


def _stands(folder: Path, opened: Mapping[str, BufferedReader]) -> bool:
    """Tell whether the files are still those that were opened."""
    with _held(folder):
        now = {name: path.stat().st_ino for name, path in store.files(folder).items()}
    return now == {name: os.fstat(file.fileno()).st_ino for name, file in opened.items()}


def _copy(opened: Mapping[str, BufferedReader], backup: Path) -> int:
    said, n_copied = {}, 0
    for name, file in opened.items():
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        said[name] = {"sha256": sha256, "bytes": os.fstat(file.fileno()).st_size}
        target = _place(copies_of(backup), sha256)
        if not _is_whole(target, sha256):
            file.seek(0)
            _write(file, target)
            target.chmod(READ_ONLY)
            n_copied += 1
    manifest = {"format": FORMAT, "database": backup.name, "files": said}
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
    partial = manifest_of(backup).with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    _sync(partial)
    partial.replace(manifest_of(backup))
    _sync(backup.parent)
    return n_copied


def _place(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / sha256


def _is_whole(path: Path, sha256: str) -> bool:
    return path.is_file() and store.sha256_of(path) == sha256


def _write(source: BufferedReader, target: Path) -> None:
    """Copy a file beside its place and move it there, so that no half of it is ever seen."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        with partial.open("xb") as file:
            shutil.copyfileobj(source, file, 2**20)
        _sync(partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    _sync(target.parent)


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def wanted_by(backup: Path) -> dict[str, str] | None:
    """Return the hash of each file of a backup; None if the backup tells of no observations."""
    path = manifest_of(backup)
    if not path.exists():
        return None
    try:
        said = json.loads(path.read_bytes())
        if said["format"] != FORMAT:
            raise BackupFailed(f"{path.name} 由更新的程序所做;请用那个版本恢复")
        wanted = {str(name): str(each["sha256"]) for name, each in said["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupFailed(f"观测清单 {path.name} 已损坏;没有改动") from error
    # A manifest is a file that came from elsewhere: its names must not lead out of the folder.
    if any(store.NAME.fullmatch(name) is None for name in wanted):
        raise BackupFailed(f"观测清单 {path.name} 里有不是观测文件的名称;没有改动")
    return wanted


def lost(backup: Path, wanted: Mapping[str, str]) -> list[str]:
    """Return the names whose copy in a backup is missing or not what it was."""
    copies = copies_of(backup)
    return [name for name, sha in sorted(wanted.items()) if not _is_whole(_place(copies, sha), sha)]


def in_the_way(folder: Path, wanted: Mapping[str, str]) -> list[str]:
    """Return the names of files that a restore would put aside."""
    found = store.files(folder)
    return [name for name, path in found.items() if store.sha256_of(path) != wanted.get(name)]


def restore(folder: Path, backup: Path, wanted: Mapping[str, str], at: datetime) -> Restored:
    """Put the observations of a backup in place; what stands in the way is put aside."""
    missing, aside = set(lost(backup, wanted)), folder / f"replaced-{at:%Y%m%dT%H%M%SZ}"
    n_copied = 0
    with _held(folder):
        moved = in_the_way(folder, wanted)
        for name in moved:
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).replace(aside / name)
            with suppress(OSError):  # a season is left with other towns
                (folder / name).parent.rmdir()
        present = store.files(folder)
        for name in sorted(wanted.keys() - present.keys() - missing):
            with _place(copies_of(backup), wanted[name]).open("rb") as source:
                _write(source, folder / name)
            n_copied += 1
    gone = sorted(missing - present.keys())
    return Restored(n_copied, len(present), aside if moved else None, gone)
