"""What is true of the demonstration's land: drawn once, the same every time, written as a table."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np

from inspections.land_uses import Claim
from service.demo import curves
from service.demo.curves import Curve
from service.parcels.models import ApprovalKind

SEED = 20230309
WHOLE = 20_000
"""Parcels from which on all of the truth is told; of fewer, as large a share."""
PADDY, DRY = "0101", "0103"
COLUMNS = ("parcel", "label")


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of truth, how it looks from above, and where it lies.

    Attributes
    ----------
    label : str
        As `inspections.labels.label_of` reads it.
    n : int
        Of how many parcels, in a whole county.
    claim : Claim or None
        What somebody who sees it would say.
    approval : ApprovalKind or None
        Under which the use was approved.
    land_class : str
        Where it lies: paddy, or dry land, which has no basic farmland.
    """

    label: str
    curve: Curve
    n: int = 0
    claim: Claim | None = None
    approval: ApprovalKind | None = None
    land_class: str = PADDY


POND = Kind("converted:FISH_POND", curves.POND, 100, Claim.FISH_POND)
DRY_POND = Kind("converted:FISH_POND", curves.POND, 10, Claim.FISH_POND, None, DRY)
SITE = Kind("converted:HARDENED", curves.SITE, 70, Claim.HARDENING)
DRY_SITE = Kind("converted:HARDENED", curves.SITE, 10, Claim.HARDENING, None, DRY)
LATE_POND = Kind("converted:FISH_POND", curves.LATE_POND, 10, Claim.FISH_POND)
LATE_SITE = Kind("converted:HARDENED", curves.LATE_SITE, 10, Claim.HARDENING)
ORCHARD = Kind("converted:ORCHARD", curves.TREES, 90, Claim.TREES)
ABANDONED = Kind("abandoned:WEED_FALLOW", curves.WEEDS, 120, Claim.ABANDONED)
DRY_ABANDONED = Kind("abandoned:WEED_FALLOW", curves.WEEDS, 30, Claim.ABANDONED, None, DRY)
FILM = Kind("kept:film", curves.FILM, 40, Claim.EARTHWORK)
FLOODED = Kind("kept:flooding", curves.FLOODED, 40, Claim.FISH_POND)
STUBBLE = Kind("kept:harvest", curves.STUBBLE, 40, Claim.EARTHWORK)
CLOUDED = Kind("kept:cloud gap", curves.CLOUDED, 40, Claim.ABANDONED)
CONVERSION = Kind("kept:approved", curves.SITE, 20, Claim.HARDENING, ApprovalKind.CONVERSION)
TEMPORARY = Kind("kept:approved", curves.SITE, 10, Claim.HARDENING, ApprovalKind.TEMPORARY, DRY)
FACILITY = Kind("kept:approved", curves.SITE, 10, Claim.HARDENING, ApprovalKind.FACILITY, DRY)
KINDS = (
    POND, DRY_POND, SITE, DRY_SITE, LATE_POND, LATE_SITE, ORCHARD, ABANDONED, DRY_ABANDONED,
    FILM, FLOODED, STUBBLE, CLOUDED, CONVERSION, TEMPORARY, FACILITY,
)  # fmt: skip
ORDINARY = {PADDY: Kind("kept:rice", curves.RICE), DRY: Kind("kept:dry crop", curves.MAIZE)}
"""By land class: what grows on all other cropland."""


@dataclass(frozen=True)
class Plot:
    """A parcel of cropland as the book has it."""

    uid: UUID
    version_id: int
    survey_code: str
    land_class: str
    area_code: str
    area_m2: float
    is_plain: bool
    """Of a usual size, and with nothing else told of it: truth may be drawn on it."""


def drawn(plots: Sequence[Plot], n_parcels: int) -> list[Kind]:
    """Return the kind of each plot; of a book of so many parcels."""
    random = generator()
    order = sorted(range(len(plots)), key=lambda at: (plots[at].survey_code, plots[at].area_m2))
    found = [ORDINARY[each.land_class] for each in plots]
    for land_class in ORDINARY:
        kinds = [each for each in KINDS if each.land_class == land_class]
        free = [at for at in order if plots[at].land_class == land_class and plots[at].is_plain]
        shuffled = iter([free[at] for at in random.permutation(len(free))])
        for kind in kinds:
            for _ in range(count(kind.n, n_parcels)):
                at = next(shuffled, None)
                if at is not None:
                    found[at] = kind
    return found


def count(n: int, n_parcels: int) -> int:
    """Return how many of a whole county's n there are in a book of so many parcels."""
    return max(1, round(n * min(1.0, n_parcels / WHOLE)))


def generator() -> np.random.Generator:
    """Return the chances of this story, from their beginning."""
    return np.random.default_rng(SEED)


def path_of(observations: Path) -> Path:
    """Return where the table is: beside the folder of the observations."""
    return observations.parent / "demo" / "truth.csv"


def write(path: Path, plots: Sequence[Plot], kinds: Sequence[Kind]) -> None:
    """Write the table: parcel, label."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = sorted((str(plot.uid), kind.label) for plot, kind in zip(plots, kinds, strict=True))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
