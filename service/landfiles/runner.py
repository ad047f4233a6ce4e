"""The parent's side: start the child, watch it, believe only what it may say."""

import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import structlog

from service.errors import Invalid, TooLarge
from service.landfiles.limits import Limits

log = structlog.get_logger(__name__)
ALLOWED_DRIVERS = ("ESRI Shapefile", "GPKG", "OpenFileGDB")
LIST_DRIVERS = "import pyogrio; print(*pyogrio.list_drivers(), sep=chr(10))"
POLL_S = 0.1
MAX_SAID = 8 * 2**20
"""Bytes that a child may say: a report of 255 fields is far below."""
ERRORS_FILE = "stderr.txt"
OUT_OF_MEMORY = ("MemoryError", "bad_alloc", "Memory allocation", "allocate memory")
MAX_REASON = 500
Progress = Callable[[str, int, int], None]


class Refused(Invalid):
    """This land file is not taken; `members["code"]` says why, for programs."""

    title: ClassVar[str] = "Land file refused"


class RefusedAsTooLarge(TooLarge):
    """This land file is larger than what is taken."""

    title: ClassVar[str] = "Land file too large"


def refusal(code: str, reason: str, **members: Any) -> Refused:
    """Make a refusal with its code."""
    return Refused(reason, code=code, **members)


@lru_cache
def _skipped_drivers() -> str:
    """Name every driver of GDAL but ours, for GDAL to leave out before it registers any.

    Asked of a process of its own: GDAL would stay loaded in the server.
    """
    told = subprocess.run(
        [sys.executable, "-I", "-c", LIST_DRIVERS], check=True, capture_output=True, text=True
    )
    return ",".join(sorted(set(told.stdout.splitlines()) - set(ALLOWED_DRIVERS)))


def _environment(work: Path) -> dict[str, str]:
    """Return all that the child knows of the world: neither secrets nor addresses."""
    return {
        "LANG": "C.UTF-8",
        "HOME": str(work),
        "TMPDIR": str(work),
        "CPL_TMPDIR": str(work),
        "GDAL_SKIP": _skipped_drivers(),
        "GDAL_DRIVER_PATH": "disable",
        "GDAL_HTTP_PROXY": "127.0.0.1:1",
        "GDAL_PAM_ENABLED": "NO",
        "GDAL_NUM_THREADS": "1",
        "SHAPE_RESTORE_SHX": "NO",
        "PROJ_NETWORK": "OFF",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "MALLOC_ARENA_MAX": "2",
    }


def run(
    request: Mapping[str, Any], work: Path, limits: Limits, on_progress: Progress
) -> dict[str, Any]:
    """Run the child in `work` and return its report; it is gone when this returns."""
    body = json.dumps({**request, "limits": asdict(limits)}).encode()
    with (work / ERRORS_FILE).open("wb") as errors:
        child = subprocess.Popen(
            [sys.executable, "-I", "-B", "-m", "service.landfiles.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=work,
            env=_environment(work),
            start_new_session=True,
        )
    try:
        with suppress(BrokenPipeError):
            _tell(child, body)
        report = _listen(child, limits, on_progress)
    finally:
        _end(child)
        said = _errors(work)
        if child.returncode:
            log.warning("land file child ended badly", returncode=child.returncode, stderr=said)
    if report is None:
        raise _died(child.returncode, said)
    return report


def _tell(child: "subprocess.Popen[bytes]", body: bytes) -> None:
    assert child.stdin is not None
    child.stdin.write(body)
    child.stdin.close()


def _listen(
    child: "subprocess.Popen[bytes]", limits: Limits, on_progress: Progress
) -> dict[str, Any] | None:
    """Return the child's report; None where it ended without one."""
    for line in _lines(child, limits):
        if "progress" in line:
            stage, done, total = line["progress"]
            on_progress(str(stage)[:40], int(done), int(total))
        elif "refused" in line:
            raise _as_error(line)
        elif isinstance(line.get("report"), dict):
            report: dict[str, Any] = line["report"]
            return report
    return None


def _lines(child: "subprocess.Popen[bytes]", limits: Limits) -> Iterator[dict[str, Any]]:
    """Yield what the child says, until it ends, lies, or passes a limit."""
    assert child.stdout is not None
    pipe, deadline = child.stdout.fileno(), time.monotonic() + limits.wall_s
    waiting, said = b"", 0
    while True:
        ready, _, _ = select.select([pipe], [], [], POLL_S)
        if time.monotonic() > deadline:
            raise refusal("timeout", f"读这个文件超过 {limits.wall_s} 秒,已停止")
        if _resident_bytes(child.pid) > limits.memory_bytes:
            raise refusal("memory", "读这个文件需要的内存太多,已停止")
        if not ready:
            continue
        heard = os.read(pipe, 2**16)
        said += len(heard)
        if said > MAX_SAID:
            raise refusal("crash", "读这个文件时出错,已停止")
        *whole, waiting = (waiting + heard).split(b"\n")
        yield from map(_line, whole)
        if not heard:
            return


def _line(text: bytes) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        line = None
    if not isinstance(line, dict):
        raise refusal("crash", "读这个文件时出错,已停止")
    return line


def _as_error(line: Mapping[str, Any]) -> Refused | RefusedAsTooLarge:
    members = line.get("members") or {}
    kind = RefusedAsTooLarge if line.get("is_too_much") else Refused
    # It repeats names of the file, which may hold what no database keeps.
    said = str(line.get("reason"))[:MAX_REASON].replace("\x00", "")
    reason = said.encode("utf-8", "replace").decode()
    return kind(reason, **{**members, "code": str(line["refused"])[:40]})


def _died(returncode: int, said: str) -> Refused:
    if any(words in said for words in OUT_OF_MEMORY):
        return refusal("memory", "读这个文件需要的内存太多,已停止")
    if returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return refusal("timeout", "读这个文件用时太长,已停止")
    return refusal("crash", "读这个文件时读取程序崩溃,文件可能有意做坏,没有导入任何内容")


def _resident_bytes(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * resource.getpagesize()


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Wait a moment for a child that has said its last line; then end it and its threads."""
    if child.stdout is not None:
        child.stdout.close()
    try:
        child.wait(2)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _errors(work: Path) -> str:
    try:
        return (work / ERRORS_FILE).read_bytes()[-2000:].decode("utf-8", "replace")
    except OSError:
        return ""
