"""The parcel book as the screening reads it: a town's land in arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inspections.screened_lands import SurveyedLand
from service.parcels import queries as parcels
from service.parcels.models import Approval, FarmlandOverlay, FarmlandVersion, ParcelVersion
from service.parcels.queries import Moment
from service.records import within
from service.screening import titles
from service.screening.evidence import BULK
from service.screening.titles import Title

TOWN_DIGITS = 9


@dataclass(frozen=True)
class TownBook:
    """A town's parcels, in order of uid.

    Attributes
    ----------
    town : str
        Its code.
    land : SurveyedLand
        n parcels.
    version_ids : list of int
        Of the parcels.
    area_codes : list of str
        Of the parcels' villages.
    titles : mapping of int to sequence of Title
        What approvals cover of a row.
    approvals : mapping of int to sequence of Approval
        That touch a row.
    """

    town: str
    land: SurveyedLand
    version_ids: list[int]
    area_codes: list[str]
    titles: Mapping[int, Sequence[Title]]
    approvals: Mapping[int, Sequence[Approval]]

    @cached_property
    def row_of(self) -> dict[UUID, int]:
        """Return the row of each parcel."""
        return {uid: row for row, uid in enumerate(self.land.uids)}


def books(session: Session, moment: Moment, area: str, *, least_share: float) -> list[TownBook]:
    """Return the parcels of an area by town, as the book was on a day."""
    columns = (
        ParcelVersion.uid,
        ParcelVersion.id,
        ParcelVersion.area_code,
        ParcelVersion.land_class,
        ParcelVersion.planting_attribute,
        ParcelVersion.ellipsoidal_area_m2,
    )
    query = select(*columns).where(
        parcels.valid(ParcelVersion, moment), within(ParcelVersion.area_code, area)
    )
    names = ["uid", "id", "area_code", "land_class", "attribute", "area_m2"]
    frame = pd.DataFrame(session.execute(query).all(), columns=names)
    if frame.empty:
        return []
    # In order of uid, and of two versions of a parcel the later.
    frame = frame.sort_values(["uid", "id"]).drop_duplicates("uid", keep="last")
    frame["farmland_m2"] = frame["id"].map(_farmland(session, moment, area)).fillna(0.0)
    over, pieces = titles.touched(session, moment, area)
    told = {
        row: titles.titles(pieces[row], over[row], moment.on, least_share=least_share)
        for row in over
    }
    towns = frame.groupby(frame["area_code"].str[:TOWN_DIGITS], sort=True)
    return [_book(town, some, told, over) for town, some in towns]


def _farmland(session: Session, moment: Moment, area: str) -> dict[int, float]:
    """Return the basic farmland of each parcel version; a border's width is none."""
    query = (
        select(FarmlandOverlay.parcel_id, func.sum(FarmlandOverlay.area_m2))
        .join(FarmlandVersion, FarmlandVersion.id == FarmlandOverlay.farmland_id)
        .join(ParcelVersion, ParcelVersion.id == FarmlandOverlay.parcel_id)
        .where(
            FarmlandOverlay.is_edge_only.is_(False),
            parcels.valid(FarmlandVersion, moment),
            parcels.valid(ParcelVersion, moment),
            within(ParcelVersion.area_code, area),
        )
        .group_by(FarmlandOverlay.parcel_id)
    )
    return {version_id: float(area_m2) for version_id, area_m2 in session.execute(query)}


def _book(
    town: str,
    frame: pd.DataFrame,
    told: Mapping[int, Sequence[Title]],
    over: Mapping[int, Sequence[Approval]],
) -> TownBook:
    base_class, class_names = pd.factorize(frame["land_class"].fillna(""))
    attribute, attribute_names = pd.factorize(frame["attribute"].fillna(""))
    version_ids = [int(each) for each in frame["id"]]
    by_row = {row: told[each] for row, each in enumerate(version_ids) if told.get(each)}
    uids: tuple[UUID, ...] = tuple(frame["uid"])
    land = SurveyedLand(
        uids=uids,
        class_names=tuple(class_names),
        attribute_names=tuple(attribute_names),
        base_class=base_class.astype(np.int16),
        attribute=attribute.astype(np.int16),
        area_m2=frame["area_m2"].to_numpy(np.float64),
        farmland_m2=np.minimum(frame["farmland_m2"], frame["area_m2"]).to_numpy(np.float64),
        approvals=titles.laid_out(by_row),
    )
    touching = {row: over[each] for row, each in enumerate(version_ids) if each in over}
    return TownBook(town, land, version_ids, list(frame["area_code"]), by_row, touching)


def shapes_of(session: Session, version_ids: Sequence[int]) -> dict[int, shapely.Geometry]:
    """Return the shapes of versions of parcels."""
    shapes: dict[int, shapely.Geometry] = {}
    for start in range(0, len(version_ids), BULK):
        query = select(ParcelVersion.id, ParcelVersion.geometry)
        some = query.where(ParcelVersion.id.in_(version_ids[start : start + BULK]))
        shapes.update({version_id: shape for version_id, shape in session.execute(some)})
    return shapes
