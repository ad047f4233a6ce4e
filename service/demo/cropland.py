"""The demonstration's cropland as the book has it, and what images of it would show."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo.series import NDVI, Missing
from service import space
from service.demo import curves
from service.demo.story import CHANGED_TOWN
from service.demo.truth import DRY, PADDY, Kind, Plot, generator
from service.imagery import store
from service.parcels.models import Approval, ParcelVersion
from service.parcels.queries import Moment, valid

TOWN = 9
SOURCE = "DEMO"
PIXEL_M2 = 100.0
LEAST_M2, MOST_M2 = 1_000.0, 2_000_000.0
"""Between which a parcel is of a usual size: no sliver, and no valley as a whole."""


def plots(session: Session, moment: Moment) -> list[Plot]:
    """Return the cropland, in order of survey code."""
    version = ParcelVersion
    query = (
        select(
            version.uid,
            version.id,
            func.coalesce(version.survey_code, ""),
            func.coalesce(version.land_class, ""),
            version.area_code,
            version.ellipsoidal_area_m2,
            space.wkb_of(version.geometry),
        )
        .where(valid(version, moment), version.land_class.in_([PADDY, DRY]))
        .order_by(version.survey_code, version.ellipsoidal_area_m2, version.id)
    )
    rows = session.execute(query).all()
    is_free = ~_are_approved(session, moment, shapely.from_wkb([row[-1] for row in rows]))
    return [
        Plot(*row[:-1], is_plain=bool(free) and _is_usual(row.area_code, row.ellipsoidal_area_m2))
        for row, free in zip(rows, is_free, strict=True)
    ]


def _is_usual(area_code: str, area_m2: float) -> bool:
    # Where the survey changes this spring, parcels are split and merged.
    return LEAST_M2 <= area_m2 <= MOST_M2 and not area_code.startswith(CHANGED_TOWN)


def _are_approved(
    session: Session, moment: Moment, shapes: npt.NDArray[np.object_]
) -> npt.NDArray[np.bool_]:
    is_touched = np.zeros(len(shapes), np.bool_)
    areas = session.scalars(select(Approval.geometry).where(valid(Approval, moment))).all()
    if len(shapes) and areas:
        is_touched[shapely.STRtree(shapes).query(areas, predicate="intersects")[1]] = True
    return is_touched


def images(
    land: Sequence[Plot], kinds: Sequence[Kind], dates: npt.NDArray[np.datetime64]
) -> tuple[pd.DataFrame, npt.NDArray[np.str_]]:
    """Return rows of observations of the land on these dates, and the town of each."""
    random = generator()
    every = curves.days()
    cube = np.empty((len(land), len(every), curves.N_INDICES), np.float32)
    # In the order in which kinds come first: the same for the same land.
    for kind in dict.fromkeys(kinds):
        here = np.flatnonzero([each is kind for each in kinds])
        cube[here] = curves.grown(kind.curve, every, len(here), random)
    cube[:, curves.overcast(every, random)] = np.nan
    return _frame(land, cube[:, np.isin(every, dates)], dates)


def _frame(
    land: Sequence[Plot], cube: curves.Values, dates: npt.NDArray[np.datetime64]
) -> tuple[pd.DataFrame, npt.NDArray[np.str_]]:
    n, t = cube.shape[:2]
    is_hidden = np.isnan(cube[..., NDVI]).ravel()
    n_pixels = np.array([each.area_m2 / PIXEL_M2 for each in land], np.float32)
    columns = {
        "parcel_uid": np.repeat([str(each.uid) for each in land], t),
        "parcel_version_id": np.repeat([each.version_id for each in land], t),
        "day": np.tile(np.array([day.astype(date) for day in dates], object), n),
        "source": np.full(n * t, SOURCE),
        "n_pixels": np.repeat(n_pixels, t),
        "cloud_share": is_hidden.astype(np.float32),
        "missing": np.where(is_hidden, Missing.CLOUD, Missing.PRESENT).astype(np.uint8),
    }
    columns |= {name: cube[..., at].ravel() for at, name in enumerate(store.INDICES)}
    return store.rows(columns), np.repeat([each.area_code[:TOWN] for each in land], t)
