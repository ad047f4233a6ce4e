"""What goes out of adequacy."""

from datetime import date, datetime

from pydantic import BaseModel

from inspections.adequacy import Alert
from service.schemas import ShownDecimal
from service.supply.models import Category


class RateRead(BaseModel):
    """What a mu wants, with its source."""

    crop: str
    commodity: str
    name: str
    stage_code: str
    kg_per_mu: ShownDecimal
    is_default: bool
    source: str


class AdequacyCell(BaseModel):
    """One commodity in one town."""

    area_code: str
    commodity: str
    stock_kg: ShownDecimal
    """Believed stock of the town's own outlets."""
    reached_kg: ShownDecimal
    """What it takes from outlets of other towns within reach."""
    demand_kg: ShownDecimal
    """What the weeks looked at still want."""
    weekly_demand_kg: list[ShownDecimal]
    cover_share: ShownDecimal | None
    cover_days: ShownDecimal | None
    """Days that the town's own stock lasts at the next three weeks' demand."""
    short_from: date | None
    """First day of the week in which it no longer suffices."""
    alert: Alert
    text: str


class TownRead(BaseModel):
    """One town of the table."""

    area_code: str
    name: str
    unplanted_mu: ShownDecimal | None


class CommodityRead(BaseModel):
    """One column of the table."""

    code: str
    name: str
    category: Category


class StockRatio(BaseModel):
    """Stock of a category beside the grain that is sown, with a doubt where it is far too much."""

    category: Category
    name: str
    fresh_kg: ShownDecimal
    sown_mu: ShownDecimal | None
    kg_per_mu: ShownDecimal | None
    season_need_kg_per_mu: ShownDecimal
    times_season_need: ShownDecimal | None
    is_doubted: bool
    text: str


class Adequacy(BaseModel):
    """Whether farm inputs last, town by commodity."""

    season: str
    area_code: str
    as_of: date
    known_at: datetime | None
    n_weeks: int
    outlet_coverage: ShownDecimal | None
    """Outlets with a believed balance, of all in business."""
    is_met: bool
    """No shortfall within the next three weeks, and enough outlets have told."""
    text: str
    towns: list[TownRead]
    commodities: list[CommodityRead]
    items: list[AdequacyCell]
    rates: list[RateRead]
    crops_without_rate: list[str]
    ratios: list[StockRatio]
