"""Read a land file: the result and its report, made by a child that can do no harm."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from service.landfiles import runner
from service.landfiles.limits import UPLOAD, Limits
from service.landfiles.runner import Refused, RefusedAsTooLarge

__all__ = ["ReadOptions", "ReadReport", "Refused", "RefusedAsTooLarge", "Surroundings", "read"]

Kind = Literal["parcels", "farmland", "outlines", "approvals"]
State = Literal["ready", "needs_layer", "needs_mapping", "needs_crs"]
RESULT, REPORT = "result.arrow", "report.json"
MADE = (RESULT, "findings.arrow", "overlay.arrow", "gone.arrow", "lineage.arrow")
LONGEST_NAME = 255


@dataclass(frozen=True)
class ReadOptions:
    """What a person has said about a file; None leaves it to the file and to reasoning."""

    layer: str | None = None
    encoding: str | None = None
    crs: str | None = None
    kind: Kind | None = None
    mapping: Mapping[str, str] | None = None
    """Source field to canonical column; empty takes the geometry alone."""
    is_complete_county: bool = False
    """Whether book rows of villages that the file does not name are gone too."""
    exam: Mapping[str, float] | None = None
    """The numbers of `geo.exam.ExamLimits`; None leaves the exam out."""
    year: int | None = None
    """The last year that SJNF may say; this year, if not given."""


@dataclass(frozen=True)
class Surroundings:
    """A folder with what is known, all in EPSG:4490: any of these, or none.

    outline.wkb, the county; outlines.arrow (village_code, geometry); book-parcels.arrow and
    book-farmland.arrow (id, uid, survey_code, digest, village_code, geometry).
    """

    folder: Path | None = None


@dataclass(frozen=True)
class ReadReport:
    """What was found in a file; `state` says whether a result stands or what must be asked."""

    state: State
    file_kind: str
    layer: str
    encoding: dict[str, str]
    fields: list[dict[str, Any]]
    """Each source field: name, type, up to three samples, proposed canonical column."""
    personal: dict[str, int]
    """Dropped personal fields with the number of values that they held."""
    warnings: list[str]
    walls: list[str]
    layers: list[str] = field(default_factory=list)
    kind: Kind | None = None
    preset: dict[str, Any] | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    n_features: int = 0
    n_vertices: int = 0
    n_with_height: int = 0
    bbox_in_file: list[float] | None = None
    bbox: list[float] | None = None
    reference: dict[str, Any] | None = None
    exam: dict[str, Any] | None = None
    areas: dict[str, Any] | None = None
    n_without_village: int | None = None
    n_overlay: int | None = None
    n_lineage: int | None = None
    standing: dict[str, int] | None = None


def _no_progress(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


def read(
    source: Path,
    *,
    into: Path,
    options: ReadOptions = ReadOptions(),
    surroundings: Surroundings = Surroundings(),
    limits: Limits = UPLOAD,
    on_progress: Callable[[str, int, int], None] = _no_progress,
) -> ReadReport:
    """Read one file, or a folder of loose parts, into `result.arrow` and `report.json`.

    Raises `Refused` or `RefusedAsTooLarge`; then nothing is left in `into`.
    """
    with workplace(into) as work:
        around = surroundings.folder
        request = {
            "task": "read",
            "parts": _bring(source, work, limits),
            "options": asdict(options),
            "surroundings": None if around is None else str(around.resolve()),
        }
        said = runner.run(request, work, limits, on_progress)
        try:
            report = ReadReport(**said)
        except TypeError as error:
            raise runner.refusal("crash", "读取程序的报告不完整") from error
        for name in MADE:
            if report.state == "ready" and (work / name).is_file():
                (work / name).replace(into / name)
    text = json.dumps(asdict(report), ensure_ascii=False, indent=1)
    (into / REPORT).write_text(text, encoding="utf-8")
    return report


@contextmanager
def workplace(into: Path) -> Iterator[Path]:
    """Give the child an empty folder on the same disk as the result, and clear it away."""
    into.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".work-", dir=into.resolve()))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _bring(source: Path, work: Path, limits: Limits) -> list[tuple[str, str]]:
    """Copy what was uploaded under names of ours; the child never sees the original place."""
    files = sorted(source.iterdir()) if source.is_dir() else [source]
    if len(files) > limits.entries:
        raise runner.refusal("archive_entries", f"一次超过 {limits.entries} 个文件")
    if sum(file.stat().st_size for file in files) > limits.upload_bytes:
        most = limits.upload_bytes // 2**20
        raise RefusedAsTooLarge(f"文件超过 {most} MiB", code="upload")
    parts = []
    for number, file in enumerate(files):
        if file.is_symlink() or not file.is_file():
            raise runner.refusal("kind", f"不是普通文件:{file.name[:80]}")
        shutil.copyfile(file, work / f"upload-{number}.bin")
        parts.append((file.name[:LONGEST_NAME], f"upload-{number}.bin"))
    return parts
