"""The backtest on the command line."""

import json
from datetime import date
from pathlib import Path

import typer
from rich.markup import escape
from rich.table import Table

from config.thresholds import Thresholds
from geo import markers
from inspections import observed_use
from inspections.backtest import Report, backtest
from service import records
from service.backtests import reading, verdicts
from service.backtests import report as reports
from service.backtests.report import Words
from service.database import Database
from service.terminal import console, problems

FORMATS = (".md", ".json")


def backtest_table(
    file: Path, *, as_of: date | None, scale: float, output: Path | None, thresholds: Thresholds
) -> None:
    """Judge labelled series, show how well, and write the report where asked."""
    _refuse_format(output)
    labelled = reading.read(file, scale=scale)
    series = labelled.series
    found = markers.markers_of(
        series.dates,
        series.cube,
        series.missing,
        thresholds.markers,
    )
    day = as_of or series.dates[-1].item()
    report = backtest(labelled.labels, observed_use.observed(found, thresholds.observed_use, day))
    _show(report, day, reports.OF_SERIES)
    for text, n in (
        ("同一图斑同一天重复的观测", series.n_doubles),
        ("指数超出 -1 到 1 的观测", series.n_out_of_range),
        ("EVI 超出范围的值", series.n_evi_out_of_range),
    ):
        if n:
            problems.print(f"{text}舍去 {n} 个")
    if output is not None:
        _write(output, report, file.name, day, reports.OF_SERIES)


def backtest_verdicts(
    database: Database, file: Path, *, as_of: date | None, output: Path | None
) -> None:
    """Judge the verdicts that stood on a day by a table of what is known."""
    _refuse_format(output)
    truth = verdicts.read(file)
    with database.system_reading() as session:
        day = as_of or records.today(session)
        report = verdicts.judged(session, truth, day)
    _show(report, day, reports.OF_VERDICTS)
    if output is not None:
        _write(output, report, file.name, day, reports.OF_VERDICTS)


def _refuse_format(output: Path | None) -> None:
    if output is not None and output.suffix.lower() not in FORMATS:
        raise typer.BadParameter("报告的后缀只有 .md 或 .json")


def _show(report: Report, day: date, words: Words) -> None:
    table = Table(*reports.HEADINGS)
    for each in report.outcomes:
        table.add_row(*reports.row_of(each))
    console.print(table)
    told = Table(*reports.columns(report, words))
    for label, counts in zip(report.labels, report.counts, strict=True):
        told.add_row(escape(label), *map(str, counts))
    console.print(told)
    console.print(f"截至 {day}:图斑 {report.n} 个,{report.n_unknown} 个{words.unknown}。")


def _write(output: Path, report: Report, source: str, day: date, words: Words) -> None:
    if output.suffix.lower() == ".md":
        text = reports.markdown(report, source, str(day), words)
    else:
        told = reports.as_json(report, source, str(day))
        text = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
    output.write_text(text, encoding="utf-8")
    console.print(f"报告已写入 {output}", markup=False)
