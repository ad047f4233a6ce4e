"""One reading of outlets, stock and prices."""

from functools import cached_property

from service.adequacy import queries as adequacy
from service.adequacy.schemas import Adequacy
from service.facts.asked import TOWN, OfDay
from service.supply import outlets, prices, stock, stock_marks, stock_positions
from service.supply.models import Category, Status
from service.supply.outlet_schemas import OutletRead
from service.supply.price_schemas import Comparison
from service.supply.prices import Moved
from service.supply.stock_positions import Position
from service.supply.stock_schemas import BalanceLine, By, StockMark


class SupplyReading(OfDay):
    """Outlets, stock and prices as of a day."""

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

    def prices(self, category: Category | None) -> Moved:
        """Return prices beside last year's, of all inputs or a class, with the rows."""
        return prices.moved(self.session, self._prices, Comparison.YOY, category)
