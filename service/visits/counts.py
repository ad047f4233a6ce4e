"""The figures of visits, in units that cannot be mixed; and what may be said of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from uuid import UUID

from sqlalchemy.orm import Session

from inspections.draws import most_violating
from inspections.units import Quantity, Unit, distinct, times
from inspections.visits import NOT_INSPECTED, Found, Outcome, Tier, why_not_none_found
from service.areas import queries as areas
from service.database import thresholds_of
from service.supply import outlets
from service.supply.models import Category, Status
from service.supply.outlet_schemas import OutletRead
from service.supply.outlet_states import doubles
from service.visits import campaign_queries, queries
from service.visits.count_schemas import Bound, CheckedType, Counted, CoverageLine, VisitCounts
from service.visits.followup_schemas import FindingRead, SampleRead
from service.visits.models import Answer, Visit
from service.visits.queries import Period

SHARE_PLACES = Decimal("0.0001")
Subject = UUID | tuple[str, str]
"""An outlet of the register, or another by its area and name."""


class _Figures:
    """All that a period's figures are made of, read once."""

    def __init__(self, session: Session, asked: Period) -> None:
        self.session, self.asked = session, asked
        self.visits = queries.visits(session, asked)
        self.inspected = [each for each in self.visits if each.outcome not in NOT_INSPECTED]
        self.present = queries.officers_of(session, (each.id for each in self.visits))
        question = outlets.Question(asked.as_of, asked.known_at)
        self.same = doubles(session, asked.known_at)
        self.active = [
            each
            for each in outlets.on_day(session, question, area=asked.area).values()
            if each.status is Status.ACTIVE
        ]
        self.samples, self.findings = self._followups()

    def _followups(self) -> tuple[list[SampleRead], list[FindingRead]]:
        """Return samples and findings of all visits until the day: what is open stays open."""
        asked = self.asked
        until = Period(asked.as_of.min, asked.as_of, asked.known_at, asked.area, asked.campaign_id)
        roots = {each.root_id for each in queries.visits(self.session, until)}
        return (
            queries.samples(self.session, until, roots),
            queries.findings(self.session, until, roots),
        )

    def subject(self, visit: Visit) -> Subject:
        """Return what a visit went to; doubles of the register are one."""
        if visit.outlet_id is None:
            return (visit.area_code, visit.subject_name)
        return self.same.get(visit.outlet_id, visit.outlet_id)

    def of_period(self, some: Iterable[SampleRead | FindingRead]) -> int:
        """Count what belongs to the period's own visits."""
        roots = {each.root_id for each in self.visits}
        return sum(each.visit_id in roots for each in some)


def counts(session: Session, asked: Period) -> VisitCounts:
    """Return the figures of a period, with what may be said of them."""
    figures = _Figures(session, asked)
    came = [each.officer_id for visit in figures.visits for each in figures.present[visit.id]]
    subjects = [figures.subject(each) for each in figures.inspected]
    found = _found(figures)
    reasons = why_not_none_found(found)
    return VisitCounts(
        starts_on=asked.starts_on,
        as_of=asked.as_of,
        known_at=asked.known_at,
        area=asked.area,
        campaign_id=asked.campaign_id,
        officer_times=_counted(times(came, Unit.PERSON_TIME)),
        officers=_counted(distinct(came, Unit.PERSON_TIME)),
        visit_times=_counted(found.inspected),
        outlets=_counted(distinct(subjects, Unit.OUTLET_TIME)),
        came_only_times=_counted(found.came - found.inspected),
        by_outcome={kind: sum(each.outcome is kind for each in figures.visits) for kind in Outcome},
        by_town=_by_town(figures, set(subjects)),
        by_category=_by_category(figures.active, set(subjects)),
        checked=_checked(figures),
        n_samples=figures.of_period(figures.samples),
        n_pending_samples=int(found.pending.value),
        n_failed_samples=int(found.failed.value),
        n_findings=figures.of_period(figures.findings),
        n_open_findings=int(found.open_findings.value),
        n_overdue_findings=sum(each.is_overdue for each in figures.findings),
        may_say_none_found=not reasons,
        reasons=reasons,
        bound=_bound(figures, reasons) if asked.campaign_id is not None else None,
    )


def _counted(quantity: Quantity) -> Counted:
    return Counted(value=int(quantity.value), unit=quantity.unit.value)


def _found(figures: _Figures) -> Found:
    violating = [each for each in figures.inspected if each.outcome is not Outcome.NO_VIOLATION]
    refused = [each for each in figures.visits if each.outcome is Outcome.REFUSED]
    roots = {each.root_id for each in figures.visits}
    failed = [each for each in figures.samples if each.visit_id in roots and each.is_pass is False]

    def visits(some: list[Visit]) -> Quantity:
        return times([each.id for each in some], Unit.OUTLET_TIME)

    return Found(
        came=visits(figures.visits),
        inspected=visits(figures.inspected),
        violating=visits(violating),
        refused=visits(refused),
        pending=Quantity(sum(each.is_pending for each in figures.samples), Unit.ITEM),
        failed=Quantity(len(failed), Unit.ITEM),
        open_findings=Quantity(sum(each.is_open for each in figures.findings), Unit.ITEM),
    )


def _line(key: str, name: str, active: list[OutletRead], subjects: set[Subject]) -> CoverageLine:
    n_inspected = sum(each.id in subjects for each in active)
    return CoverageLine(
        key=key,
        name=name,
        n_active=len(active),
        n_inspected=n_inspected,
        share=_share(n_inspected, len(active)),
    )


def _share(part: int, whole: int) -> Decimal | None:
    if not whole:
        return None
    share = Quantity(part, Unit.OUTLET) / Quantity(whole, Unit.OUTLET)
    exact = Decimal(share.numerator) / share.denominator
    return exact.quantize(SHARE_PLACES, ROUND_HALF_UP)


def _by_town(figures: _Figures, subjects: set[Subject]) -> list[CoverageLine]:
    active: dict[str, list[OutletRead]] = defaultdict(list)
    for each in figures.active:
        active[each.area_code[: outlets.TOWN]].append(each)
    asked = figures.asked
    names = areas.unit_names(figures.session, within=asked.area, level="town", on=asked.as_of)
    return [
        _line(code, names.get(code, code), active[code], subjects)
        for code in sorted(active.keys() | names.keys())
    ]


def _by_category(active: list[OutletRead], subjects: set[Subject]) -> list[CoverageLine]:
    return [
        _line(
            kind.value,
            outlets.CATEGORY_TEXT[kind],
            [each for each in active if kind in each.categories],
            subjects,
        )
        for kind in Category
    ]


def _checked(figures: _Figures) -> list[CheckedType]:
    """Count for each kind of violation how often it was looked for."""
    kinds = {
        (each.version, each.code): each.violation_code
        for each in queries.checklist(figures.session, None)
    }
    looked, failed = Counter[str](), Counter[str]()
    told = queries.answer_counts(figures.session, (each.id for each in figures.inspected))
    for (version, item, result), n in told.items():
        looked[kinds[version, item]] += n * (result is not Answer.NOT_APPLICABLE)
        failed[kinds[version, item]] += n * (result is Answer.FAIL)
    names = queries.violation_types(figures.session)
    return [
        CheckedType(violation_code=kind, name=names[kind], n_checked=n, n_failed=failed[kind])
        for kind, n in sorted(looked.items())
        if n
    ]


def _bound(figures: _Figures, reasons: list[str]) -> Bound | None:
    """Return how many of the listed may violate though none of the drawn did."""
    session, campaign_id = figures.session, figures.asked.campaign_id
    if campaign_id is None:
        return None
    draw = campaign_queries.draw_of(session, campaign_id)
    listed = campaign_queries.subjects(session, draw.id) if draw is not None else []
    drawn = {each.outlet_id for each in listed if each.is_drawn}
    inspected = {each.outlet_id for each in figures.inspected}
    strata = [
        (
            sum(each.tier is tier for each in listed),
            sum(each.tier is tier and each.outlet_id in drawn & inspected for each in listed),
        )
        for tier in Tier
    ]
    withheld = _withheld(drawn, inspected, {each.outlet_id for each in figures.visits}) + reasons
    confidence = thresholds_of(session).visits.confidence
    return Bound(
        at_most=None if withheld else most_violating(strata, confidence=Fraction(confidence)),
        confidence=confidence,
        n_listed=len(listed),
        n_inspected=sum(n for _, n in strata),
        withheld=withheld,
    )


def _withheld(drawn: set[UUID], inspected: set[UUID | None], came: set[UUID | None]) -> list[str]:
    """Return why a draw says nothing of those that were not drawn."""
    if not drawn:
        return ["没有抽取"]
    found = []
    if came - drawn:
        found.append(f"有 {len(came - drawn)} 家不是抽中的")
    if drawn - inspected:
        found.append(f"抽中的还有 {len(drawn - inspected)} 家没有检查")
    return found
