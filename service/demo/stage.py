"""The stage on which the demonstration's chapters are told: its clock, its cast, its county."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.accounts.models import Account
from service.database import Database
from service.schemas import CIVIL_ZONE
from service.security import Viewer

STORY_START = datetime.combine(date(2020, 1, 10), time(9), CIVIL_ZONE)


class StoryClock:
    """The clock of the story: it stands where the story is."""

    def __init__(self) -> None:
        self.at = STORY_START

    def __call__(self) -> datetime:
        """Return where the story is."""
        return self.at

    def go(self, day: date, hour: int, minute: int = 0) -> None:
        """Go on to a time of a day, never back."""
        wanted = datetime.combine(day, time(hour, minute), CIVIL_ZONE)
        self.at = max(self.at, wanted)


@dataclass
class Stage:
    """What a chapter acts with."""

    database: Database
    clock: StoryClock
    viewers: dict[str, Viewer]
    """Username -> account."""
    towns: dict[str, str]
    villages: dict[str, str]
    """Code -> name."""

    @contextmanager
    def acting(self, username: str) -> Iterator[Session]:
        """Do something as one of the cast, in one transaction."""
        with self.database.write_session() as session, session.begin():
            session.info["viewer"] = self.viewers[username]
            yield session

    def adopt(self, *usernames: str) -> None:
        """Take up accounts as they stand now, after they were changed."""
        with self.database.system_reading() as session:
            for each in session.scalars(select(Account).where(Account.username.in_(usernames))):
                self.viewers[each.username] = each.as_viewer()


class Chapter(Protocol):
    """One book's part of the story. The clock never goes back: each call moves it on, a little."""

    def begin(self, stage: Stage) -> None:
        """Tell what stands before the first season (the clock is in January 2020)."""

    def week(self, stage: Stage, day: date) -> None:
        """Tell the week that ends on a Thursday of a spring, 2020 to 2023 (Friday forenoon)."""

    def end(self, stage: Stage) -> None:
        """Tell what is left; the clock stands at 2023-04-21, about 17:00."""
