"""Land to be judged, as a struct of arrays: what it was, what it is seen to be, its approvals."""

from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from inspections.conversion_rules import ApprovalKind
from inspections.land_uses import USES, Use

Flags = NDArray[np.bool_]
Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]
Days = NDArray[np.datetime64]

KINDS = tuple(ApprovalKind)
NEVER = np.datetime64("NaT", "D")
UNKNOWN, NO, YES = -1, 0, 1
"""What an int8 column of three answers holds."""


@dataclass(frozen=True)
class Approvals:
    """Approvals over the changed land, at most one row for each land and kind.

    Attributes
    ----------
    land : int array, shape (m,)
        Row of `Lands` that the approval lies over.
    kind : uint8 array, shape (m,)
        Index into `KINDS`.
    covered_m2, covered_farmland_m2 : float array, shape (m,)
        Square metres of the changed land, and of its basic farmland, inside the approved range.
    approved_m2 : float array, shape (m,)
        The approved area.
    valid_from, valid_to : datetime64[D] array, shape (m,)
        First day that it covers; first day that it no longer does, NaT where it does not lapse.
    is_state_council : int8 array, shape (m,)
        Whether the State Council approved: 1 yes, 0 no, -1 unknown.

    Raises
    ------
    ValueError
        Where a land has two rows of one kind: they have to be united first.
    """

    land: Ints
    kind: Ints
    covered_m2: Floats
    covered_farmland_m2: Floats
    approved_m2: Floats
    valid_from: Days
    valid_to: Days
    is_state_council: Ints

    def __post_init__(self) -> None:
        key = self.land.astype(np.int64) * len(KINDS) + self.kind
        if len(np.unique(key)) < len(key):
            raise ValueError("a land has two approvals of one kind; unite them first")

    def moved(self, place: Ints) -> Self:
        """Return the approvals of land that is renumbered.

        Parameters
        ----------
        place : int array, shape (n,)
            The new row of each land; -1 where it is left out.

        Returns
        -------
        Approvals
            Those of the land that is kept.
        """
        kept = place[self.land] >= 0
        columns = {each.name: getattr(self, each.name)[kept] for each in fields(self)}
        return replace(self, **(columns | {"land": place[self.land[kept]]}))

    @classmethod
    def none(cls) -> Self:
        """Return no approvals."""
        empty, days = np.empty(0), np.empty(0, "datetime64[D]")
        whole = np.empty(0, np.int64)
        return cls(whole, whole.astype(np.uint8), empty, empty, empty, days, days, whole)


@dataclass(frozen=True)
class Lands:
    """Pieces of land, one row each.

    Attributes
    ----------
    as_of : date
        The day that is spoken of.
    class_names, attribute_names : tuple of str
        What `base_class` and `attribute` index: land classes (DLBM), planting attributes (ZZSXDM).
    base_class, attribute : int array, shape (n,)
        Of the base-year survey.
    changed_m2, farmland_m2 : float array, shape (n,)
        Square metres in the observed use, and of them the part in permanent basic farmland.
    use : uint8 array, shape (n,)
        Index into `USES`.
    confidence : float array, shape (n,)
        Of the observed use, 0 to 1.
    first_seen, last_seen : datetime64[D] array, shape (n,)
        When the use was seen first and last; NaT where that is not known.
    began_after : datetime64[D] array, shape (n,)
        The last day on which it was seen that the use was not there yet; NaT unknown.
    clear_on : datetime64[D] array, shape (n,)
        The last clear image: until then nothing spoke against the use; NaT without images.
    n_grain_cycles, n_idle_seasons : int8 array, shape (n,)
        Grain crops in the last 12 months, main seasons without a crop in a row; -1 unknown.
    is_mixed, is_pseudo : bool array, shape (n,)
        Two uses in one parcel; a change that the crop calendar explains.
    disaster_on : datetime64[D] array, shape (n,)
        Last record of flood, landslide or another disaster; NaT where there is none.
    in_grain_zone, is_vegetable_base, is_company : bool array, shape (n,)
        In a grain production zone; on the list of vegetable bases; held by an enterprise.
    is_permanent, is_misused : bool array, shape (n,)
        A permanent structure; a facility that is not farmed in. Known from the field only.
    plough_layer : int8 array, shape (n,)
        1 kept, 0 lost, -1 unknown.
    auxiliary_m2, grain_base_mu : float array, shape (n,)
        A facility's auxiliary area in m² (NaN unknown), and the grain land that it serves in mu.
    belt_width_m : float array, shape (n,)
        Width of a green belt beyond the road's own land, in m; NaN unknown.
    is_major_road : int8 array, shape (n,)
        Whether that road is a railway, national or provincial road; -1 unknown.
    trench_share : float array, shape (n,)
        Trenches and pits of a rice-fish field, 0 to 1; NaN unknown.
    group_area_mu : float array, shape (n,)
        Area of the idle parcels that lie together, this one included, in mu.
    approvals : Approvals
        Over the changed land.
    """

    as_of: date
    class_names: tuple[str, ...]
    attribute_names: tuple[str, ...]
    base_class: Ints
    attribute: Ints
    changed_m2: Floats
    farmland_m2: Floats
    use: Ints
    confidence: Floats
    first_seen: Days
    last_seen: Days
    began_after: Days
    clear_on: Days
    n_grain_cycles: Ints
    n_idle_seasons: Ints
    is_mixed: Flags
    is_pseudo: Flags
    disaster_on: Days
    in_grain_zone: Flags
    is_vegetable_base: Flags
    is_company: Flags
    is_permanent: Flags
    is_misused: Flags
    plough_layer: Ints
    auxiliary_m2: Floats
    grain_base_mu: Floats
    belt_width_m: Floats
    is_major_road: Ints
    trench_share: Floats
    group_area_mu: Floats
    approvals: Approvals = field(default_factory=Approvals.none)

    def __post_init__(self) -> None:
        n = len(self.use)
        for name in _columns():
            if len(getattr(self, name)) != n:
                raise ValueError(f"{name} has not one value for each of {n} lands")

    def __len__(self) -> int:
        return len(self.use)

    @classmethod
    def of(cls, n: int, as_of: date, **given: Any) -> Self:
        """Return land of which only some things are known.

        Parameters
        ----------
        n : int
            How many.
        as_of : date
            The day that is spoken of.
        **given
            Columns as above; a single value holds for all. Those not given are unknown, or no,
            and cost no memory.

        Returns
        -------
        Lands
            With every column.
        """
        columns: dict[str, Any] = {
            name: np.broadcast_to(np.asarray(given.get(name, default)), (n,))
            for name, default in DEFAULTS.items()
        }
        names: dict[str, Any] = {"class_names": ("",), "attribute_names": ("",)}
        names |= {"approvals": Approvals.none()}
        told = {name: given.get(name, default) for name, default in names.items()}
        unknown = set(given) - set(columns) - set(told)
        if unknown:
            raise TypeError(f"land has no {sorted(unknown)}")
        return cls(as_of=as_of, **columns, **told)

    def take(self, rows: Ints) -> Self:
        """Return some of the land, with its approvals.

        Parameters
        ----------
        rows : int array, shape (k,)
            Which, each once.

        Returns
        -------
        Lands
            Shape (k,), in the order of `rows`.
        """
        columns = {name: getattr(self, name)[rows] for name in _columns()}
        place = np.full(len(self), -1, np.int64)
        place[rows] = np.arange(len(rows))
        return replace(self, **columns, approvals=self.approvals.moved(place))


DEFAULTS: dict[str, Any] = {
    "base_class": np.uint8(0),
    "attribute": np.uint8(0),
    "changed_m2": np.float32(0),
    "farmland_m2": np.float32(0),
    "use": np.uint8(USES.index(Use.UNKNOWN)),
    "confidence": np.float32(0),
    "first_seen": NEVER,
    "last_seen": NEVER,
    "began_after": NEVER,
    "clear_on": NEVER,
    "n_grain_cycles": np.int8(UNKNOWN),
    "n_idle_seasons": np.int8(UNKNOWN),
    "is_mixed": False,
    "is_pseudo": False,
    "disaster_on": NEVER,
    "in_grain_zone": False,
    "is_vegetable_base": False,
    "is_company": False,
    "is_permanent": False,
    "is_misused": False,
    "plough_layer": np.int8(UNKNOWN),
    "auxiliary_m2": np.float32(np.nan),
    "grain_base_mu": np.float32(0),
    "belt_width_m": np.float32(np.nan),
    "is_major_road": np.int8(UNKNOWN),
    "trench_share": np.float32(np.nan),
    "group_area_mu": np.float32(0),
}
"""What a column holds where nothing is known."""


def _columns() -> list[str]:
    apart = {"as_of", "class_names", "attribute_names", "approvals"}
    return [each.name for each in fields(Lands) if each.name not in apart]
