"""Keeping observations together with their entry in the audit.

Apart from what makes them: the server takes tables, and loads neither rasters nor kernels.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from service import audit, records
from service.audit import AuditEntry
from service.imagery import store

FILES = "files"
"""In an entry of the audit: the files that it changed, each with its hash from then on."""


def keep(
    session: Session,
    folder: Path,
    observed_rows: pd.DataFrame,
    row_towns: npt.NDArray[np.str_],
    *,
    action: str,
    subject: str,
    area_code: str | None,
    **detail: Any,
) -> store.Counts:
    """Keep rows by season and town, with one entry in the audit; nothing new changes nothing."""
    records.take_turn(session)
    batch = store.batch(session, folder, audit.instant(session))
    seasons = np.array([store.season_of(day) for day in observed_rows["day"]], str)
    counts = store.Counts()
    for season, town in sorted({*zip(seasons.tolist(), row_towns.tolist(), strict=True)}):
        chosen = (seasons == season) & (row_towns == town)
        counts += batch.append(season, town, observed_rows[chosen])
    if counts.n_new or counts.n_changed:
        audit.record(
            session,
            action,
            subject,
            area_code=area_code,
            n_new=counts.n_new,
            n_changed=counts.n_changed,
            n_same=counts.n_same,
            **detail | {FILES: batch.digests()},
        )
    return counts


def lost(session: Session, folder: Path) -> list[str]:
    """Return the names of files that are missing, or not what the audit says they became.

    A file that was written before the audit told hashes is held against none.
    """
    wanted = session.scalars(
        select(AuditEntry.detail)
        .where(AuditEntry.action.like("observation.%"))
        .order_by(AuditEntry.n)
    )
    last: dict[str, str] = {}
    for detail in wanted:
        last |= json.loads(detail).get(FILES, {})
    found = store.files(folder)
    return [
        name
        for name, sha256 in sorted(last.items())
        if name not in found or store.sha256_of(found[name]) != sha256
    ]
