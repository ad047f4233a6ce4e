"""The inspections of the demonstration: a draw in March 2023, and what was seen a year before."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from inspections.visits import FindingStep, Outcome, SampleStep
from service.demo.stage import Stage
from service.records import NAMESPACE
from service.schemas import CIVIL_ZONE
from service.supply import outlets
from service.supply.models import Category, Status
from service.supply.outlet_schemas import OutletRead
from service.visits import actions, campaign_actions, campaign_queries, followup_actions, queries
from service.visits.campaign_models import CampaignKind
from service.visits.campaign_schemas import (
    CampaignCreate,
    DrawCreate,
    ExclusionCreate,
    OfficerCreate,
)
from service.visits.followup_schemas import (
    FindingCreate,
    FindingEventCreate,
    SampleCreate,
    SampleEventCreate,
)
from service.visits.models import Answer, ChecklistItem, Visit, VisitKind
from service.visits.schemas import ItemAnswer, VisitCreate

COUNTY, CHECKLIST = "441803", "2023-1"
N_OFFICERS, TEAM = 12, 3
LAST_YEAR, LOOKED_AGAIN = date(2022, 4, 7), date(2022, 4, 21)
OUTCOMES = (Outcome.CASE, Outcome.ORDER_FIX, Outcome.ORDER_FIX, *(Outcome.NO_VIOLATION,) * 5)
DRAWN_ON, LAST_WEEK = date(2023, 3, 9), date(2023, 4, 20)
SEED = "qingxin-20230310"
PER_WEEK = 8
N_TWICE, N_SHORT, N_SAMPLES = 2, 4, 6
"""Outlets seen twice, visits where one of the three could not come, samples."""
DOMAINS = {
    Category.SEED: "seed",
    Category.PESTICIDE: "pesticide",
    Category.FERTILIZER: "fertilizer",
}


class VisitsChapter:
    """Twelve officers; eight visits in 2022; one campaign in 2023: 46 visits to 44 outlets."""

    def __init__(self) -> None:
        self.usernames: dict[UUID, str] = {}
        self.mended: list[tuple[UUID, UUID]] = []
        """Finding and outlet."""
        self.campaign_id: UUID | None = None
        self.waiting: list[tuple[UUID, list[UUID]]] = []
        """Drawn outlet and its officers, who have not gone yet."""
        self.answers: dict[UUID, list[ItemAnswer]] = {}
        """Outlet -> what will be seen there."""
        self.n_visits = 0
        self.sampled: list[UUID] = []
        """Sent to the laboratory, without a result."""

    def begin(self, stage: Stage) -> None:
        """Enter the roster."""
        with stage.acting("bureau") as session:
            for n in range(N_OFFICERS):
                username = f"officer-{n + 1}"
                officer, _ = campaign_actions.enrol(
                    session,
                    OfficerCreate(
                        id=uuid5(NAMESPACE, f"demo:officer:{n}"),
                        area_code=COUNTY,
                        name=stage.viewers[username].display_name,
                        unit="清新区农业综合执法大队",
                        username=username,
                        certificate_no=f"19180{n + 1:03d}",
                        valid_from=date(2019, 6, 1),
                        valid_to=date(2024, 5, 31),
                    ),
                )
                self.usernames[officer.id] = username

    def week(self, stage: Stage, day: date) -> None:
        """Look around in 2022; draw in March 2023, then go, a few each week."""
        if day == LAST_YEAR:
            self._look_around(stage, day)
        if day == LOOKED_AGAIN:
            self._look_again(stage, day)
        if day == DRAWN_ON:
            self._draw(stage, day)
        elif self.waiting and DRAWN_ON < day <= LAST_WEEK:
            self._go(stage, day)

    def _crew(self, n: int) -> list[UUID]:
        officers = list(self.usernames)
        return [officers[(2 * n + each) % N_OFFICERS] for each in range(2)]

    def _look_around(self, stage: Stage, day: date) -> None:
        with stage.acting(self.usernames[self._crew(0)[0]]) as session:
            found = active(session, day)[: len(OUTCOMES)]
            for n, (outlet, outcome) in enumerate(zip(found, OUTCOMES, strict=True)):
                visit, _ = actions.file_visit(
                    session,
                    VisitCreate(
                        outlet_id=outlet.id,
                        visited_at=at(day - timedelta(days=n % 4), 9 + n),
                        kind=VisitKind.SPECIAL,
                        officer_ids=self._crew(n),
                        outcome=outcome,
                    ),
                )
                if outcome is not Outcome.NO_VIOLATION:
                    self._found(session, visit, outlet, outcome)

    def _found(self, session: Session, visit: Visit, outlet: OutletRead, outcome: Outcome) -> None:
        code = "PE03" if outcome is Outcome.CASE else "PE07"
        finding, _ = followup_actions.file_finding(
            session,
            FindingCreate(visit_id=visit.id, violation_code=code, description="检查时发现"),
        )
        day = visit.visited_on
        if outcome is Outcome.ORDER_FIX:
            order = FindingEventCreate(
                step=FindingStep.ORDER, occurred_on=day, due_on=day + timedelta(days=14)
            )
            followup_actions.step_finding(session, finding.id, order)
            self.mended.append((finding.id, outlet.id))
            return
        handed = FindingEventCreate(
            step=FindingStep.HAND_OVER,
            occurred_on=day,
            due_on=day + timedelta(days=30),
            organ="清新区农业综合执法大队案件审理室",
            document_no="清新农移〔2022〕1号",
        )
        followup_actions.step_finding(session, finding.id, handed)
        receipt = FindingEventCreate(step=FindingStep.RECEIPT, occurred_on=day)
        followup_actions.step_finding(session, finding.id, receipt)

    def _look_again(self, stage: Stage, day: date) -> None:
        with stage.acting(self.usernames[self._crew(0)[0]]) as session:
            for n, (finding_id, outlet_id) in enumerate(self.mended):
                visit, _ = actions.file_visit(
                    session,
                    VisitCreate(
                        outlet_id=outlet_id,
                        visited_at=at(day, 9 + n),
                        kind=VisitKind.RECHECK,
                        officer_ids=self._crew(n),
                        outcome=Outcome.NO_VIOLATION,
                    ),
                )
                passed = FindingEventCreate(
                    step=FindingStep.RECHECK_PASSED, occurred_on=day, recheck_visit_id=visit.id
                )
                followup_actions.step_finding(session, finding_id, passed)

    def _draw(self, stage: Stage, day: date) -> None:
        with stage.acting("bureau") as session:
            for officer_id, outlet in zip(self.usernames, active(session, day)[:2], strict=False):
                away = ExclusionCreate(
                    officer_id=officer_id, outlet_id=outlet.id, ground="与负责人是近亲属"
                )
                campaign_actions.exclude(session, away)
            campaign, _ = campaign_actions.open_campaign(
                session,
                CampaignCreate(
                    area_code=COUNTY,
                    title="2023年春耕农资打假双随机检查",
                    kind=CampaignKind.RANDOM,
                    starts_on=day + timedelta(days=1),
                    ends_on=date(2023, 4, 30),
                    ratio_medium=Decimal("0.185"),
                    ratio_low=Decimal("0.2"),
                    checklist_version=CHECKLIST,
                    officers_per_visit=TEAM,
                ),
            )
            self.campaign_id = campaign.id
            campaign_actions.draw(session, campaign.id, DrawCreate(seed=SEED))
            told = campaign_queries.draw_read(session, campaign.id)
            drawn = [each for each in told.items if each.is_drawn]
            self.waiting = [(each.outlet_id, each.officer_ids) for each in drawn]
            self.waiting += self.waiting[:N_TWICE]  # seen a second time at the end
            items = queries.checklist(session, CHECKLIST)
            self.answers = {each.id: answers(items, each) for each in active(session, day)}

    def _go(self, stage: Stage, day: date) -> None:
        if self.sampled:
            self._tell_results(stage, day)
        for n, (outlet_id, crew) in enumerate(self.waiting[:PER_WEEK]):
            with stage.acting(self.usernames[crew[0]]) as session:
                visit = self._visit(
                    session, outlet_id, crew, at(day - timedelta(days=n % 4), 9 + n)
                )
                if self.n_visits <= N_SAMPLES:
                    self._sample(session, visit)
        self.waiting = self.waiting[PER_WEEK:]

    def _visit(
        self, session: Session, outlet_id: UUID, crew: list[UUID], visited_at: datetime
    ) -> Visit:
        self.n_visits += 1
        is_short = self.n_visits <= N_SHORT
        visit, _ = actions.file_visit(
            session,
            VisitCreate(
                outlet_id=outlet_id,
                visited_at=visited_at,
                campaign_id=self.campaign_id,
                kind=VisitKind.RANDOM,
                officer_ids=crew[: TEAM - is_short],
                outcome=Outcome.NO_VIOLATION,
                checklist_version=CHECKLIST,
                answers=self.answers[outlet_id],
            ),
        )
        return visit

    def _sample(self, session: Session, visit: Visit) -> None:
        sealed = SampleCreate(
            visit_id=visit.id,
            seal_no=f"QX-2023-{self.n_visits:03d}",
            product="早稻种子",
            batch=f"2022{self.n_visits:04d}",
            sealed_on=visit.visited_on,
        )
        sample, _ = followup_actions.file_sample(session, sealed)
        sent = SampleEventCreate(
            step=SampleStep.SENT, occurred_on=visit.visited_on, lab="清远市种子质量检验站"
        )
        followup_actions.step_sample(session, sample.id, sent)
        self.sampled.append(sample.id)

    def _tell_results(self, stage: Stage, day: date) -> None:
        with stage.acting(next(iter(self.usernames.values()))) as session:
            for each in self.sampled:
                result = SampleEventCreate(step=SampleStep.RESULT, occurred_on=day, is_pass=True)
                followup_actions.step_sample(session, each, result)
        self.sampled = []

    def end(self, stage: Stage) -> None:
        """Nothing is left to tell."""


def at(day: date, hour: int) -> datetime:
    """Return an hour of a day, in Shanghai."""
    return datetime.combine(day, time(hour), CIVIL_ZONE)


def active(session: Session, day: date) -> list[OutletRead]:
    """Return the outlets in business on a day."""
    found = outlets.on_day(session, outlets.Question(day)).values()
    return [each for each in found if each.status is Status.ACTIVE]


def answers(items: list[ChecklistItem], outlet: OutletRead) -> list[ItemAnswer]:
    """Return that all is well with what an outlet sells."""
    domains = {DOMAINS[each] for each in outlet.categories if each in DOMAINS}
    return [
        ItemAnswer(
            code=each.code,
            result=Answer.PASS if each.domain in domains else Answer.NOT_APPLICABLE,
        )
        for each in items
        if each.domain != "machinery"
    ]
