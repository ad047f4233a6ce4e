"""The page that reads a bulletin beside the books."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from inspections.lint import IN_CHINESE, Verdict
from service import records
from service.accounts.access import allow
from service.facts import linting, queries
from service.facts.lint_schemas import LintAnswer, LintLine
from service.pages.page import PageDep
from service.schemas import Day, Text

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
READ = [allow("fact.read")]


@router.get("/lint", dependencies=READ)
def show_lint(page: PageDep) -> Response:
    """Show the empty form."""
    return page.show("lint.html", _words() | {"as_of": records.today(page.session)})


@router.post("/lint", dependencies=READ)
def lint(
    page: PageDep, text: Annotated[Text, Form(min_length=1)], as_of: Annotated[Day, Form()]
) -> Response:
    """Judge a text and show it with its figures marked; nothing is stored."""
    question = queries.asked(page.session, page.viewer.area_code, as_of)
    answer = linting.lint(page.session, text, question)
    shown = {"as_of": as_of, "text": text, "answer": answer, "parts": list(_parts(text, answer))}
    return page.show("lint.html", _words() | shown)


def _words() -> dict[str, Any]:
    return {"VERDICT_TEXT": IN_CHINESE, "VERDICTS": list(Verdict), "text": "", "answer": None}


def _parts(text: str, answer: LintAnswer) -> Iterator[tuple[str, LintLine | None]]:
    """Cut a text into its figures and what stands between them."""
    at = 0
    for each in answer.items:
        yield text[at : each.start], None
        yield text[each.start : each.end], each
        at = each.end
    yield text[at:], None
