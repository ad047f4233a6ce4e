"""The screening on the command line, here or on a Dask cluster."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from inspections.fusion_words import CLASS_TEXT, UNKNOWN_TEXT, Unknown, VerdictClass
from service.database import Database
from service.errors import Invalid
from service.screening import actions, running
from service.screening.judging import Plan
from service.screening.models import Screening
from service.screening.running import Runner
from service.table_cells import day_of
from service.terminal import console


def screen(
    database: Database, *, as_of: str, area: str, season: str | None, dask: str | None
) -> Screening:
    """Screen an area, write what has changed, and say what became of it."""
    columns = (TextColumn("筛查 {task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        database.system_reading() as session,
        _runner(dask) as runner,
        Progress(*columns, console=console) as bar,
        ExitStack() as stack,
    ):
        task = bar.add_task("", total=None)
        wanted = actions.wanted(session, as_of=_day(as_of), area_code=area, season=season)
        if dask is not None:
            wanted = replace(wanted, partitions=stack.enter_context(_partitions(wanted.folder)))

        def show(town: str, done: int, total: int) -> None:
            bar.update(task, description=town, completed=done, total=total)

        plan = actions.plan(session, wanted, runner, show)
    with database.system_transaction() as session:
        done = actions.apply(session, plan)
    _report(plan, done)
    return done


def _day(told: str) -> date | None:
    day = day_of(told)
    if told and day is None:
        raise Invalid(f"看不懂日期“{told}”;请写成 2023-07-31")
    return day


@contextmanager
def _runner(dask: str | None) -> Iterator[Runner]:
    if dask is None:
        yield running.here
        return
    with running.on_dask(dask) as runner:
        yield runner


@contextmanager
def _partitions(folder: Path) -> Iterator[Path]:
    """Return a folder beside the observations, which the workers see, until they are done."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="land-", dir=folder) as made:
        yield Path(made)


def _report(plan: Plan, done: Screening) -> None:
    table = Table("研判", "图斑")
    for each in VerdictClass:
        if plan.n_by_class[each]:
            table.add_row(CLASS_TEXT[each], f"{plan.n_by_class[each]:,}")
    console.print(table)
    console.print(
        f"截至 {done.as_of}({done.season} 年度):筛查图斑 {done.n_land:,} 个;"
        f"研判新增 {done.n_new:,},变动 {done.n_changed:,},未变 {done.n_same:,},"
        f"已有更晚的 {done.n_newer:,};"
        f"新开线索 {done.n_leads:,} 条。"
    )
    if plan.n_unknown:
        console.print(f"未知的原因:{_told(plan.n_unknown)}。未知不等于没有问题。")


def _told(counts: Counter[Unknown]) -> str:
    return "、".join(f"{UNKNOWN_TEXT[why]} {n:,}" for why, n in sorted(counts.items()))
