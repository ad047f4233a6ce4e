"""A case as its next step sees it: where it stands, its evidence, who did what. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self
from uuid import UUID

from inspections.case_words import EvidenceKind, Gate, Purpose, Shows, State


@dataclass(frozen=True)
class Piece:
    """One piece of evidence of the present round.

    Attributes
    ----------
    kind, purpose : EvidenceKind, Purpose
        What it is and is to show.
    n : int
        How many steps the case had seen when it came.
    by : UUID
        Who brought it.
    at : datetime
        When it was taken, or came; aware.
    is_qualified : bool
        Of a photo: 合格; of a position: on the parcel or close by; of others: True.
    digest : str
        Of its content: the same photo twice is one.
    number : str
        Of a document; empty where it has none.
    shows : Shows or None
        Of a photo of restored land.
    """

    kind: EvidenceKind
    purpose: Purpose
    n: int
    by: UUID
    at: datetime
    is_qualified: bool = True
    digest: str = ""
    number: str = ""
    shows: Shows | None = None


@dataclass(frozen=True)
class Held:
    """A case as it stands.

    Attributes
    ----------
    state : State
        Where it stands.
    state_before : State or None
        Where it stood when it was handed over.
    pieces : tuple of Piece
        Evidence of this round.
    reported_by, submitted_by, verified_by, handed_over_by : UUID or None
        Who drafted the opinion, submitted the rectification, looked at it on the spot, handed
        the case over; of this round, and none where that is undone.
    ordered_n, submitted_n : int
        How many steps had been taken when the rectification was ordered once more after a failed
        inspection, and when it was submitted; what came before does not count for what follows.
    has_receipt : bool
        Whether the receipt of the hand-over has come.
    is_basic_farmland : bool
        Whether part of it is permanent basic farmland, more than an edge.
    min_photos : int
        Qualified photos that a check needs.
    """

    state: State
    state_before: State | None = None
    pieces: tuple[Piece, ...] = ()
    reported_by: UUID | None = None
    submitted_by: UUID | None = None
    ordered_n: int = 0
    submitted_n: int = 0
    verified_by: UUID | None = None
    handed_over_by: UUID | None = None
    has_receipt: bool = False
    is_basic_farmland: bool = False
    min_photos: int = 2

    def of_others(self) -> Self:
        """Return the case without what came from whoever submitted the rectification."""
        pieces = tuple(each for each in self.pieces if each.by != self.submitted_by)
        return replace(self, pieces=pieces)

    def photos(self, purpose: Purpose, since: int = 0) -> dict[str, Piece]:
        """Return the qualified photos of a purpose, each content once.

        Parameters
        ----------
        purpose : Purpose
            What they are to show.
        since : int
            Only those that came after so many steps.
        """
        found = self._of(purpose, (EvidenceKind.PHOTO,), since)
        return {each.digest: each for each in found}

    def has(self, purpose: Purpose, *kinds: EvidenceKind, since: int = 0) -> bool:
        """Tell whether there is qualified evidence of a purpose.

        Parameters
        ----------
        purpose : Purpose
            What it is to show.
        *kinds : EvidenceKind
            Any of these.
        since : int
            Only what came after so many steps.
        """
        return bool(self._of(purpose, kinds, since))

    def _of(self, purpose: Purpose, kinds: Iterable[EvidenceKind], since: int) -> list[Piece]:
        wanted = frozenset(kinds)
        return [
            each
            for each in self.pieces
            if each.purpose is purpose
            and each.kind in wanted
            and each.n >= since
            and each.is_qualified
        ]


@dataclass(frozen=True)
class Given:
    """What comes with a step.

    Attributes
    ----------
    reason : str
        In words; an opinion, an order, why.
    has_assignee, has_target : bool
        Whether it names who is to go, or the case to merge into.
    document_no, organ, receipt_no : str
        Of a stop notice or an outcome; whom it is handed over to; of the receipt.
    has_receipt_due : bool
        Whether it tells by when the receipt is to come.
    is_form : bool
        Whether this stands for a form that is still to be filled.
    """

    reason: str = ""
    has_assignee: bool = False
    has_target: bool = False
    document_no: str = ""
    organ: str = ""
    has_receipt_due: bool = False
    receipt_no: str = ""
    is_form: bool = False

    @classmethod
    def form(cls) -> Self:
        """Return a form that is still to be filled: to see what the case itself lacks."""
        return cls(is_form=True)


@dataclass(frozen=True)
class Lack:
    """Something that is missing.

    Attributes
    ----------
    gate : Gate
        What asked for it.
    text : str
        What is missing and what to do, in Chinese.
    """

    gate: Gate
    text: str = field(compare=False)
