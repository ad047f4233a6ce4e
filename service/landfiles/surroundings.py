"""What the caller lays beside a file: the county, its villages, and the book."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from service.landfiles.comparison import Book


@dataclass(frozen=True)
class Around:
    """The prepared files of one folder; each is missing where the caller has nothing to say."""

    folder: Path | None

    @cached_property
    def county(self) -> Any:
        """The county's outline in EPSG:4490, or None."""
        path = None if self.folder is None else self.folder / "outline.wkb"
        if path is None or not path.exists():
            return None
        return shapely.from_wkb(path.read_bytes())

    @cached_property
    def villages(self) -> tuple[list[str], npt.NDArray[np.object_]] | None:
        """The villages' codes and outlines, or None."""
        table = self._table("outlines.arrow")
        return None if table is None else (table.column("village_code").to_pylist(), _shapes(table))

    def book(self, kind: str) -> Book | None:
        """Return what the book holds of a kind of layer, or None."""
        table = self._table(f"book-{kind}.arrow")
        return None if table is None else Book(table, _shapes(table))

    def _table(self, name: str) -> pa.Table | None:
        path = None if self.folder is None else self.folder / name
        if path is None or not path.exists():
            return None
        with pa.OSFile(str(path)) as file:
            return pa.ipc.open_file(file).read_all()


def _shapes(table: pa.Table) -> npt.NDArray[np.object_]:
    shapes: npt.NDArray[np.object_] = shapely.from_wkb(table.column("geometry").to_numpy())
    return shapes


def write_table(path: Path, columns: dict[str, Any]) -> None:
    """Write columns as an Arrow IPC file."""
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
