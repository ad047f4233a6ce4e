"""The words of a case: its states, its steps, whose they are, what they ask for."""

from enum import StrEnum

from inspections import signals


class State(StrEnum):
    """Where a case stands."""

    LEAD = "lead"
    DISMISSED = "dismissed"
    ACCEPTED = "accepted"
    ASSIGNED = "assigned"
    CHECKING = "checking"
    EXCLUDED = "excluded"
    CONFIRMED = "confirmed"
    STOPPED = "stopped"
    RECTIFYING = "rectifying"
    AWAITING = "awaiting"
    FAILED = "failed"
    CLOSED = "closed"
    HANDED_OVER = "handed_over"
    MERGED = "merged"


STATE_TEXT = {
    State.LEAD: "线索",
    State.DISMISSED: "不予受理",
    State.ACCEPTED: "已受理",
    State.ASSIGNED: "已派核",
    State.CHECKING: "核查中",
    State.EXCLUDED: "排除",
    State.CONFIRMED: "确认",
    State.STOPPED: "已制止",
    State.RECTIFYING: "整改中",
    State.AWAITING: "待验收",
    State.FAILED: "复查不合格",
    State.CLOSED: "销号",
    State.HANDED_OVER: "移送",
    State.MERGED: "合并",
}


class Event(StrEnum):
    """What may happen to a case."""

    ACCEPT = "accept"
    DISMISS = "dismiss"
    ASSIGN = "assign"
    ARRIVE = "arrive"
    REPORT = "report"
    EXCLUDE = "exclude"
    CONFIRM = "confirm"
    STOP = "stop"
    ORDER = "order"
    SUBMIT = "submit"
    VERIFY = "verify"
    FAIL = "fail"
    CLOSE = "close"
    RELOOK = "relook"
    REOPEN = "reopen"
    HAND_OVER = "hand_over"
    RECEIPT = "receipt"
    TAKE_BACK = "take_back"
    CONCLUDE = "conclude"
    MERGE = "merge"


EVENT_TEXT = {
    Event.ACCEPT: "受理",
    Event.DISMISS: "不予受理",
    Event.ASSIGN: "派核",
    Event.ARRIVE: "到场",
    Event.REPORT: "提交核查意见",
    Event.EXCLUDE: "排除",
    Event.CONFIRM: "确认",
    Event.STOP: "制止",
    Event.ORDER: "责令整改",
    Event.SUBMIT: "提交整改",
    Event.VERIFY: "现场验收",
    Event.FAIL: "复查不合格",
    Event.CLOSE: "销号",
    Event.RELOOK: "回头看",
    Event.REOPEN: "重新打开",
    Event.HAND_OVER: "移送",
    Event.RECEIPT: "登记回执",
    Event.TAKE_BACK: "移送退回",
    Event.CONCLUDE: "移送办结",
    Event.MERGE: "合并",
}


class Duty(StrEnum):
    """Whose step it is: an account's duty, or nobody's."""

    RECORDER = "recorder"
    APPROVER = "approver"
    BUREAU = "bureau"
    OFFICER = "officer"
    LEADER = "leader"
    OUTLET = "outlet"
    AUDITOR = "auditor"
    ADMIN = "admin"
    SYSTEM = "system"


class Gate(StrEnum):
    """What a step asks for."""

    PERSON = "person"
    REASON = "reason"
    ASSIGNEE = "assignee"
    ON_SITE = "on_site"
    REVIEWED = "reviewed"
    STOP_PROOF = "stop_proof"
    RECTIFIED = "rectified"
    NOT_SUBMITTER = "not_submitter"
    ACCEPTANCE = "acceptance"
    VERIFIED = "verified"
    RESTORED = "restored"
    RELOOKED = "relooked"
    ORGAN = "organ"
    RECEIPT = "receipt"
    NOT_HANDER = "not_hander"
    OUTCOME = "outcome"
    TARGET = "target"
    CLOSED_ONCE = "closed_once"


class EvidenceKind(StrEnum):
    """What a piece of evidence is."""

    PHOTO = "photo"
    POSITION = "position"
    DOCUMENT = "document"
    NO_ENTRY = "no_entry"
    IMAGE = "image"
    VISIT = "visit"


class Purpose(StrEnum):
    """What a piece of evidence is to show."""

    SIGHTING = "sighting"
    CHECK = "check"
    STOP = "stop"
    RECTIFICATION = "rectification"
    ACCEPTANCE = "acceptance"
    RESTORED = "restored"
    RELOOK = "relook"
    OTHER = "other"


PURPOSE_TEXT = {
    Purpose.SIGHTING: "发现",
    Purpose.CHECK: "核查",
    Purpose.STOP: "制止",
    Purpose.RECTIFICATION: "整改",
    Purpose.ACCEPTANCE: "验收",
    Purpose.RESTORED: "恢复耕种",
    Purpose.RELOOK: "回头看",
    Purpose.OTHER: "其他",
}


class NoEntry(StrEnum):
    """Why nobody could enter; 无法进入. Source: domain 3.2, WJZLX, and the field."""

    LOCKED = "locked"
    REFUSED = "refused"
    FLOODED = "flooded"
    DANGEROUS = "dangerous"
    NO_ROAD = "no_road"
    MILITARY = "military"


NO_ENTRY_TEXT = {
    NoEntry.LOCKED: "上锁或围蔽",
    NoEntry.REFUSED: "当事人阻拦",
    NoEntry.FLOODED: "水淹",
    NoEntry.DANGEROUS: "有危险",
    NoEntry.NO_ROAD: "无路可达",
    NoEntry.MILITARY: "军事用地",
}


class Shows(StrEnum):
    """What a photo of restored land shows, by who took it."""

    CROP = "crop"
    TILLED_SOIL = "tilled_soil"


SHOWS_TEXT = {Shows.CROP: "作物", Shows.TILLED_SOIL: "已翻耕的土地"}


class Source(StrEnum):
    """Who saw it: a source of signals, or a photo in the case file."""

    TIP = "tip"
    PATROL = "patrol"
    MONITORING = "monitoring"
    SCREENING = "screening"
    ENFORCEMENT = "enforcement"
    PHOTO = "photo"


SOURCE_TEXT = {
    **{Source(each.value): text for each, text in signals.SOURCE_TEXT.items()},
    Source.PHOTO: "照片",
}


class Escalation(StrEnum):
    """What a reminder is of: how much of a step's time is used, or that it is time to look."""

    HALF = "half"
    FULL = "full"
    OVER = "over"
    RELOOK = "relook"


ESCALATION_TEXT = {
    Escalation.HALF: "期限过半",
    Escalation.FULL: "期限已到",
    Escalation.OVER: "超过期限一半",
    Escalation.RELOOK: "应当回头看",
}
