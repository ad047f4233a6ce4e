"""The list of campaigns, and one campaign with its draw."""

from typing import Any
from uuid import UUID, uuid4

from service import records
from service.pages.page import PageFrame
from service.pages.visit_pages import newest_version, words
from service.visits import campaign_queries, counts, queries
from service.visits.queries import Period

SHOWN = 500
TIER_TEXT = {"high": "高", "medium": "中", "low": "低"}


def listed(page: PageFrame) -> dict[str, Any]:
    """Gather the campaigns in view."""
    return words() | {
        "items": campaign_queries.campaigns(page.session, "", SHOWN, 0),
        "today": records.today(page.session),
        "version": newest_version(page.session),
        "new_id": uuid4(),
    }


def card(page: PageFrame, campaign_id: UUID) -> dict[str, Any]:
    """Gather a campaign, its draw and how far it is."""
    session = page.session
    campaign = campaign_queries.campaign(session, campaign_id)
    is_drawn = campaign_queries.draw_of(session, campaign_id) is not None
    today = records.today(session)
    period = Period(campaign.starts_on, campaign.ends_on, None, "", campaign_id)
    seen = {each.outlet_id: each for each in queries.visits(session, period)}
    return words() | {
        "campaign": campaign,
        "categories": [each for each in campaign.categories.split("|") if each],
        "draw": campaign_queries.draw_read(session, campaign_id) if is_drawn else None,
        "names": {each.id: each.name for each in campaign_queries.roster(session, today)},
        "seen": seen,
        "counts": counts.counts(session, period),
        "is_over": today > campaign.ends_on,
        "TIER_TEXT": TIER_TEXT,
        "new_id": uuid4(),
    }
