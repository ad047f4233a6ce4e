"""The facts as a template words them: kind, unit, and the limits of the wordings."""

import csv
from decimal import Decimal
from functools import cache
from pathlib import Path

from sqlalchemy.orm import Session

from inspections import wording
from inspections.wording import Figure, WordingRule
from service.database import thresholds_of
from service.facts import queries as facts

JUDGEMENTS_FILE = Path(__file__).parents[2] / "config" / "codes" / "judgements.csv"


@cache
def _judged() -> dict[str, tuple[wording.Step, ...]]:
    found: dict[str, tuple[wording.Step, ...]] = {}
    with JUDGEMENTS_FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            limit = Decimal(row["at_least"]) if row["at_least"] else None
            step = wording.Step(limit, row["sentence"])
            found[row["fact_code"]] = (*found.get(row["fact_code"], ()), step)
    return found


def wording_rule(session: Session) -> WordingRule:
    """Return the limits of the wordings."""
    limits = thresholds_of(session).prices
    return WordingRule(limits.level_share, limits.about_level_share, judged=_judged())


def known_figures() -> dict[str, Figure]:
    """Return every fact that a template may name, without values."""
    return {
        each.code: Figure(
            each.code,
            each.title,
            each.kind,
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
    kind, bound = fact.kind, fact.is_lower_bound
    return Figure(code, fact.title, kind, fact.unit_text, value, statement, bound)
