"""A bulletin's text and figures, made from its template and the books."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sqlalchemy.orm import Session

from inspections import bulletin_slots, wording
from inspections.bulletin_slots import DAY_CODE, Piece, Written
from inspections.round_numbers import rounded
from inspections.wording import CannotBeWritten, WordingRule
from service.bulletins import checking, coverage, figures, rules
from service.bulletins.checking import Subject
from service.bulletins.models import Kind
from service.bulletins.rules import Doubtful
from service.bulletins.schemas import Bar, FactFigure, Frozen, SlotValue
from service.database import thresholds_of
from service.facts import queries as facts
from service.facts.asked import Asked
from service.facts.definitions import PERCENT, Form
from service.facts.schemas import FactValue
from service.sowing import progress

CONFIG = Path(__file__).parents[2] / "config"
SHIPPED = {Kind.BULLETIN: "spring.txt", Kind.REPORT: "report.txt"}
OF_THE_COUNTY, PLACES = "全区", "区县市镇乡"
TOWN, MAX_BARS = 9, 40


@dataclass(frozen=True)
class Made:
    """A bulletin as the books make it."""

    text: str
    frozen: Frozen
    problems: list[str]
    """Why it cannot be issued as it stands."""
    doubts: list[Doubtful]


def shipped_template(kind: Kind, place: str = "区") -> str:
    """Return the template that comes with the program, for a place of this name."""
    text = (CONFIG / "bulletins" / SHIPPED[kind]).read_text(encoding="utf-8").rstrip("\n")
    return text.replace(OF_THE_COUNTY, f"全{place[-1]}" if place[-1] in PLACES else "本地")


def made(session: Session, subject: Subject, template: str) -> Made:
    """Fill a template from the books."""
    question = facts.asked(session, subject.area_code, subject.as_of, subject.known_at)
    codes = [each for each in bulletin_slots.codes(template) if each in facts.REGISTRY]
    values = facts.facts(session, question, codes)
    limits = thresholds_of(session).bulletins
    told = {
        code: coverage.told(session, question, each)
        for code, each in values.items()
        if rules.is_little(each.coverage, limits)
    }
    writer = _Writer(subject, values, told, figures.wording_rule(session), limits.stale_days)
    written = bulletin_slots.render(template, writer.write)
    frozen = Frozen(
        paragraphs=_paragraphs(written, writer.problems),
        facts=[_fact(each) for each in values.values()],
        bars=_bars(session, question) if any(e.startswith("sowing.") for e in codes) else [],
    )
    doubts = rules.doubts_of(
        {code: (each.title, _doubts(each), each.coverage) for code, each in values.items()},
        limits,
    )
    problems = [
        *writer.problems.values(),
        *checking.of_template(session, subject, template),
        *checking.unbound(session, subject, written, writer.lengths),
    ]
    text = "".join(each.text for each in written)
    return Made(text, frozen, list(dict.fromkeys(problems)), doubts)


def _doubts(value: FactValue) -> list[str]:
    """Return what is doubted about a fact; what it does not list is at least counted."""
    rest = value.weighty_doubts - len(value.doubts)
    return [*value.doubts, *([f"另有 {rest} 条存疑"] if rest > 0 else [])]


class _Writer:
    """Writes slots; what cannot be written is kept with the reason."""

    def __init__(
        self,
        subject: Subject,
        values: Mapping[str, FactValue],
        told: Mapping[str, str],
        rule: WordingRule,
        stale_days: int,
    ) -> None:
        self.subject, self.values, self.told, self.rule = subject, values, told, rule
        self.stale_days = stale_days
        self.problems: dict[int, str] = {}
        self.lengths: dict[int, int] = {}
        """Where a slot stands -> how much of what it prints is the figure, without marks."""

    def write(self, slot: Piece) -> str:
        if slot.code == DAY_CODE:
            day = self.subject.as_of
            text = f"{day.month}月{day.day}日"
            return text if slot.format_ == "月日" else f"{day.year}年{text}"
        value = self.values.get(slot.code)
        exact = value.exact if value else None
        found = figures.figure(slot.code, exact, value.statement if value else None)
        if value is None or found is None:
            return self._problem(slot, f"没有事实 {slot.code};请改稿")
        try:
            text = wording.write(found, slot.format_, self.rule)
        except CannotBeWritten as error:
            return self._problem(slot, str(error))
        self.lengths[slot.start] = len(text)
        return text + self._mark(value)

    def _problem(self, slot: Piece, said: str) -> str:
        self.problems[slot.start] = said
        return wording.NO_VALUE

    def _mark(self, value: FactValue) -> str:
        """Mark what few have told of; in a report a stale source too: its reader weighs it."""
        marks = [f"已报{self.told[value.code]}"] if value.code in self.told else []
        age = value.age_days
        if self.subject.kind is Kind.REPORT and age is not None and age > self.stale_days:
            marks.append(f"数据距今{rounded(age, 0)}天")
        return f"（{'，'.join(marks)}）" if marks else ""


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
        return f"{rounded(value.value * 100, 1)}%"
    places = max(0, -int(value.value.as_tuple().exponent))
    return rounded(value.value, places)


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
