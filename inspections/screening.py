"""The screening of a unit's land: series to uses, uses to rules, rules to verdicts. Pure."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from geo.marker_rules import MarkerLimits
from geo.marker_words import Unknown as Why
from geo.markers import markers_of
from inspections.conversion import Judgements, judge
from inspections.conversion_lands import Flags, Ints, Lands
from inspections.conversion_limits import ConversionLimits
from inspections.conversion_rules import Rule
from inspections.fusion_machine import MachineVerdicts, fuse_machine
from inspections.fusion_words import CLASSES, UNKNOWNS, FusionLimits, Unknown, VerdictClass
from inspections.land_uses import USES, Use
from inspections.observed_use import LookAlike, ObservedUses, UseLimits, observed
from inspections.screened_lands import LandSeries, SurveyedLand, last_clear_days

T = TypeVar("T")
KNOWN = -1
"""No reason to be unknown."""
UNKNOWN_OF = {
    Why.CLOUD: Unknown.CLOUD,
    Why.FEW_DATES: Unknown.CLOUD,
    Why.GAP: Unknown.CLOUD,
    Why.NO_IMAGE: Unknown.NO_IMAGE,
    Why.SHORT_SERIES: Unknown.NO_IMAGE,
    Why.TOO_SMALL: Unknown.NO_DATA,
    Why.OUT_OF_RANGE: Unknown.NO_DATA,
    Why.UNCLEAR: Unknown.NO_DATA,
}
PSEUDO = (LookAlike.FILM, LookAlike.HARVEST)
"""Bare for a while under grain: what looks like earthwork and is farming."""


@dataclass(frozen=True)
class ScreeningLimits:
    """The numbers of every step."""

    markers: MarkerLimits
    uses: UseLimits
    conversion: ConversionLimits
    fusion: FusionLimits


@dataclass(frozen=True)
class Screened:
    """What imagery says of land: of the rows that are a matter, and of all in numbers.

    Attributes
    ----------
    rows : int array, shape (k,)
        Rows of the surveyed land that somebody will ask of.
    lands, judged, machine : Lands, Judgements, MachineVerdicts
        Of those rows.
    unknown : int8 array, shape (k,)
        Index into `UNKNOWNS`, -1 where the use is known.
    n_by_class, n_unknown : Counter
        Over all land: how many of each class, how many unknown for which reason.
    n_land : int
        How many rows were screened.
    """

    rows: Ints
    lands: Lands
    judged: Judgements
    machine: MachineVerdicts
    unknown: NDArray[np.int8]
    n_by_class: Counter[VerdictClass]
    n_unknown: Counter[Unknown]
    n_land: int


def screen(
    land: SurveyedLand,
    series: LandSeries | None,
    as_of: date,
    rules: tuple[Rule, ...],
    limits: ScreeningLimits,
    *,
    asked: Ints,
) -> Screened:
    """Screen land by its series.

    Parameters
    ----------
    land : SurveyedLand
        n parcels.
    series : LandSeries or None
        Of some of them; None where there is no image at all.
    as_of : date
        Later images are not known yet.
    rules : tuple of Rule
        By priority.
    limits : ScreeningLimits
        The numbers.
    asked : int array, shape (a,)
        Rows that are wanted whatever comes out: others speak of them.

    Returns
    -------
    Screened
        The rows that are a matter, those that were seen and could not be told, and the asked.
    """
    lands, unknown = observed_lands(land, series, as_of, limits)
    judged = judge(lands, rules, limits.conversion)
    machine = fuse_machine(lands, judged, limits.fusion)
    is_unknown = machine.verdict_class == CLASSES.index(VerdictClass.UNKNOWN)
    is_kept = (machine.verdict_class > CLASSES.index(VerdictClass.UNKNOWN)) | (
        is_unknown & _are_in(land, series)
    )
    is_kept[asked] = True
    rows = np.flatnonzero(is_kept)
    reasons = unknown[is_unknown]
    return Screened(
        rows=rows,
        lands=lands.take(rows),
        judged=taken(judged, rows),
        machine=taken(machine, rows),
        unknown=unknown[rows],
        n_by_class=_counted(machine.verdict_class, CLASSES),
        n_unknown=_counted(reasons[reasons != KNOWN], UNKNOWNS),
        n_land=len(lands),
    )


def observed_lands(
    land: SurveyedLand, series: LandSeries | None, as_of: date, limits: ScreeningLimits
) -> tuple[Lands, NDArray[np.int8]]:
    """Return land with what it is seen to be used for.

    Parameters
    ----------
    land : SurveyedLand
        n parcels.
    series : LandSeries or None
        Of some of them.
    as_of : date
        Later images are left out.
    limits : ScreeningLimits
        Of markers and uses.

    Returns
    -------
    tuple of Lands and int8 array, shape (n,)
        And why a use is unknown, as an index into `UNKNOWNS`; -1 where it is known. A parcel
        without a series has no image.
    """
    told: dict[str, Any] = {
        "class_names": land.class_names,
        "attribute_names": land.attribute_names,
        "base_class": land.base_class,
        "attribute": land.attribute,
        "changed_m2": land.area_m2,
        "farmland_m2": land.farmland_m2,
        "approvals": land.approvals,
    }
    unknown = np.full(len(land), UNKNOWNS.index(Unknown.NO_IMAGE), np.int8)
    known = None if series is None else _until(series, as_of)
    if known is not None and len(known.dates):
        markers = markers_of(known.dates, known.cube, known.missing, limits.markers)
        seen = observed(markers, limits.uses, as_of)
        told |= _columns(land, known, seen, unknown)
    return Lands.of(len(land), as_of, **told), unknown


def _until(series: LandSeries, as_of: date) -> LandSeries:
    n = int(np.searchsorted(series.dates, np.datetime64(as_of, "D"), side="right"))
    return LandSeries(series.uids, series.dates[:n], series.cube[:, :n], series.missing[:, :n])


def _columns(
    land: SurveyedLand, series: LandSeries, seen: ObservedUses, unknown: NDArray[np.int8]
) -> dict[str, NDArray[Any]]:
    """Return the observed columns of all land, and write why a use is unknown."""
    to, of = _places(land, series)
    plain = Lands.of(len(land), date.min)
    whole: dict[str, NDArray[Any]] = {}
    is_pseudo = np.isin(seen.look_alike, PSEUDO) & (seen.use == USES.index(Use.GRAIN))
    for name, column in (
        ("use", seen.use),
        ("confidence", seen.confidence),
        ("first_seen", seen.first_seen),
        ("last_seen", seen.last_seen),
        ("began_after", seen.began_after),
        ("clear_on", last_clear_days(series)),
        ("n_grain_cycles", seen.n_grain_cycles),
        ("n_idle_seasons", seen.n_main_seasons_idle),
        ("is_pseudo", is_pseudo),
    ):
        whole[name] = getattr(plain, name).copy()
        whole[name][to] = column[of]
    table = np.array(
        [UNKNOWNS.index(UNKNOWN_OF[why]) if why in UNKNOWN_OF else KNOWN for why in Why], np.int8
    )
    unknown[to] = table[seen.reason_unknown[of]]
    return whole


def _places(land: SurveyedLand, series: LandSeries) -> tuple[Ints, Ints]:
    """Return rows of the land that have a series, and the rows of these."""
    row_of = {uid: row for row, uid in enumerate(land.uids)}
    places = np.array([row_of.get(uid, -1) for uid in series.uids], np.int64)
    found = np.flatnonzero(places >= 0)
    return places[found], found


def _are_in(land: SurveyedLand, series: LandSeries | None) -> Flags:
    flags = np.zeros(len(land), np.bool_)
    if series is not None:
        flags[_places(land, series)[0]] = True
    return flags


def _counted(codes: NDArray[np.integer[Any]], words: tuple[T, ...]) -> Counter[T]:
    counts = np.bincount(codes, minlength=len(words))
    return Counter({word: int(n) for word, n in zip(words, counts, strict=True) if n})


def unentered(found: Screened, rows: Collection[int]) -> Screened:
    """Say of land where nobody could enter that this is why nobody can tell.

    Parameters
    ----------
    found : Screened
        k rows.
    rows : collection of int
        Of the surveyed land; all of them are among those of `found`.

    Returns
    -------
    Screened
        With that reason for these rows, and counted by it.
    """
    if not rows:
        return found
    unknown, counts = found.unknown.copy(), found.n_unknown.copy()
    places = np.flatnonzero(np.isin(found.rows, list(rows)))
    is_unseen = found.machine.verdict_class[places] == CLASSES.index(VerdictClass.UNKNOWN)
    was = unknown[places][is_unseen]
    counts.subtract(_counted(was[was != KNOWN], UNKNOWNS))
    counts[Unknown.NO_ACCESS] += len(places)
    unknown[places] = UNKNOWNS.index(Unknown.NO_ACCESS)
    return replace(found, unknown=unknown, n_unknown=+counts)


D = TypeVar("D", Judgements, MachineVerdicts)


def taken(found: D, rows: Ints) -> D:
    """Return some rows of a struct of arrays.

    Parameters
    ----------
    found : Judgements or MachineVerdicts
        Shape (n,).
    rows : int array, shape (k,)
        Which.

    Returns
    -------
    the same kind
        Shape (k,).
    """
    columns = {each.name: getattr(found, each.name) for each in fields(found)}
    arrays: dict[str, Any] = {
        name: it[rows] for name, it in columns.items() if isinstance(it, np.ndarray)
    }
    return replace(found, **arrays)
