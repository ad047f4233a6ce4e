"""The command line: `chungeng`."""

import os
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from config.settings import Settings
from config.thresholds import Thresholds
from service import (
    backtest_commands,
    backup_commands,
    backups,
    jobs,
    land_commands,
    lint_commands,
    migrations,
    screening_commands,
    table_commands,
)
from service.accounts import actions as accounts
from service.accounts import policy
from service.accounts import queries as account_queries
from service.accounts.schemas import AccountCreate
from service.areas import actions as areas
from service.database import Database
from service.demo import cast
from service.demo import load as demo_load
from service.demo.cast import Login
from service.errors import Forbidden, ServiceError
from service.importers import IMPORTERS
from service.parcels.models import LandKind
from service.parcels.schemas import ImportChoices
from service.security import Role
from service.sowing import imports
from service.terminal import console, opened, problems, show_rows

app = typer.Typer(add_completion=False, no_args_is_help=True, help="春耕:县级春耕工作系统")


def main() -> None:
    """Run the command line; every failure says what to do and exits with 1."""
    try:
        app()
    except ServiceError as refusal:
        problems.print(f"[red]未完成[/red] {refusal.detail}")
        show_rows(refusal.members.get("rows", []))
        sys.exit(1)
    except (migrations.SchemaTooNew, backups.BackupFailed, FileNotFoundError) as error:
        problems.print(f"[red]未完成[/red] {error}")
        sys.exit(1)


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
        # Whom not named here uvicorn does not believe: any caller may write these headers.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=[str(each) for each in settings.trusted_proxies],
    )


@app.command()
def demo(
    serve_after: Annotated[bool, typer.Option("--serve", help="装好后启动网站")] = False,
    parcels: Annotated[
        int, typer.Option(min=0, max=2_000_000, help="造多少个图斑;0 为不造土地")
    ] = 20_000,
) -> None:
    """装入演示数据:清新区 2020 至 2023 年春播(虚构),可重复执行。"""
    settings = Settings()
    logins = _load_demo(settings, parcels)
    if logins:
        _show_logins(logins, is_given=settings.demo_password is not None)
    else:
        given = settings.demo_password is not None
        console.print(
            "演示数据已在库中,没有改动。"
            + ("口令已设为 CHUNGENG_DEMO_PASSWORD。" if given else "口令与首次装入时相同。")
        )
    if serve_after:
        # A process of its own: what was loaded to make the land is not needed to serve it.
        os.execv(sys.executable, [sys.executable, "-c", SERVE])


def _load_demo(settings: Settings, n_parcels: int) -> list[Login]:
    target = Database(settings.database_url)
    try:
        if not target.is_sqlite or Path(target.url.database or "").exists():
            migrations.migrate(target, backup_directory=settings.backup_directory)
            if demo_load.is_loaded(target):
                if settings.demo_password is not None:
                    cast.set_password(target, settings.demo_password.get_secret_value())
                return []
            return _tell(target, settings, n_parcels)
    finally:
        target.dispose()
    return _tell_into_file(Path(target.url.database or ""), settings, n_parcels)


def _tell_into_file(path: Path, settings: Settings, n_parcels: int) -> list[Login]:
    """Build beside the place and move in when complete: an interrupted load leaves nothing."""
    building = path.with_name(path.name + ".building")
    for leftover in (building, Path(f"{building}-journal"), Path(f"{building}-wal")):
        leftover.unlink(missing_ok=True)
    database = Database(f"sqlite:///{building}")
    try:
        migrations.migrate(database, backup_directory=None)
        logins = _tell(database, settings, n_parcels)
    finally:
        database.dispose()
    with building.open("rb") as file:
        os.fsync(file.fileno())
    building.replace(path)
    return logins


def _tell(database: Database, settings: Settings, n_parcels: int) -> list[Login]:
    secret = settings.demo_password
    database.observation_directory = settings.observation_directory
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
            import_directory=settings.import_directory,
            n_parcels=n_parcels,
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
    with opened(is_migrated=False) as (database, settings):
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
    with opened() as (database, _), database.system_transaction() as session:
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


SERVE = "import sys; from service.cli import main; sys.argv[1:] = ['serve']; main()"
KINDS = ("areas", "sowing", "parcels", *IMPORTERS)
TABLES = "、".join(f"{kind}({each.title})" for kind, each in IMPORTERS.items())


@app.command("import")
def import_file(
    kind: Annotated[str, typer.Argument(help=f"areas、sowing、parcels,或 {TABLES}")],
    file: Path,
    season: Annotated[str, typer.Option(help="播种季代码(sowing)")] = "",
    as_of: Annotated[str, typer.Option(help="报告日(sowing);调查日(parcels)")] = "",
    acting: Annotated[str, typer.Option("--as", help="以哪个账号的名义(areas 不用)")] = "",
    layer_kind: Annotated[
        LandKind | None, typer.Option("--kind", help="图层种类(parcels);不给则按字段判断")
    ] = None,
    layer: Annotated[str, typer.Option(help="文件里的图层名(parcels)")] = "",
    crs: Annotated[str, typer.Option(help="坐标系,如 EPSG:4526;不给则从文件判断")] = "",
    encoding: Annotated[str, typer.Option(help="文字编码;不给则从文件判断")] = "",
    complete: Annotated[bool, typer.Option(help="文件含全县图斑,账上多出的都终止")] = False,
    accept_repairs: Annotated[bool, typer.Option(help="接受对不合格图形的修复")] = False,
    leave_out_blocked: Annotated[bool, typer.Option(help="不导入被阻断的图斑")] = False,
    dry_run: Annotated[bool, typer.Option(help="只检查,不保存")] = False,
    partial: Annotated[bool, typer.Option(help="保存合格的行,只拒绝其余(各账的表)")] = False,
) -> None:
    """导入:areas(代码、名称两列的 CSV)、sowing(模板或长表)、parcels(土地调查的矢量文件)、各账的表。

    有被拒绝的行时列出行、列、值和原因,并以 1 退出。
    """
    if not file.is_file():
        raise FileNotFoundError(f"没有文件 {file}")
    if kind not in KINDS:
        raise typer.BadParameter(f"能导入的有:{'、'.join(KINDS)}")
    with opened() as (database, settings):
        if kind in IMPORTERS:
            table_commands.import_table(
                database, kind, file, acting=acting, is_dry_run=dry_run, is_partial=partial
            )
        elif kind == "areas":
            _import_areas(database, file, is_dry_run=dry_run)
        elif kind == "sowing":
            day = date.fromisoformat(as_of) if as_of else None
            _import_sowing(database, file, season, day, acting=acting, is_dry_run=dry_run)
        else:
            options = land_commands.options_of(
                kind=layer_kind,
                layer=layer,
                encoding=encoding,
                crs=crs,
                valid_from=as_of,
                is_complete_county=complete,
            )
            choices = ImportChoices(
                accept_repairs=accept_repairs, leave_out_blocked=leave_out_blocked
            )
            land_commands.import_land(
                database,
                settings,
                file,
                acting=acting,
                options=options,
                choices=None if dry_run else choices,
            )


@app.command()
def export(
    kind: Annotated[LandKind, typer.Argument(help="parcels、farmland、outlines 或 approvals")],
    file: Annotated[Path, typer.Argument(help="后缀决定格式:gpkg、zip(shp)、parquet、xlsx")],
    acting: Annotated[str, typer.Option("--as", help="以哪个账号的名义")],
    crs: Annotated[str, typer.Option(help="EPSG:4490、4526、4547 或 4326")] = "EPSG:4490",
    area: Annotated[str, typer.Option(help="区划代码")] = "",
    on: Annotated[str, typer.Option(help="哪一天的账")] = "",
) -> None:
    """导出图层;矢量数据受控,每次导出都记入审计。"""
    said = {"crs": crs, "area": area or None, "on": date.fromisoformat(on) if on else None}
    with opened() as (database, _):
        land_commands.export_land(database, file, acting=acting, layer=kind, said=said)


@app.command()
def observe(
    rasters: Annotated[list[Path], typer.Argument(help="同一天的影像,可以是几幅相邻的")],
    on: Annotated[str, typer.Option("--on", help="成像日,如 2023-04-20")],
    bands: Annotated[
        str, typer.Option(help="各波段的名称,如 B2,B3,B4,B8,B11;指数影像写 NDVI")
    ] = "",
    source: Annotated[str, typer.Option(help="来源名称")] = "S2",
    cloud: Annotated[Path | None, typer.Option(help="云掩膜影像")] = None,
    cloud_values: Annotated[str, typer.Option(help="掩膜里哪些值是云,如 3,8,9,10")] = "",
    scale: Annotated[float | None, typer.Option(help="像元值乘以它,如 0.0001")] = None,
    offset: Annotated[
        float | None, typer.Option(help="先加到像元值上,如 -1000(处理基线 04.00 起)")
    ] = None,
    no_data: Annotated[float | None, typer.Option("--nodata", help="无数据值;没有的写 nan")] = None,
    buffer: Annotated[float | None, typer.Option(min=0, max=100, help="向内缩多少米")] = None,
    min_pixels: Annotated[float | None, typer.Option(min=0, help="至少多少个像元")] = None,
    area: Annotated[str, typer.Option(help="只观测这个区划")] = "",
    acting: Annotated[str, typer.Option("--as", help="以哪个账号的名义")] = "",
) -> None:
    """从影像统计每个图斑的植被指数;缺值写明原因(云、无影像、太小、超出范围),从不记成零。"""
    from service import imagery_commands  # noqa: PLC0415 # loads GDAL and compiled loops

    given = imagery_commands.given_of(
        bands=bands,
        scale=scale,
        offset=offset,
        no_data=no_data,
        cloud=cloud,
        cloud_values=cloud_values,
    )
    with opened() as (database, settings):
        order = imagery_commands.order_of(
            on, source, given, database.thresholds.imagery, area, buffer, min_pixels
        )
        imagery_commands.observe(database, settings, rasters, order, acting=acting)


@app.command()
def screen(
    as_of: Annotated[str, typer.Option("--as-of", help="截至哪一天,如 2023-07-31")] = "",
    area: Annotated[str, typer.Option(help="区划代码;不填则为全县")] = "",
    season: Annotated[str, typer.Option(help="年度;不填则为截至日所在年")] = "",
    dask: Annotated[str, typer.Option(help="Dask 调度器地址,如 tcp://10.0.0.5:8786")] = "",
) -> None:
    """筛查全部图斑:影像、信号、规则合并研判;只开线索,不作认定,可重复执行。"""
    with opened() as (database, settings):
        screening_commands.screen(
            database,
            as_of=as_of,
            area=area or settings.county_code,
            season=season or None,
            dask=dask or None,
        )


@app.command()
def lint(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="UTF-8 文本")],
    as_of: Annotated[str, typer.Option("--as-of", help="截至哪一天,如 2023-04-20")],
    area: Annotated[str, typer.Option(help="区划代码;不填则为全县")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON,供脚本读取")] = False,
) -> None:
    """核对文稿里的每个数字:逐一重算;有不符的以 1 退出,核对不了的以 2 退出。"""
    day = lint_commands.day(as_of)
    try:
        with opened() as (database, settings):
            lint_commands.lint_file(
                database, file, as_of=day, area=area or settings.county_code, as_json=as_json
            )
    except (ServiceError, migrations.SchemaTooNew, backups.BackupFailed) as refusal:
        lint_commands.refuse(f"未完成 {getattr(refusal, 'detail', refusal)}")


@app.command()
def backtest(
    table: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV 或 Parquet")],
    as_of: Annotated[str, typer.Option("--as-of", help="截至哪一天;不填则为最后一景")] = "",
    scale: Annotated[float, typer.Option(min=1.0, help="指数存储时乘的倍数,如 10000")] = 1.0,
    report: Annotated[Path | None, typer.Option(help="写报告的文件:.md 或 .json")] = None,
    verdicts: Annotated[bool, typer.Option("--verdicts", help="检验库里的研判")] = False,
) -> None:
    """回测:用标注过的时序检验标志和用途判断的查准率、查全率、AUC。

    表的列:parcel, day, ndvi, evi, lswi, bsi, label;可另有 n_pixels, missing。
    加 --verdicts 时检验库里截至某日的研判,表只要 parcel(图斑 uid)和 label 两列。
    """
    day = date.fromisoformat(as_of) if as_of else None
    if verdicts:
        with opened() as (database, _):
            backtest_commands.backtest_verdicts(database, table, as_of=day, output=report)
        return
    backtest_commands.backtest_table(
        table,
        as_of=day,
        scale=scale,
        output=report,
        thresholds=Thresholds.read(),
    )


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
    show_rows(report.refused)


@app.command()
def run(job: str) -> None:
    """立即执行一项定时任务。"""
    if job not in jobs.BY_NAME:
        raise typer.BadParameter(f"任务有:{'、'.join(jobs.BY_NAME)}")
    with opened() as (database, settings):
        console.print(f"{jobs.BY_NAME[job].title}:{jobs.BY_NAME[job].run(database, settings)}")


@app.command()
def backup() -> None:
    """备份整个数据库、照片原件和影像观测。"""
    backup_commands.backup()


@app.command()
def restore(
    file: Path,
    replace: Annotated[bool, typer.Option(help="替换现有数据库(现有的另存)")] = False,
) -> None:
    """从备份恢复;默认只恢复到空库。"""
    backup_commands.restore(file, is_replacing=replace)


@app.command()
def verify(
    backup_file: Annotated[
        Path | None, typer.Option("--backup", help="另核对这份备份里的影像观测")
    ] = None,
) -> None:
    """核对照片原件、影像观测、封存的密钥、审计链和汇总;有问题时指出是哪一处。"""
    backup_commands.verify(backup_file)
