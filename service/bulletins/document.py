"""A bulletin as it is set on paper, whatever the file format."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from inspections.round_numbers import rounded
from service.bulletins import queries
from service.bulletins.models import Bulletin, Kind, State
from service.bulletins.rules import STATE_TEXT
from service.bulletins.schemas import Bar, FactFigure
from service.schemas import CIVIL_ZONE, civil_day

COLUMNS = ("事实", "数值", "单位", "已报", "依据行数")
DRAFT_MARK = "草稿，未经签发，不得引用"
PERCENT = "%"


@dataclass(frozen=True)
class Document:
    """What is printed, in order."""

    masthead: str
    issue: str
    """第3期（总第20期）."""
    office: str
    day: str
    title: str
    mark: str
    """Of what is not, or not any more, in force; else empty."""
    paragraphs: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """Of the table of facts, under `COLUMNS`."""
    bars: tuple[Bar, ...]
    distribution: tuple[str, ...]
    """报, 送, 发."""
    printed: str
    source: str
    """From when its figures are, and the digest that proves it."""
    on: date

    @property
    def headings(self) -> frozenset[str]:
        """The paragraphs that head a chapter: 一、生产进度."""
        return frozenset(e for e in self.paragraphs if e[1:2] == "、" and "。" not in e)


def document(session: Session, bulletin: Bulletin) -> Document:
    """Set a bulletin."""
    text, figures, _ = queries.present(session, bulletin)
    frozen = queries.issue(session, bulletin.id)
    on = civil_day(frozen.recorded_at) if frozen else bulletin.as_of
    stands = queries.state(queries.steps(session, bulletin.id))
    source = f"数字截至{_day(bulletin.as_of)}"
    if frozen is not None:
        at = frozen.known_at.astimezone(CIVIL_ZONE)
        source += f"，按{at:%Y-%m-%d %H:%M}已知的记录计算，摘要 {frozen.digest[:16]}"
    return Document(
        masthead=bulletin.masthead,
        issue=_issue(bulletin),
        office=bulletin.office,
        day=_day(on),
        title=bulletin.title,
        mark=_mark(session, bulletin, is_issued=frozen is not None),
        paragraphs=tuple(line for line in text.split("\n") if line.strip()),
        rows=tuple(_row(each) for each in figures.facts),
        bars=tuple(figures.bars),
        distribution=_distribution(bulletin),
        printed=f"{bulletin.office}　{_day(on)}印发" if frozen else STATE_TEXT[stands],
        source=source,
        on=on,
    )


def _mark(session: Session, bulletin: Bulletin, *, is_issued: bool) -> str:
    """Return what must stand above a bulletin that is not, or not any more, in force."""
    if not is_issued:
        return DRAFT_MARK
    if queries.state(queries.steps(session, bulletin.id)) is not State.CORRECTED:
        return ""
    newer = queries.corrections(session, [bulletin.id]).get(bulletin.id)
    frozen = queries.issue(session, newer) if newer else None
    when = f"{_day(civil_day(frozen.recorded_at))}印发的" if frozen else ""
    return f"本期已更正，不再有效，以{when}更正稿为准"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _issue(bulletin: Bulletin) -> str:
    total = f"（总第{bulletin.total_number}期）" if bulletin.total_number else ""
    again = "（更正）" if bulletin.corrects_id else ""
    name = "" if bulletin.kind is Kind.BULLETIN else "形势分析报告 "
    return f"{name}{bulletin.year}年第{bulletin.number}期{total}{again}"


def _distribution(bulletin: Bulletin) -> tuple[str, ...]:
    lines = (("报", bulletin.reported_to), ("送", bulletin.sent_to), ("发", bulletin.issued_to))
    return tuple(f"{word}：{whom}" for word, whom in lines if whom)


def _row(fact: FactFigure) -> tuple[str, ...]:
    shown = f"{fact.shown}(下限)" if fact.is_lower_bound else fact.shown
    covered = "—" if fact.coverage is None else f"{rounded(fact.coverage * 100, 0)}%"
    unit = "" if fact.unit == PERCENT else fact.unit
    return (fact.title, shown, unit, covered, str(fact.n_rows))


@dataclass(frozen=True)
class Length:
    """One bar of the chart: parts of the longest."""

    name: str
    sown: float
    plan: float
    label: str


def lengths(bars: tuple[Bar, ...]) -> list[Length]:
    """Return the bars of the chart, as parts of the longest."""
    told = [(each, Decimal(each.sown_mu or 0), Decimal(each.plan_mu or 0)) for each in bars]
    most = max((max(sown, plan) for _, sown, plan in told), default=Decimal(0)) or Decimal(1)
    return [
        Length(each.name, float(sown / most), float(plan / most), _label(sown, plan))
        for each, sown, plan in told
    ]


def _label(sown: Decimal, plan: Decimal) -> str:
    share = f"，计划的{rounded(sown / plan * 100, 1)}%" if plan else ""
    return f"{rounded(sown, 0)}亩{share}"
