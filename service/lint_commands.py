"""The linter on the command line."""

from datetime import date
from pathlib import Path

import typer
from rich.table import Table

from inspections.lint import IN_CHINESE, Verdict
from service.database import Database
from service.facts import linting, queries
from service.facts.lint_schemas import LintAnswer
from service.terminal import console, problems

MAX_BYTES = 2**20
COLOUR = {
    Verdict.EQUAL: "green",
    Verdict.WITHIN_WORDING: "green",
    Verdict.CONTRADICTED: "red",
    Verdict.NO_DATA: "yellow",
    Verdict.UNBOUND: "dim",
}


def lint_file(database: Database, file: Path, *, as_of: date, area: str) -> None:
    """Judge a text file; exit with 1 where a figure is contradicted."""
    content = file.read_bytes()
    if len(content) > MAX_BYTES:
        problems.print("文件超过 1 MiB,请只留要核对的段落")
        raise typer.Exit(2)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        problems.print("文件不是 UTF-8 编码,请另存为 UTF-8 再核对")
        raise typer.Exit(2) from None
    with database.system_reading() as session:
        answer = linting.lint(session, text, queries.asked(session, area, as_of))
    _show(answer)
    if answer.is_contradicted:
        raise typer.Exit(1)


def _show(answer: LintAnswer) -> None:
    table = Table("原文", "事实", "账上", "结论", "说明")
    for each in answer.items:
        colour = COLOUR[each.verdict]
        table.add_row(
            each.text,
            each.title,
            each.value_text if each.value is not None else "",
            f"[{colour}]{each.verdict_text}[/{colour}]",
            each.reason,
        )
    console.print(table)
    told = ",".join(f"{IN_CHINESE[kind]} {n}" for kind, n in answer.counts.items() if n)
    console.print(f"截至 {answer.as_of}:{told or '没有找到数字'}。")
