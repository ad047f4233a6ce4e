"""The linter on the command line."""

from datetime import date
from pathlib import Path
from typing import NoReturn

import typer
from rich.table import Table
from rich.text import Text

from inspections.lint import IN_CHINESE, Verdict
from service.database import Database
from service.facts import linting, queries
from service.facts.lint_schemas import LintAnswer, LintLine
from service.terminal import console, problems

MAX_BYTES = 2**20
CONTRADICTED, NOT_JUDGED = 1, 2
"""Exit statuses: a figure is wrong; the text or the question cannot be judged."""
COLOUR = {
    Verdict.EQUAL: "green",
    Verdict.WITHIN_WORDING: "green",
    Verdict.CONTRADICTED: "red",
    Verdict.NO_DATA: "yellow",
    Verdict.UNBOUND: "dim",
}


def lint_file(
    database: Database, file: Path, *, as_of: date, area: str, as_json: bool = False
) -> None:
    """Judge a text file; exit with 1 where a figure is contradicted, with 2 where none can be."""
    text = _text(file)
    with database.system_reading() as session:
        answer = linting.lint(session, text, queries.asked(session, area, as_of))
    if as_json:
        typer.echo(answer.model_dump_json(indent=2))
    elif console.is_terminal:
        _show_table(answer)
    else:
        _show_lines(answer)
    if answer.is_contradicted:
        raise typer.Exit(CONTRADICTED)
    if answer.unread_characters:
        problems.print(f"后面还有 {answer.unread_characters} 个字没有读;请分段核对")
        raise typer.Exit(NOT_JUDGED)


def day(text: str) -> date:
    """Read the day of the command line, or exit with what to write."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        refuse(f"--as-of 须是日期,如 2023-04-20;写的是 {text}")


def refuse(why: str) -> NoReturn:
    """Say why a text cannot be judged, and exit with a status that is not “contradicted”."""
    problems.print(why, markup=False)
    raise typer.Exit(NOT_JUDGED)


def _text(file: Path) -> str:
    content = file.read_bytes()
    if len(content) > MAX_BYTES:
        refuse("文件超过 1 MiB,请只留要核对的段落")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        refuse("文件不是 UTF-8 编码,请另存为 UTF-8 再核对")


def _books(line: LintLine) -> str:
    return line.value_text if line.value is not None else ""


def _show_table(answer: LintAnswer) -> None:
    table = Table()
    for title in ("原文", "事实", "账上", "结论", "说明"):
        table.add_column(title, overflow="fold")
    for each in answer.items:
        told = (each.text, each.title, _books(each), each.verdict_text, each.reason)
        cells = [Text(cell) for cell in told]  # what the file says is no mark of ours
        cells[3].stylize(COLOUR[each.verdict])
        table.add_row(*cells)
    console.print(table)
    console.print(_summary(answer))


def _show_lines(answer: LintAnswer) -> None:
    """Write one line a figure, its cells parted by tabs, whatever the width of the screen."""
    for each in answer.items:
        told = (each.verdict_text, each.text, each.title, _books(each), each.reason)
        typer.echo("\t".join(" ".join(cell.split()) for cell in told))
    typer.echo(_summary(answer))


def _summary(answer: LintAnswer) -> str:
    told = ",".join(f"{IN_CHINESE[kind]} {n}" for kind, n in answer.counts.items() if n)
    return f"截至 {answer.as_of}:{told or '没有找到数字'}。"
