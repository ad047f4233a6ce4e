"""What each step of a case asks for, and what of it is missing. Pure."""

from collections.abc import Callable, Iterable
from uuid import UUID

from inspections.case_held import Given, Held, Lack
from inspections.case_words import EvidenceKind, Gate, Purpose

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
    return None if held.has(Purpose.RECTIFICATION, *kinds) else "没有整改的合格照片或材料"


def _not_submitter(held: Held, person: UUID | None, _given: Given) -> str | None:
    is_same = person is not None and held.submitted_by == person
    return "整改由您提交,须由另一人(最好是另一单位)验收" if is_same else None


def _acceptance(held: Held, person: UUID | None, _given: Given) -> str | None:
    seen = held.of(person)  # who says that it is done has been there themselves
    kinds = (EvidenceKind.PHOTO, EvidenceKind.POSITION)
    if all(seen.has(Purpose.ACCEPTANCE, each) for each in kinds):
        return None
    return "须由验收人本人在提交整改(或移送)之后到现场:至少一张合格照片和一个在图斑内的定位"


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
    later = held.proving(Purpose.RESTORED, EvidenceKind.IMAGE, EvidenceKind.VISIT)
    is_seen_again = any(each.at > first for each in later)
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


def _closed_once(held: Held, _person: UUID | None, _given: Given) -> str | None:
    return None if held.round > 1 else "本案没有销过号;有新情况的,由系统另开线索"


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
    Gate.CLOSED_ONCE: _closed_once,
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
