"""The chapters of the record books, in the order in which each day is told."""

from service.demo.agronomy_chapter import AgronomyChapter
from service.demo.bulletins_chapter import BulletinsChapter
from service.demo.doubts_chapter import DoubtsChapter
from service.demo.machinery_chapter import MachineryChapter
from service.demo.outlets_chapter import OutletsChapter
from service.demo.prices_chapter import PricesChapter
from service.demo.screening_chapter import ScreeningChapter
from service.demo.stage import Chapter
from service.demo.stock_chapter import StockChapter
from service.demo.visits_chapter import VisitsChapter

CHAPTERS: tuple[type[Chapter], ...] = (
    OutletsChapter,
    StockChapter,
    PricesChapter,
    VisitsChapter,
    MachineryChapter,
    AgronomyChapter,
    DoubtsChapter,
    BulletinsChapter,
    ScreeningChapter,
)
