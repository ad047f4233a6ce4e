"""The pages of facts and bulletins."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID, uuid4

from pydantic import BaseModel

from service import records
from service.areas import queries as areas
from service.bulletins import corrections, drafting, figures, queries, rules
from service.bulletins.models import Kind, State, Step
from service.bulletins.schemas import BulletinCreate, IssueCreate
from service.facts import queries as facts
from service.facts.asked import Asked as Question
from service.facts.schemas import FactValue
from service.pages.board import BLANK
from service.pages.page import PageFrame
from service.pages.visit_forms import Absent, checked
from service.schemas import AreaCode, Day, Id, Instant

KIND_TEXT = {Kind.BULLETIN: "工作简报", Kind.REPORT: "春耕形势分析报告"}
BOOK_TEXT = {
    "sowing": "播种填报",
    "outlets": "网点登记",
    "stock": "库存",
    "prices": "价格",
    "visits": "执法检查",
    "samples": "抽样",
    "pest_surveys": "病虫调查",
    "machinery": "农机",
    "weather": "气象",
    "reservoirs": "水库",
    "verdicts": "土地判定",
    "cases": "案件",
}
PAGE_OF_ROW = {"outlets": ("/outlets/", "outlet.read"), "visits": ("/visits/", "visit.read")}
"""Book -> where its rows have pages of their own, and who reads them."""
MAX_ROWS = 1000
MAX_RECOMPUTED = 12
"""Issues whose facts the list computes again, the newest; the API tells of all."""
COUNTY, TOWN = 6, 9
PERCENT = "%"


class Asked(BaseModel):
    """Which day, area and instant the facts are of."""

    as_of: Annotated[Day | None, BLANK] = None
    area: Annotated[AreaCode | None, BLANK] = None
    known_at: Annotated[Instant | None, BLANK] = None


class DraftForm(BaseModel):
    """What the form of a draft sends."""

    id: Id
    kind: Kind
    masthead: str
    title: str
    number: int
    total_number: Annotated[int | None, BLANK] = None
    as_of: Day
    office: str
    reported_to: str = ""
    sent_to: str = ""
    issued_to: str = ""

    def as_draft(self, area_code: str) -> BulletinCreate:
        """Return the draft that the form tells of; say in Chinese what does not fit."""
        return checked(BulletinCreate, self.model_dump() | {"area_code": area_code})


class IssueForm(BaseModel):
    """What the form of an issue sends."""

    id: Id
    leader: Absent = None
    reason: Absent = None

    def as_issue(self) -> IssueCreate:
        """Return what the form tells of."""
        return checked(IssueCreate, self.model_dump())


def _question(page: PageFrame, asked: Asked) -> Question:
    day = asked.as_of or records.today(page.session)
    area = asked.area or page.viewer.area_code
    areas.area(page.session, area)
    return facts.asked(page.session, area, day, asked.known_at)


def shown(value: FactValue) -> str:
    """Write a fact's value as a table does."""
    text = drafting.shown(value)
    if value.value is None or value.unit == PERCENT:
        return text
    return f"{text} {value.unit}{'以上(下限)' * value.is_lower_bound}"


def words() -> dict[str, Any]:
    """Return how the words of facts and bulletins read."""
    return {
        "KIND_TEXT": KIND_TEXT,
        "STATE_TEXT": rules.STATE_TEXT,
        "STEP_TEXT": rules.STEP_TEXT,
        "BOOK_TEXT": BOOK_TEXT,
        "PAGE_OF_ROW": PAGE_OF_ROW,
        "shown": shown,
    }


def fact_table(page: PageFrame, asked: Asked) -> dict[str, Any]:
    """Gather every fact of a day."""
    question = _question(page, asked)
    towns = areas.unit_names(
        page.session, within=page.viewer.area_code, level="town", on=question.as_of
    )
    return words() | {
        "question": question,
        "items": list(facts.facts(page.session, question).values()),
        "towns": towns,
    }


def fact_rows(page: PageFrame, code: str, asked: Asked) -> dict[str, Any]:
    """Gather one fact with the rows behind it."""
    question = _question(page, asked)
    found = facts.rows(page.session, question, code)
    return words() | {
        "question": question,
        "fact": facts.facts(page.session, question, [code])[code],
        "rows": found[:MAX_ROWS],
        "n_rows": len(found),
        "places": areas.villages_by_code(page.session, {each.area_code for each in found}),
    }


def bulletin_list(page: PageFrame) -> dict[str, Any]:
    """Gather the bulletins, and what a new one would start with."""
    session = page.session
    items = queries.bulletins(session)
    issued = [each for each in items if each.state is State.ISSUED][:MAX_RECOMPUTED]
    area = page.viewer.area_code
    today = records.today(session)
    may_draft = page.may("bulletin.write") and len(area) in {COUNTY, TOWN}
    return words() | {
        "items": items,
        "n_proposals": {e.id: n for e in issued if (n := len(corrections.of_one(session, e)))},
        "may_draft": may_draft,
        "today": today,
        "new_id": uuid4(),
        "number": _next_number([each.number for each in items if _is_own(each, area, today)]),
        "place": areas.area(session, area).name if may_draft else "",
        "last": next((each for each in items if each.area_code == area), None),
    }


def _is_own(each: Any, area: str, today: date) -> bool:
    return each.area_code == area and each.year == today.year and each.kind is Kind.BULLETIN


def _next_number(taken: list[int]) -> int:
    return max(taken, default=0) + 1


def bulletin_card(page: PageFrame, bulletin_id: UUID) -> dict[str, Any]:
    """Gather one bulletin with what may be done with it."""
    found = queries.card(page.session, bulletin_id)
    may_write = page.may("bulletin.write") and page.viewer.covers(found.area_code)
    author = {each.recorded_by for each in found.steps if each.step in {Step.DRAFT, Step.REVISE}}
    is_issued = found.state in rules.PUBLIC
    sees_books = page.viewer.covers(found.area_code)
    return words() | {
        "bulletin": found,
        "may_write": may_write,
        "may_review": may_write and page.viewer.account_id not in author,
        "proposals": corrections.proposals(page.session, bulletin_id)
        if found.state is State.ISSUED and sees_books
        else [],
        "is_issued": is_issued,
        "sees_books": sees_books,
        "new_id": uuid4(),
        "codes": figures.known_figures().values(),
    }
