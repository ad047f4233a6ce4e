"""A bulletin's text and figures, made from its template and the books."""

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

from sqlalchemy.orm import Session

from inspections import bulletin_texts, wording
from inspections.bulletin_texts import DAY_CODE, Piece, Written
from inspections.wording import CannotBeWritten, Figure, WordingRule
from service.bulletins import rules
from service.bulletins.models import Kind
from service.bulletins.rules import Doubtful
from service.bulletins.schemas import Bar, FactFigure, Frozen, SlotValue
from service.database import thresholds_of
from service.errors import Invalid
from service.facts import queries as facts
from service.facts.definitions import FactDef, Form
from service.facts.reading import Asked
from service.facts.schemas import FactValue
from service.sowing import progress

CONFIG = Path(__file__).parents[2] / "config"
SHIPPED = {Kind.BULLETIN: "spring.txt", Kind.REPORT: "report.txt"}
PERCENT, CHANGE_ENDING = "%", ".yoy"
TOWN, MAX_BARS = 9, 40


@dataclass(frozen=True)
class Subject:
    """What a bulletin is about."""

    kind: Kind
    area_code: str
    as_of: date
    known_at: datetime | None = None


@dataclass(frozen=True)
class Made:
    """A bulletin as the books make it."""

    text: str
    frozen: Frozen
    problems: list[str]
    """Why it cannot be issued as it stands."""
    doubts: list[Doubtful]


def shipped_template(kind: Kind) -> str:
    """Return the template that comes with the program."""
    return (CONFIG / "bulletins" / SHIPPED[kind]).read_text(encoding="utf-8").rstrip("\n")


@cache
def _judged() -> dict[str, tuple[wording.Step, ...]]:
    found: dict[str, tuple[wording.Step, ...]] = {}
    path = CONFIG / "codes" / "judgements.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            limit = Decimal(row["at_least"]) if row["at_least"] else None
            step = wording.Step(limit, row["sentence"])
            found[row["fact_code"]] = (*found.get(row["fact_code"], ()), step)
    return found


def wording_rule(session: Session) -> WordingRule:
    """Return the limits of the wordings."""
    limits = thresholds_of(session).prices
    return WordingRule(limits.level_share, limits.about_level_share, judged=_judged())


def _kind(fact: FactDef) -> wording.Kind:
    if fact.form is Form.STATEMENT:
        return wording.Kind.STATEMENT
    if fact.form is Form.COUNT:
        return wording.Kind.COUNT
    if fact.unit_text != PERCENT:
        return wording.Kind.RATE
    is_change = fact.code.endswith(CHANGE_ENDING)
    return wording.Kind.CHANGE if is_change else wording.Kind.SHARE


def known_figures() -> dict[str, Figure]:
    """Return every fact that a template may name, without values."""
    return {
        each.code: Figure(
            each.code,
            each.title,
            _kind(each),
            each.unit_text,
            is_lower_bound=each.is_lower_bound,
        )
        for each in facts.REGISTRY.values()
    }


def figure(code: str, exact: str | None, statement: bool | None) -> Figure | None:
    """Return a fact with a value; None where there is no such fact any more."""
    fact = facts.REGISTRY.get(code)
    if fact is None:
        return None
    value = Decimal(exact) if exact is not None else None
    kind, bound = _kind(fact), fact.is_lower_bound
    return Figure(code, fact.title, kind, fact.unit_text, value, statement, bound)


def refuse_bad(session: Session, template: str) -> None:
    """Refuse a template that cannot be saved, with every place and what to do there."""
    found = bulletin_texts.problems(template, known_figures(), wording_rule(session))
    if found:
        more = f"(共 {len(found)} 处)" if len(found) > 1 else ""
        raise Invalid(
            f"模板{more}:{found[0]}",
            field="template",
            problems=[vars(each) for each in found],
        )


def made(session: Session, subject: Subject, template: str) -> Made:
    """Fill a template from the books."""
    question = facts.asked(session, subject.area_code, subject.as_of, subject.known_at)
    codes = [each for each in bulletin_texts.codes(template) if each in facts.REGISTRY]
    values = facts.facts(session, question, codes)
    writer = _Writer(
        subject, values, wording_rule(session), thresholds_of(session).bulletins.stale_days
    )
    written = bulletin_texts.render(template, writer.write)
    frozen = Frozen(
        paragraphs=_paragraphs(written, writer.problems),
        facts=[_fact(each) for each in values.values()],
        bars=_bars(session, question) if any(e.startswith("sowing.") for e in codes) else [],
    )
    doubts = rules.doubts_of(
        {code: (each.title, _doubts(each), each.coverage) for code, each in values.items()},
        thresholds_of(session).bulletins,
    )
    text = "".join(each.text for each in written)
    return Made(text, frozen, list(dict.fromkeys(writer.problems.values())), doubts)


def _doubts(value: FactValue) -> list[str]:
    """Return what is doubted about a fact; what it does not list is at least counted."""
    rest = value.open_doubts - len(value.doubts)
    return [*value.doubts, *([f"另有 {rest} 条存疑"] if rest > 0 else [])]


class _Writer:
    """Writes slots; what cannot be written is kept with the reason."""

    def __init__(
        self,
        subject: Subject,
        values: Mapping[str, FactValue],
        rule: WordingRule,
        stale_days: int,
    ) -> None:
        self.subject, self.values, self.rule = subject, values, rule
        self.stale_days = stale_days
        self.problems: dict[int, str] = {}

    def write(self, slot: Piece) -> str:
        if slot.code == DAY_CODE:
            day = self.subject.as_of
            text = f"{day.month}月{day.day}日"
            return text if slot.format_ == "月日" else f"{day.year}年{text}"
        value = self.values.get(slot.code)
        exact = value.exact if value else None
        found = figure(slot.code, exact, value.statement if value else None)
        if value is None or found is None:
            return self._problem(slot, f"没有事实 {slot.code};请改稿")
        try:
            return wording.write(found, slot.format_, self.rule) + self._mark(value)
        except CannotBeWritten as error:
            return self._problem(slot, str(error))

    def _problem(self, slot: Piece, said: str) -> str:
        self.problems[slot.start] = said
        return wording.NO_VALUE

    def _mark(self, value: FactValue) -> str:
        """Mark a stale source, in a report: its reader weighs what is old."""
        age = value.age_days
        if self.subject.kind is not Kind.REPORT or age is None or age <= self.stale_days:
            return ""
        return f"（数据距今{wording.rounded(age, 0)}天）"


def _paragraphs(written: list[Written], problems: Mapping[int, str]) -> list[list[SlotValue]]:
    found: list[list[SlotValue]] = [[]]
    for each in written:
        lines = each.text.split("\n")
        for at, line in enumerate(lines):
            if at:
                found.append([])
            if line:
                piece = each.piece
                said = problems.get(piece.start) if piece.code else None
                part = SlotValue(code=piece.code, format=piece.format_, text=line, problem=said)
                found[-1].append(part)
    return [each for each in found if each]


def _fact(value: FactValue) -> FactFigure:
    return FactFigure(
        code=value.code,
        title=value.title,
        unit=value.unit,
        exact=value.exact,
        statement=value.statement,
        shown=shown(value),
        is_lower_bound=value.is_lower_bound,
        coverage=value.coverage,
        n_rows=value.n_rows,
        age_days=value.age_days,
        doubts=_doubts(value),
        digest=value.digest,
        books=value.books,
    )


def shown(value: FactValue) -> str:
    """Write a fact's value as a table does, its unit left out."""
    if value.form is Form.STATEMENT:
        return {True: "成立", False: "不成立", None: "—"}[value.statement]
    if value.value is None:
        return "—"
    if value.unit == PERCENT:
        return f"{wording.rounded(value.value * 100, 1)}%"
    places = max(0, -int(value.value.as_tuple().exponent))
    return wording.rounded(value.value, places)


def _bars(session: Session, question: Asked) -> list[Bar]:
    """Return the progress of the units below, for the chart."""
    if question.season is None or len(question.area_code) > TOWN:
        return []
    asked = progress.Question(question.season, question.area_code, known_at=question.known_at)
    day = min(question.as_of, question.season.ends_on)
    items = progress.progress(session, asked, as_of=day).items
    return [
        Bar(name=each.name, sown_mu=_text(each.sown_mu), plan_mu=_text(each.plan_mu))
        for each in items[:MAX_BARS]
        if each.sown_mu is not None
    ]


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def digest(text: str, frozen: str) -> str:
    """Hash what is issued."""
    return hashlib.sha256(f"{text}\n{frozen}".encode()).hexdigest()
