"""Tables of the record books on the command line."""

from pathlib import Path

import typer

from service.accounts import policy
from service.accounts import queries as accounts
from service.database import Database
from service.errors import Forbidden
from service.importers import IMPORTERS
from service.tables import Upload
from service.terminal import console, problems, show_rows


def import_table(
    database: Database,
    kind: str,
    file: Path,
    *,
    acting: str,
    is_dry_run: bool,
    is_partial: bool,
) -> None:
    """Enter a table on somebody's behalf; exit with 1 where a row was refused."""
    if not acting:
        raise typer.BadParameter("请用 --as 说明以哪个账号的名义导入")
    importer = IMPORTERS[kind]
    upload = Upload(file.read_bytes(), file.name, is_dry_run, is_partial)
    with database.write_session() as session, session.begin():
        viewer = accounts.viewer_named(session, acting)
        if not policy.may(viewer.role, importer.action):
            raise Forbidden(f"{acting} 的岗位不能导入{importer.title};请用 --as 指定另一个账号")
        session.info["viewer"] = viewer
        report = importer.take(session, upload)
    done = "可以保存" if is_dry_run else "保存"
    console.print(
        f"{importer.title}:读入 {report.n_read},{done} {report.n_filed},"
        f"未变 {report.n_unchanged},拒绝 {report.n_refused}。"
        + ("只检查,没有保存。" if is_dry_run else "")
    )
    if report.n_refused:
        show_rows(report.refused)
        if report.n_refused > len(report.refused):
            problems.print(f"  另有 {report.n_refused - len(report.refused)} 处")
        raise typer.Exit(1)
