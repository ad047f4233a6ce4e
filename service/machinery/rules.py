"""Rules of the machinery book. Pure."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

SHARE_PLACES = Decimal("0.0001")
TRACTOR_PLATE = re.compile(r"(\w\d{2})([0-9A-Z]{5})")
"""Of a tractor or a combine harvester: the city's number, then five characters."""
BETWEEN = str.maketrans("", "", " \t-\N{MIDDLE DOT}.\N{EM DASH}\N{EN DASH}")
"""What people write between the parts of a plate."""


@dataclass(frozen=True)
class Job:
    """One repair as it is counted."""

    machine_id: UUID | None
    n_machines: int
    is_visiting: bool = False
    """Of a machine from elsewhere (跨区作业)."""


def person_hash(name: str, phone4: str) -> str:
    """Tell persons apart by name and the last digits of their phone, without keeping either."""
    same = unicodedata.normalize("NFKC", name).replace(" ", "")
    return hashlib.sha256(f"{same}|{phone4}".encode()).hexdigest()


def plate_text(plate: str) -> str:
    """Return a plate as it is compared: one spelling, however it was written."""
    plain = unicodedata.normalize("NFKC", plate).upper().translate(BETWEEN)
    parts = TRACTOR_PLATE.fullmatch(plain)
    return f"{parts[1]}-{parts[2]}" if parts else plain


def n_machines(jobs: Iterable[Job]) -> int:
    """Count different machines (台): a named one once, a group's as often as it says."""
    listed = list(jobs)
    own = {each.machine_id for each in listed if each.machine_id and not each.is_visiting}
    return len(own) + n_unverified(listed)


def n_unverified(jobs: Iterable[Job]) -> int:
    """Count the machines that only group rows tell of."""
    return sum(each.n_machines for each in jobs if each.machine_id is None)


def n_visiting(jobs: Iterable[Job]) -> int:
    """Count different machines from elsewhere; they are no town's stock."""
    return len({each.machine_id for each in jobs if each.is_visiting})


def n_jobs(jobs: Iterable[Job]) -> int:
    """Count repairs (台次) of the towns' own machines."""
    return sum(each.n_machines for each in jobs if not each.is_visiting)


def share(part: int, whole: int) -> Decimal | None:
    """Return a share of counts; None where there is nothing to share."""
    if not whole:
        return None
    return (Decimal(part) / whole).quantize(SHARE_PLACES, ROUND_HALF_UP)
