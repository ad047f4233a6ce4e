"""Where observations are kept: Parquet by season and town, rows only ever appended.

Of the rows of one parcel, day and source the newest holds; what it superseded stays.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import event
from sqlalchemy.orm import Session

from geo.series import Missing
from service.database import Database

INDICES = ("ndvi", "evi", "lswi", "bsi")
"""In the order of a cube."""
QUARTILES = ("ndvi_p25", "ndvi_p50", "ndvi_p75")
VALUES = (*INDICES, "ndvi_sd", *QUARTILES)
BATCH = "observation_batch"
NAME = re.compile(r"\d+/\d+\.parquet")
"""Of a file of observations; whatever else lies in the folder is none."""
KEY = ["parcel_uid", "day", "source"]
SCHEMA = pa.schema(
    [
        ("parcel_uid", pa.dictionary(pa.int32(), pa.string())),
        ("parcel_version_id", pa.int64()),
        ("day", pa.date32()),
        ("source", pa.dictionary(pa.int32(), pa.string())),
        ("n_pixels", pa.float32()),
        ("cloud_share", pa.float32()),
        ("missing", pa.uint8()),
        *((name, pa.float32()) for name in VALUES),
        ("image", pa.dictionary(pa.int32(), pa.string())),
        ("recorded_at", pa.timestamp("us", tz="UTC")),
    ]
)
CONTENT = ["parcel_version_id", "n_pixels", "cloud_share", "missing", *VALUES]
"""What makes a row another observation; the name of the file does not."""
RANK = np.array([0, 2, 3, 4, 1], np.uint8)
"""Of `Missing`, best first, where a day has several sources: any value, then most was seen."""


def folder_of(session: Session) -> Path:
    """Return where the observations of a session's database are kept."""
    database: Database = session.info["database"]
    return database.observation_directory


def season_of(day: date) -> str:
    """Return the season whose series a day belongs to: the calendar year, fallow months too."""
    return str(day.year)


@dataclass(frozen=True)
class Counts:
    """What became of rows that were to be kept."""

    n_new: int = 0
    n_changed: int = 0
    n_same: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        """Add up."""
        return Counts(
            self.n_new + other.n_new, self.n_changed + other.n_changed, self.n_same + other.n_same
        )


def rows(columns: Mapping[str, Any]) -> pd.DataFrame:
    """Return a frame of the store's columns; what is not given is unknown."""
    n = len(columns["parcel_uid"])
    plain = {name: np.full(n, np.nan, np.float32) for name in ("n_pixels", "cloud_share", *VALUES)}
    plain |= {"parcel_version_id": np.full(n, -1), "image": np.full(n, "")}
    frame = pd.DataFrame(plain | dict(columns))
    return frame[[name for name in SCHEMA.names if name != "recorded_at"]]


def path_of(folder: Path, season: str, town: str) -> Path:
    """Return the file of a season of a town."""
    if not (season.isdigit() and town.isdigit()):
        raise ValueError(f"no season {season!r} of {town!r}")
    return folder / season / f"{town}.parquet"


def read(
    folder: Path,
    season: str,
    town: str,
    known_at: datetime | None = None,
    parcel: UUID | None = None,
) -> pd.DataFrame:
    """Return the rows that hold, as was known at an instant, in order of parcel, day, source."""
    found = _history(path_of(folder, season, town))
    if parcel is not None:
        found = found[found["parcel_uid"] == str(parcel)]
    if known_at is not None:
        found = found[found["recorded_at"] <= known_at]
    return _holding(found).sort_values(KEY, ignore_index=True)


def read_cube(
    folder: Path,
    season: str,
    town: str,
    *,
    known_at: datetime | None = None,
    source: str | None = None,
) -> tuple[list[UUID], npt.NDArray[Any], npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Return a season of a town as `(uids, dates, cube, missing)`.

    `dates` is datetime64[D] (t,) rising; `cube` float32 (n, t, 4) in the order NDVI, EVI, LSWI,
    BSI, nan where missing or where the image had no bands for it; `missing` uint8 (n, t) of
    `Missing`. A day without a row of a parcel has no image of it. Where several sources tell of
    a day, the one with a value counts, and of two the later recorded.
    """
    found = _history(path_of(folder, season, town))
    if known_at is not None:
        found = found[found["recorded_at"] <= known_at]
    if source is not None:
        found = found[found["source"] == source]
    found = _holding(found)
    best = found.iloc[np.argsort(RANK[found["missing"].to_numpy()], kind="stable")[::-1]]
    parcels, uids = pd.factorize(best["parcel_uid"].astype(str), sort=True)
    days, dates = pd.factorize(best["day"].to_numpy().astype("datetime64[D]"), sort=True)
    missing = np.full((len(uids), len(dates)), Missing.NO_IMAGE, np.uint8)
    cube = np.full((*missing.shape, len(INDICES)), np.nan, np.float32)
    # Rows in falling rank: of several for a place the last written, and so the best, stays.
    missing[parcels, days] = best["missing"].to_numpy()
    cube[parcels, days] = best[list(INDICES)].to_numpy()
    return [UUID(each) for each in uids], np.asarray(dates, "datetime64[D]"), cube, missing


def seasons(folder: Path) -> list[str]:
    """Return the seasons that have observations."""
    return sorted(each.name for each in folder.glob("[0-9]*") if each.is_dir())


def files(folder: Path) -> dict[str, Path]:
    """Return the files that hold observations, by their names: `2023/441803102.parquet`."""
    found = (path for path in folder.glob("*/*.parquet") if NAME.fullmatch(name_of(folder, path)))
    return {name_of(folder, path): path for path in sorted(found)}


def name_of(folder: Path, path: Path) -> str:
    """Return what a file of a folder is called, wherever the folder lies."""
    return path.relative_to(folder).as_posix()


def sha256_of(path: Path) -> str:
    """Return the hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _history(path: Path) -> pd.DataFrame:
    if not path.exists():
        return SCHEMA.empty_table().to_pandas()
    return pq.read_table(path, schema=SCHEMA).to_pandas()


def _holding(history: pd.DataFrame) -> pd.DataFrame:
    plain = history.assign(
        parcel_uid=history["parcel_uid"].astype(str), source=history["source"].astype(str)
    )
    # Rows stand in the order in which they were recorded.
    return plain.drop_duplicates(KEY, keep="last", ignore_index=True)


@dataclass
class Batch:
    """Rows on their way in: written beside the files, moved over them when the books commit."""

    folder: Path
    recorded_at: datetime
    ready: dict[Path, Path] = field(default_factory=dict)

    def append(self, season: str, town: str, observed: pd.DataFrame) -> Counts:
        """Add what is new or different; what is known is left out."""
        path = path_of(self.folder, season, town)
        history = _history(self.ready.get(path, path))
        wanted = observed.reset_index(drop=True)
        is_known, is_same = _compared(_holding(history), wanted)
        fresh = wanted[~is_same]
        if len(fresh):
            self._write(path, history, fresh)
        return Counts(
            int((~is_known).sum()),
            int((is_known & ~is_same).sum()),
            int((is_known & is_same).sum()),
        )

    def _write(self, path: Path, history: pd.DataFrame, fresh: pd.DataFrame) -> None:
        stamped = fresh.assign(recorded_at=pd.Timestamp(self.recorded_at))
        table = pa.concat_tables(
            [
                pa.Table.from_pandas(each, SCHEMA, preserve_index=False)
                for each in (history, stamped)
                if len(each)
            ]
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".new")
        with unfinished.open("wb") as file:
            pq.write_table(table, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        self.ready[path] = unfinished

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of the files that will have changed, by their names."""
        return {
            name_of(self.folder, path): sha256_of(unfinished)
            for path, unfinished in sorted(self.ready.items())
        }

    def publish(self) -> None:
        """Move the new files over the old."""
        for path, unfinished in self.ready.items():
            unfinished.replace(path)
        self.ready.clear()

    def discard(self) -> None:
        """Leave the old files as they are."""
        for unfinished in self.ready.values():
            unfinished.unlink(missing_ok=True)
        self.ready.clear()


def _compared(
    holding: pd.DataFrame, wanted: pd.DataFrame
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Tell which rows have a holding one, and which change nothing."""
    at = pd.MultiIndex.from_frame(holding[KEY]).get_indexer(pd.MultiIndex.from_frame(wanted[KEY]))
    is_known = at >= 0
    is_same = np.zeros(len(wanted), np.bool_)
    old, new = holding.iloc[at[is_known]], wanted[is_known]
    same = np.ones(len(new), np.bool_)
    for name in CONTENT:
        a, b = old[name].to_numpy(), new[name].to_numpy()
        same &= (a == b) | (pd.isna(a) & pd.isna(b))
    # An image that does not show a parcel says nothing against one that does.
    same |= (new["missing"].to_numpy() == Missing.NO_IMAGE) & (
        old["missing"].to_numpy() != Missing.NO_IMAGE
    )
    is_same[is_known] = same
    return is_known, is_same


def batch(session: Session, folder: Path, recorded_at: datetime) -> Batch:
    """Return the batch that ends with the session's transaction, opened by the first who asks.

    The caller holds the ledger's turn. The files have a lock of their own, for they are moved
    after the commit, when the next writer may already have the turn.
    """
    known: Batch | None = session.info.get(BATCH)
    if known is not None:
        return known
    lock = locked(folder)
    made = Batch(folder, recorded_at)
    _bind(session, made, lock)
    return made


def locked(folder: Path) -> int:
    """Wait until nobody moves files of a folder; nobody does until the descriptor is closed."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def _bind(session: Session, made: Batch, lock: int) -> None:
    """Publish at the commit, else discard; either way give the files free."""
    state = {"is_open": True}
    session.info[BATCH] = made

    def committed(ended: Session) -> None:
        if state["is_open"] and not ended.in_nested_transaction():
            made.publish()

    def ended(_: Session, transaction: Any) -> None:
        if state["is_open"] and transaction.parent is None:
            state["is_open"] = False
            session.info.pop(BATCH, None)
            made.discard()
            os.close(lock)

    event.listen(session, "after_commit", committed)
    event.listen(session, "after_transaction_end", ended)
