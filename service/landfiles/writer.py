"""Write a table of the book to a file for other programs, in the same kind of child."""

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from service.landfiles import runner
from service.landfiles.limits import COMMAND_LINE
from service.landfiles.reader import workplace

Format = Literal["gpkg", "shp", "parquet", "xlsx", "geojson"]
Crs = Literal["EPSG:4490", "EPSG:4526", "EPSG:4547", "EPSG:4326"]
LAYER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,29}", re.ASCII)
TABLE = "table.arrow"


@dataclass(frozen=True)
class WriteReport:
    """The file that was written, and what it could not hold."""

    path: Path
    n_features: int
    encoding: str
    walls: list[str]
    shortened: list[dict[str, Any]] = field(default_factory=list)
    """Fields renamed and texts cut, each with `field` and `reason_zh`."""
    warnings: list[str] = field(default_factory=list)


def _no_progress(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


def write(
    table: Path,
    *,
    into: Path,
    format: Format,
    crs: Crs,
    columns: Mapping[str, str],
    layer: str = "parcels",
    on_progress: Callable[[str, int, int], None] = _no_progress,
) -> WriteReport:
    """Write `columns` (ours to the file's names) of an Arrow file as `into`/export.*.

    Its `geometry` is WKB in EPSG:4490; a workbook gets no geometry.
    """
    if not LAYER.fullmatch(layer):
        raise ValueError(f"not a layer's name: {layer!r}")
    with workplace(into) as work:
        shutil.copyfile(table, work / TABLE)
        request = {
            "task": "write",
            "table": TABLE,
            "format": format,
            "crs": crs,
            "columns": dict(columns),
            "layer": layer,
        }
        said = runner.run(request, work, COMMAND_LINE, on_progress)
        name = Path(str(said.pop("file"))).name
        (work / name).replace(into / name)
        return WriteReport(path=into / name, **said)
