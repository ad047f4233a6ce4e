"""The policy: one table of who may do what. What is not written here is denied.

Every API operation and every page names one action of this table. `OWN` means inside the
account's own area subtree, which the query layer enforces; `ANY` is for what has no area.
"""

from enum import StrEnum
from types import MappingProxyType

from service.security import Role


class Reach(StrEnum):
    """How far a permission goes."""

    OWN = "own"
    ANY = "any"


_R = Role
_EVERYONE = dict.fromkeys(Role, Reach.ANY)
_READERS = dict.fromkeys(
    (_R.RECORDER, _R.APPROVER, _R.BUREAU, _R.LEADER, _R.AUDITOR, _R.ADMIN), Reach.OWN
)
_MAP = _READERS | {_R.OFFICER: Reach.OWN}
_INSPECTION = dict.fromkeys((_R.BUREAU, _R.OFFICER, _R.LEADER, _R.AUDITOR), Reach.OWN)
_BUREAU = {_R.BUREAU: Reach.OWN}
_CASE = dict.fromkeys((_R.OFFICER, _R.BUREAU, _R.RECORDER), Reach.OWN)
_KEEPERS = {_R.RECORDER: Reach.OWN, _R.BUREAU: Reach.OWN}

POLICY: MappingProxyType[str, dict[Role, Reach]] = MappingProxyType(
    {
        # accounts
        "me.read": _EVERYONE,
        "session.end": _EVERYONE,
        "account.list": {_R.ADMIN: Reach.OWN, _R.AUDITOR: Reach.OWN},
        "account.create": {_R.ADMIN: Reach.OWN},
        "account.change": {_R.ADMIN: Reach.OWN},
        "audit.read": {_R.AUDITOR: Reach.OWN, _R.ADMIN: Reach.OWN},
        # areas
        "area.read": dict.fromkeys(Role, Reach.OWN),
        # land
        "map.read": _MAP,
        "parcel.read": _MAP,
        "parcel.import": {_R.BUREAU: Reach.OWN, _R.ADMIN: Reach.OWN},
        "parcel.export": _BUREAU,  # vectors are controlled data: by the bureau only, and audited
        "approval.file": _BUREAU,
        # sowing
        "season.read": _EVERYONE,
        "season.create": {_R.ADMIN: Reach.ANY, _R.BUREAU: Reach.ANY},
        "crop.read": _EVERYONE,
        "sowing.progress.read": _READERS,
        "sowing.plan.read": _READERS,
        "sowing.plan.file": _BUREAU,
        "sowing.report.read": _READERS,
        "sowing.report.file": {_R.RECORDER: Reach.OWN},
        # reporting
        "reporting.task.read": _READERS,
        "reporting.task.submit": {_R.RECORDER: Reach.OWN},
        "reporting.task.return": {_R.APPROVER: Reach.OWN, _R.BUREAU: Reach.OWN},
        "reporting.task.approve": {_R.APPROVER: Reach.OWN},
        "reporting.task.accept": _BUREAU,
        "reporting.task.reopen": _BUREAU,
        "reporting.exception.grant": _BUREAU,
        "reporting.notice.read": _READERS,
        # supply: outlets
        "outlet.read": _MAP | {_R.OUTLET: Reach.OWN},
        "outlet.count": _MAP,
        "outlet.write": _BUREAU,
        # supply: products and stock
        "product.read": _EVERYONE,
        "product.write": {_R.BUREAU: Reach.ANY},
        "stock.read": _MAP | {_R.OUTLET: Reach.OWN},
        "stock.write": _KEEPERS | {_R.OUTLET: Reach.OWN, _R.OFFICER: Reach.OWN},
        "stock.transfer": _KEEPERS,
        "stock.import": _KEEPERS,
        "stock.adequacy.read": _READERS,
        "stock.close": _BUREAU,
        "stock.reopen": {_R.ADMIN: Reach.OWN},
        # supply: prices
        "price.read": _MAP | {_R.OUTLET: Reach.OWN},
        "price.compare": _MAP,
        "price.write": dict.fromkeys((_R.RECORDER, _R.BUREAU, _R.OFFICER, _R.OUTLET), Reach.OWN),
        # photos
        "photo.file": dict.fromkeys((_R.OFFICER, _R.RECORDER, _R.BUREAU), Reach.OWN),
        "photo.read": _MAP,
        # what tells where a photo was taken: the original with its EXIF, and positions
        "photo.original": dict.fromkeys((_R.OFFICER, _R.BUREAU, _R.AUDITOR), Reach.OWN),
        # visits
        "campaign.read": _INSPECTION,
        "campaign.write": _BUREAU,  # also the roster, and who keeps away from whom
        "visit.read": _INSPECTION,
        "visit.write": {_R.OFFICER: Reach.OWN},
        # machinery
        "machinery.read": _MAP,
        "machinery.write": _KEEPERS,
        "machinery.capacity.read": _READERS,
        # facts
        "fact.read": _READERS,
        # doubts: of the books that the reader may read
        "doubt.read": _MAP,
        "doubt.reply": dict.fromkeys((_R.RECORDER, _R.APPROVER, _R.OFFICER), Reach.OWN),
        "doubt.settle": _BUREAU,
        "doubt.run": _BUREAU,
        # bulletins: issued ones; drafts only by who may write
        "bulletin.read": _READERS,
        "bulletin.write": _BUREAU,
        # agronomy
        "agronomy.read": _MAP,
        "agronomy.write": _KEEPERS,
        # signals
        "signal.read": _INSPECTION,
        "signal.file": {_R.BUREAU: Reach.OWN, _R.OFFICER: Reach.OWN},
        "signal.decide": _BUREAU,
        "patrol.read": _INSPECTION | {_R.RECORDER: Reach.OWN},
        "patrol.write": dict.fromkeys((_R.OFFICER, _R.RECORDER, _R.BUREAU), Reach.OWN),
        "patch.import": _BUREAU,
        # tips: what is sealed of them is opened by the bureau after the auditor's approval
        "tip.read": _BUREAU,
        "tip.unseal": _BUREAU,
        "tip.unseal.read": {_R.BUREAU: Reach.OWN, _R.AUDITOR: Reach.OWN},
        "tip.unseal.approve": {_R.AUDITOR: Reach.OWN},
        # imagery
        "observation.read": _MAP,
        "observation.import": _BUREAU,
        # cases: who may take which step is told by the table of `inspections.cases`
        "case.read": _MAP,
        "case.move": _CASE,
        "case.evidence": _CASE,
        "case.assign": _BUREAU,
        "case.follow": _BUREAU,
        "case.file": {_R.BUREAU: Reach.OWN, _R.AUDITOR: Reach.OWN},
        # screening: a verdict names its signals, so whoever may read these may read it
        "verdict.read": _INSPECTION,
        "screening.run": _BUREAU,
        # terms of cases: which step is whose is told by `inspections.term_gates`
        "case.term": {_R.OFFICER: Reach.OWN, _R.BUREAU: Reach.OWN},
    }
)


def may(role: Role, action: str) -> bool:
    """Tell whether the role may do the action at all."""
    return role in POLICY[action]
