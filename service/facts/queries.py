"""Reading facts: values with their digests, and the rows behind them."""

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from sqlalchemy.orm import Session

from inspections.doubts.doubt import Severity
from inspections.units import UnitMismatch
from inspections.wording import USABLE
from service import audit
from service.accounts.policy import may
from service.areas import queries as areas
from service.doubts.models import Doubt
from service.doubts.queries import BOOK_ACTION
from service.errors import Forbidden, NotFound
from service.facts import (
    authors,
    land_facts,
    machinery_facts,
    patrol_facts,
    season_facts,
    sowing_facts,
    supply_facts,
    visit_facts,
)
from service.facts.asked import Asked
from service.facts.definitions import Computed, FactDef, Rows, plain
from service.facts.reading import Reading
from service.facts.schemas import DayFacts, FactPoint, FactRow, FactValue
from service.reporting import queries as reporting
from service.reporting.models import Season
from service.security import Viewer

REGISTRY: dict[str, FactDef] = {
    each.code: each
    for each in (
        *sowing_facts.FACTS,
        *supply_facts.FACTS,
        *visit_facts.FACTS,
        *season_facts.FACTS,
        *machinery_facts.FACTS,
        *land_facts.FACTS,
        *patrol_facts.FACTS,
    )
}
SPRING = "spring"
MAX_SHOWN = 20
"""Doubts that a value lists; the others are counted."""
READ_BY = {
    sowing_facts.BOOK: "sowing.report.read",
    supply_facts.OUTLETS: "outlet.read",
    supply_facts.STOCK: "stock.read",
    supply_facts.PRICES: "price.read",
    visit_facts.BOOK: "visit.read",
    visit_facts.SAMPLES: "visit.read",
    season_facts.PESTS: "agronomy.read",
    season_facts.WEATHER: "agronomy.read",
    season_facts.WATER: "agronomy.read",
    machinery_facts.BOOK: "machinery.read",
    land_facts.LAND: "verdict.read",
    land_facts.CASES: "case.read",
    patrol_facts.BOOK: "patrol.read",
}
"""A fact's book -> the action of the policy that reads its rows."""
STOPS = "。;;"
LASTING = frozenset({supply_facts.OUTLETS})
"""Books whose rows hold until they are changed: they do not age."""


def definition(code: str) -> FactDef:
    """Return a fact's definition, or say that there is none."""
    found = REGISTRY.get(code)
    if found is None:
        raise NotFound(f"没有事实 {code};可用代码见 /api/v1/facts", code=code)
    return found


def season_of(session: Session, as_of: date) -> Season | None:
    """Return the spring that a day speaks of: its year's, once it has begun.

    What was sown last spring is no figure of this year, however long nothing else is reported.
    """
    begun = [
        each
        for each in reporting.seasons(session)
        if each.kind == SPRING and each.starts_on <= as_of and each.crop_year >= as_of.year
    ]
    return begun[0] if begun else None


def asked(session: Session, area_code: str, as_of: date, known_at: datetime | None = None) -> Asked:
    """Return the question for a day."""
    areas.refuse_out_of_view(session, area_code)
    return Asked(season_of(session, as_of), area_code, as_of, known_at)


def facts(
    session: Session, question: Asked, codes: Iterable[str] | None = None
) -> dict[str, FactValue]:
    """Return the facts of a day, all or some, each book read once.

    They are made once for each state of the books: leaders ask for the same day again and again.
    """
    wanted = tuple(definition(code).code for code in (REGISTRY if codes is None else codes))
    viewer: Viewer | None = session.info.get("viewer")
    seen = viewer and (viewer.role, viewer.area_code)
    season = question.season.code if question.season else None
    key = ("facts", seen, season, question.area_code, question.as_of, question.known_at, wanted)

    def make() -> dict[str, FactValue]:
        reading = Reading(session, question)
        defined = [REGISTRY[code] for code in wanted]
        return {each.code: _value(each, reading, each.compute(reading)) for each in defined}

    return dict(audit.until_the_next_write(session, key, make))


def series(
    session: Session, questions: Iterable[Asked], codes: Iterable[str] | None = None
) -> list[DayFacts]:
    """Return the facts of several days; what days have in common is read once."""
    return [
        DayFacts(
            as_of=each.as_of,
            facts=[
                FactPoint.model_validate(found, from_attributes=True)
                for found in facts(session, each, codes).values()
            ],
        )
        for each in questions
    ]


def _value(fact: FactDef, reading: Reading, found: Computed) -> FactValue:
    question, asked_of = reading.asked, reading.doubted.get(fact.code, [])
    if found.counted is not None and found.counted.unit is not fact.unit:
        raise UnitMismatch(f"用作“{fact.title}”", found.counted, f"单位“{fact.unit_text}”")
    hints = [each for each in asked_of if each.severity is Severity.HINT]
    weighty = [each for each in asked_of if each.severity is not Severity.HINT]
    return FactValue(
        code=fact.code,
        title=fact.title,
        form=fact.form,
        unit=fact.unit_text,
        places=fact.places,
        grain=fact.grain,
        version=fact.version,
        wording=USABLE[fact.kind],
        as_of=question.as_of,
        known_at=question.known_at,
        area_code=question.area_code,
        value=_rounded(found.exact, fact),
        exact=None if found.exact is None else f"{found.exact:f}",
        statement=found.statement,
        is_lower_bound=fact.is_lower_bound,
        coverage=found.coverage,
        n_rows=len(found.rows),
        open_doubts=len(found.doubts) + len(asked_of),
        weighty_doubts=len(found.doubts) + len(weighty),
        doubts=[*found.doubts, *_texts(fact, reading, weighty)][:MAX_SHOWN],
        hints=_texts(fact, reading, hints)[:MAX_SHOWN],
        doubt_ids=[each.id for each in asked_of],
        age_days=found.age_days if found.age_days is not None else _age(fact, question, found),
        digest=digest(fact, found),
        text=found.text,
        how=fact.how,
        books=list(fact.books),
    )


def _age(fact: FactDef, question: Asked, found: Computed) -> Decimal | None:
    """Return the days since the newest row was true."""
    days = [each.day for each in found.rows if each.book == fact.books[0]]
    if fact.books[0] in LASTING or not days:
        return None
    return Decimal((question.as_of - max(days)).days)


def _texts(fact: FactDef, reading: Reading, found: list[Doubt]) -> list[str]:
    """Say what is doubted, where and of what; what a duty does not read is only counted."""
    viewer: Viewer | None = reading.session.info.get("viewer")
    return [
        f"{reading.area_names.get(each.area_code, each.area_code)}:"
        f"{each.observed.rstrip(STOPS)};{each.explanation}"
        for each in found
        if viewer is None or may(viewer.role, BOOK_ACTION[each.book])
    ]


def _rounded(value: Decimal | None, fact: FactDef) -> Decimal | None:
    """Return a value as it is shown; a lower bound is cut, for it must not grow."""
    if value is None:
        return None
    way = ROUND_DOWN if fact.is_lower_bound else ROUND_HALF_UP
    return value.quantize(Decimal(1).scaleb(-fact.places), way)


def digest(fact: FactDef, found: Computed) -> str:
    """Hash a fact's value and what its rows say: the same on both databases."""
    rows = found.rows if isinstance(found.rows, Rows) else Rows(found.rows)
    content = [fact.code, plain(found.exact), str(found.statement), rows.told]
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def rows(session: Session, question: Asked, code: str) -> list[FactRow]:
    """Return the rows behind a fact, with who entered them."""
    fact = definition(code)
    _refuse_duty(session, fact)
    found = fact.compute(Reading(session, question)).rows
    entered = authors.entered(session, question, found)
    told = [(each, *entered.get(each.id, (each.recorded_at, each.recorded_by))) for each in found]
    names = authors.names(session, {by for _, _, by in told if by is not None})
    approved = authors.approved(session, question, found)
    return [
        FactRow.model_validate(each).model_copy(
            update={
                "recorded_at": at,
                "recorded_by": by,
                "recorded_by_name": names.get(by) if by else None,
                "approved": approved.get(each.task_id) if each.task_id else None,
            }
        )
        for each, at, by in told
    ]


def _refuse_duty(session: Session, fact: FactDef) -> None:
    """Refuse rows of a book that the viewer's duty does not read; the figure itself is open."""
    viewer: Viewer | None = session.info.get("viewer")
    for book in fact.books:
        if viewer is not None and not may(viewer.role, READ_BY[book]):
            raise Forbidden("这个数字背后的记录不在您的岗位范围内", action=READ_BY[book])
