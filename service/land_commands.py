"""Land on the command line: a file into the book, a layer of the book into a file."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from config.settings import Settings
from service.accounts import policy
from service.accounts import queries as accounts
from service.database import Database
from service.errors import Forbidden
from service.landfiles.limits import COMMAND_LINE
from service.parcels import exports, findings, imports
from service.parcels.codes import KIND_TEXT
from service.parcels.imports import Incoming
from service.parcels.models import ImportState, LandImport, LandKind
from service.parcels.reading import LandReader
from service.parcels.schemas import ExportOrder, ImportChoices, ImportOptions
from service.security import Viewer
from service.terminal import console, problems

FORMATS = {".gpkg": "gpkg", ".zip": "shp", ".parquet": "parquet", ".xlsx": "xlsx"}
FORMATS |= {".geojson": "geojson"}
STAGE_TEXT = {
    "queued": "排队",
    "surroundings": "备好账本",
    "read": "读取文件",
    "geometry": "读图形",
    "reference": "判断坐标系",
    "attributes": "读属性",
    "exam": "体检",
    "compare": "与账本比对",
    "write": "写出结果",
    "insert": "写入账本",
    "end": "终止旧版",
    "lineage": "记录沿革",
    "overlay": "记录永农占比",
    "done": "完成",
}
"""What an import is doing, in the words of its stages."""


def import_land(
    database: Database,
    settings: Settings,
    file: Path,
    *,
    acting: str,
    options: ImportOptions,
    choices: ImportChoices | None,
) -> None:
    """Read and examine a land file; with choices, put it into the book."""
    reader = LandReader(
        database, settings.import_directory, settings.county_code, limits=COMMAND_LINE
    )
    viewer = _viewer(database, acting, "parcel.import")
    with database.write_session() as session, session.begin(), file.open("rb") as source:
        session.info["viewer"] = viewer
        found = imports.accept(
            session,
            viewer,
            reader.directory,
            [Incoming(file.name, source)],
            options,
            max_bytes=COMMAND_LINE.upload_bytes,
            start=lambda _: None,
        )
    found = _work(reader, found.id)
    _report(database, found)
    if found.state is not ImportState.READY:
        raise typer.Exit(1)
    if choices is None:
        console.print("只检查,没有入账。")
        return
    with database.write_session() as session, session.begin():
        session.info["viewer"] = viewer
        imports.decide(session, viewer, found.id, choices, start=lambda _: None)
    found = _work(reader, found.id)
    if found.state is not ImportState.COMMITTED:
        problems.print(f"[red]没有入账[/red] {found.problem}")
        raise typer.Exit(1)
    done = imports.report(found)["committed"]
    console.print(
        f"已入账:新增 {done['n_new']},更新 {done['n_changed']},终止 {done.get('n_gone', 0)},"
        f"未导入 {done.get('n_left_out', 0)}。"
    )


def export_land(
    database: Database, file: Path, *, acting: str, layer: LandKind, said: dict[str, Any]
) -> None:
    """Write a layer of the book to a file; its format is that of the file's name."""
    if file.suffix not in FORMATS:
        raise typer.BadParameter(f"文件名的后缀须是 {'、'.join(FORMATS)}")
    viewer = _viewer(database, acting, "parcel.export")
    order = ExportOrder.model_validate(said | {"layer": layer, "format": FORMATS[file.suffix]})
    with database.write_session() as session:
        session.info["viewer"] = viewer
        made = exports.export(session, viewer, order)
        session.commit()
    file.write_bytes(made.content)
    console.print(f"已导出 {KIND_TEXT[layer]} {made.n_features} 个到 {file}。")
    for note in made.notes:
        console.print(f"  注意:{note}", markup=False)


def _viewer(database: Database, acting: str, action: str) -> Viewer:
    with database.system_reading() as session:
        viewer = accounts.viewer_named(session, acting)
    if not policy.may(viewer.role, action):
        raise Forbidden(f"{acting} 的岗位没有这项权限;请用 --as 指定区业务账号")
    return viewer


def _work(reader: LandReader, import_id: UUID) -> LandImport:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("开始", total=None)

        def show(stage: str, done: int, total: int) -> None:
            text = STAGE_TEXT.get(stage, stage)
            bar.update(task, description=text, completed=done, total=total)

        reader.work(import_id, show)
    with reader.database.system_reading() as session:
        return imports.one(session, import_id)


def _report(database: Database, found: LandImport) -> None:
    """Say what was read and found, as the page says it."""
    said = imports.report(found)
    if found.problem:
        problems.print(f"[red]未通过[/red] {found.problem}")
    if said.get("reference"):
        console.print(f"坐标系:{said['reference']['text_zh']}", markup=False)
    if said.get("encoding"):
        console.print(f"编码:{said['encoding']['reason_zh']}", markup=False)
    if said.get("personal"):
        names = "、".join(f"{name}({n})" for name, n in said["personal"].items())
        console.print(f"不导入的个人信息:{names}", markup=False)
    if said.get("standing"):
        counts = said["standing"]
        console.print(
            f"共 {said['n_features']} 个:新增 {counts['new']},有变化 {counts['changed']},"
            f"相同 {counts['same']},账上有而文件没有 {counts['gone']};有效日 {found.valid_from}"
        )
    with database.system_reading() as session:
        for severity, rule, n in findings.counts(session, found.id):
            title = findings.RULE_TEXT.get(rule, rule)
            console.print(f"  {findings.SEVERITY_TEXT[severity]} {title}:{n}")
    if found.state is ImportState.ASKING:
        problems.print("文件没有说清楚;请用 --crs、--layer、--encoding 或网页上的字段对照补充")


def options_of(
    *,
    kind: LandKind | None,
    layer: str,
    encoding: str,
    crs: str,
    valid_from: str,
    is_complete_county: bool,
) -> ImportOptions:
    """Return the options of a command line."""
    return ImportOptions(
        kind=kind,
        layer=layer or None,
        encoding=encoding or None,
        crs=crs or None,
        valid_from=date.fromisoformat(valid_from) if valid_from else None,
        is_complete_county=is_complete_county,
    )
