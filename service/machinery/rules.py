"""Rules of the machinery book. Pure."""

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

SHARE_PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class Job:
    """One repair as it is counted."""

    machine_id: UUID | None
    n_machines: int


def person_hash(name: str, phone4: str) -> str:
    """Tell persons apart by name and the last digits of their phone, without keeping either."""
    same = unicodedata.normalize("NFKC", name).replace(" ", "")
    return hashlib.sha256(f"{same}|{phone4}".encode()).hexdigest()


def n_machines(jobs: Iterable[Job]) -> int:
    """Count different machines (台): a named one once, a group's as often as it says."""
    listed = list(jobs)
    named = {each.machine_id for each in listed if each.machine_id is not None}
    return len(named) + n_unverified(listed)


def n_unverified(jobs: Iterable[Job]) -> int:
    """Count the machines that only group rows tell of."""
    return sum(each.n_machines for each in jobs if each.machine_id is None)


def n_jobs(jobs: Iterable[Job]) -> int:
    """Count repairs (台次)."""
    return sum(each.n_machines for each in jobs)


def share(part: int, whole: int) -> Decimal | None:
    """Return a share of counts; None where there is nothing to share."""
    if not whole:
        return None
    return (Decimal(part) / whole).quantize(SHARE_PLACES, ROUND_HALF_UP)
