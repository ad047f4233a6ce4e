"""How one unit's figures of several weeks are set beside each other. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from config.thresholds import SowingThresholds
from service.reporting.models import TaskState
from service.sowing import rules
from service.sowing.moments import Moment, Moments
from service.sowing.schemas import (
    Comparison,
    Coverage,
    MeanOfYears,
    ProgressRow,
    TermComparison,
)
from service.sowing.standing import Figure

FiguresOf = Mapping[Moment, Mapping[str, Figure]]
"""Week -> unit -> figure."""


@dataclass(frozen=True)
class Unit:
    """What a row tells of a unit beside its figures."""

    code: str
    name: str
    plan_mu: Decimal | None
    expected: int
    """Villages of it that exist in the week."""
    open_corrections: int
    task_state: TaskState | None = None


def row(unit: Unit, wanted: Moments, found: FiguresOf, limits: SowingThresholds) -> ProgressRow:
    """Make one unit's row."""

    def at(moment: Moment | None) -> Figure | None:
        return found[moment].get(unit.code) if moment else None

    figure = at(wanted.this)
    sown = _sown(figure)
    shown = figure or Figure()
    return ProgressRow(
        area_code=unit.code,
        name=unit.name,
        sown_mu=sown,
        plan_mu=unit.plan_mu,
        share_of_plan=rules.share(sown, unit.plan_mu),
        direct_seeded_mu=shown.direct_seeded_mu if figure else None,
        transplanted_mu=shown.transplanted_mu if figure else None,
        dry_sown_mu=shown.dry_sown_mu if figure else None,
        nursery_field_mu=shown.nursery_field_mu if figure else None,
        declared_mu=shown.declared_mu,
        is_carried=shown.n_standing > 0 and not shown.n_reported,
        last_week=_compared(sown, wanted.last_week, at(wanted.last_week)),
        last_year=_compared(sown, wanted.last_year, at(wanted.last_year)),
        same_term=_same_term(sown, wanted, at(wanted.same_term)),
        mean=_mean(sown, {year: at(moment) for year, moment in wanted.years.items()}, limits),
        coverage=_coverage(shown, unit.expected),
        open_corrections=unit.open_corrections,
        task_state=unit.task_state,
    )


def _sown(figure: Figure | None) -> Decimal | None:
    return figure.sown_mu if figure else None


def _change(now: Decimal | None, then: Decimal | None) -> Decimal | None:
    return now - then if now is not None and then is not None else None


def _compared(now: Decimal | None, moment: Moment | None, figure: Figure | None) -> Comparison:
    then = _sown(figure)
    change = _change(now, then)
    return Comparison(
        as_of=moment.week if moment else None,
        sown_mu=then,
        change_mu=change,
        change_share=rules.share(change, then),
    )


def _same_term(now: Decimal | None, wanted: Moments, figure: Figure | None) -> TermComparison:
    plain = _compared(now, wanted.same_term, figure)
    return TermComparison(
        as_of=plain.as_of,
        sown_mu=plain.sown_mu,
        change_mu=plain.change_mu,
        change_share=plain.change_share,
        term=wanted.offset.term,
        days_after_term=wanted.offset.days,
    )


def _mean(
    now: Decimal | None, of_years: Mapping[int, Figure | None], limits: SowingThresholds
) -> MeanOfYears:
    years = sorted(year for year, figure in of_years.items() if figure is not None)
    mean = rules.mean_of_years([_sown(of_years[year]) for year in reversed(years)], limits)
    return MeanOfYears(
        n=mean.n,
        years=years,
        sown_mu=mean.sown_mu,
        change_share=rules.share(_change(now, mean.sown_mu), mean.sown_mu),
    )


def _coverage(figure: Figure, expected: int) -> Coverage:
    return Coverage(
        expected=expected,
        reported=figure.n_reported,
        carried=figure.n_standing - figure.n_reported,
        missing=max(expected - figure.n_standing, 0),
        not_grown=figure.n_not_grown,
    )
