"""The screening of a unit's land: series to uses, uses to rules, rules to verdicts. Pure."""

from collections import Counter
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from geo.groups import connected
from geo.marker_rules import MarkerLimits
from geo.marker_words import Unknown as Why
from geo.markers import markers_of
from geo.series import Missing
from inspections.conversion import CATEGORIES, Judgements, judge
from inspections.conversion_lands import Approvals, Flags, Floats, Ints, Lands
from inspections.conversion_limits import ConversionLimits
from inspections.conversion_rules import Category, Rule
from inspections.fusion_machine import MachineVerdicts, fuse_machine
from inspections.fusion_words import CLASSES, UNKNOWNS, FusionLimits, Unknown, VerdictClass
from inspections.land_uses import USES, Use
from inspections.observed_use import LookAlike, ObservedUses, UseLimits, observed
from inspections.units import M2_PER_MU

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
class SurveyedLand:
    """Land as the books have it, one row each, in order of uid.

    Attributes
    ----------
    uids : tuple of UUID
        Of the parcels, n.
    class_names, attribute_names : tuple of str
        What `base_class` and `attribute` index.
    base_class, attribute : int array, shape (n,)
        Land class and planting attribute.
    area_m2, farmland_m2 : float64 array, shape (n,)
        Ellipsoidal area in m², and the part of it in permanent basic farmland.
    approvals : Approvals
        Over the whole parcels.
    """

    uids: tuple[UUID, ...]
    class_names: tuple[str, ...]
    attribute_names: tuple[str, ...]
    base_class: Ints
    attribute: Ints
    area_m2: Floats
    farmland_m2: Floats
    approvals: Approvals

    def __len__(self) -> int:
        return len(self.uids)


@dataclass(frozen=True)
class LandSeries:
    """Series of some parcels: see `geo.markers.markers_of`.

    Attributes
    ----------
    uids : sequence of UUID
        Of the parcels, m.
    dates : datetime64[D] array, shape (t,)
        Strictly rising.
    cube : float32 array, shape (m, t, 4)
        NDVI, EVI, LSWI, BSI; NaN where missing.
    missing : uint8 array, shape (m, t)
        A `geo.series.Missing`.
    """

    uids: list[UUID]
    dates: NDArray[np.datetime64]
    cube: NDArray[np.float32]
    missing: NDArray[np.uint8]


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
        ("last_seen", np.fmax(seen.last_seen, last_clear_days(series))),
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


def last_clear_days(series: LandSeries) -> NDArray[np.datetime64]:
    """Return the day of the last clear image of each parcel.

    Parameters
    ----------
    series : LandSeries
        m parcels, t dates.

    Returns
    -------
    datetime64[D] array, shape (m,)
        NaT where there is none.

    Notes
    -----
    What a parcel is used for is told from all its images: until the last clear one nothing spoke
    against it, though a marker itself may look at some weeks of the year only.
    """
    is_clear = series.missing == Missing.PRESENT
    last = is_clear.shape[1] - 1 - np.argmax(is_clear[:, ::-1], axis=1)
    return np.where(is_clear.any(axis=1), series.dates[last], np.datetime64("NaT"))


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


def idle_rows(judged: Judgements) -> Ints:
    """Return the rows that lie idle, to ask which of them lie together.

    Parameters
    ----------
    judged : Judgements
        Shape (n,).

    Returns
    -------
    int array, shape (k,)
        In rising order.
    """
    return np.flatnonzero(judged.category == CATEGORIES.index(Category.ABANDON))


def listed_together(found: Screened, idle: Ints, pairs: Ints, limits: ConversionLimits) -> Screened:
    """Return what was screened, with idle land listed that lies together.

    Parameters
    ----------
    found : Screened
        With k rows.
    idle : int array, shape (i,)
        Of these, `idle_rows`.
    pairs : int array, shape (m, 2)
        Indices into `idle` of those that touch.
    limits : ConversionLimits
        From how many mu on.

    Returns
    -------
    Screened
        The idle rows judged again, now with the area of their group.
    """
    if not len(idle):
        return found
    group = connected(len(idle), pairs)
    area_mu = np.bincount(group, found.lands.changed_m2[idle], len(idle)) / M2_PER_MU
    some = replace(found.lands.take(idle), group_area_mu=area_mu[group])
    again = judge(some, found.judged.rules, limits)
    is_listed, severity = found.judged.is_listed.copy(), found.judged.severity.copy()
    is_listed[idle], severity[idle] = again.is_listed, again.severity
    return replace(found, judged=replace(found.judged, is_listed=is_listed, severity=severity))
