"""How cases read on pages, and what a form of a step asks for."""

from typing import Any
from uuid import uuid4

from inspections.case_words import (
    EVENT_TEXT,
    NO_ENTRY_TEXT,
    PURPOSE_TEXT,
    SHOWS_TEXT,
    SOURCE_TEXT,
    STATE_TEXT,
    Event,
    EvidenceKind,
    Gate,
    State,
)
from inspections.conversion_rules import CATEGORY_TEXT
from inspections.fusion_words import CLASS_TEXT
from inspections.penalty_rules import RULES, TERM_TEXT
from inspections.term_steps import LEAVE_TEXT, Leave, TermEvent
from service.areas import queries as areas

TOWN = areas.CODE_LENGTH["town"]
KIND_TEXT = {
    EvidenceKind.PHOTO: "照片",
    EvidenceKind.POSITION: "定位",
    EvidenceKind.DOCUMENT: "文书",
    EvidenceKind.NO_ENTRY: "无法进入",
    EvidenceKind.IMAGE: "影像",
    EvidenceKind.VISIT: "到访",
}
NEEDS_REASON = frozenset(
    {
        Event.DISMISS,
        Event.REPORT,
        Event.EXCLUDE,
        Event.ORDER,
        Event.FAIL,
        Event.REOPEN,
        Event.RECEIPT,
        Event.TAKE_BACK,
        Event.MERGE,
    }
)
FIELDS = {
    Event.ASSIGN: ("assignee",),
    Event.REPORT: ("companion",),
    Event.VERIFY: ("companion",),
    Event.STOP: ("document_no",),
    Event.HAND_OVER: ("organ", "document_no", "receipt_due_on"),
    Event.RECEIPT: ("receipt_no",),
    Event.CONCLUDE: ("document_no",),
    Event.MERGE: ("target_id",),
}
BY_FORM = frozenset({Gate.STOP_PROOF})
"""What a form can bring although the case itself lacks it."""
ASIDE = frozenset({Event.HAND_OVER, Event.MERGE})
"""Steps that leave the usual way; they are folded away."""
TERM_ASIDE = frozenset({TermEvent.ASK, TermEvent.DENY})
"""Steps of a term without a form in the open: one is folded away, one is a button of another."""
GOOD = frozenset({State.CLOSED, State.EXCLUDED})
CLASS_TAG = {"confirmed": "bad", "likely": "bad", "suspected": "warn", "excluded": "good"}


def words() -> dict[str, Any]:
    """Return how the words of cases read."""
    return {
        "EVENT_TEXT": EVENT_TEXT,
        "KIND_TEXT": KIND_TEXT,
        "NO_ENTRY_TEXT": NO_ENTRY_TEXT,
        "PURPOSE_TEXT": PURPOSE_TEXT,
        "SHOWS_TEXT": SHOWS_TEXT,
        "SEEN_BY_TEXT": SOURCE_TEXT,
        "CASE_STATE_TEXT": STATE_TEXT,
        "CATEGORY_TEXT": CATEGORY_TEXT,
        "CLASS_TEXT": CLASS_TEXT,
        "CLASS_TAG": CLASS_TAG,
        "NEEDS_REASON": NEEDS_REASON,
        "FIELDS": FIELDS,
        "BY_FORM": BY_FORM,
        "ASIDE": ASIDE,
        "GOOD": GOOD,
        "TERM_TEXT": TERM_TEXT,
        "TERM_RULES": {each: rules[-1] for each, rules in RULES.items()},
        "TERM_ASIDE": TERM_ASIDE,
        "LEAVE": Leave,
        "LEAVE_TEXT": LEAVE_TEXT,
        "new_id": uuid4,
    }
