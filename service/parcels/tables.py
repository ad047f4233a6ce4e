"""The Arrow files of an import's folder."""

from pathlib import Path

import pyarrow as pa


def table_of(path: Path) -> pa.Table:
    """Read an Arrow IPC file."""
    with pa.OSFile(str(path)) as file:
        return pa.ipc.open_file(file).read_all()
