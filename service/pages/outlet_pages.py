"""The list of outlets and the card of one."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel

from service import records
from service.areas import queries as areas
from service.pages.board import BLANK
from service.pages.page import PageFrame
from service.schemas import AreaCode, Day
from service.supply import outlet_findings, outlets
from service.supply.models import Category, Change, Status

STATUS_TEXT = {
    Status.ACTIVE: "营业",
    Status.SUSPENDED: "停业",
    Status.REVOKED: "吊销",
    Status.CLOSED: "注销",
    Status.MERGED: "已合并",
}
CHANGE_TEXT = {
    Change.OPENED: "开业",
    Change.SUSPENDED: "停业",
    Change.RESUMED: "恢复营业",
    Change.REVOKED: "吊销",
    Change.CLOSED: "注销",
    Change.MOVED: "迁址",
    Change.CHANGED: "变更",
    Change.MERGED: "合并",
}
TO_ENTER = (Change.SUSPENDED, Change.RESUMED, Change.REVOKED, Change.CLOSED, Change.CHANGED)
"""What the card's form can enter; moving and merging need more than a reason."""


class Asked(BaseModel):
    """Which outlets the list shows, and of which day."""

    as_of: Annotated[Day | None, BLANK] = None
    town: Annotated[AreaCode | None, BLANK] = None
    category: Annotated[Category | None, BLANK] = None
    status: Annotated[Status | None, BLANK] = None


def words() -> dict[str, Any]:
    """Return how the register's words read."""
    return {
        "STATUS_TEXT": STATUS_TEXT,
        "CATEGORY_TEXT": outlets.CATEGORY_TEXT,
        "CHANGE_TEXT": CHANGE_TEXT,
        "LICENCE_TEXT": outlets.LICENCE_TEXT,
    }


def register(page: PageFrame, asked: Asked) -> dict[str, Any]:
    """Gather the counts, what wants attention, and the list that was asked for."""
    question = outlets.Question(asked.as_of or records.today(page.session))
    area = asked.town or ""
    listed = outlets.page(
        page.session, question, area=area, status=asked.status, category=asked.category
    )
    may_count = page.may("outlet.count")
    return words() | {
        "asked": asked,
        "as_of": question.as_of,
        "items": listed.items,
        "towns": areas.unit_names(
            page.session, within=page.viewer.area_code, level="town", on=question.as_of
        ),
        "counts": outlet_findings.counts(page.session, question, area=area) if may_count else None,
        "findings": outlet_findings.findings(page.session, question, area=area)
        if may_count
        else [],
    }


def card(page: PageFrame, outlet_id: UUID) -> dict[str, Any]:
    """Gather one outlet's life and licences."""
    found = outlets.card(page.session, outlet_id)
    town = found.area_code[: outlets.TOWN]
    return words() | {
        "outlet": found,
        "place": areas.villages_by_code(page.session, [found.area_code, town]),
        "today": records.today(page.session),
        "to_enter": TO_ENTER if found.status in {Status.ACTIVE, Status.SUSPENDED} else (),
    }
