"""Reading campaigns, draws, the roster and who keeps away from whom."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections import draws
from inspections.visits import Tier
from service import records
from service.errors import NotFound
from service.records import standing
from service.security import whole_system
from service.supply.outlet_states import doubles
from service.visits.campaign_models import (
    Campaign,
    Certificate,
    Draw,
    DrawnOfficer,
    DrawnSubject,
    Exclusion,
    Officer,
)
from service.visits.campaign_schemas import (
    CertificateRead,
    DrawRead,
    OfficerRead,
    StratumRead,
    SubjectRead,
)

LIST_FILE = "list.csv"


def campaigns(session: Session, area: str, limit: int, offset: int) -> list[Campaign]:
    """Return the campaigns in view, newest first."""
    wanted = (
        select(Campaign)
        .where(records.within(Campaign.area_code, area))
        .order_by(Campaign.starts_on.desc(), Campaign.id)
    )
    return list(session.scalars(wanted.limit(limit).offset(offset)))


def campaign(session: Session, campaign_id: UUID) -> Campaign:
    """Return one campaign, or say that there is none."""
    found = session.scalars(select(Campaign).where(Campaign.id == campaign_id)).first()
    if found is None:
        raise NotFound("没有这次检查行动;请核对编号", field="campaign_id")
    return found


def draw_of(session: Session, campaign_id: UUID) -> Draw | None:
    """Return the draw of a campaign, where it was drawn."""
    return session.scalars(select(Draw).where(Draw.campaign_id == campaign_id)).first()


def subjects(session: Session, draw_id: UUID) -> list[DrawnSubject]:
    """Return the frozen list of a draw, in the order of the draw."""
    wanted = select(DrawnSubject).where(DrawnSubject.draw_id == draw_id)
    return list(session.scalars(wanted.order_by(DrawnSubject.hash)))


def listed(found: Iterable[DrawnSubject]) -> list[draws.Subject]:
    """Return a frozen list as the rule takes it."""
    return [draws.Subject(str(each.outlet_id), each.tier.value) for each in found]


def published_list(session: Session, campaign_id: UUID) -> str:
    """Return the frozen list as it is published: `tier,outlet id`, in order."""
    return draws.canonical_list(listed(subjects(session, _drawn(session, campaign_id).id)))


def _drawn(session: Session, campaign_id: UUID) -> Draw:
    campaign(session, campaign_id)
    found = draw_of(session, campaign_id)
    if found is None:
        raise NotFound("这次行动还没有抽取;先由局里抽取")
    return found


def draw_read(session: Session, campaign_id: UUID) -> DrawRead:
    """Return a campaign's draw with all that is needed to draw again."""
    found, ratios = _drawn(session, campaign_id), campaign(session, campaign_id).ratios()
    items = subjects(session, found.id)
    going: dict[UUID, list[UUID]] = defaultdict(list)
    for each in session.scalars(select(DrawnOfficer).where(DrawnOfficer.draw_id == found.id)):
        going[each.outlet_id].append(each.officer_id)
    drawn = Counter(each.tier for each in items if each.is_drawn)
    sizes = Counter(each.tier for each in items)
    return DrawRead(
        id=found.id,
        campaign_id=campaign_id,
        seed=found.seed,
        drawn_on=found.drawn_on,
        list_digest=found.list_digest,
        recipe=draws.recipe(found.seed, {tier: drawn[tier] for tier in Tier}, LIST_FILE),
        strata=[
            StratumRead(tier=tier, ratio=ratios[tier], n_listed=sizes[tier], n_drawn=drawn[tier])
            for tier in Tier
        ],
        items=[
            SubjectRead.model_validate(each).model_copy(
                update={"officer_ids": sorted(going[each.outlet_id])}
            )
            for each in items
        ],
    )


def certificates(session: Session, known_at: datetime | None = None) -> list[Certificate]:
    """Return the certificates in view that hold, in order of their first day."""
    wanted = standing(Certificate, known_at).order_by(Certificate.valid_from, Certificate.id)
    return list(session.scalars(wanted))


def valid_certificates(session: Session, first: date, last: date) -> dict[UUID, Certificate]:
    """Return officer -> a certificate that holds from one day to another."""
    return {
        each.officer_id: each
        for each in certificates(session)
        if each.valid_from <= first and last <= each.valid_to
    }


def roster(session: Session, on: date, known_at: datetime | None = None) -> list[OfficerRead]:
    """Return the officers in view with their certificates, in order of name."""
    held: dict[UUID, list[CertificateRead]] = defaultdict(list)
    for each in certificates(session, known_at):
        held[each.officer_id].append(CertificateRead.model_validate(each))
    wanted = select(Officer).order_by(Officer.name, Officer.id)
    if known_at is not None:
        wanted = wanted.where(Officer.recorded_at <= known_at)
    return [
        OfficerRead.model_validate(each).model_copy(
            update={
                "certificates": held[each.id],
                "is_certified": any(c.valid_from <= on <= c.valid_to for c in held[each.id]),
            }
        )
        for each in session.scalars(wanted)
    ]


def officer(session: Session, officer_id: UUID) -> Officer:
    """Return one officer, or say that there is none."""
    found = session.scalars(select(Officer).where(Officer.id == officer_id)).first()
    if found is None:
        raise NotFound("名册里没有这名执法人员;请先登记", field="officer_id")
    return found


def exclusions(session: Session, known_at: datetime | None = None) -> list[Exclusion]:
    """Return the exclusions in view that hold, the oldest first."""
    wanted = standing(Exclusion, known_at).order_by(Exclusion.recorded_at, Exclusion.id)
    return list(session.scalars(wanted))


def kept_away(session: Session) -> dict[UUID, set[UUID]]:
    """Return outlet -> officers who must keep away from it, whoever asks."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    same = doubles(session)
    with whole_system(session):
        for each in exclusions(session):
            found[same.get(each.outlet_id, each.outlet_id)].add(each.officer_id)
    return found
