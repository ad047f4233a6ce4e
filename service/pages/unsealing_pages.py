"""The pages on which what is sealed of a tip is asked for, answered and opened."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from pydantic import BaseModel

from inspections.land_uses import CLAIM_TEXT
from service.areas import queries as areas
from service.pages.board import BLANK
from service.pages.page import PageFrame
from service.pages.visit_forms import checked
from service.schemas import Cursor, Id, Text
from service.signals import unsealing
from service.signals import unsealing_orders as orders
from service.signals.models import UnsealingStep
from service.signals.sealing import Sealer
from service.signals.tip_schemas import InformantRead, UnsealingAnswer, UnsealingCreate
from service.signals.unsealing_orders import Order, Standing

AT_ONCE = 50
STANDING_TEXT = {
    Standing.WAITING: "等审计批准",
    Standing.APPROVED: "已批准",
    Standing.USED: "已启封",
    Standing.REFUSED: "已拒绝",
    Standing.EXPIRED: "已作废",
}
STANDING_TAG = {Standing.WAITING: "warn", Standing.APPROVED: "good", Standing.REFUSED: "bad"}
STEP_TEXT = {
    UnsealingStep.APPROVE: "批准",
    UnsealingStep.REFUSE: "拒绝",
    UnsealingStep.OPEN: "启封",
}
NEVER_KEPT = {"Cache-Control": "no-store"}
"""Said here too: whatever the rest of the site does, no copy of this page is kept."""


class Asked(BaseModel):
    """Which orders the list shows."""

    standing: Annotated[Standing | None, BLANK] = None
    cursor: Cursor = 0

    def query(self, cursor: int) -> str:
        """Write what is asked for, further on or back, as a query string."""
        said = {"standing": self.standing.value if self.standing else "", "cursor": cursor}
        return urlencode({name: value for name, value in said.items() if value})


class OrderForm(BaseModel):
    """An order to open a tip; the id makes a second click harmless."""

    id: Id
    reason: Text = ""

    def as_order(self) -> UnsealingCreate:
        """Return the order."""
        return checked(UnsealingCreate, self.model_dump())


class AnswerForm(BaseModel):
    """What another duty says."""

    is_approved: bool
    reason: Text = ""

    def as_answer(self) -> UnsealingAnswer:
        """Return the answer."""
        return checked(UnsealingAnswer, self.model_dump())


def register(page: PageFrame, asked: Asked) -> dict[str, Any]:
    """Gather the orders, those that wait first."""
    found = orders.worklist(page.session, asked.standing, offset=asked.cursor, limit=AT_ONCE + 1)
    following = asked.cursor + AT_ONCE if len(found) > AT_ONCE else None
    counts = orders.counts(page.session)
    return _words(page, found[:AT_ONCE]) | {
        "asked": asked,
        "items": found[:AT_ONCE],
        "counts": counts,
        "n_orders": sum(counts.values()),
        "following": following,
        "earlier": max(asked.cursor - AT_ONCE, 0),
    }


def card(page: PageFrame, order_id: UUID) -> dict[str, Any]:
    """Gather one order, and what its reader can do about it."""
    (found,) = orders.cards(page.session, [orders.order(page.session, order_id)])
    is_own = found.order.recorded_by == page.viewer.account_id
    is_waiting = found.standing is Standing.WAITING
    return _words(page, [found]) | {
        "found": found,
        "is_own": is_own,
        "may_answer": page.may("tip.unseal.approve") and is_waiting and not is_own,
        "may_open": page.may("tip.unseal") and is_own and found.is_open,
    }


def opened(page: PageFrame, box: Sealer, order_id: UUID) -> dict[str, Any]:
    """Open who told; that it is read is written down first, and committed before it is shown."""
    inside: InformantRead = unsealing.open_informant(page.session, box, order_id)
    return card(page, order_id) | {"inside": inside}


def _words(page: PageFrame, found: list[Order]) -> dict[str, Any]:
    places = areas.villages_by_code(page.session, {each.order.area_code for each in found})
    return {
        "CLAIM_TEXT": CLAIM_TEXT,
        "STANDING_TEXT": STANDING_TEXT,
        "STANDING_TAG": STANDING_TAG,
        "STEP_TEXT": STEP_TEXT,
        "Standing": Standing,
        "places": {code: each.name for code, each in places.items()},
    }
