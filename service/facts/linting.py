"""Reading a bulletin beside the books: each of its figures recomputed and judged."""

import csv
from functools import cache
from pathlib import Path

from sqlalchemy.orm import Session

from inspections import lint as rules
from inspections.bindings import Binding, Scope, bindings_from
from inspections.contexts import HOME
from inspections.lint import IN_CHINESE, FactFigure, Judgement, LintRule, Verdict
from inspections.quotients import Quotient, quotients_from
from service.areas import queries as areas
from service.database import thresholds_of
from service.facts import queries
from service.facts.asked import Asked
from service.facts.lint_schemas import LintAnswer, LintLine
from service.facts.schemas import FactValue

CODES = Path(__file__).parents[2] / "config" / "codes"
BINDINGS_FILE, QUOTIENTS_FILE = CODES / "phrase_bindings.csv", CODES / "quotients.csv"
COUNTY, TOWN = areas.CODE_LENGTH["county"], areas.CODE_LENGTH["town"]
WIDER = ("全市", "全省", "全国")
VILLAGE = areas.CODE_LENGTH["village"]
CALLS_ITSELF = {
    COUNTY: HOME,
    TOWN: ("全镇", "我镇", "镇内"),
    VILLAGE: ("全村", "我村"),
}
"""Length of an area code -> what such a place calls itself."""


@cache
def bindings() -> tuple[Binding, ...]:
    """Return which words speak of which fact."""
    with BINDINGS_FILE.open(encoding="utf-8", newline="") as file:
        return tuple(bindings_from(csv.DictReader(file)))


@cache
def quotients() -> tuple[Quotient, ...]:
    """Return which facts are quotients of which."""
    with QUOTIENTS_FILE.open(encoding="utf-8", newline="") as file:
        return tuple(quotients_from(csv.DictReader(file)))


def _figure(fact: FactValue) -> FactFigure:
    return FactFigure(
        fact.code,
        fact.exact_value,
        fact.statement,
        fact.unit,
        fact.is_lower_bound,
        fact.coverage,
        fact.text,
        fact.title,
    )


def _rule(session: Session) -> LintRule:
    limits = thresholds_of(session)
    return LintRule(
        limits.lint.about_share,
        limits.prices.level_share,
        limits.prices.about_level_share,
        limits.lint.understated_times,
    )


def _scope(session: Session, question: Asked) -> Scope:
    """Tell which names in a text are of places that the facts are not of."""
    own = question.area_code
    names = {
        code: name.removesuffix("委会").removesuffix("居")
        for level in ("town", "village")
        for code, name in areas.unit_names(
            session, within=own[:COUNTY], level=level, on=question.as_of
        ).items()
    }
    home = (*CALLS_ITSELF.get(len(own), ()), *([names[own]] if own in names else []))
    others = {
        *(name for code, name in names.items() if code != own),
        *(name for length, calls in CALLS_ITSELF.items() if length != len(own) for name in calls),
        *WIDER,
    }
    return Scope(question.as_of, tuple(sorted(others - set(home))), home or HOME)


def lint(session: Session, text: str, question: Asked) -> LintAnswer:
    """Judge every figure of a text by the facts of a day."""
    facts = queries.facts(session, question)
    figures = {code: _figure(each) for code, each in facts.items()}
    report = rules.lint(
        text, figures, bindings(), _rule(session), _scope(session, question), quotients()
    )
    return LintAnswer(
        as_of=question.as_of,
        known_at=question.known_at,
        area_code=question.area_code,
        counts={each: report.count(each) for each in Verdict},
        is_contradicted=report.is_contradicted,
        unread_characters=report.unread_characters,
        items=[_line(each, facts) for each in report.judgements],
    )


def _line(judged: Judgement, facts: dict[str, FactValue]) -> LintLine:
    fact = facts.get(judged.code) if judged.code else None
    return LintLine(
        start=judged.phrase.start,
        end=judged.phrase.end,
        text=judged.phrase.text,
        code=judged.code,
        title=fact.title if fact else "",
        verdict=judged.verdict,
        verdict_text=IN_CHINESE[judged.verdict],
        value=None if judged.value is None else f"{judged.value:f}",
        value_text=rules.shown(judged.value, fact.unit if fact else judged.phrase.unit),
        unit=fact.unit if fact else judged.phrase.unit,
        n_rows=fact.n_rows if fact else 0,
        open_doubts=fact.open_doubts if fact else 0,
        reason=judged.reason,
    )
