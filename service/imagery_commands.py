"""Imagery on the command line: rasters of a day into observations of parcels."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict
from math import isnan
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy.orm import Session

from config.settings import Settings
from config.thresholds import ImageryThresholds
from geo.series import Missing
from service.accounts import policy
from service.accounts import queries as accounts
from service.database import Database
from service.errors import Forbidden, Invalid
from service.imagery import keeping, observing
from service.imagery.observing import Order, Outcome
from service.imagery.rasters import Given
from service.table_cells import day_of
from service.terminal import console

REASON_TEXT = {
    Missing.PRESENT: "有观测值",
    Missing.CLOUD: "被云遮住",
    Missing.NO_IMAGE: "没有影像",
    Missing.TOO_SMALL: "图斑太小",
    Missing.OUT_OF_RANGE: "数值超出范围",
}
SOURCE = re.compile(r"[\w .-]{1,32}")
ACTION = "observation.import"


def observe(
    database: Database, settings: Settings, rasters: Sequence[Path], order: Order, *, acting: str
) -> Outcome:
    """Observe the rasters of a day, keep what is new, and say what became of it."""
    folder = settings.observation_directory
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with database.read_session() as session, Progress(*columns, console=console) as bar:
        _speak_as(session, acting)
        task = bar.add_task("核对影像", total=None)

        def show(text: str, done: int, total: int) -> None:
            bar.update(task, description=text, completed=done, total=total)

        rows, towns, outcome = observing.observed(session, folder, rasters, order, show)
        show("写入", len(rasters), len(rasters))
    digests = {path.name: _digest(path) for path in rasters}
    with database.write_session() as session, session.begin():
        _speak_as(session, acting)
        outcome.counts = keeping.keep(
            session,
            folder,
            rows,
            towns,
            action="observation.observe",
            subject=f"{order.day} {order.source}",
            area_code=order.area_code or settings.county_code,
            rasters=digests,
            given=_as_json(order.given),
            buffer_m=order.limits.buffer_m,
            min_pixels=order.limits.min_pixels,
        )
    _report(order, len(rasters), outcome)
    return outcome


def given_of(
    *,
    bands: str,
    scale: float | None,
    offset: float | None,
    no_data: float | None,
    cloud: Path | None,
    cloud_values: str,
) -> Given:
    """Return what a command line says of its rasters."""
    if scale is not None and not scale > 0:
        raise Invalid("--scale 须大于 0", field="scale")
    try:
        values = tuple(int(each) for each in _list_of(cloud_values))
    except ValueError as error:
        raise Invalid("--cloud-values 须是整数,用逗号隔开", field="cloud_values") from error
    return Given(_list_of(bands), scale, offset, no_data, cloud, values)


def _as_json(given: Given) -> dict[str, Any]:
    """Return what was said; JSON has no nan."""
    no_data = given.no_data
    return asdict(given) | {"no_data": "nan" if no_data is not None and isnan(no_data) else no_data}


def _list_of(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.replace(",", ",").split(",") if each.strip())


def order_of(
    on: str,
    source: str,
    given: Given,
    limits: ImageryThresholds,
    area_code: str,
    buffer_m: float | None,
    min_pixels: float | None,
) -> Order:
    """Return what a command line orders; what it does not say is as in the thresholds."""
    day = day_of(on)
    if day is None:
        raise Invalid("--on 写成 2023-04-20", field="on")
    if not SOURCE.fullmatch(source):
        raise Invalid("--source 是不超过 32 个字的名称", field="source")
    said = {"buffer_m": buffer_m, "min_pixels": min_pixels}
    changed = {name: value for name, value in said.items() if value is not None}
    return Order(day, source, given, limits.model_copy(update=changed), area_code)


def _speak_as(session: Session, acting: str) -> None:
    """Speak as an account, or as the system where none is named."""
    if not acting:
        session.info["is_system"] = True
        return
    viewer = accounts.viewer_named(session, acting)
    if not policy.may(viewer.role, ACTION):
        raise Forbidden(f"{acting} 的岗位不能导入观测;请用 --as 指定区业务账号")
    session.info["viewer"] = viewer


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _report(order: Order, n_rasters: int, outcome: Outcome) -> None:
    counts = outcome.counts
    console.print(
        f"{order.day} {order.source}:读入影像 {n_rasters} 幅,图斑 {outcome.n_parcels} 个,"
        f"影像压到 {outcome.n_reached} 个。",
        markup=False,
    )
    table = Table("结果", "图斑数")
    for reason, n in outcome.n_by_reason.items():
        table.add_row(REASON_TEXT[reason], str(n))
    console.print(table)
    for note in outcome.notes:
        console.print(f"  注意:{note}", markup=False, soft_wrap=True)
    made = outcome.n_weights_made
    console.print(f"像元权重:新算 {made} 个图斑。" if made else "像元权重沿用以前算好的。")
    console.print(
        f"保存:新增 {counts.n_new},更新 {counts.n_changed},未变 {counts.n_same}。"
        + ("" if counts.n_new or counts.n_changed else "没有改动。")
    )
