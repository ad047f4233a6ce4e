"""The list of visits with its counts, the form of two officers, the card of one visit."""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID, uuid4

from pydantic import BaseModel
from sqlalchemy.orm import Session

from inspections.visits import OUTCOME_TEXT, FindingStep, SampleStep
from service import records
from service.areas import queries as areas
from service.database import clock_of
from service.pages.board import BLANK
from service.pages.page import PageFrame
from service.schemas import CIVIL_ZONE, AreaCode, Day, Id
from service.supply import outlets
from service.supply.models import Category, Status
from service.supply.outlet_schemas import OutletRead
from service.visits import campaign_queries, counts, queries
from service.visits.campaign_models import CampaignKind
from service.visits.models import Answer, ChecklistItem, VisitKind

KIND_TEXT = {
    VisitKind.RANDOM: "双随机",
    VisitKind.SPECIAL: "专项",
    VisitKind.COMPLAINT_CHECK: "举报核查",
    VisitKind.RECHECK: "复查",
}
ANSWER_TEXT = {Answer.PASS: "合格", Answer.FAIL: "不合格", Answer.NOT_APPLICABLE: "不涉及"}
SAMPLE_TEXT = {SampleStep.SEALED: "已封样", SampleStep.SENT: "已送检", SampleStep.RESULT: "有结果"}
FINDING_TEXT = {
    None: "待处理",
    FindingStep.ORDER: "责令改正",
    FindingStep.RECHECK_FAILED: "复查不合格",
    FindingStep.RECHECK_PASSED: "复查合格,了结",
    FindingStep.HAND_OVER: "已移送",
    FindingStep.RECEIPT: "收到回执,了结",
}
DOMAIN_TEXT = {
    "seed": "种子",
    "pesticide": "农药",
    "fertilizer": "肥料",
    "machinery": "农机",
}
DOMAINS_OF = {
    Category.SEED: "seed",
    Category.PESTICIDE: "pesticide",
    Category.FERTILIZER: "fertilizer",
}


class Asked(BaseModel):
    """Which visits the list shows."""

    since: Annotated[Day | None, BLANK] = None
    as_of: Annotated[Day | None, BLANK] = None
    town: Annotated[AreaCode | None, BLANK] = None


class NewAsked(BaseModel):
    """Where the form begins."""

    outlet: Annotated[Id | None, BLANK] = None
    campaign: Annotated[Id | None, BLANK] = None


def words() -> dict[str, Any]:
    """Return how the book's words read."""
    return {
        "OUTCOME_TEXT": OUTCOME_TEXT,
        "KIND_TEXT": KIND_TEXT,
        "ANSWER_TEXT": ANSWER_TEXT,
        "SAMPLE_TEXT": SAMPLE_TEXT,
        "FINDING_TEXT": FINDING_TEXT,
        "DOMAIN_TEXT": DOMAIN_TEXT,
        "CAMPAIGN_TEXT": {CampaignKind.RANDOM: "双随机", CampaignKind.SPECIAL: "专项"},
        "CATEGORY_TEXT": outlets.CATEGORY_TEXT,
    }


def register(page: PageFrame, asked: Asked) -> dict[str, Any]:
    """Gather the counts of a period and its visits, the newest first."""
    period = queries.period(page.session, asked.since, asked.as_of, None, asked.town or "")
    found = queries.visits(page.session, period)
    return words() | {
        "asked": asked,
        "period": period,
        "items": queries.shown(page.session, reversed(found)),
        "counts": counts.counts(page.session, period),
        "towns": areas.unit_names(
            page.session, within=page.viewer.area_code, level="town", on=period.as_of
        ),
    }


def form(page: PageFrame, asked: NewAsked) -> dict[str, Any]:
    """Gather what two officers at a counter need; the id makes a second click harmless."""
    session, now = page.session, clock_of(page.session)()
    today = records.today(session)
    state = outlets.on_day(session, outlets.Question(today))
    outlet = outlets.known_outlet(session, asked.outlet) if asked.outlet else None
    campaign = campaign_queries.campaign(session, asked.campaign) if asked.campaign else None
    version = campaign.checklist_version if campaign else newest_version(session)
    roster = [each for each in campaign_queries.roster(session, today) if each.is_certified]
    return words() | {
        "outlet": outlet,
        "outlets": [each for each in state.values() if each.status is not Status.MERGED],
        "campaign": campaign,
        "id": uuid4(),
        "now": now.astimezone(CIVIL_ZONE).strftime("%Y-%m-%dT%H:%M"),
        "roster": roster,
        "own": next((each.id for each in roster if each.username == page.viewer.username), None),
        "version": version,
        "items": fitting(queries.checklist(session, version), outlet),
    }


def newest_version(session: Session) -> str:
    """Return the newest version of the checklist."""
    return max(each.version for each in queries.checklist(session, None))


def fitting(items: Iterable[ChecklistItem], outlet: OutletRead | None) -> list[ChecklistItem]:
    """Return the items about what an outlet sells; all where it sells nothing with a list."""
    listed = list(items)
    sold = outlet.categories if outlet else ()
    wanted = {DOMAINS_OF[each] for each in sold if each in DOMAINS_OF}
    return [each for each in listed if each.domain in wanted] or listed


def card(page: PageFrame, visit_id: UUID) -> dict[str, Any]:
    """Gather one visit with all that followed."""
    found = queries.card(page.session, visit_id)
    period = queries.Period(found.visited_on, records.today(page.session))
    items = queries.checklist(page.session, found.checklist_version)
    kinds = queries.violation_types(page.session)
    return words() | {
        "visit": found,
        "items": {each.code: each for each in items},
        "kinds": kinds,
        "rechecks": [
            each
            for each in queries.visits(page.session, period)
            if each.kind is VisitKind.RECHECK
            and each.visited_at > found.visited_at
            and (each.outlet_id, each.subject_name) == (found.outlet_id, found.subject_name)
        ],
        "today": period.as_of,
        "new_id": uuid4(),
    }
