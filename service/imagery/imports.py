"""Tables of observations that were made elsewhere."""

from collections import defaultdict
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from geo import stamps
from geo.series import Missing
from service import records
from service.areas.queries import CODE_LENGTH
from service.database import thresholds_of
from service.errors import Conflict, Invalid, NotFound
from service.imagery import keeping, store
from service.imagery.schemas import ObservationRow, Reason
from service.parcels.models import ParcelVersion
from service.schemas import UUID_TEXT
from service.table_layouts import Column, Kind, Layout
from service.tables import ImportReport, Upload, import_rows, read

MISSING_TEXT = {
    "云": Reason.CLOUD,
    "无影像": Reason.NO_IMAGE,
    "太小": Reason.TOO_SMALL,
    "超出范围": Reason.OUT_OF_RANGE,
    "有": Reason.PRESENT,
}
LAYOUT = Layout(
    kind="observations",
    title="图斑遥感观测",
    schema=ObservationRow,
    columns=(
        Column(
            "parcel",
            ("图斑", "标识码", "BSM", "parcel"),
            is_required=True,
            hint="图斑标识码(BSM)或系统编号",
        ),
        Column(
            "observed_on",
            ("日期", "成像日期", "observed_on"),
            is_required=True,
            hint="写成 2023-04-20;带时刻的须带时区",
        ),
        Column("source", ("来源", "source"), hint="如 S2;不填为“导入”"),
        Column("ndvi", ("NDVI", "ndvi"), Kind.NUMBER),
        Column("evi", ("EVI", "evi"), Kind.NUMBER),
        Column("lswi", ("LSWI", "lswi"), Kind.NUMBER),
        Column("bsi", ("BSI", "bsi"), Kind.NUMBER),
        Column("n_pixels", ("像元数", "n_pixels"), Kind.NUMBER),
        Column("cloud_share", ("云占比", "cloud_share"), Kind.NUMBER),
        Column("missing", ("缺测原因", "missing"), Kind.CHOICE, MISSING_TEXT),
    ),
)


def import_observations(session: Session, upload: Upload) -> ImportReport:
    """Enter a table of observations: all of it, or nothing and a report by row."""
    records.take_turn(session)
    days = [each.observed_on for each in read(session, upload, LAYOUT, fixed={}).items]
    is_slipped = stamps.are_months_slipped(np.array(days, "datetime64[D]"))
    desk = _Desk(session, is_slipped=is_slipped)
    report = import_rows(session, upload, LAYOUT, desk.enter)
    if desk.rows and not upload.is_dry_run:
        frame = store.rows({name: [row[name] for row in desk.rows] for name in desk.rows[0]})
        keeping.keep(
            session,
            store.folder_of(session),
            _typed(frame),
            np.array(desk.towns, str),
            action="observation.import",
            subject=upload.filename[:100],
            area_code=session.info["viewer"].area_code,
        )
    return report


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    numbers = ["n_pixels", "cloud_share", *store.VALUES]
    return frame.astype(dict.fromkeys(numbers, np.float32) | {"missing": np.uint8})


class _Desk:
    """Finds the parcels that rows name, and tells what is new."""

    def __init__(self, session: Session, *, is_slipped: bool) -> None:
        self.session, self.is_slipped = session, is_slipped
        self.max_evi = thresholds_of(session).imagery.max_evi
        self.folder = store.folder_of(session)
        self.versions: dict[str, list[ParcelVersion]] = {}
        self.known: dict[tuple[str, str], dict[tuple[Any, ...], tuple[Any, ...]]] = {}
        self.seen: set[tuple[UUID, date, str]] = set()
        self.rows: list[dict[str, Any]] = []
        self.towns: list[str] = []

    def enter(self, item: ObservationRow) -> bool:
        """Take one row; tell whether it says anything new."""
        records.refuse_future(self.session, item.observed_on, "observed_on")
        self._judge(item)
        parcel = self._parcel(item.parcel, item.observed_on)
        key = (parcel.uid, item.observed_on, item.source)
        if key in self.seen:
            raise Conflict(
                "同一图斑、同一天、同一来源在表里已有一行;请只留一行", field="observed_on"
            )
        self.seen.add(key)
        row = _row(item, parcel)
        town = parcel.area_code[: CODE_LENGTH["town"]]
        known = self._known(store.season_of(item.observed_on), town)
        is_new = known.get((str(parcel.uid), item.observed_on, item.source)) != _content(row)
        if is_new:
            self.rows.append(row)
            self.towns.append(town)
        return is_new

    def _judge(self, item: ObservationRow) -> None:
        if self.is_slipped:
            raise Invalid(
                "表里的日期都是月末(或月末夹着月初),像是每月一日因时区退了一天;请改成成像日,逐月合成的写当月一日",
                field="observed_on",
            )
        if item.evi is not None and abs(float(item.evi)) > self.max_evi:
            raise Invalid(
                f"EVI 须在 -{self.max_evi} 与 {self.max_evi} 之间;请核对比例", field="evi"
            )

    def _parcel(self, name: str, day: date) -> ParcelVersion:
        if name not in self.versions:
            named = ParcelVersion.survey_code == name
            if UUID_TEXT.fullmatch(name):
                named = or_(named, ParcelVersion.uid == UUID(name))
            self.versions[name] = list(self.session.scalars(select(ParcelVersion).where(named)))
        valid = [
            each
            for each in self.versions[name]
            if each.valid_from <= day and (each.valid_to is None or each.valid_to > day)
        ]
        if not valid:
            raise NotFound(f"{day} 的图斑账里没有这个图斑;请核对标识码和日期", field="parcel")
        if len({each.uid for each in valid}) > 1:
            raise Conflict("有几个图斑用这个标识码;请填系统编号", field="parcel")
        return max(valid, key=lambda each: each.id)

    def _known(self, season: str, town: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        if (season, town) not in self.known:
            holding = store.read(self.folder, season, town)
            grouped: dict[tuple[Any, ...], tuple[Any, ...]] = defaultdict(tuple)
            for row in holding.to_dict("records"):
                grouped[row["parcel_uid"], row["day"], row["source"]] = _content(row)
            self.known[season, town] = grouped
        return self.known[season, town]


def _row(item: ObservationRow, parcel: ParcelVersion) -> dict[str, Any]:
    names = (*store.INDICES, "n_pixels", "cloud_share")
    told = (*item.values, item.n_pixels, item.cloud_share)
    numbers = {
        name: np.nan if value is None else float(value)
        for name, value in zip(names, told, strict=True)
    }
    return numbers | {
        "parcel_uid": str(parcel.uid),
        "parcel_version_id": parcel.id,
        "day": item.observed_on,
        "source": item.source,
        "missing": int((item.missing or Reason.PRESENT).code),
    }


def _content(row: dict[str, Any]) -> tuple[Any, ...]:
    """Return what makes a row another observation, as it is kept: in single precision."""
    told = []
    for name in store.CONTENT:
        value = row.get(name)
        is_nothing = value is None or value != value  # noqa: PLR0124 - nan is not itself
        told.append(None if is_nothing else float(np.float32(value)))
    return (*told, Missing(row["missing"]))
