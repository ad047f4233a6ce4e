"""From rasters of a day to observations of parcels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.thresholds import ImageryThresholds
from geo.series import Missing
from geo.zonal import Limits, Zonal, measure
from service import records, space
from service.areas.queries import CODE_LENGTH
from service.errors import Invalid
from service.imagery import reading, store, weights
from service.imagery.errors import refusal
from service.imagery.rasters import Given, Source, inspected
from service.parcels import queries as parcels
from service.parcels.models import ParcelVersion
from service.parcels.queries import Moment, Wanted

LIKING = np.array([4, 2, 1, 0, 3])
"""Of `Missing`: which of two tiles that show a parcel on one day is taken."""
Progress = Callable[[str, int, int], None]
BULK = 10_000


@dataclass(frozen=True)
class Order:
    """What is to be observed."""

    day: date
    source: str
    given: Given
    limits: ImageryThresholds
    area_code: str = ""


@dataclass
class Outcome:
    """What was read, what of it is kept, and why the rest is not."""

    n_parcels: int = 0
    n_reached: int = 0
    n_by_reason: dict[Missing, int] = field(default_factory=dict)
    counts: store.Counts = field(default_factory=store.Counts)
    n_weights_made: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Parcels:
    """The parcel versions that are valid on the day, in order of id."""

    ids: npt.NDArray[np.int64]
    uids: npt.NDArray[np.object_]
    towns: npt.NDArray[np.str_]
    names: list[str]
    """What names each version for all time, in this database and any other."""

    def __len__(self) -> int:
        return len(self.ids)


def parcels_of(session: Session, order: Order) -> Parcels:
    """Return the parcels to be observed."""
    version = ParcelVersion
    wanted = Wanted(Moment.of(session, order.day), area_code=order.area_code or None)
    query = parcels.parcels(wanted).with_only_columns(
        version.id, version.uid, version.area_code, version.recorded_at
    )
    found = session.execute(query.order_by(version.id)).all()
    town = CODE_LENGTH["town"]
    return Parcels(
        np.array([each.id for each in found], np.int64),
        np.array([str(each.uid) for each in found], object),
        np.array([each.area_code[:town] for each in found], str),
        list(map(_name_of, found)),
    )


def _name_of(version: Any) -> str:
    return f"{version.uid}/{version.id}/{version.recorded_at.isoformat()}"


def living(session: Session) -> set[str]:
    """Return the names of all versions that hold on some day; a correction may end others."""
    version = ParcelVersion
    query = select(version.id, version.uid, version.recorded_at).where(
        or_(version.valid_to.is_(None), version.valid_to > version.valid_from)
    )
    return set(map(_name_of, session.execute(query)))


def shapes_of(session: Session, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    """Return the WKB of parcel versions, in the order of their ids."""
    shapes = np.empty(len(ids), object)
    for start in range(0, len(ids), BULK):
        part = ids[start : start + BULK]
        query = select(ParcelVersion.id, space.wkb_of(ParcelVersion.geometry)).where(
            ParcelVersion.id.in_(part.tolist())
        )
        found = {key: wkb for key, wkb in session.execute(query)}
        shapes[start : start + len(part)] = [found[int(key)] for key in part]
    return shapes


def observed(
    session: Session,
    folder: Path,
    rasters: Sequence[Path],
    order: Order,
    on_progress: Progress = lambda *_: None,
) -> tuple[pd.DataFrame, npt.NDArray[np.str_], Outcome]:
    """Measure the rasters of one day; return the rows, their towns, and what was seen."""
    records.refuse_future(session, order.day, "on")
    if order.area_code:
        _refuse_no_code(order.area_code)
    sources = [inspected(path, order.given) for path in rasters]
    on_progress("读图斑", 0, 1)
    book = parcels_of(session, order)
    if not len(book):
        raise Invalid(f"{order.day} 的图斑账是空的;请先导入图斑,或核对 --on 和 --area")
    outcome = Outcome(n_parcels=len(book))
    best: Zonal | None = None
    is_met = np.zeros(len(book), np.bool_)
    for number, source in enumerate(sources):
        on_progress(f"{source.path.name}:算像元权重", number, len(sources))
        found, n_made = _weights(session, folder, book, source, order)
        outcome.n_weights_made += n_made
        if not len(found.cover.pixel) and not found.is_met.any():
            outcome.notes.append(f"{source.path.name}:没有压到任何图斑")
            continue
        on_progress(f"{source.path.name}:读像元、统计", number, len(sources))
        zonal = _measured(found, source, order)
        outcome.notes += [f"{source.path.name}:{note}" for note in source.notes]
        best = zonal if best is None else _better(best, zonal, is_met, found.is_met)
        is_met |= found.is_met
    if best is None:
        raise refusal("elsewhere", "影像没有压到任何图斑;请核对影像的坐标系和范围")
    outcome.n_reached = int(is_met.sum())
    outcome.n_by_reason = {
        reason: int((best.missing[is_met] == reason).sum()) for reason in Missing
    }
    image = "、".join(path.name for path in rasters)[:200]
    return _rows(book, best, is_met, order, image), book.towns[is_met], outcome


def _refuse_no_code(area_code: str) -> None:
    """Refuse what is no code of an area."""
    if not area_code.isdigit() or len(area_code) not in CODE_LENGTH.values():
        raise Invalid("--area 须是 6、9 或 12 位区划代码", field="area")


def _weights(
    session: Session, folder: Path, book: Parcels, source: Source, order: Order
) -> tuple[weights.Weights, int]:
    try:
        asked = weights.Asked(
            book.names,
            lambda places: shapes_of(session, book.ids[places]),
            lambda: living(session),
        )
        return weights.weights_of(folder / "weights", asked, source.grid, order.limits.buffer_m)
    except ValueError as error:
        raise refusal(
            "no_place",
            f"图斑转不到 {source.path.name} 的坐标系;请先用 gdalwarp -t_srs EPSG:4547 转换",
        ) from error


def _measured(found: weights.Weights, source: Source, order: Order) -> Zonal:
    image = reading.image_of(source, found.cover.window, order.given, order.limits)
    limits = Limits(order.limits.min_pixels, order.limits.max_cloud_share, order.limits.max_evi)
    return measure(found.cover, image, limits)


def _better(a: Zonal, b: Zonal, is_a: npt.NDArray[np.bool_], is_b: npt.NDArray[np.bool_]) -> Zonal:
    """Take for each parcel the tile that shows more of it."""
    liked_a, liked_b = LIKING[a.missing], LIKING[b.missing]
    more = (liked_b > liked_a) | ((liked_b == liked_a) & (b.n_pixels > a.n_pixels))
    is_second = is_b & (~is_a | more)

    def taken(first: Any, second: Any) -> Any:
        chosen = is_second if first.ndim == 1 else is_second[:, None]
        return np.where(chosen, second, first)

    return Zonal(
        taken(a.missing, b.missing),
        taken(a.n_pixels, b.n_pixels),
        taken(a.cloud_share, b.cloud_share),
        taken(a.mean, b.mean),
        taken(a.sd, b.sd),
        taken(a.quantiles, b.quantiles),
    )


def _rows(
    book: Parcels, found: Zonal, is_met: npt.NDArray[np.bool_], order: Order, image: str
) -> pd.DataFrame:
    n = int(is_met.sum())
    columns: dict[str, Any] = {
        "parcel_uid": book.uids[is_met],
        "parcel_version_id": book.ids[is_met],
        "day": np.full(n, order.day, object),
        "source": np.full(n, order.source, object),
        "n_pixels": found.n_pixels[is_met],
        "cloud_share": found.cloud_share[is_met],
        "missing": found.missing[is_met],
        "ndvi_sd": found.sd[is_met],
        "image": np.full(n, image, object),
    }
    columns |= {name: found.mean[is_met, k] for k, name in enumerate(store.INDICES)}
    columns |= {name: found.quantiles[is_met, k] for k, name in enumerate(store.QUARTILES)}
    return store.rows(columns)
