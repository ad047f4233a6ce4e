"""One reading of the books for all facts of a day: each book is read once."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from sqlalchemy.orm import Session

from inspections.agronomy import Bed
from inspections.doubts.catalogue import NEGATIVE
from inspections.doubts.doubt import Book
from service import records
from service.adequacy import queries as adequacy
from service.adequacy.schemas import Adequacy
from service.agronomy import pests, water, weather
from service.agronomy.models import PestSurvey
from service.agronomy.period import Period as SeasonPeriod
from service.agronomy.pest_schemas import PestSummary
from service.agronomy.water_schemas import ReservoirSummary
from service.agronomy.weather_schemas import SpellTable, SuitabilityDay
from service.areas import queries as areas
from service.cases import on_day as cases
from service.cases.on_day import CaseOn
from service.doubts import queries as doubts
from service.doubts.models import Doubt
from service.facts.touching import touched
from service.machinery import queries as machinery
from service.machinery.models import MachineRegister, Repair, Training
from service.machinery.schemas import MachinerySummary, TrainingRead
from service.reporting import queries as reporting
from service.reporting.models import Season
from service.screening import queries as verdicts
from service.screening.models import Verdict
from service.sowing import progress, standing
from service.sowing.models import ALL_GRAIN
from service.sowing.schemas import Progress
from service.supply import outlet_states, outlets, prices, stock, stock_marks, stock_positions
from service.supply.models import Category, Status
from service.supply.outlet_schemas import OutletRead
from service.supply.outlets import Question
from service.supply.price_schemas import Comparison
from service.supply.prices import Moved
from service.supply.stock_positions import Position
from service.supply.stock_schemas import BalanceLine, By, StockMark
from service.table_cells import folded
from service.visits import counts as visit_counts
from service.visits import queries as visits
from service.visits.count_schemas import Bound, VisitCounts
from service.visits.followup_schemas import SampleRead
from service.visits.schemas import VisitRead

TOWN = 9
LAST_DAYS = 10
"""Days of weather that a report speaks of: a 旬."""
RULE_OF_MARK = {"negative_stock": NEGATIVE.code}
"""A mark of a card -> the rule that asks about the same."""


@dataclass(frozen=True)
class Asked:
    """A day, an area, a season, and the instant of knowledge (None: all that is known)."""

    season: Season | None
    area_code: str
    as_of: date
    known_at: datetime | None = None


class Reading:
    """The books as of a day; what is asked for twice is read once."""

    def __init__(self, session: Session, asked: Asked) -> None:
        self.session, self.asked = session, asked
        self.question = Question(asked.as_of, asked.known_at)
        self.year_starts_on = date(asked.as_of.year, 1, 1)

    @property
    def _scope(self) -> tuple[str, datetime | None]:
        return self.asked.area_code, self.asked.known_at

    def progress(self, crop: str) -> Progress | None:
        """Return the progress of a crop or all grain; None where no season stands."""
        season = self.asked.season
        if season is None or len(self.asked.area_code) > TOWN:
            return None
        question = progress.Question(season, self.asked.area_code, crop, self.asked.known_at)
        day = min(self.asked.as_of, season.ends_on)
        return records.once(
            self.session,
            ("progress", season.code, *self._scope, crop, day),
            lambda: progress.progress(self.session, question, as_of=day),
        )

    def reports(self, crop: str, week: date) -> list[standing.Report]:
        """Return the rows that a sown area, of all grain or one crop of it, adds up at a week."""
        season = self.asked.season
        code = season.code if season else ""
        found = records.once(
            self.session,
            ("reports", code, *self._scope, week),
            lambda: standing.reports(
                self.session,
                code,
                area_code=self.asked.area_code,
                as_of=week,
                known_at=self.asked.known_at,
            ),
        )
        return found if crop == ALL_GRAIN else [e for e in found if e.crop_code == crop]

    @cached_property
    def outlets(self) -> list[OutletRead]:
        """Outlets in business."""
        found = outlets.on_day(self.session, self.question, area=self.asked.area_code)
        return [each for each in found.values() if each.status is Status.ACTIVE]

    @cached_property
    def positions(self) -> list[Position]:
        """Every card of the outlets in business."""
        return stock_positions.positions(self.session, self.question, area=self.asked.area_code)

    @cached_property
    def balances(self) -> dict[str, BalanceLine]:
        """Category -> its balance."""
        area, known = self.asked.area_code, self.positions
        found = stock.balances(self.session, self.question, By.CATEGORY, area=area, known=known)
        return {each.key: each for each in found.items}

    @cached_property
    def stock_marks(self) -> list[StockMark]:
        """What about the stock is doubted."""
        area, known = self.asked.area_code, self.positions
        return stock_marks.marks(self.session, self.question, area=area, known=known)

    @cached_property
    def unasked_marks(self) -> list[StockMark]:
        """Marks that no open doubt asks about already."""
        asked = {(each.rule, each.subject_id) for each in self.doubts.get(Book.STOCK, ())}
        return [
            each
            for each in self.stock_marks
            if (RULE_OF_MARK.get(each.mark), f"{each.outlet_id}/{each.product_code}") not in asked
        ]

    @cached_property
    def planned(self) -> dict[str, Decimal]:
        """Town -> planned grain."""
        return self._planned(self.asked.season)

    @cached_property
    def planned_last_year(self) -> Decimal | None:
        """What the season before had planned of grain in the area."""
        if self.asked.season is None:
            return None
        earlier = reporting.earlier_seasons(self.session, self.asked.season, 1)
        found = self._planned(earlier.get(self.asked.season.crop_year - 1))
        return sum(found.values(), Decimal(0)) or None

    def _planned(self, season: Season | None) -> dict[str, Decimal]:
        if season is None or len(self.asked.area_code) > TOWN:
            return {}
        found = progress.planned(
            self.session,
            season.code,
            within=self.asked.area_code,
            crop=ALL_GRAIN,
            known_at=self.asked.known_at,
            digits=TOWN,
        )
        return {area: mu for area, mu in found.items() if len(area) == TOWN}

    @cached_property
    def adequacy(self) -> Adequacy | None:
        """Whether inputs last; None where no spring stands."""
        season = self.asked.season
        if season is None or season.kind != adequacy.SPRING or len(self.asked.area_code) > TOWN:
            return None
        asked = adequacy.Asked(season, self.asked.area_code, self.asked.as_of, self.asked.known_at)
        return adequacy.adequacy(self.session, asked)

    @cached_property
    def _prices(self) -> prices.Asked:
        return prices.Asked(self.asked.as_of, self.asked.known_at, self.asked.area_code)

    def prices(self, category: Category | None) -> Moved:
        """Return prices beside last year's, of all inputs or a class, with the rows."""
        return prices.moved(self.session, self._prices, Comparison.YOY, category)

    @cached_property
    def _visits(self) -> visits.Period:
        return visits.Period(
            self.year_starts_on, self.asked.as_of, self.asked.known_at, self.asked.area_code
        )

    @cached_property
    def visit_counts(self) -> VisitCounts:
        """The figures of the year's visits."""
        return visit_counts.counts(self.session, self._visits)

    @cached_property
    def bound(self) -> Bound | None:
        """What the year's visits say of all outlets, where they are of one drawn campaign."""
        campaigns = {each.campaign_id for each in self.visits}
        if len(campaigns) != 1 or None in campaigns:
            return None
        return visit_counts.counts(
            self.session, replace(self._visits, campaign_id=campaigns.pop())
        ).bound

    @cached_property
    def _doubles(self) -> Mapping[UUID, UUID]:
        return outlet_states.doubles(self.session, self.asked.known_at)

    def subject_of(self, visit: VisitRead) -> object:
        """Return what a visit went to; doubles of the register are one."""
        if visit.outlet_id is None:
            return visit.area_code, visit.subject_name
        return self._doubles.get(visit.outlet_id, visit.outlet_id)

    @cached_property
    def samples(self) -> list[SampleRead]:
        """The samples of the year's visits."""
        roots = {each.root_id for each in self.visits}
        return visits.samples(self.session, self._visits, roots)

    @cached_property
    def visits(self) -> list[VisitRead]:
        """The year's visits."""
        return visits.shown(self.session, visits.visits(self.session, self._visits))

    @cached_property
    def _season(self) -> SeasonPeriod:
        return SeasonPeriod(
            self.year_starts_on, self.asked.as_of, self.asked.known_at, self.asked.area_code
        )

    @cached_property
    def pest_summary(self) -> PestSummary:
        """The figures of the year's pest surveys."""
        return pests.summary(self.session, self._season)

    @cached_property
    def pest_surveys(self) -> list[PestSurvey]:
        """The year's pest surveys."""
        return pests.surveys(self.session, self._season)

    @cached_property
    def technicians(self) -> dict[str, list[str]]:
        """Survey -> who was there."""
        found = pests.technicians(self.session, self.pest_surveys)
        return {str(each.id): found[each.id] for each in self.pest_surveys}

    @cached_property
    def technicians_of_towns(self) -> int:
        """What the different technicians of every town add up to."""
        by_town: dict[str, set[str]] = defaultdict(set)
        for each in self.pest_surveys:
            by_town[each.area_code[:TOWN]] |= set(map(folded, self.technicians[str(each.id)]))
        return sum(map(len, by_town.values()))

    def beside_towns(self, total: int, towns: int, unit: str) -> str:
        """Say by how much what towns add up to is more: who came in two towns is one."""
        if len(self.asked.area_code) >= TOWN or towns == total:
            return ""
        return f";各镇合计 {towns} {unit},其中跨镇重复 {towns - total} {unit}"

    @cached_property
    def suitability(self) -> list[SuitabilityDay]:
        """The last days' weather for sowing in open beds, in order of day and town."""
        since = self.asked.as_of - timedelta(days=LAST_DAYS - 1)
        period = SeasonPeriod(since, self.asked.as_of, self.asked.known_at, self.asked.area_code)
        found = weather.suitability(self.session, period, Bed.OPEN).items
        return sorted(found, key=lambda each: (each.day, each.area_code))

    @cached_property
    def cold_spells(self) -> SpellTable:
        """The cold spells of the spring."""
        asked = self.asked
        return weather.cold_spells(self.session, asked.as_of, asked.known_at, asked.area_code)

    @cached_property
    def water(self) -> ReservoirSummary:
        """The reservoirs by their newest readings."""
        asked = self.asked
        return water.summary(self.session, asked.as_of, asked.known_at, asked.area_code)

    @cached_property
    def _machinery(self) -> machinery.Period:
        return machinery.Period(
            self.year_starts_on, self.asked.as_of, self.asked.known_at, self.asked.area_code
        )

    @cached_property
    def machinery(self) -> MachinerySummary:
        """The figures of the year's repairs and trainings."""
        return machinery.summary(self.session, self._machinery, by="town")

    @cached_property
    def registers(self) -> list[MachineRegister]:
        """The newest register of each area and class."""
        return list(machinery.registers(self.session, self._machinery).values())

    @cached_property
    def repairs(self) -> list[Repair]:
        """The year's repairs, without those of machines from elsewhere."""
        guests = machinery.visiting(self.session)
        found = machinery.repairs(self.session, self._machinery)
        return [each for each in found if each.machine_id not in guests]

    @cached_property
    def trainings(self) -> list[Training]:
        """The year's trainings."""
        return machinery.trainings(self.session, self._machinery)

    @cached_property
    def first_attended(self) -> Counter[str]:
        """Training -> how many came to it who had come to none before it this year."""
        people = machinery.persons(self.session, self.trainings)
        return Counter(str(each.training_ids[0]) for each in people)

    @cached_property
    def trained_of_towns(self) -> int:
        """What the different persons trained in every town add up to."""
        by_town: dict[str, list[Training]] = defaultdict(list)
        for each in self.trainings:
            by_town[each.area_code[:TOWN]].append(each)
        return sum(len(machinery.persons(self.session, some)) for some in by_town.values())

    @cached_property
    def attendance(self) -> dict[str, TrainingRead]:
        """Training -> it with how many came."""
        found = machinery.with_attendance(self.session, self.trainings)
        return {str(each.id): each for each in found}

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """What was judged of land, as it stood on the day."""
        asked = self.asked
        wanted = verdicts.verdicts(verdicts.Wanted(area_code=asked.area_code, as_of=asked.as_of))
        if asked.known_at is not None:
            wanted = wanted.where(Verdict.recorded_at <= asked.known_at)
        return list(self.session.scalars(wanted.order_by(Verdict.area_code, Verdict.parcel_uid)))

    @cached_property
    def cases(self) -> list[CaseOn]:
        """Every case as it stood on the day."""
        asked = self.asked
        return cases.on_day(self.session, asked.as_of, asked.known_at, asked.area_code)

    @cached_property
    def doubted(self) -> dict[str, list[Doubt]]:
        """Fact -> the open doubts that touch it."""
        return touched(self.session, [each for some in self.doubts.values() for each in some])

    @cached_property
    def area_names(self) -> dict[str, str]:
        """Area of a doubt -> its name."""
        codes = {each.area_code for some in self.doubts.values() for each in some}
        return areas.names_of(self.session, codes)

    @cached_property
    def doubts(self) -> dict[Book, list[Doubt]]:
        """Book -> open doubts that bear on the area."""
        asked = self.asked
        return doubts.open_by_book(self.session, asked.as_of, asked.known_at, asked.area_code)


def share(part: int, whole: int) -> Decimal | None:
    """Return a share of counts, four places; None of nothing."""
    return (Decimal(part) / whole).quantize(Decimal("0.0001")) if whole else None
