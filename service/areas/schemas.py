"""How an area is shown."""

from datetime import date

from service.schemas import Shown


class AreaRead(Shown):
    """One unit of the area tree."""

    code: str
    name: str
    level: str
    parent_code: str | None
    starts_on: date
    ends_on: date | None
