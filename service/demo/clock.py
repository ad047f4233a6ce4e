"""The clock of a demonstration: it goes on from where the story stands."""

from datetime import datetime, timedelta

from sqlalchemy import select

from service.database import Database, utc_now
from service.demo.models import DemoMark


def wind(database: Database) -> None:
    """Let a demonstration's clock go on from its story; leave any other clock alone."""
    with database.system_reading() as session:
        mark = session.scalars(select(DemoMark)).first()
    if mark is None:
        return
    database.is_demonstration = True
    lag: timedelta = mark.loaded_at - mark.story_at

    def story_time() -> datetime:
        return utc_now() - lag

    database.clock = story_time
