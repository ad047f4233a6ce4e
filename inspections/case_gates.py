"""What each step of a case asks for, and what of it is missing. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from uuid import UUID

from inspections.case_words import EvidenceKind, Gate, Purpose, Shows, State

NOBODY = UUID(int=0)


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


Check = Callable[[Held, UUID | None, Given], str | None]


def _person(_: Held, person: UUID | None, _given: Given) -> str | None:
    return None if person is not None else "须由具名的工作人员决定,不能由系统自动办理"


def _reason(_: Held, _person: UUID | None, given: Given) -> str | None:
    return None if given.is_form or given.reason.strip() else "须写明原因或意见"


def _assignee(_: Held, _person: UUID | None, given: Given) -> str | None:
    return None if given.is_form or given.has_assignee else "须指定核查的执法员"


def _on_site(held: Held, _person: UUID | None, _given: Given) -> str | None:
    if held.has(Purpose.CHECK, EvidenceKind.NO_ENTRY):
        return None
    n, lacks = len(held.photos(Purpose.CHECK)), []
    if n < held.min_photos:
        lacks.append(f"核查照片合格的有 {n} 张,须有 {held.min_photos} 张")
    if not held.has(Purpose.CHECK, EvidenceKind.POSITION):
        lacks.append("没有现场定位")
    return f"{','.join(lacks)};进不去的,登记“无法进入”并选原因" if lacks else None


def _reviewed(held: Held, person: UUID | None, _given: Given) -> str | None:
    if held.reported_by is None:
        return "还没有核查意见;请执法员先提交"
    return "不能审定自己提交的核查意见,请另一人办理" if held.reported_by == person else None


def _stop_proof(held: Held, _person: UUID | None, given: Given) -> str | None:
    has_number = bool(given.document_no.strip()) or any(
        each.purpose is Purpose.STOP and each.number.strip() for each in held.pieces
    )
    if has_number or held.photos(Purpose.STOP):
        return None
    return "须有责令停止通知书文号,或证明已停止的带时间的合格照片"


def _rectified(held: Held, _person: UUID | None, _given: Given) -> str | None:
    kinds = (EvidenceKind.PHOTO, EvidenceKind.DOCUMENT)
    has_any = held.has(Purpose.RECTIFICATION, *kinds, since=held.ordered_n)
    return None if has_any else "没有整改的合格照片或材料"


def _not_submitter(held: Held, person: UUID | None, _given: Given) -> str | None:
    is_same = person is not None and held.submitted_by == person
    return "整改由您提交,须由另一人(最好是另一单位)验收" if is_same else None


def _acceptance(held: Held, _person: UUID | None, _given: Given) -> str | None:
    since = held.submitted_n
    has_photo = bool(held.photos(Purpose.ACCEPTANCE, since))
    if has_photo and held.has(Purpose.ACCEPTANCE, EvidenceKind.POSITION, since=since):
        return None
    return "须在提交整改之后到现场验收:至少一张合格照片和一个在图斑内的定位"


def _verified(held: Held, person: UUID | None, _given: Given) -> str | None:
    if held.verified_by is None:
        return "还没有现场验收记录"
    return "现场验收是您做的,须由另一人销号" if held.verified_by == person else None


def _restored(held: Held, _person: UUID | None, _given: Given) -> str | None:
    if not held.is_basic_farmland:
        return None
    photos = [each for each in held.photos(Purpose.RESTORED).values() if each.shows is not None]
    if not photos:
        return "涉及永久基本农田:须有显示作物或已翻耕土地的恢复耕种照片"
    first = min(each.at for each in photos)
    later = (EvidenceKind.IMAGE, EvidenceKind.VISIT)
    is_seen_again = any(
        each.purpose is Purpose.RESTORED and each.kind in later and each.at > first
        for each in held.pieces
    )
    return None if is_seen_again else "涉及永久基本农田:照片之后还须有一次影像或到访,证明已恢复耕种"


def _relooked(held: Held, _person: UUID | None, _given: Given) -> str | None:
    kinds = (EvidenceKind.PHOTO, EvidenceKind.IMAGE, EvidenceKind.VISIT)
    return None if held.has(Purpose.RELOOK, *kinds) else "没有回头看的合格照片、影像或到访"


def _organ(_: Held, _person: UUID | None, given: Given) -> str | None:
    is_whole = given.organ.strip() and given.document_no.strip() and given.has_receipt_due
    return None if given.is_form or is_whole else "须写明移送机关、移送文号和回执期限"


def _receipt(held: Held, _person: UUID | None, given: Given) -> str | None:
    if held.has_receipt:
        return "回执已登记"
    return None if given.is_form or given.receipt_no.strip() else "须写明回执文号"


def _not_hander(held: Held, person: UUID | None, _given: Given) -> str | None:
    is_same = person is not None and held.handed_over_by == person
    return "移送是您办的,须由另一人登记回执、批准暂停或办结" if is_same else None


def _outcome(held: Held, _person: UUID | None, given: Given) -> str | None:
    if not held.has_receipt:
        return "还没有移送回执"
    return None if given.is_form or given.document_no.strip() else "须写明受移送机关处理结果的文号"


def _target(_: Held, _person: UUID | None, given: Given) -> str | None:
    return None if given.is_form or given.has_target else "须指定并入哪一个在办案件"


CHECKS: dict[Gate, Check] = {
    Gate.PERSON: _person,
    Gate.REASON: _reason,
    Gate.ASSIGNEE: _assignee,
    Gate.ON_SITE: _on_site,
    Gate.REVIEWED: _reviewed,
    Gate.STOP_PROOF: _stop_proof,
    Gate.RECTIFIED: _rectified,
    Gate.NOT_SUBMITTER: _not_submitter,
    Gate.ACCEPTANCE: _acceptance,
    Gate.VERIFIED: _verified,
    Gate.RESTORED: _restored,
    Gate.RELOOKED: _relooked,
    Gate.ORGAN: _organ,
    Gate.RECEIPT: _receipt,
    Gate.NOT_HANDER: _not_hander,
    Gate.OUTCOME: _outcome,
    Gate.TARGET: _target,
}


def missing(gates: Iterable[Gate], held: Held, person: UUID | None, given: Given) -> list[Lack]:
    """Return what is missing for a step.

    Parameters
    ----------
    gates : iterable of Gate
        What it asks for.
    held : Held
        The case as it stands.
    person : UUID or None
        Who takes it.
    given : Given
        What they bring along.

    Returns
    -------
    list of Lack
        In the order of the gates; empty where nothing is missing.
    """
    told = ((gate, CHECKS[gate](held, person, given)) for gate in gates)
    return [Lack(gate, text) for gate, text in told if text is not None]
