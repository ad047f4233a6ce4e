"""Reading the series of a parcel."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from service.areas.queries import CODE_LENGTH
from service.imagery import store
from service.imagery.schemas import ObservationRead, reason_of
from service.parcels import queries as parcels


def observations(
    session: Session, uid: UUID, *, since: date, until: date, known_at: datetime | None
) -> list[ObservationRead]:
    """Return the observations of a parcel that the viewer may see, oldest first."""
    folder = store.folder_of(session)
    # A parcel whose village changed has its older series with its older town.
    towns = {each.area_code[: CODE_LENGTH["town"]] for each in parcels.versions(session, uid)}
    found = [
        store.read(folder, season, town, known_at, uid)
        for season in store.seasons(folder)
        if str(since.year) <= season <= str(until.year)
        for town in sorted(towns)
    ]
    if not found:
        return []
    rows = pd.concat(found, ignore_index=True).sort_values(["day", "source"], ignore_index=True)
    return [_shown(row) for row in rows.to_dict("records") if since <= row["day"] <= until]


def _shown(row: dict[str, Any]) -> ObservationRead:
    numbers = {name: _number(row[name]) for name in ("n_pixels", "cloud_share", *store.VALUES)}
    return ObservationRead(
        parcel_uid=UUID(row["parcel_uid"]),
        observed_on=row["day"],
        source=row["source"],
        missing=reason_of(row["missing"]),
        image=row["image"],
        recorded_at=row["recorded_at"],
        **numbers,
    )


def _number(value: Any) -> float | None:
    """Return a number of single precision as short as it says what it says."""
    return None if np.isnan(value) else float(str(np.float32(value)))
