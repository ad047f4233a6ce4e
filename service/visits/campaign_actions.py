"""Writing campaigns, the roster, exclusions; and the draw."""

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections import draws
from inspections.visits import Tier
from service import audit, records
from service.areas import queries as areas
from service.database import thresholds_of
from service.errors import Conflict, Invalid
from service.supply import outlets
from service.supply.models import Status
from service.supply.outlet_schemas import OutletRead
from service.visits import campaign_queries as queries
from service.visits import history
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
    CampaignCreate,
    CertificateCreate,
    DrawCreate,
    ExclusionCreate,
    OfficerCreate,
)
from service.visits.models import ChecklistItem

SEED_BYTES = 16
MAX_REASONS = 500


def open_campaign(session: Session, given: CampaignCreate) -> tuple[Campaign, bool]:
    """Enter a campaign; tell whether it is new."""
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, Campaign, given.id, digest)
    if known is not None:
        return known, False
    areas.area(session, given.area_code)
    refuse_unknown_version(session, given.checklist_version)
    values = given.model_dump(exclude={"id", "categories"})
    values["categories"] = "|".join(sorted(set(given.categories or [])))
    made = records.write(
        session, Campaign, values, row=given.id, digest=digest, action="campaign.open"
    )
    session.flush()
    return made, True


def refuse_unknown_version(session: Session, version: str) -> None:
    """Refuse a version of the checklist that there is not."""
    wanted = select(ChecklistItem.code).where(ChecklistItem.version == version).limit(1)
    if session.scalars(wanted).first() is None:
        raise Invalid(
            f"没有检查表版本 {version};可用版本见 /api/v1/checklists", field="checklist_version"
        )


def draw(session: Session, campaign_id: UUID, given: DrawCreate) -> tuple[Draw, bool]:
    """Draw a campaign's outlets and officers, once; tell whether it is new."""
    audit.instant(session)  # two who draw at once take turns here
    campaign = queries.campaign(session, campaign_id)
    told = given.model_dump(exclude={"id"}) | {"campaign_id": campaign_id}
    digest = records.content_digest(told)
    known = records.known(session, Draw, given.id, digest)
    if known is not None:
        return known, False
    day = records.today(session)
    if queries.draw_of(session, campaign_id) is not None:
        raise Conflict("这次行动已经抽取过,不能重抽;结果见抽取页")
    if day > campaign.ends_on:
        raise Conflict(f"这次行动 {campaign.ends_on} 已结束,不能再抽取")
    made = _Drawing(session, campaign, given.seed or secrets.token_hex(SEED_BYTES))
    return made.write(given.id, digest), True


class _Drawing:
    """One draw in the making."""

    def __init__(self, session: Session, campaign: Campaign, seed: str) -> None:
        self.session, self.campaign, self.seed = session, campaign, seed
        self.day = records.today(session)
        self.outlets = {str(each.id): each for each in self._subjects()}
        if not self.outlets:
            raise Conflict("这一天没有符合条件的营业网点,无法抽取;请核对区域和类别")
        self.tiers = history.tiers(
            session,
            {each.id for each in self.outlets.values()},
            on=self.day,
            since=self.day - timedelta(days=thresholds_of(session).visits.lookback_days),
        )
        self.listed = [
            draws.Subject(key, self.tiers[each.id][0].value) for key, each in self.outlets.items()
        ]
        self.drawn = draws.draw(self.listed, campaign.ratios(), seed)
        self.officers = self._officers()

    def _subjects(self) -> list[OutletRead]:
        found = outlets.on_day(
            self.session, outlets.Question(self.day), area=self.campaign.area_code
        )
        wanted = set(filter(None, self.campaign.categories.split("|")))
        return [
            each
            for each in found.values()
            if each.status is Status.ACTIVE and (not wanted or wanted & set(each.categories))
        ]

    def _officers(self) -> dict[str, list[str]]:
        last = max(self.day, self.campaign.ends_on)
        valid = queries.valid_certificates(self.session, self.day, last)
        away = queries.kept_away(self.session)
        try:
            return draws.draw_officers(
                [each.subject.id for each in self.drawn if each.is_drawn],
                [str(each) for each in valid],
                {str(key): {str(each) for each in some} for key, some in away.items()},
                seed=self.seed,
                count=self.campaign.officers_per_visit,
            )
        except draws.TooFewOfficers as error:
            raise Conflict(
                f"网点“{self.outlets[error.subject].name}”除去回避和证件无效的,{error};"
                "请补登执法人员或证件后再抽"
            ) from None

    def write(self, row: UUID | None, digest: str) -> Draw:
        """Write the draw with its frozen list and its officers."""
        values = {
            "area_code": self.campaign.area_code,
            "campaign_id": self.campaign.id,
            "seed": self.seed,
            "list_digest": draws.digest(draws.canonical_list(self.listed)),
            "drawn_on": self.day,
        }
        made = records.write(
            self.session, Draw, values, row=row, digest=digest, action="campaign.draw"
        )
        self.session.flush()
        self.session.add_all(self._subject(made, each) for each in self.drawn)
        self.session.add_all(
            DrawnOfficer(draw_id=made.id, outlet_id=UUID(subject), officer_id=UUID(each))
            for subject, some in self.officers.items()
            for each in some
        )
        self.session.flush()
        return made

    def _subject(self, made: Draw, drawn: draws.Drawn) -> DrawnSubject:
        outlet = self.outlets[drawn.subject.id]
        tier, reasons = self.tiers[outlet.id]
        return DrawnSubject(
            draw_id=made.id,
            outlet_id=outlet.id,
            name=outlet.name,
            seat_code=outlet.area_code,
            tier=Tier(tier),
            tier_reasons=";".join(reasons)[:MAX_REASONS],
            hash=drawn.hash,
            is_drawn=drawn.is_drawn,
        )


def enrol(session: Session, given: OfficerCreate) -> tuple[Officer, bool]:
    """Enter an officer with their first certificate; tell whether they are new."""
    audit.instant(session)  # a number and an account are looked for and taken in one turn
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, Officer, given.id, digest)
    if known is not None:
        return known, False
    areas.area(session, given.area_code)
    _refuse_taken_number(session, given.certificate_no, but=None)
    taken = select(Officer.__table__.c.id).where(Officer.__table__.c.username == given.username)
    if given.username is not None and session.scalar(taken) is not None:
        raise Conflict("这个账号已属于另一名执法人员", field="username")
    values = given.model_dump(include={"area_code", "name", "unit", "username"})
    made = records.write(
        session, Officer, values, row=given.id, digest=digest, action="officer.enrol"
    )
    session.flush()
    certificate = {"officer_id": made.id, "area_code": made.area_code}
    certificate |= {"number": given.certificate_no, "valid_from": given.valid_from}
    _certify(session, certificate | {"valid_to": given.valid_to}, None, digest)
    return made, True


def _certify(
    session: Session, values: dict[str, Any], row: UUID | None, digest: str
) -> Certificate:
    made = records.write(
        session, Certificate, values, row=row, digest=digest, action="officer.certify"
    )
    session.flush()
    return made


def _refuse_taken_number(session: Session, number: str, *, but: UUID | None) -> None:
    """Refuse a number that another officer's certificate bears, in view or not."""
    certificate = Certificate.__table__.c
    others = select(certificate.officer_id).where(certificate.number == number)
    if set(session.scalars(others)) - {but}:
        raise Conflict("这个证号已登记在另一名执法人员名下,请核对", field="number")


def file_certificate(
    session: Session, officer_id: UUID, given: CertificateCreate
) -> tuple[Certificate, bool]:
    """Enter a certificate, or correct one; tell whether it is new."""
    audit.instant(session)
    officer = queries.officer(session, officer_id)
    told = given.model_dump(exclude={"id"}) | {"officer_id": officer_id}
    digest = records.content_digest(told)
    known = records.known(session, Certificate, given.id, digest)
    if known is not None:
        return known, False
    if given.supersedes_id is not None:
        old = records.superseded(session, Certificate, given.supersedes_id, given.reason)
        if old.officer_id != officer_id:
            raise Invalid("更正的证件须属于同一名执法人员", field="supersedes_id")
    _refuse_taken_number(session, given.number, but=officer_id)
    values = told | {"area_code": officer.area_code}
    return _certify(session, values, given.id, digest), True


def exclude(session: Session, given: ExclusionCreate) -> tuple[Exclusion, bool]:
    """Enter that an officer keeps away from an outlet; tell whether it is new."""
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, Exclusion, given.id, digest)
    if known is not None:
        return known, False
    queries.officer(session, given.officer_id)
    outlet = outlets.known_outlet(session, given.outlet_id)
    if outlet.status is Status.MERGED:
        raise Conflict("这条登记已并入另一个网点;请用合并后的那一个", field="outlet_id")
    if given.supersedes_id is not None:
        records.superseded(session, Exclusion, given.supersedes_id, given.reason)
    values = given.model_dump(exclude={"id"}) | {"area_code": outlet.area_code}
    made = records.write(
        session, Exclusion, values, row=given.id, digest=digest, action="officer.exclude"
    )
    session.flush()
    return made, True


def withdraw_exclusion(session: Session, exclusion_id: UUID, reason: str) -> Exclusion:
    """Say that an exclusion does not hold."""
    return records.withdraw(session, Exclusion, exclusion_id, reason, action="officer.include")
