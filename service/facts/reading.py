"""One reading of the books for all facts of a day: each book is read once."""

from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from inspections.doubts.catalogue import NEGATIVE
from inspections.doubts.doubt import Book
from inspections.patrol_coverage import TownCoverage
from service import records
from service.areas import queries as areas
from service.cases import on_day as cases
from service.cases.on_day import CaseOn
from service.doubts import queries as doubts
from service.doubts.models import Doubt
from service.facts.asked import TOWN
from service.facts.reading_field import FieldReading
from service.facts.reading_supply import SupplyReading
from service.facts.touching import touched
from service.reporting import queries as reporting
from service.reporting.models import Season
from service.screening import queries as verdicts
from service.screening.models import Verdict
from service.signals import patrol_cover
from service.signals.models import Patrol
from service.sowing import progress, standing
from service.sowing.models import ALL_GRAIN
from service.sowing.schemas import Progress
from service.supply.stock_schemas import StockMark

RULE_OF_MARK = {"negative_stock": NEGATIVE.code}
"""A mark of a card -> the rule that asks about the same."""


class Reading(SupplyReading, FieldReading):
    """The books as of a day; what is asked for twice is read once."""

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
    def verdicts(self) -> list[Verdict]:
        """What was judged of land, as it stood on the day; of each parcel its newest season."""
        asked = self.asked
        wanted = verdicts.verdicts(
            verdicts.Wanted(area_code=asked.area_code, as_of=asked.as_of, known_at=asked.known_at)
        )
        in_order = wanted.order_by(Verdict.season, Verdict.area_code, Verdict.parcel_uid)
        newest = {each.parcel_uid: each for each in self.session.scalars(in_order)}
        return list(newest.values())

    @cached_property
    def cases(self) -> list[CaseOn]:
        """Every case as it stood on the day."""
        asked = self.asked
        return cases.on_day(self.session, asked.as_of, asked.known_at, asked.area_code)

    @cached_property
    def _patrolled(self) -> patrol_cover.Period:
        return patrol_cover.Period(self.year_starts_on, self.asked.as_of, self.asked.known_at)

    @cached_property
    def patrol_coverage(self) -> list[TownCoverage]:
        """How much of each town's basic farmland some patrol of the year went through."""
        return patrol_cover.coverage(self.session, self.asked.area_code, self._patrolled)

    @cached_property
    def patrols(self) -> list[tuple[Patrol, int]]:
        """The year's patrols that were entered for the area, with how many cells each saw."""
        found = patrol_cover.patrols_of(self.session, self.asked.area_code, self._patrolled)
        walked = patrol_cover.walked(self.session, self._patrolled)
        n_cells = {each.patrol_id: len(each.cells) for each in walked}
        return [(each, n_cells[each.id]) for each in found]

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
