"""Originals on disk by their content: written once, whole, and never changed."""

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import structlog

from service.errors import StorageUnavailable

log = structlog.get_logger(__name__)
READ_ONLY = 0o440


class PhotoStore:
    """The folder of originals, and of views that can be made again at any time."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def _place(self, kind: str, sha256: str) -> Path:
        return self.directory / kind / sha256[:2] / sha256

    def keep(self, content: bytes, sha256: str) -> None:
        """Keep an original, durably; one that is there already stays."""
        place = self._place("originals", sha256)
        if self._read(place, sha256) is not None:
            return
        try:
            _write(place, content, is_durable=True)
        except OSError as error:
            is_full = error.errno in {errno.ENOSPC, errno.EDQUOT}
            raise StorageUnavailable(
                "照片暂时存不下,没有保存;请稍后再传,并请管理员检查磁盘",
                headers={"Retry-After": "60"},
                code="storage_full" if is_full else "storage_busy",
            ) from error

    def original(self, sha256: str) -> bytes:
        """Return an original, byte for byte; refuse to pass on one that is not what it was."""
        found = self._read(self._place("originals", sha256), sha256)
        if found is None:
            log.error("photo lost", sha256=sha256)
            raise StorageUnavailable("照片原件缺失或已损坏,请管理员从备份恢复", code="photo_lost")
        return found

    def is_whole(self, sha256: str) -> bool:
        """Tell whether an original is there and is what it was."""
        return self._read(self._place("originals", sha256), sha256) is not None

    def copy_to(self, other: "PhotoStore") -> int:
        """Copy the originals that another folder lacks; return how many.

        An original never changes, so what is there already needs no second copy.
        """
        n_copied = 0
        for place in sorted((self.directory / "originals").glob("*/[!.]*")):
            target = other._place("originals", place.name)
            content = None if target.exists() else self._read(place, place.name)
            if content is not None:
                _write(target, content, is_durable=True)
                n_copied += 1
        return n_copied

    def _read(self, place: Path, sha256: str) -> bytes | None:
        try:
            content = place.read_bytes()
        except OSError:
            return None
        return content if hashlib.sha256(content).hexdigest() == sha256 else None

    def view(self, sha256: str, make: Callable[[bytes], bytes]) -> bytes:
        """Return the view of an original, made if it is not there."""
        place = self._place("views", sha256)
        try:
            return place.read_bytes()
        except OSError:
            made = make(self.original(sha256))
        try:
            _write(place, made, is_durable=False)
        except OSError:
            log.warning("view not kept", sha256=sha256)
        return made


def _write(place: Path, content: bytes, *, is_durable: bool) -> None:
    """Write a file beside its place and move it there, so that no half of it is ever seen."""
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_name(f".{place.name}.{uuid4().hex}")
    try:
        with partial.open("xb") as file:
            file.write(content)
            file.flush()
            if is_durable:
                os.fsync(file.fileno())
        partial.chmod(READ_ONLY)
        partial.replace(place)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    if is_durable:
        for each in (place.parent, place.parent.parent, place.parent.parent.parent):
            _sync(each)


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
