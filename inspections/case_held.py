"""A case as its next step sees it: where it stands, its evidence, who did what. Pure."""

from collections.abc import Mapping
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
    since : mapping of Purpose to int
        How many steps had been taken when evidence of a purpose began to count; what came before
        proves nothing of what follows. Of what is not told, the whole round counts.
    has_receipt : bool
        Whether the receipt of the hand-over has come.
    is_basic_farmland : bool
        Whether part of it is permanent basic farmland, more than an edge.
    min_photos : int
        Qualified photos that a check needs.
    round : int
        How often it was opened: in a later round something was there once.
    """

    state: State
    state_before: State | None = None
    pieces: tuple[Piece, ...] = ()
    reported_by: UUID | None = None
    submitted_by: UUID | None = None
    since: Mapping[Purpose, int] = field(default_factory=dict)
    verified_by: UUID | None = None
    handed_over_by: UUID | None = None
    has_receipt: bool = False
    is_basic_farmland: bool = False
    min_photos: int = 2
    round: int = 1

    def of(self, person: UUID | None) -> Self:
        """Return the case with what one person brought, and nothing else.

        Parameters
        ----------
        person : UUID or None
            Who; of nobody there is nothing.
        """
        return replace(self, pieces=tuple(each for each in self.pieces if each.by == person))

    def photos(self, purpose: Purpose) -> dict[str, Piece]:
        """Return the qualified photos of a purpose, each content once.

        Parameters
        ----------
        purpose : Purpose
            What they are to show.
        """
        found = self.proving(purpose, EvidenceKind.PHOTO)
        return {each.digest: each for each in found}

    def proving(self, purpose: Purpose, *kinds: EvidenceKind) -> list[Piece]:
        """Return the qualified evidence of a purpose that came when it counts.

        Parameters
        ----------
        purpose : Purpose
            What it is to show.
        *kinds : EvidenceKind
            Any of these.
        """
        since = self.since.get(purpose, 0)
        return [
            each
            for each in self.pieces
            if each.purpose is purpose
            and each.kind in kinds
            and each.n >= since
            and each.is_qualified
        ]

    def has(self, purpose: Purpose, *kinds: EvidenceKind) -> bool:
        """Tell whether there is qualified evidence of a purpose.

        Parameters
        ----------
        purpose, *kinds : Purpose, EvidenceKind
            As for `proving`.
        """
        return bool(self.proving(purpose, *kinds))


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
