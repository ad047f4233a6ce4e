"""The table of a case's steps, walked over every state, event and duty; and every gate."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from inspections.case_gates import CHECKS
from inspections.case_held import Given, Held, Piece
from inspections.case_steps import STEP_OF, Move, Step, held
from inspections.case_words import (
    ESCALATION_TEXT,
    EVENT_TEXT,
    NO_ENTRY_TEXT,
    PURPOSE_TEXT,
    SHOWS_TEXT,
    SOURCE_TEXT,
    STATE_TEXT,
    Duty,
    Escalation,
    Event,
    EvidenceKind,
    Gate,
    NoEntry,
    Purpose,
    Shows,
    Source,
    State,
)
from inspections.cases import (
    EDGES,
    ENDED,
    OPEN,
    PROVED,
    WORKED,
    Actor,
    DutyNotAllowed,
    GateClosed,
    MoveNotAllowed,
    next_state,
    walk,
    ways,
)

EXPECTED = """
lead accept accepted bureau
lead dismiss dismissed bureau
lead merge merged bureau
accepted assign assigned bureau
accepted merge merged bureau
assigned assign assigned bureau
assigned arrive checking officer
assigned merge merged bureau
checking report checking officer
checking exclude excluded bureau
checking confirm confirmed bureau
checking merge merged bureau
confirmed stop stopped bureau officer
confirmed hand_over handed_over bureau
confirmed merge merged bureau
stopped order rectifying bureau
stopped hand_over handed_over bureau
stopped merge merged bureau
rectifying submit awaiting officer recorder
rectifying hand_over handed_over bureau
rectifying merge merged bureau
awaiting verify awaiting bureau officer
awaiting fail failed bureau officer
awaiting close closed bureau
awaiting hand_over handed_over bureau
awaiting merge merged bureau
failed order rectifying bureau
failed hand_over handed_over bureau
failed merge merged bureau
closed relook closed bureau officer
closed reopen lead bureau system
excluded reopen lead system
dismissed reopen lead system
handed_over receipt handed_over bureau
handed_over verify handed_over bureau officer
handed_over take_back confirmed bureau
handed_over conclude closed bureau
"""
"""From, event, to, duties: written down once more, by hand."""
TABLE = {
    (State(row[0]), Event(row[1])): (State(row[2]), {Duty(each) for each in row[3:]})
    for row in map(str.split, EXPECTED.strip().splitlines())
}
DRAFTER, SUBMITTER, VERIFIER, HANDER, ACTOR = (UUID(int=n) for n in range(1, 6))
NOON = datetime(2023, 4, 20, 4, tzinfo=UTC)
GIVEN = Given("已核", True, True, "停〔2023〕1号", "区自然资源局", True, "回〔2023〕1号")
K, P = EvidenceKind, Purpose


def piece(kind: EvidenceKind, purpose: Purpose, digest: str = "a", **other) -> Piece:
    return Piece(kind, purpose, **({"n": 9, "by": DRAFTER, "at": NOON, "digest": digest} | other))


WHOLE = (
    piece(K.PHOTO, P.CHECK, "a"),
    piece(K.PHOTO, P.CHECK, "b"),
    piece(K.POSITION, P.CHECK),
    piece(K.PHOTO, P.STOP, "c"),
    piece(K.PHOTO, P.RECTIFICATION, "d"),
    piece(K.PHOTO, P.ACCEPTANCE, "e", by=ACTOR),
    piece(K.POSITION, P.ACCEPTANCE, by=ACTOR),
    piece(K.PHOTO, P.RESTORED, "f", shows=Shows.CROP),
    piece(K.IMAGE, P.RESTORED, at=NOON + timedelta(days=9)),
    piece(K.PHOTO, P.RELOOK, "g"),
)


def whole(state: State) -> Held:
    """A case in a state that lacks nothing."""
    return Held(
        state,
        State.CONFIRMED,
        WHOLE,
        reported_by=DRAFTER,
        submitted_by=SUBMITTER,
        since={P.ACCEPTANCE: 8},
        verified_by=VERIFIER,
        handed_over_by=HANDER,
        has_receipt=state is State.HANDED_OVER,
        is_basic_farmland=True,
        round=2,
    )


def actor(duty: Duty) -> Actor:
    return Actor(duty, None if duty is Duty.SYSTEM else ACTOR)


@pytest.mark.parametrize("state", list(State))
def test_of_all_triples_only_those_of_the_table_lead_anywhere(state):
    for event, duty in product(Event, Duty):
        held = whole(state)
        if event is Event.RECEIPT:
            held = replace(held, has_receipt=False)
        expected = TABLE.get((state, event))
        if expected is None:
            with pytest.raises(MoveNotAllowed, match=STATE_TEXT[state]):
                next_state(held, event, actor(duty), GIVEN)
        elif duty not in expected[1]:
            with pytest.raises(DutyNotAllowed):
                next_state(held, event, actor(duty), GIVEN)
        else:
            assert next_state(held, event, actor(duty), GIVEN) is expected[0]


@pytest.mark.parametrize(("state", "event"), sorted(EDGES))
def test_a_step_without_what_it_asks_for_is_refused_and_says_what_is_missing(state, event):
    edge = EDGES[state, event]
    bare = Held(state, is_basic_farmland=True, submitted_by=ACTOR, handed_over_by=ACTOR)
    duty = min(edge.duties - {Duty.SYSTEM}, default=Duty.SYSTEM)
    missing = set(edge.gates) - {Gate.PERSON}
    if not missing:
        next_state(bare, event, actor(duty), Given())
        return
    with pytest.raises(GateClosed) as closed:
        next_state(bare, event, actor(duty), Given())
    assert {each.gate for each in closed.value.lacks} == missing
    assert all(each.text for each in closed.value.lacks)


def test_the_words_are_whole_and_every_state_can_be_reached_and_left():
    assert set(EDGES) == set(TABLE)
    texts = (STATE_TEXT, EVENT_TEXT, PURPOSE_TEXT, NO_ENTRY_TEXT, SHOWS_TEXT, SOURCE_TEXT)
    words = (State, Event, Purpose, NoEntry, Shows, Source)
    assert all(set(text) == set(word) for text, word in zip(texts, words, strict=True))
    assert set(ESCALATION_TEXT) == set(Escalation)
    assert set(CHECKS) == set(Gate) == {gate for edge in EDGES.values() for gate in edge.gates}
    reached = {State.LEAD}
    for _ in State:
        reached |= {edge.to for (state, _), edge in EDGES.items() if state in reached and edge.to}
    assert reached == set(State)
    assert {state for state, _ in EDGES} == OPEN | ENDED - {State.MERGED}
    assert {State.DISMISSED, State.EXCLUDED, State.CLOSED, State.MERGED} == ENDED
    assert set(STEP_OF) == OPEN - {State.HANDED_OVER}
    assert set(STEP_OF.values()) == set(Step)
    assert OPEN - {State.HANDED_OVER, State.LEAD} == set(WORKED)
    assert {state for state, event in EDGES if event is Event.HAND_OVER} == set(PROVED)
    for (state, event), edge in EDGES.items():
        if edge.to is State.CLOSED and state is not State.CLOSED:
            assert {Gate.PERSON, Gate.VERIFIED} <= set(edge.gates), (state, event)


def test_the_system_does_nothing_but_open_again():
    taken = {event for (_, event), edge in EDGES.items() if Duty.SYSTEM in edge.duties}
    assert taken == {Event.REOPEN}
    for event in (Event.ACCEPT, Event.CONFIRM, Event.CLOSE):
        gates = [edge.gates for (_, each), edge in EDGES.items() if each is event]
        assert all(Gate.PERSON in each for each in gates)
    assert CHECKS[Gate.PERSON](whole(State.LEAD), None, GIVEN) is not None


def test_nobody_judges_what_they_did_themselves():
    def refused(state: State, event: Event, person: UUID, duty: Duty = Duty.BUREAU) -> set[Gate]:
        try:
            next_state(whole(state), event, Actor(duty, person), GIVEN)
        except GateClosed as closed:
            return {each.gate for each in closed.lacks}
        return set()

    assert refused(State.CHECKING, Event.CONFIRM, DRAFTER) == {Gate.REVIEWED}
    assert refused(State.CHECKING, Event.EXCLUDE, DRAFTER) == {Gate.REVIEWED}
    own = {Gate.NOT_SUBMITTER, Gate.ACCEPTANCE}
    assert refused(State.AWAITING, Event.VERIFY, SUBMITTER, Duty.OFFICER) == own
    assert refused(State.AWAITING, Event.FAIL, SUBMITTER, Duty.OFFICER) == {Gate.NOT_SUBMITTER}
    assert refused(State.AWAITING, Event.CLOSE, SUBMITTER) == {Gate.NOT_SUBMITTER}
    assert refused(State.AWAITING, Event.CLOSE, VERIFIER) == {Gate.VERIFIED}
    assert refused(State.AWAITING, Event.CLOSE, ACTOR) == set()
    assert refused(State.HANDED_OVER, Event.CONCLUDE, HANDER) == {Gate.NOT_HANDER}
    assert refused(State.HANDED_OVER, Event.CONCLUDE, VERIFIER) == {Gate.VERIFIED}
    assert refused(State.HANDED_OVER, Event.CONCLUDE, ACTOR) == set()


def lacks(state: State, event: Event, *pieces: Piece, given: Given = GIVEN, **other) -> set[Gate]:
    held = replace(whole(state), pieces=pieces, **other)
    found = EDGES[state, event]
    duty = min(found.duties - {Duty.SYSTEM}, default=Duty.SYSTEM)
    try:
        next_state(held, event, actor(duty), given)
    except GateClosed as closed:
        return {each.gate for each in closed.lacks}
    return set()


def test_a_check_needs_two_photos_that_differ_and_a_position_or_why_nobody_could_enter():
    one, two = piece(K.PHOTO, P.CHECK, "a"), piece(K.PHOTO, P.CHECK, "b")
    spot = piece(K.POSITION, P.CHECK)
    report = (State.CHECKING, Event.REPORT)
    assert lacks(*report, one, two, spot) == set()
    assert lacks(*report, one, two) == {Gate.ON_SITE}
    assert lacks(*report, one, spot) == {Gate.ON_SITE}
    assert lacks(*report, one, one, spot) == {Gate.ON_SITE}, "the same photo twice is one"
    assert lacks(*report, one, replace(two, is_qualified=False), spot) == {Gate.ON_SITE}
    assert lacks(*report, one, two, replace(spot, is_qualified=False)) == {Gate.ON_SITE}
    assert lacks(*report, one, replace(two, purpose=P.STOP), spot) == {Gate.ON_SITE}
    assert lacks(*report, piece(K.NO_ENTRY, P.CHECK)) == set()
    assert lacks(*report, piece(K.NO_ENTRY, P.STOP)) == {Gate.ON_SITE}


def test_a_stop_needs_the_number_of_a_notice_or_a_photo_that_proves_it():
    stop = (State.CONFIRMED, Event.STOP)
    nameless = replace(GIVEN, document_no=" ")
    assert lacks(*stop, given=nameless) == {Gate.STOP_PROOF}
    assert lacks(*stop) == set()
    numbered = piece(K.DOCUMENT, P.STOP, number="停〔2023〕2号")
    assert lacks(*stop, numbered, given=nameless) == set()
    assert lacks(*stop, replace(numbered, number=""), given=nameless) == {Gate.STOP_PROOF}
    photo = piece(K.PHOTO, P.STOP)
    assert lacks(*stop, photo, given=nameless) == set()
    assert lacks(*stop, replace(photo, is_qualified=False), given=nameless) == {Gate.STOP_PROOF}


def test_what_came_before_the_submission_accepts_nothing_and_old_work_is_not_submitted_twice():
    photo = piece(K.PHOTO, P.ACCEPTANCE, n=8, by=ACTOR)
    spot = piece(K.POSITION, P.ACCEPTANCE, n=8, by=ACTOR)
    for verify in ((State.AWAITING, Event.VERIFY), (State.HANDED_OVER, Event.VERIFY)):
        assert lacks(*verify, photo, spot) == set()
        assert lacks(*verify, replace(photo, n=7), spot) == {Gate.ACCEPTANCE}
        assert lacks(*verify, photo, replace(spot, n=7)) == {Gate.ACCEPTANCE}
        for other in (SUBMITTER, DRAFTER):
            by = replace(photo, by=other)
            assert lacks(*verify, by, spot) == {Gate.ACCEPTANCE}, "another's photo is not theirs"
            assert lacks(*verify, photo, replace(spot, by=other)) == {Gate.ACCEPTANCE}
    paper = piece(K.DOCUMENT, P.RECTIFICATION, n=8)
    since = {P.RECTIFICATION: 9}
    assert lacks(State.RECTIFYING, Event.SUBMIT, paper) == set()
    assert lacks(State.RECTIFYING, Event.SUBMIT, paper, since=since) == {Gate.RECTIFIED}


def test_basic_farmland_is_closed_only_when_it_is_seen_to_grow_again():
    photo = piece(K.PHOTO, P.RESTORED, shows=Shows.TILLED_SOIL)
    later = piece(K.VISIT, P.RESTORED, at=NOON + timedelta(days=1))
    for state, event in ((State.AWAITING, Event.CLOSE), (State.HANDED_OVER, Event.CONCLUDE)):
        assert lacks(state, event, photo, later) == set()
        assert lacks(state, event, photo) == {Gate.RESTORED}
        assert lacks(state, event, later) == {Gate.RESTORED}
        assert lacks(state, event, photo, replace(later, at=NOON)) == {Gate.RESTORED}
        assert lacks(state, event, replace(photo, shows=None), later) == {Gate.RESTORED}
        assert lacks(state, event, replace(photo, is_qualified=False), later) == {Gate.RESTORED}
        assert lacks(state, event, photo, replace(later, is_qualified=False)) == {Gate.RESTORED}
        old = {"since": {P.RESTORED: 10}}
        assert lacks(state, event, photo, later, **old) == {Gate.RESTORED}, "from before the order"
        assert lacks(state, event, photo, replace(later, n=10), **old) == {Gate.RESTORED}
        assert lacks(state, event, is_basic_farmland=False) == set()


def test_a_false_alarm_ends_for_good_only_what_was_never_closed():
    for state in (State.EXCLUDED, State.DISMISSED):
        assert lacks(state, Event.REOPEN) == set()
        assert lacks(state, Event.REOPEN, round=1) == {Gate.CLOSED_ONCE}


def test_what_was_brought_before_the_closing_is_no_second_look():
    relook = (State.CLOSED, Event.RELOOK)
    for kind in (K.PHOTO, K.IMAGE, K.VISIT):
        seen = piece(kind, P.RELOOK)
        assert lacks(*relook, seen, since={P.RELOOK: 9}) == set()
        assert lacks(*relook, seen, since={P.RELOOK: 10}) == {Gate.RELOOKED}


def test_a_hand_over_names_organ_document_and_term_and_ends_only_after_its_receipt():
    hand_over = (State.CONFIRMED, Event.HAND_OVER)
    for field, empty in (("organ", " "), ("document_no", ""), ("has_receipt_due", False)):
        assert lacks(*hand_over, given=replace(GIVEN, **{field: empty})) == {Gate.ORGAN}
    conclude = (State.HANDED_OVER, Event.CONCLUDE)
    assert lacks(*conclude, has_receipt=False, is_basic_farmland=False) == {Gate.OUTCOME}
    assert lacks(State.HANDED_OVER, Event.RECEIPT) == {Gate.RECEIPT}, "it is there already"


def test_the_ways_from_here_say_what_the_case_lacks_and_not_what_a_form_will_ask():
    found = {each.event: each for each in ways(whole(State.AWAITING), VERIFIER)}
    assert set(found) == {Event.VERIFY, Event.FAIL, Event.CLOSE, Event.HAND_OVER, Event.MERGE}
    assert [each.gate for each in found[Event.CLOSE].lacks] == [Gate.VERIFIED]
    assert found[Event.HAND_OVER].lacks == found[Event.MERGE].lacks == []
    assert list(ways(whole(State.MERGED), ACTOR)) == []
    stop = {each.event: each for each in ways(Held(State.CONFIRMED), ACTOR)}[Event.STOP]
    assert [each.gate for each in stop.lacks] == [Gate.STOP_PROOF]


def test_a_history_is_walked_by_the_table():
    path = [(Event.STOP, State.STOPPED), (Event.HAND_OVER, State.HANDED_OVER)]
    assert walk([*path, (Event.TAKE_BACK, State.STOPPED)], State.CONFIRMED) is State.STOPPED
    with pytest.raises(MoveNotAllowed):
        walk([(Event.ACCEPT, State.CLOSED)])


def test_evidence_counts_from_the_step_that_asked_for_it():
    def told(*path: tuple[Event, State]) -> dict[Purpose, int]:
        states = [State.CONFIRMED, *(to for _, to in path)]
        moves = [
            Move(n, 1, event, states[n - 1], to, ACTOR, NOON.date())
            for n, (event, to) in enumerate(path, start=1)
        ]
        return dict(held(states[-1], moves, [], is_basic_farmland=False, min_photos=2).since)

    stop, order = (Event.STOP, State.STOPPED), (Event.ORDER, State.RECTIFYING)
    submit, fail = (Event.SUBMIT, State.AWAITING), (Event.FAIL, State.FAILED)
    away, back = (Event.HAND_OVER, State.HANDED_OVER), (Event.TAKE_BACK, State.AWAITING)
    assert told(stop) == {}
    assert told(stop, order) == {P.RECTIFICATION: 2, P.RESTORED: 2}
    assert told(stop, order, submit, fail, order) == {
        P.RECTIFICATION: 5, P.RESTORED: 5, P.ACCEPTANCE: 3
    }  # fmt: skip
    gone = told(stop, order, submit, away)
    assert (gone[P.ACCEPTANCE], gone[P.RESTORED], gone[P.RECTIFICATION]) == (4, 4, 2)
    assert told(stop, order, submit, away, back)[P.ACCEPTANCE] == 3, "it goes on where it was"
    for end in (Event.CLOSE, Event.CONCLUDE):
        assert told(stop, (end, State.CLOSED), (Event.RELOOK, State.CLOSED))[P.RELOOK] == 2
