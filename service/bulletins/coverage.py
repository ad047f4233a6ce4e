"""How many of how many have told of a figure: what is printed beside one that few have told of."""

import re
from decimal import Decimal

from sqlalchemy.orm import Session

from inspections.round_numbers import rounded
from service.facts.asked import Asked
from service.facts.reading import Reading
from service.facts.schemas import FactValue
from service.supply import stock_held
from service.supply.models import Category
from service.supply.outlets import Question

X_OF_Y = re.compile(r"(\d+/\d+)\s?个村已报")
"""As the facts of sowing tell it."""
ALL_INPUTS = "stock.needs_met"
CATEGORY_OF = {
    f"stock.{category}{ending}": category for category in Category for ending in ("", "_per_mu")
}


def told(session: Session, question: Asked, value: FactValue) -> str:
    """Return 10/187; a share where a fact does not tell of how many."""
    said = X_OF_Y.search(value.text)
    if said is not None:
        return said[1]
    if value.code == ALL_INPUTS:
        asked = Question(question.as_of, question.known_at)
        held = stock_held.held(session, asked, area=question.area_code)
        return f"{held.n_fresh}/{held.n_outlets}"
    line = None
    if value.code in CATEGORY_OF:
        line = Reading(session, question).balances.get(CATEGORY_OF[value.code])
    if line is not None:
        return f"{line.n_fresh}/{line.n_outlets}"
    return f"{rounded((value.coverage or Decimal(0)) * 100, 0)}%"
