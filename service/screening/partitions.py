"""A town's land as GeoParquet: what the workers of a cluster read, and any GIS opens."""

from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import geopandas
import numpy as np
import numpy.typing as npt
import pandas as pd

from inspections.conversion_lands import Approvals, Ints
from inspections.screened_lands import SurveyedLand

CGCS2000 = "EPSG:4490"
APPROVALS = ".approvals.parquet"
PLAIN = ("parcel_uid", "area_m2", "farmland_m2")
CODED = ("land_class", "attribute")
Shapes = npt.NDArray[np.object_]


def write(folder: Path, town: str, land: SurveyedLand, shapes: Shapes) -> Path:
    """Write a town's land with its shapes (CGCS2000 degrees), and its approvals beside it."""
    frame = pd.DataFrame(
        {
            "parcel_uid": [str(each) for each in land.uids],
            "land_class": pd.Categorical.from_codes(land.base_class, list(land.class_names)),
            "attribute": pd.Categorical.from_codes(land.attribute, list(land.attribute_names)),
            "area_m2": land.area_m2,
            "farmland_m2": land.farmland_m2,
        }
    )
    path = folder / f"{town}.parquet"
    geopandas.GeoDataFrame(frame, geometry=shapes, crs=CGCS2000).to_parquet(path, index=False)
    pd.DataFrame(asdict(land.approvals)).to_parquet(path.with_suffix(APPROVALS), index=False)
    return path


def read(path: Path) -> SurveyedLand:
    """Return the land of a partition, as it was written; its shapes are left where they are."""
    frame = pd.read_parquet(path, columns=[*PLAIN, *CODED])
    approvals = pd.read_parquet(path.with_suffix(APPROVALS))
    days = {name: approvals[name].to_numpy("M8[D]") for name in ("valid_from", "valid_to")}
    others = {name: approvals[name].to_numpy() for name in approvals.columns if name not in days}
    (base_class, class_names), (attribute, attribute_names) = (
        _coded(frame[name]) for name in CODED
    )
    return SurveyedLand(
        uids=tuple(UUID(each) for each in frame["parcel_uid"]),
        class_names=class_names,
        attribute_names=attribute_names,
        base_class=base_class,
        attribute=attribute,
        area_m2=frame["area_m2"].to_numpy(np.float64),
        farmland_m2=frame["farmland_m2"].to_numpy(np.float64),
        approvals=Approvals(**days, **others),
    )


def _coded(column: "pd.Series[str]") -> tuple[Ints, tuple[str, ...]]:
    return column.cat.codes.to_numpy(np.int16), tuple(column.cat.categories)
