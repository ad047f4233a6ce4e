"""The officer's page in the field: what is asked, photos and a position, what was found."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel

from inspections.case_words import Purpose, State
from service.pages import case_pages
from service.pages.board import BLANK
from service.pages.case_words import ASIDE
from service.pages.page import PageFrame
from service.schemas import Id

_P = Purpose
PURPOSES = {
    State.LEAD: (_P.SIGHTING,),
    State.ACCEPTED: (_P.SIGHTING,),
    State.ASSIGNED: (_P.CHECK, _P.SIGHTING),
    State.CHECKING: (_P.CHECK, _P.SIGHTING),
    State.CONFIRMED: (_P.STOP,),
    State.STOPPED: (_P.RECTIFICATION, _P.STOP),
    State.RECTIFYING: (_P.RECTIFICATION, _P.RESTORED),
    State.FAILED: (_P.RECTIFICATION, _P.RESTORED),
    State.AWAITING: (_P.ACCEPTANCE, _P.RESTORED),
    State.CLOSED: (_P.RELOOK,),
    State.HANDED_OVER: (_P.ACCEPTANCE, _P.RESTORED, _P.OTHER),
}
"""What somebody who goes there brings proof of, the likeliest first."""


class Asked(BaseModel):
    """What was just brought, to tell at once what it came to."""

    brought: Annotated[Id | None, BLANK] = None


def visit(page: PageFrame, case_id: UUID, asked: Asked) -> dict[str, Any]:
    """Gather what the field needs of a case."""
    told = case_pages.card(page, case_id)
    found, purposes = told["case"], PURPOSES.get(told["case"].state, ())
    seen = [
        each
        for each in found.evidence
        if each.purpose in purposes and each.round == found.reopened + 1
    ]
    return told | {
        "purposes": purposes,
        "seen": seen[::-1],
        "brought": next((each for each in found.evidence if each.id == asked.brought), None),
        "ways": [each for each in told["mine"] if each.event not in ASIDE],
    }
