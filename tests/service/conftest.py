"""The sowing book as its people use it: a recorder files, a town approves, the bureau accepts."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
import shapely

from service import audit
from service.database import Database
from service.parcels.models import AreaOutline
from service.parcels.schemas import ImportOptions
from tests.land_files import COUNTY, SOUTH, STEP, TAIHE, TAIPING, WEST

TRANSPLANTED = {"crop_code": "RICE_E", "method": "transplanted"}


class Book:
    """One season of the sowing book, through its API."""

    def __init__(self, season: str, as_role: Callable, clock) -> None:
        self.season, self.as_role, self.clock = season, as_role, clock

    def at(self, week: date | str, hour: int = 9, minute: int = 0) -> None:
        """Move the clock to an hour of a reference day, in Shanghai."""
        day = date.fromisoformat(week) if isinstance(week, str) else week
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        self.clock.set(midnight)
        self.clock.forward(hours=hour - 8, minutes=minute)

    def now(self) -> str:
        """Let a second pass and return the instant, as a parameter of a request."""
        self.clock.forward(seconds=1)
        return self.clock().isoformat()

    def figure(self, area: str, mu: float | None, week: str, **other) -> dict:
        """Make the body of one figure."""
        body = TRANSPLANTED | {"season_code": self.season, "area_code": area, "as_of": week}
        if mu is not None:
            body["cumulative_mu"] = mu
        return body | other

    def file(self, area: str, mu: float | None, week: str, **other):
        """File one figure as the recorder of its town."""
        recorder = self.as_role("recorder", area[:9])
        return recorder.post("sowing/reports", self.figure(area, mu, week, **other))

    def filed(self, area: str, mu: float | None, week: str, **other) -> dict:
        """File one figure that must be taken."""
        answer = self.file(area, mu, week, **other)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    def task(self, town: str, week: str) -> dict:
        """Return a town's week."""
        bureau = self.as_role("bureau")
        found = bureau.get("reporting/tasks", season=self.season, period=week, area=town).json()
        (task,) = found["items"]
        return task

    def step(self, town: str, week: str, step: str, reason: str | None = None):
        """Submit, return, approve, accept or reopen a town's week."""
        who = {"submit": ("recorder", town), "approve": ("approver", town)}
        speaker = self.as_role(*who.get(step, ("bureau",)))
        body = {"reason": reason} if reason else None
        return speaker.post(f"reporting/tasks/{self.task(town, week)['id']}/{step}", body)

    def accept(self, town: str, week: str) -> None:
        """Take a town's week from its draft to the bureau's acceptance."""
        for step in ("submit", "approve", "accept"):
            answer = self.step(town, week, step)
            assert answer.status_code == 200, answer.text

    def accepted(self, week: str, figures: dict[str, float], **other) -> None:
        """File figures of one week and take their towns' weeks to acceptance."""
        self.at(week)
        for area, mu in figures.items():
            self.filed(area, mu, week, **other)
        for town in sorted({area[:9] for area in figures}):
            self.accept(town, week)

    def progress(self, **params) -> dict:
        """Ask as the county's leader."""
        answer = self.as_role("leader").get("sowing/progress", **({"season": self.season} | params))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def row(self, area: str, **params) -> dict:
        """Return one unit's row of a progress table."""
        by = {9: "town", 12: "village"}[len(area)]
        rows = self.progress(by=by, **params)["items"]
        return next(row for row in rows if row["area_code"] == area)

    def plan(self, area: str, mu: float, **other):
        """File a plan as the bureau."""
        body = {"season_code": self.season, "area_code": area, "crop_code": "RICE_E"}
        return self.as_role("bureau").post("sowing/plans", body | {"plan_mu": mu} | other)


@pytest.fixture
def book(clock, database: Database, request: pytest.FixtureRequest, as_role: Callable) -> Book:
    """The spring of 2023, empty; opened before it began, for the ledger's clock never goes back."""
    story_start = clock()
    clock.set(datetime(2023, 2, 1, tzinfo=UTC))
    season: str = request.getfixturevalue("season")
    clock.set(story_start)
    return Book(season, as_role, clock)


class Desk:
    """The bureau's land desk, through its API."""

    def __init__(self, speaker) -> None:
        self.speaker = speaker

    def bring(self, path, **options) -> dict:
        """Bring a file and wait until it is read."""
        data = {"options": ImportOptions(**options).model_dump_json(exclude_none=True)}
        with path.open("rb") as file:
            answer = self.speaker.send(
                "POST", "parcels/imports", files={"file": (path.name, file)}, data=data
            )
        assert answer.status_code == 202, answer.text
        return self.wait(answer.json()["id"])

    def wait(self, import_id: str) -> dict:
        """Wait until nothing is being done with an import."""
        for _ in range(600):
            found = self.speaker.get(f"parcels/imports/{import_id}").json()
            if found["state"] not in {"reading", "committing"}:
                return found
            time.sleep(0.05)
        raise AssertionError(f"still {found['state']}: {found['progress']}")

    def commit(self, found: dict, **choices) -> dict:
        """Put a file into the book and wait until it is there."""
        answer = self.speaker.post(f"parcels/imports/{found['id']}/commit", choices)
        assert answer.status_code == 202, answer.text
        return self.wait(found["id"])

    def put(self, path, **options) -> dict:
        """Bring a file and put it into the book."""
        found = self.bring(path, **options)
        assert found["state"] == "ready", found
        done = self.commit(found)
        assert done["state"] == "committed", done["problem"]
        return done


@pytest.fixture
def desk(as_role) -> Desk:
    """The bureau of the county."""
    return Desk(as_role("bureau", COUNTY))


@pytest.fixture
def outlined(database):
    """The county and two of its villages have outlines: halves of a box around the squares."""
    whole = shapely.box(WEST - STEP, SOUTH - STEP, WEST + 12 * STEP, SOUTH + 12 * STEP)
    middle = WEST + 2.25 * STEP
    west = shapely.box(WEST - STEP, SOUTH - STEP, middle, SOUTH + 12 * STEP)
    east = shapely.box(middle, SOUTH - STEP, WEST + 12 * STEP, SOUTH + 12 * STEP)
    units = {COUNTY: whole, f"{TAIHE}201": west, f"{TAIPING}201": east}
    with database.system_transaction() as session:
        at = audit.instant(session)
        for number, (code, geometry) in enumerate(units.items(), start=1):
            session.add(
                AreaOutline(
                    id=number,
                    area_code=code,
                    valid_from=date(2020, 1, 1),
                    recorded_at=at,
                    name=code,
                    level="county" if code == COUNTY else "village",
                    ellipsoidal_area_m2=1.0,
                    geometry=geometry,
                )
            )
    return units
