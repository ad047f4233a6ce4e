"""One reading of what people did out there: visits, surveys, weather, water, machines."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from uuid import UUID

from inspections.agronomy import Bed
from service.agronomy import pests, water, weather
from service.agronomy.models import PestSurvey
from service.agronomy.period import Period as SeasonPeriod
from service.agronomy.pest_schemas import PestSummary
from service.agronomy.water_schemas import ReservoirSummary
from service.agronomy.weather_schemas import SpellTable, SuitabilityDay
from service.facts.asked import TOWN, OfDay
from service.machinery import queries as machinery
from service.machinery.models import MachineRegister, Repair, Training
from service.machinery.schemas import MachinerySummary, TrainingRead
from service.supply import outlet_states
from service.table_cells import folded
from service.visits import counts as visit_counts
from service.visits import queries as visits
from service.visits.count_schemas import Bound, VisitCounts
from service.visits.followup_schemas import SampleRead
from service.visits.schemas import VisitRead

LAST_DAYS = 10
"""Days of weather that a report speaks of: a 旬."""


class FieldReading(OfDay):
    """Visits, surveys, weather, water and machines as of a day."""

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
