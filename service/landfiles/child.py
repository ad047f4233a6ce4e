"""The child's door: one request from standard input, lines of JSON out, and nothing else."""

import importlib.util
import json
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from service.landfiles import kinds, wall
from service.landfiles.archives import Part
from service.landfiles.limits import Limits, Refusal, TooMuch

SYSTEM = (
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/lib",
    "/lib64",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/dev/null",
    "/dev/urandom",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system",
)
OWN_PACKAGES = ("service", "geo", "inspections", "config")
Say = Callable[[dict[str, Any]], None]


def main() -> None:
    """Answer one request; whatever happens is said in the last line."""
    say = _only_voice()
    request = json.load(sys.stdin.buffer)
    folder = Path.cwd()
    limits = Limits(**request["limits"])
    beside = [Path(request["surroundings"])] if request.get("surroundings") else []
    try:
        walls = wall.raise_walls(limits, readable=[*_readable(), *beside], writable=folder)
        if not {"network-namespace", "seccomp"} & set(walls):
            raise Refusal("no_wall", "这台机器不能隔离读取程序,不读外来文件")
        say({"report": _work(request, folder, limits, say) | {"walls": walls}})
    except Refusal as refusal:
        say(
            {
                "refused": refusal.code,
                "reason": refusal.reason,
                "members": refusal.members,
                "is_too_much": isinstance(refusal, TooMuch),
            }
        )
    except (MemoryError, RecursionError):
        say({"refused": "memory", "reason": "读这个文件需要的内存太多,已停止", "members": {}})
    sys.stdin.close()
    # Libraries of C have nothing to tidy up here, and some crash while they try.
    os._exit(0)


def _only_voice() -> Say:
    """Keep the pipe for our own lines: what a library prints goes to standard error."""
    pipe = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")

    def say(line: dict[str, Any]) -> None:
        pipe.write(json.dumps(line) + "\n")
        pipe.flush()

    return say


def _readable() -> list[Path]:
    packages = [importlib.util.find_spec(name) for name in OWN_PACKAGES]
    own = [Path(each.origin).parent for each in packages if each is not None and each.origin]
    return [*own, Path(sys.prefix), Path(sys.base_prefix) / "lib", *map(Path, SYSTEM)]


def _work(request: dict[str, Any], folder: Path, limits: Limits, say: Say) -> dict[str, Any]:
    def progress(stage: str, done: int, total: int) -> None:
        say({"progress": [stage, done, total]})

    if request["task"] == "write":
        from service.landfiles import export  # noqa: PLC0415 # loads GDAL

        return export.write(request, folder, progress)
    parts = [Part(name, folder / path) for name, path in request["parts"]]
    progress("open", 0, 1)
    # An archive or a file of the wrong kind is refused before the libraries are loaded.
    source = kinds.open_upload(parts, folder, limits)
    progress("open", 1, 1)
    from service.landfiles import pipeline  # noqa: PLC0415

    return pipeline.read(source, request, limits, progress)


if __name__ == "__main__":
    main()
