"""The verdicts that stood on a day, beside a table of what is known."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from inspections.backtest import Report
from inspections.backtest_verdicts import NOTHING, Said, backtest_verdicts
from inspections.labels import Label
from service.backtests import reading
from service.errors import Invalid
from service.imagery import store
from service.screening import queries

REQUIRED = ("parcel", "label")


@dataclass(frozen=True)
class Truth:
    """Parcels of which the use is known."""

    parcels: tuple[UUID, ...]
    labels: tuple[Label, ...]


def read(path: Path) -> Truth:
    """Read a table of parcels and labels; rows that cannot be read refuse it all."""
    frame = reading.frame(path, REQUIRED)
    refused: list[dict[str, Any]] = []
    texts = reading.stripped(frame["parcel"])
    uids = [_uid(each) for each in texts.tolist()]
    is_wrong = np.array([each is None for each in uids])
    refused += reading.refuse(frame, "parcel", is_wrong, "不是图斑的 uid")
    parcels, parcel = np.unique(np.array([str(each) for each in uids]), return_inverse=True)
    labels = reading.labels(frame, parcels, parcel, refused)
    reading.raise_refused(refused)
    return Truth(tuple(UUID(each) for each in parcels.tolist()), labels)


def _uid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def judged(session: Session, truth: Truth, as_of: date) -> Report:
    """Judge the verdicts that stood on a day; a parcel without one is told to be no risk."""
    wanted = queries.Wanted(season=store.season_of(as_of), as_of=as_of)
    said = {
        each.parcel_uid: Said(each.verdict_class, each.category, each.score)
        for each in session.scalars(queries.verdicts(wanted))
    }
    if not said:
        raise Invalid(f"{as_of} 没有研判;请先运行 chungeng screen", field="as_of")
    return backtest_verdicts(truth.labels, [said.get(each, NOTHING) for each in truth.parcels])
