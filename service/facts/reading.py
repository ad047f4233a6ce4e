"""One reading of the books for all facts of a day: each book is read once."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from sqlalchemy.orm import Session

from inspections.doubts.doubt import Book
from service import records
from service.adequacy import queries as adequacy
from service.adequacy.schemas import Adequacy
from service.agronomy import pests
from service.agronomy.models import PestSurvey
from service.agronomy.period import Period as SeasonPeriod
from service.agronomy.pest_schemas import PestSummary
from service.doubts import queries as doubts
from service.doubts.models import Doubt
from service.machinery import queries as machinery
from service.machinery.models import MachineRegister, Repair, Training
from service.machinery.schemas import MachinerySummary, TrainingRead
from service.reporting.models import Season
from service.sowing import progress, standing
from service.sowing.models import ALL_GRAIN
from service.sowing.schemas import Progress
from service.supply import outlets, prices, stock, stock_marks, stock_positions
from service.supply.models import Status
from service.supply.outlet_schemas import OutletRead
from service.supply.outlets import Question
from service.supply.price_schemas import Comparison, IndexLine, PricePair
from service.supply.stock_positions import Position
from service.supply.stock_schemas import BalanceLine, By, StockMark
from service.visits import counts as visit_counts
from service.visits import queries as visits
from service.visits.count_schemas import VisitCounts
from service.visits.schemas import VisitRead

TOWN = 9


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

    @cached_property
    def prices(self) -> tuple[IndexLine, list[PricePair]]:
        """Prices beside last year's: the whole index, and its rows."""
        return prices.whole(self.session, self._prices, Comparison.YOY)

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
        return {str(key): names for key, names in found.items()}

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
    def attendance(self) -> dict[str, TrainingRead]:
        """Training -> it with how many came."""
        found = machinery.with_attendance(self.session, self.trainings)
        return {str(each.id): each for each in found}

    @cached_property
    def doubts(self) -> dict[Book, list[Doubt]]:
        """Book -> open doubts that bear on the area."""
        asked = self.asked
        return doubts.open_by_book(self.session, asked.as_of, asked.known_at, asked.area_code)


def share(part: int, whole: int) -> Decimal | None:
    """Return a share of counts, four places; None of nothing."""
    return (Decimal(part) / whole).quantize(Decimal("0.0001")) if whole else None
