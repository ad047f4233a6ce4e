"""The command line: `chungeng`."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from config.settings import Settings
from service import audit, backups, jobs, migrations, telemetry
from service.accounts import actions as accounts
from service.accounts import policy
from service.accounts import queries as account_queries
from service.accounts.schemas import AccountCreate
from service.areas import actions as areas
from service.database import Database
from service.demo import cast
from service.demo import clock as demo_clock
from service.demo import load as demo_load
from service.demo.cast import Login
from service.errors import Forbidden, ServiceError
from service.reporting import queries as reporting
from service.security import Role
from service.sowing import imports, plan_rollups, rollups

app = typer.Typer(add_completion=False, no_args_is_help=True, help="春耕:县级春耕工作系统")
console = Console()
problems = Console(stderr=True)


def main() -> None:
    """Run the command line; every failure says what to do and exits with 1."""
    try:
        app()
    except ServiceError as refusal:
        problems.print(f"[red]未完成[/red] {refusal.detail}")
        _show_rows(refusal.members.get("rows", []))
        sys.exit(1)
    except (migrations.SchemaTooNew, backups.BackupFailed, FileNotFoundError) as error:
        problems.print(f"[red]未完成[/red] {error}")
        sys.exit(1)


def _show_rows(rows: list[dict[str, object]]) -> None:
    for row in rows[:50]:
        problems.print(
            f"  第 {row['row']} 行 {row.get('column', row.get('field', ''))} "
            f"“{row['value']}”:{row['reason']}"
        )


@contextmanager
def _opened(*, is_migrated: bool = True) -> Iterator[tuple[Database, Settings]]:
    settings = Settings()
    telemetry.configure_logging(as_json=settings.log_json)
    database = Database(settings.database_url)
    try:
        if is_migrated:
            migrations.migrate(database, backup_directory=settings.backup_directory)
            demo_clock.wind(database)
        yield database, settings
    finally:
        database.dispose()


@app.command()
def serve(workers: Annotated[int, typer.Option(min=1, max=32)] = 1) -> None:
    """启动网站(先把数据库升级到本程序的版本)。"""
    settings = Settings()
    console.print(f"春耕:http://{settings.host}:{settings.port}  (Ctrl+C 停止)")
    uvicorn.run(
        "service.app:from_environment",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=workers,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
    )


@app.command()
def demo(
    serve_after: Annotated[bool, typer.Option("--serve", help="装好后启动网站")] = False,
) -> None:
    """装入演示数据:清新区 2020 至 2023 年春播(虚构),可重复执行。"""
    settings = Settings()
    logins = _load_demo(settings)
    if logins:
        _show_logins(logins, is_given=settings.demo_password is not None)
    else:
        given = settings.demo_password is not None
        console.print(
            "演示数据已在库中,没有改动。"
            + ("口令已设为 CHUNGENG_DEMO_PASSWORD。" if given else "口令与首次装入时相同。")
        )
    if serve_after:
        serve()


def _load_demo(settings: Settings) -> list[Login]:
    target = Database(settings.database_url)
    try:
        if not target.is_sqlite or Path(target.url.database or "").exists():
            migrations.migrate(target, backup_directory=settings.backup_directory)
            if demo_load.is_loaded(target):
                if settings.demo_password is not None:
                    cast.set_password(target, settings.demo_password.get_secret_value())
                return []
            return _tell(target, settings)
    finally:
        target.dispose()
    return _tell_into_file(Path(target.url.database or ""), settings)


def _tell_into_file(path: Path, settings: Settings) -> list[Login]:
    """Build beside the place and move in when complete: an interrupted load leaves nothing."""
    building = path.with_name(path.name + ".building")
    for leftover in (building, Path(f"{building}-journal"), Path(f"{building}-wal")):
        leftover.unlink(missing_ok=True)
    database = Database(f"sqlite:///{building}")
    try:
        migrations.migrate(database, backup_directory=None)
        logins = _tell(database, settings)
    finally:
        database.dispose()
    with building.open("rb") as file:
        os.fsync(file.fileno())
    building.replace(path)
    return logins


def _tell(database: Database, settings: Settings) -> list[Login]:
    secret = settings.demo_password
    with Progress(
        TextColumn("装入演示数据 {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
    ) as bar:
        task = bar.add_task("", total=None)
        return demo_load.load(
            database,
            password=secret.get_secret_value() if secret else None,
            on_step=lambda text, n, total: bar.update(
                task, description=text, completed=n, total=total
            ),
        )


def _show_logins(logins: list[Login], *, is_given: bool) -> None:
    table = Table("账号", "名称", "口令")
    for login in logins:
        table.add_row(
            login.username,
            login.display_name,
            "(CHUNGENG_DEMO_PASSWORD)" if is_given else login.password,
        )
    console.print(table)
    if not is_given:
        console.print("以上口令只显示这一次,请记下。")


@app.command()
def migrate(
    backup: Annotated[bool, typer.Option(help="升级前先备份")] = True,
) -> None:
    """把数据库升级到本程序的版本。"""
    with _opened(is_migrated=False) as (database, settings):
        directory = settings.backup_directory if backup else None
        done = migrations.migrate(database, backup_directory=directory)
        console.print("已升级。" if done else "已是最新版本,没有改动。")


@app.command()
def account(
    username: str,
    role: Role,
    area: Annotated[str, typer.Option(help="区划代码")],
    name: Annotated[str, typer.Option(help="显示名称")] = "",
) -> None:
    """新建账号;口令从终端读入。"""
    password = typer.prompt("口令(至少 8 位)", hide_input=True, confirmation_prompt=True)
    with _opened() as (database, _), database.system_transaction() as session:
        accounts.create_account(
            session,
            AccountCreate(
                username=username,
                display_name=name or username,
                role=role,
                area_code=area,
                password=password,
            ),
        )
    console.print(f"已建账号 {username}。")


@app.command("import")
def import_file(
    kind: Annotated[str, typer.Argument(help="areas 或 sowing")],
    file: Path,
    season: Annotated[str, typer.Option(help="播种季代码(sowing)")] = "",
    as_of: Annotated[str, typer.Option(help="报告日(sowing)")] = "",
    acting: Annotated[str, typer.Option("--as", help="以哪个账号的名义(sowing)")] = "",
    dry_run: Annotated[bool, typer.Option(help="只检查,不保存")] = False,
) -> None:
    """导入表格:areas(代码、名称两列的 CSV)或 sowing(模板或长表)。"""
    if not file.is_file():
        raise FileNotFoundError(f"没有文件 {file}")
    if kind not in {"areas", "sowing"}:
        raise typer.BadParameter("能导入的有:areas、sowing")
    with _opened() as (database, _):
        if kind == "areas":
            _import_areas(database, file, is_dry_run=dry_run)
        else:
            day = date.fromisoformat(as_of) if as_of else None
            _import_sowing(database, file, season, day, acting=acting, is_dry_run=dry_run)


def _import_areas(database: Database, file: Path, *, is_dry_run: bool) -> None:
    found = areas.read_areas(file.read_bytes())
    with database.write_session() as session, session.begin() as transaction:
        session.info["is_system"] = True
        loaded = areas.load_areas(session, found)
        if is_dry_run:
            transaction.rollback()
    console.print(f"读入 {loaded.read},新增 {loaded.new},改名 {loaded.renamed}。")


def _import_sowing(
    database: Database,
    file: Path,
    season: str,
    day: date | None,
    *,
    acting: str,
    is_dry_run: bool,
) -> None:
    with database.write_session() as session, session.begin():
        viewer = account_queries.viewer_named(session, acting)
        if not policy.may(viewer.role, "sowing.report.file"):
            raise Forbidden(f"{acting} 的岗位不能填报;请用录入员账号")
        session.info["viewer"] = viewer
        report = imports.import_table(
            session,
            file.read_bytes(),
            filename=file.name,
            season_code=season,
            as_of=day,
            is_dry_run=is_dry_run,
        )
    console.print(
        f"读入 {report.n_read},保存 {report.n_filed},未变 {report.n_unchanged},"
        f"拒绝 {report.n_refused}。"
    )
    _show_rows(report.refused)


@app.command()
def run(job: str) -> None:
    """立即执行一项定时任务。"""
    if job not in jobs.BY_NAME:
        raise typer.BadParameter(f"任务有:{'、'.join(jobs.BY_NAME)}")
    with _opened() as (database, settings):
        console.print(f"{jobs.BY_NAME[job].title}:{jobs.BY_NAME[job].run(database, settings)}")


@app.command()
def backup() -> None:
    """备份整个数据库。"""
    with _opened() as (database, settings):
        console.print(f"已备份到 {backups.save(database, settings.backup_directory)}")


@app.command()
def restore(
    file: Path,
    replace: Annotated[bool, typer.Option(help="替换现有数据库(现有的另存)")] = False,
) -> None:
    """从备份恢复;默认只恢复到空库。"""
    with _opened(is_migrated=False) as (database, _):
        kept = backups.restore(database, file, is_replacing=replace)
    console.print("已恢复。" + (f"原数据库另存为 {kept}" if kept else ""))


@app.command()
def verify() -> None:
    """核对审计链和汇总;有问题时指出第一处。"""
    with _opened() as (database, _), database.system_reading() as session:
        broken = audit.first_break(session)
        if broken is not None:
            problems.print(f"[red]审计链在第 {broken.n} 条断开[/red]:{broken.reason}")
            raise typer.Exit(1)
        wrong = [
            (season.code, *each)
            for season in reporting.seasons(session)
            for each in rollups.differences(session, season.code)
        ]
        for season, area, crop, day, kept, true in wrong[:20]:
            problems.print(f"{season} {area} {crop} {day}:汇总 {kept},明细 {true}")
        plans = [
            (season.code, *each)
            for season in reporting.seasons(session)
            for each in plan_rollups.differences(session, season.code)
        ]
        for season, area, crop in plans[:20]:
            problems.print(f"{season} {area} {crop}:计划汇总与各版计划不符")
        if wrong or plans:
            problems.print("汇总与明细不符;运行 chungeng run check-rollups 重建")
            raise typer.Exit(1)
        console.print("审计链完整,汇总与明细一致。")
