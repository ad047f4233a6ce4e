"""The sowing book under any order of events, beside a model of plain dicts.

Rules are what people do, through the API; invariants are what must hold after every step
(reliability S2 to S5). Each run has a season of its own in one database, later than the last.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count, pairwise
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from service.audit import latest_instant
from service.reporting import actions as reporting
from service.reporting import queries as seasons
from service.reporting.schemas import SeasonCreate
from service.sowing import progress, rollups
from service.sowing.models import SowingReport

COUNTY, TAIHE, SHANTANG = "441803", "441803102", "441803105"
TOWNS = (TAIHE, SHANTANG)
VILLAGES = ("441803102003", "441803102004", "441803105201")
METHODS = ("transplanted", "direct_seeded", "nursery")
AREAS = [Decimal(n) / 100 for n in (0, 1, 1000, 1001, 2000, 5999)]
FIRST_DAY = date(2031, 1, 3)
"""A Friday after the last holiday of the shipped table: no due day moves."""
WEEKS = (0, 1, 2)
PICKS = 6
picks = st.integers(0, PICKS - 1)
STEPS = ("submit", "approve", "accept", "return", "reopen")
MOVES = {
    ("draft", "submit"): "submitted",
    ("returned", "submit"): "submitted",
    ("submitted", "return"): "returned",
    ("approved", "return"): "returned",
    ("submitted", "approve"): "approved",
    ("approved", "accept"): "accepted",
    ("accepted", "reopen"): "returned",
}
SPEAKER = {"submit": "recorder", "approve": "approver"}


@dataclass
class Version:
    """One row of the book, as the model holds it."""

    mu: Decimal | None
    reason: str | None
    was_submitted: bool = False
    is_accepted: bool = False

    @property
    def area(self) -> Decimal:
        return self.mu or Decimal(0)


class SowingMachine(RuleBasedStateMachine):
    """One season of two towns and three villages."""

    numbers = count()
    speak = database = clock = None

    def __init__(self) -> None:
        super().__init__()
        self.season = f"run-{next(self.numbers)}"
        starts_on = FIRST_DAY + timedelta(days=28 * int(self.season[4:]))
        self.days = [starts_on + timedelta(days=6 + 7 * week) for week in WEEKS]
        self.move_to(self.days[0] - timedelta(days=6), 9)
        with self.database.system_transaction() as session:
            reporting.create_season(
                session,
                SeasonCreate(
                    code=self.season,
                    title=self.season,
                    kind=self.season,
                    crop_year=2031,
                    starts_on=starts_on,
                    ends_on=self.days[-1],
                    week_ends_on=4,
                ),
            )
        self.tasks = self.find_tasks()
        self.states = dict.fromkeys(self.tasks, "pending")
        self.open_until: dict[tuple[str, int], datetime] = {}
        self.history: dict[tuple[str, str, int], list[Version]] = {}
        self.sent: list[tuple[str, dict, dict]] = []
        self.told: list[tuple[datetime, int, bool, dict]] = []

    def move_to(self, day: date, hour: int) -> None:
        self.clock.set(datetime(day.year, day.month, day.day, hour, tzinfo=UTC))

    def find_tasks(self) -> dict[tuple[str, int], str]:
        found = self.speak("bureau").get("reporting/tasks", season=self.season, limit=500).json()
        days = [day.isoformat() for day in self.days]
        return {
            (task["area_code"], days.index(task["period"])): task["id"]
            for task in found["items"]
            if task["area_code"] in TOWNS
        }

    # --- the model

    def standing(self, key: tuple[str, str, int]) -> Version | None:
        versions = self.history.get(key)
        return versions[-1] if versions else None

    def neighbour(self, key: tuple[str, str, int], weeks) -> Version | None:
        found = (self.standing((*key[:2], week)) for week in weeks)
        return next((each for each in found if each is not None), None)

    def is_open(self, town: str, week: int) -> bool:
        if self.states[town, week] not in {"pending", "draft", "returned"}:
            return False
        midnight = datetime.combine(self.days[week], datetime.min.time(), UTC) - timedelta(hours=8)
        if self.clock() < midnight - timedelta(days=6):
            return False
        locks_at = max(midnight + timedelta(hours=41), self.open_until.get((town, week), midnight))
        return self.clock() < locks_at

    def expected(self, key: tuple[str, str, int], mu: Decimal | None, reason: str | None) -> int:
        village, _, week = key
        if not self.is_open(village[:9], week):
            return 409
        current = self.standing(key)
        if current is not None and current.mu == mu:
            return 201  # the client's own id gets a version that says the same
        area = mu or Decimal(0)
        before = self.neighbour(key, reversed(range(week)))
        after = self.neighbour(key, range(week + 1, len(WEEKS)))
        falls = before is not None and area < before.area
        was_submitted = any(each.was_submitted for each in self.history.get(key, []))
        if reason is None and (falls or was_submitted):
            return 422
        if after is not None and after.reason is None and after.area < area:
            return 422
        return 201

    # --- what people do

    @initialize(areas=st.lists(st.sampled_from(AREAS), min_size=3, max_size=3))
    def a_first_week_is_accepted_and_the_second_open(self, areas):
        """Begin where most of what can go wrong can go wrong at once."""
        self.move_to(self.days[0], 1)
        for village, mu in zip(VILLAGES, areas, strict=True):
            self.file(village, "transplanted", 0, mu, None)
        for town in TOWNS:
            self.advance(town, 3)
        self.the_next_week_opens()

    def some_week(self, town: str, pick: int) -> int:
        """Choose a week that takes rows, where there is one; now and then any week."""
        takes_rows = [week for week in WEEKS if self.is_open(town, week)]
        if pick == PICKS - 1 or not takes_rows:
            return pick % len(WEEKS)
        return takes_rows[pick % len(takes_rows)]

    @rule(
        village=st.sampled_from(VILLAGES),
        method=st.sampled_from(("transplanted", *METHODS)),
        pick=picks,
        mu=st.sampled_from((*AREAS, None)),
        reason=st.sampled_from((None, "misreport", None)),
    )
    def file_some(self, village, method, pick, mu, reason):
        self.file(village, method, self.some_week(village[:9], pick), mu, reason)

    @rule(village=st.sampled_from(VILLAGES), mu=st.sampled_from(AREAS), pick=picks)
    def correct(self, village, mu, pick):
        """Reopen an accepted week for a village's call; perhaps accept it again later."""
        town = village[:9]
        done = [week for week in WEEKS if self.states[town, week] == "accepted"]
        if done:
            week = done[pick % len(done)]
            self.step(town, week, "reopen")
            self.file(village, "transplanted", week, mu, "misreport")

    def file(self, village, method, week, mu, reason):
        key = (village, method, week)
        body = {
            "id": str(uuid4()),
            "season_code": self.season,
            "area_code": village,
            "crop_code": "RICE_E",
            "method": method,
            "as_of": self.days[week].isoformat(),
            "answer": "not_grown" if mu is None else "area",
            "cumulative_mu": None if mu is None else float(mu),
            "reason": reason,
        }
        wanted = self.expected(key, mu, reason)
        current = self.standing(key)
        if current is not None and current.mu == mu:
            reason = reason or current.reason
        answer = self.speak("recorder", village[:9]).post("sowing/reports", body)
        assert answer.status_code == wanted, (answer.text, wanted)
        if wanted == 201:
            self.history.setdefault(key, []).append(Version(mu, reason))
            self.states[village[:9], week] = "draft"
            self.sent.append((village[:9], body, answer.json()))

    @rule(data=st.data(), change=st.sampled_from((None, "cumulative_mu", "note")))
    def replay(self, data, change):
        if not self.sent:
            return
        town, body, first = data.draw(st.sampled_from(self.sent))
        changed = body | ({change: 61 if change == "cumulative_mu" else "改"} if change else {})
        if change:
            changed["answer"] = "area"
            changed["cumulative_mu"] = changed["cumulative_mu"] or 61
        answer = self.speak("recorder", town).post("sowing/reports", changed)
        assert answer.status_code == (409 if change else 200), answer.text
        if not change:
            assert answer.json() | {"warning": None} == first | {"warning": None}

    @rule(town=st.sampled_from(TOWNS), path=st.sampled_from((1, 3, 3)))
    def advance(self, town, path):
        """Take the first unfinished week on its way: single steps would mostly be refused."""
        under_way = [week for week in WEEKS if self.states[town, week] in {"draft", "returned"}]
        for step in STEPS[:path] if under_way else ():
            self.step(town, under_way[0], step)

    @rule(town=st.sampled_from(TOWNS), week=st.sampled_from(WEEKS), step=st.sampled_from(STEPS[2:]))
    def step(self, town, week, step):
        now = self.states[town, week]
        speaker = self.speak(SPEAKER.get(step, "bureau"), town if step in SPEAKER else COUNTY)
        body = {"reason": "请核对"} if step in {"return", "reopen"} else None
        answer = speaker.post(f"reporting/tasks/{self.tasks[town, week]}/{step}", body)
        wanted = MOVES.get((now, step))
        if step == "submit" and not self.is_open(town, week):
            wanted = None
        assert answer.status_code == (200 if wanted else 409), answer.text
        if wanted is None:
            return
        self.states[town, week] = wanted
        if step in {"return", "reopen"}:
            self.open_until[town, week] = self.clock() + timedelta(hours=48)
        for (village, _, of), versions in self.history.items():
            if village[:9] == town and of == week:
                for each in versions:
                    each.was_submitted |= step == "submit"
                    each.is_accepted |= step == "accept"

    @rule(hours=st.sampled_from((1, 30)))
    def time_passes(self, hours):
        last = datetime.combine(self.days[-1], datetime.min.time(), UTC) + timedelta(days=3)
        if self.clock() + timedelta(hours=hours) < last:
            self.clock.forward(hours=hours)

    @rule()
    def the_next_week_opens(self):
        """Move to the Friday when one week is not yet locked and the next is open."""
        friday = next((day for day in self.days[:-1] if self.clock().date() <= day), None)
        if friday is not None:
            self.move_to(friday + timedelta(days=1), 1)

    # --- what must hold

    def figure(self, village: str, week: int, *, is_accepted: bool) -> Decimal | None:
        """Return the village's sown area on a week, or None where it never answered."""
        found = []
        for method in METHODS:
            for of in range(week, -1, -1):
                versions = self.history.get((village, method, of), [])
                counted = [each for each in versions if each.is_accepted or not is_accepted]
                if counted:
                    area = counted[-1].area
                    found.append(area if method != "nursery" else Decimal(0))
                    break
        return sum(found, Decimal(0)) if found else None

    def table(self, week: int, by: str, *, is_accepted: bool, known_at: datetime | None = None):
        with self.database.system_reading() as session:
            question = progress.Question(
                seasons.season(session, self.season),
                COUNTY,
                known_at=known_at,
                is_accepted=is_accepted,
            )
            shown = progress.progress(session, question, by=by, as_of=self.days[week])
        figures = {row.area_code: row.sown_mu for row in shown.items}
        return figures | {COUNTY: shown.total.sown_mu}

    @invariant()
    def sums_agree_and_missing_is_missing(self):
        week = max((of for *_, of in self.history), default=0)
        # In turn what was accepted, and what was filed.
        is_accepted = len(self.told) % 2 == 0
        villages = {code: self.figure(code, week, is_accepted=is_accepted) for code in VILLAGES}
        by_village = self.table(week, "village", is_accepted=is_accepted)
        assert {code: by_village[code] for code in VILLAGES} == villages
        by_town = self.table(week, "town", is_accepted=is_accepted)
        for town in TOWNS:
            known = [mu for code, mu in villages.items() if code[:9] == town and mu is not None]
            assert by_town[town] == (sum(known) if known else None)
        known = [mu for mu in villages.values() if mu is not None]
        assert by_town[COUNTY] == by_village[COUNTY] == (sum(known) if known else None)
        with self.database.system_reading() as session:
            at = latest_instant(session)
        self.told.append((at, week, is_accepted, by_town))

    @invariant()
    def what_was_told_is_told_again(self):
        # One of them, from half the way back; all are asked at the end.
        self.ask_again(self.told[len(self.told) // 2])

    def ask_again(self, told) -> None:
        at, week, is_accepted, figures = told
        assert self.table(week, "town", is_accepted=is_accepted, known_at=at) == figures

    @invariant()
    def nothing_falls_without_a_row_that_says_why(self):
        with self.database.system_reading() as session:
            rows = session.scalars(
                select(SowingReport)
                .where(SowingReport.season_code == self.season)
                .order_by(SowingReport.as_of, SowingReport.recorded_at)
            ).all()
        newest = {(row.area_code, row.method, row.as_of): row for row in rows}
        series: dict[tuple, list[SowingReport]] = {}
        for (area, method, _), row in newest.items():
            series.setdefault((area, method), []).append(row)
        for line in series.values():
            for then, now in pairwise(line):
                if (now.cumulative_mu or 0) < (then.cumulative_mu or 0):
                    assert now.reason is not None
                    # What a week raised later fell from was not there to be told.
                    assert now.old_mu is not None or then.recorded_at > now.recorded_at
                    assert now.recorded_by is not None
        self.versions_are_contiguous(rows)

    def versions_are_contiguous(self, rows) -> None:
        chains: dict[tuple, list[SowingReport]] = {}
        for row in rows:
            key = (row.area_code, row.method.value, self.days.index(row.as_of))
            chains.setdefault(key, []).append(row)
        assert chains.keys() == self.history.keys()
        for key, chain in chains.items():
            assert [row.cumulative_mu for row in chain] == [v.mu for v in self.history[key]]
            ids = [row.id for row in chain]
            assert [row.supersedes_id for row in chain] == [None, *ids[:-1]]

    @invariant()
    def rollups_equal_their_rows(self):
        with self.database.system_reading() as session:
            assert rollups.differences(session, self.season) == []

    def teardown(self):
        for told in self.told[::2] + self.told[1::2][-3:]:
            self.ask_again(told)


@pytest.mark.usefixtures("client")
def test_the_book_holds_under_any_order_of_events(as_role, database, clock):
    class Run(SowingMachine):
        """The machine on this test's database."""

        numbers = count()

        @staticmethod
        def speak(role, area=COUNTY):
            return as_role(role, area)

    Run.database, Run.clock = database, clock
    is_fast = database.is_sqlite
    run_state_machine_as_test(
        Run,
        settings=settings(
            max_examples=15 if is_fast else 6,
            stateful_step_count=20 if is_fast else 15,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
