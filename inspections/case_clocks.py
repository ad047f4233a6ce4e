"""The clocks of a case: when it was found, stopped and settled; by when each step is due. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from inspections.case_words import Escalation
from inspections.work_calendar import MissingYear, WorkCalendar

DAY = timedelta(days=1)
LONGEST_WAY = 3660
"""Days to look ahead for a working day: a calendar that has none in ten years is broken."""


class PauseNotAllowed(ValueError):
    """A pause that overlaps another, lies outside its case's life, or has no reason or approver."""


@dataclass(frozen=True)
class Pause:
    """Days on which the clock stands: from `starts_on`, up to but not with `ends_on`.

    Attributes
    ----------
    starts_on : date
        First day that does not count.
    ends_on : date or None
        First day that counts again; none while it lasts.
    reason, approver : str
        Why, and who allowed it.
    """

    starts_on: date
    ends_on: date | None
    reason: str
    approver: str

    def holds(self, day: date) -> bool:
        """Tell whether the clock stands on a day.

        Parameters
        ----------
        day : date
            Civil date.
        """
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)


def refuse_pauses(pauses: Iterable[Pause], opened_on: date, closed_on: date | None) -> None:
    """Refuse pauses that cannot all be true.

    Parameters
    ----------
    pauses : iterable of Pause
        Of one case, in any order.
    opened_on, closed_on : date, date or None
        The case's life; none while it is open.

    Raises
    ------
    PauseNotAllowed
        Where one has no reason or approver, ends before it starts, lies outside the case's life
        or overlaps another.
    """
    before: Pause | None = None
    for each in sorted(pauses, key=lambda pause: pause.starts_on):
        if not each.reason.strip() or not each.approver.strip():
            raise PauseNotAllowed("暂停计时须写明原因和批准人")
        if each.ends_on is not None and each.ends_on < each.starts_on:
            raise PauseNotAllowed("暂停的结束日不能早于开始日")
        is_after = closed_on is not None and (each.ends_on or each.starts_on) > closed_on
        if each.starts_on < opened_on or is_after:
            raise PauseNotAllowed("暂停须在案件办理期间之内")
        if before is not None and (before.ends_on is None or each.starts_on < before.ends_on):
            raise PauseNotAllowed(f"{each.starts_on} 起的暂停与上一次重叠")
        before = each


def due_on(
    started_on: date, workdays: int, calendar: WorkCalendar, pauses: Sequence[Pause] = ()
) -> date | None:
    """Return the day by whose end (24:00) a step is due.

    Parameters
    ----------
    started_on : date
        The day on which the step began; it does not count itself.
    workdays : int
        The limit, working days (行政处罚法 85: 二日、三日、五日、七日 are working days).
    calendar : WorkCalendar
        Which days are worked.
    pauses : sequence of Pause
        Days that do not count.

    Returns
    -------
    date or None
        None while a pause lasts that would have to end first.

    Raises
    ------
    MissingYear
        Where the way leads into a year that the calendar does not know.
    """
    day, left = started_on, workdays
    for _ in range(LONGEST_WAY):
        if left == 0:
            return day
        day += DAY
        stands = [each for each in pauses if each.holds(day)]
        if any(each.ends_on is None for each in stands):
            return None
        left -= not stands and calendar.is_workday(day)
    raise MissingYear(day.year)


def workdays_used(
    started_on: date, today: date, calendar: WorkCalendar, pauses: Sequence[Pause] = ()
) -> int:
    """Return how many working days of a step have begun.

    Parameters
    ----------
    started_on, today : date
        The step's first day, which does not count, and the last day to count.
    calendar : WorkCalendar
        Which days are worked.
    pauses : sequence of Pause
        Days that do not count.

    Raises
    ------
    MissingYear
        Where a year in between is not known.
    """
    return sum(
        calendar.is_workday(day)
        for day in _days(started_on + DAY, today)
        if not any(each.holds(day) for each in pauses)
    )


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


MARKS = ((150, Escalation.OVER), (100, Escalation.FULL), (50, Escalation.HALF))
"""From how many percent of the limit which reminder is due."""


def escalations(used: int, limit: int) -> tuple[Escalation, ...]:
    """Return the marks that were reached, the lowest first: each is somebody else's.

    Parameters
    ----------
    used, limit : int
        Working days begun, and allowed.
    """
    return tuple(mark for percent, mark in reversed(MARKS) if used * 100 >= limit * percent)


@dataclass(frozen=True)
class Sighting:
    """One time that somebody, or something, saw it.

    Attributes
    ----------
    seen_at : datetime
        When it was seen, not when we heard; aware.
    source : str
        Who saw it: tip, patrol, monitoring, screening, enforcement, photo.
    quality : float
        0 to 1.
    """

    seen_at: datetime
    source: str
    quality: float


@dataclass(frozen=True)
class Clocks:
    """The three clocks of one round of a case.

    Attributes
    ----------
    found_at : datetime or None
        发现: the earliest sighting that can be trusted, whoever made it; none if none can.
    found_by : str or None
        Its source.
    stopped_at, settled_at : datetime or None
        制止 and 处理: when the evidence was accepted; none while that has not come.
    not_before : date or None
        The last day on which the land was seen in order. None: the start is not known.
    first_by_source : tuple of (str, datetime)
        The earliest trusted sighting of each source, earliest first.
    """

    found_at: datetime | None
    found_by: str | None
    stopped_at: datetime | None
    settled_at: datetime | None
    not_before: date | None = None
    first_by_source: tuple[tuple[str, datetime], ...] = field(default=())

    @property
    def to_stop(self) -> timedelta | None:
        """From found to stopped; None while either is unknown."""
        return _between(self.found_at, self.stopped_at)

    @property
    def to_settle(self) -> timedelta | None:
        """From found to settled; None while either is unknown."""
        return _between(self.found_at, self.settled_at)

    @property
    def lead(self) -> timedelta | None:
        """By how much the first source was earlier than the next one; None with one source."""
        if len(self.first_by_source) < 2:  # noqa: PLR2004 - a first and a second
            return None
        return self.first_by_source[1][1] - self.first_by_source[0][1]

    @property
    def start_text(self) -> str:
        """What can honestly be said of the start, in Chinese."""
        if self.not_before is None:
            return "起始时间不明"
        return f"起始时间不明,{self.not_before} 时尚无变化"


def _between(first: datetime | None, last: datetime | None) -> timedelta | None:
    return None if first is None or last is None else last - first


def clocks(
    sightings: Iterable[Sighting],
    *,
    min_quality: float,
    stopped_at: datetime | None = None,
    settled_at: datetime | None = None,
    after: datetime | None = None,
    not_before: date | None = None,
) -> Clocks:
    """Return the three clocks; an older sighting moves 发现 earlier and never shortens a span.

    Parameters
    ----------
    sightings : iterable of Sighting
        Of every source, in any order.
    min_quality : float
        What is less is not trusted, 0 to 1.
    stopped_at, settled_at : datetime, optional
        When the stop was proved, when the outcome was accepted; aware.
    after : datetime, optional
        When the round before was closed: what was seen by then belongs to that round.
    not_before : date, optional
        The last day on which the land was seen in order.
    """
    trusted = sorted(
        (each.seen_at, each.source)
        for each in sightings
        if each.quality >= min_quality and (after is None or each.seen_at > after)
    )
    first: dict[str, datetime] = {}
    for seen_at, source in trusted:
        first.setdefault(source, seen_at)
    found_at, found_by = trusted[0] if trusted else (None, None)
    told = tuple(first.items())
    return Clocks(found_at, found_by, stopped_at, settled_at, not_before, told)
