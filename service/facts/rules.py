"""Pure rules of facts: which days a series has."""

from datetime import date, timedelta

from service.errors import Invalid

MAX_DAYS = 100
"""Days of one series: what is asked for by the day is a season, by the week two years."""
USUAL_DAYS = 52


def usual_start(until: date, step_days: int) -> date:
    """Return where a series of the usual length begins."""
    return until - timedelta(days=step_days * (USUAL_DAYS - 1))


def days(since: date, until: date, step_days: int) -> list[date]:
    """Return the days from one to another in equal steps, counted back from the last."""
    if until < since:
        raise Invalid("起始日期不能晚于截止日期", field="since")
    span = (until - since).days
    n = span // step_days + 1
    if n > MAX_DAYS:
        raise Invalid(
            f"一次最多 {MAX_DAYS} 天,这里有 {n} 天;请缩短时段,或把间隔改为"
            f" {span // MAX_DAYS + 1} 天以上",
            field="step_days",
        )
    return [until - timedelta(days=step_days * back) for back in reversed(range(n))]
