"""Cases under any order of steps by any people, beside a model that remembers who did what."""

from datetime import UTC, date, datetime, timedelta
from typing import ClassVar
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from inspections.case_held import Given, Piece
from inspections.case_steps import STEP_OF, Move, Step, due, held, timed
from inspections.case_words import Duty, Event, EvidenceKind, Gate, Purpose, Shows, State
from inspections.cases import (
    OPEN,
    Actor,
    DutyNotAllowed,
    GateClosed,
    MoveNotAllowed,
    next_state,
    walk,
    ways,
)
from tests.inspections.test_case_clocks import SPRING

LIMITS = dict(zip(Step, (1, 3, 5, 7, 15, 10), strict=True))
PEOPLE = {UUID(int=n): duty for n, duty in enumerate((Duty.BUREAU, Duty.OFFICER) * 3, start=1)}
PEOPLE |= {UUID(int=7): Duty.RECORDER, UUID(int=8): Duty.LEADER, UUID(int=9): Duty.AUDITOR}
people = st.sampled_from(sorted(PEOPLE))
rarely = st.integers(0, 3).map(lambda n: n == 0)
ASIDE = {Event.MERGE, Event.DISMISS, Event.EXCLUDE, Event.HAND_OVER}
"""Steps that lead away from the long way; they are tried now and then."""
ENDING = {Event.CLOSE, Event.CONCLUDE}
PURPOSE_OF = {
    Gate.ON_SITE: Purpose.CHECK,
    Gate.STOP_PROOF: Purpose.STOP,
    Gate.RECTIFIED: Purpose.RECTIFICATION,
    Gate.ACCEPTANCE: Purpose.ACCEPTANCE,
    Gate.RESTORED: Purpose.RESTORED,
    Gate.RELOOKED: Purpose.RELOOK,
}
FIRST_DAY = date(2023, 2, 1)
MIDNIGHT = datetime(2023, 2, 1, tzinfo=UTC)


class CaseMachine(RuleBasedStateMachine):
    """One case; `moves` and `pieces` only ever grow."""

    taken: ClassVar[set[Event]] = set()

    def __init__(self) -> None:
        super().__init__()
        self.state, self.round, self.day = State.LEAD, 1, FIRST_DAY
        self.moves: list[Move] = []
        self.pieces: list[tuple[int, Piece]] = []
        self.is_basic_farmland = False

    def standing(self):
        return held(
            self.state,
            [each for each in self.moves if each.round == self.round],
            [piece for number, piece in self.pieces if number == self.round],
            is_basic_farmland=self.is_basic_farmland,
            min_photos=2,
        )

    def last(self, event: Event) -> Move | None:
        found = [each for each in self.moves if each.event is event and each.round == self.round]
        return found[-1] if found else None

    @rule(days=st.integers(0, 3))
    def time_passes(self, days):
        self.day = min(self.day + timedelta(days=days), date(2023, 9, 30))

    @rule()
    def the_land_turns_out_to_be_basic_farmland(self):
        self.is_basic_farmland = True

    @rule(
        kind=st.sampled_from(EvidenceKind),
        purpose=st.sampled_from(Purpose),
        by=people,
        is_qualified=st.booleans(),
        shows=st.none() | st.sampled_from(Shows),
    )
    def evidence_comes(self, kind, purpose, by, is_qualified, shows):
        at = MIDNIGHT + timedelta(minutes=len(self.pieces))
        piece = Piece(
            kind, purpose, len(self.moves), by, at, is_qualified, f"{len(self.pieces)}", "", shows
        )
        self.pieces.append((self.round, piece))

    @rule(event=st.sampled_from(Event), by=people, is_filled=st.booleans(), may_leave=rarely)
    def somebody_tries(self, event, by, is_filled, may_leave):
        if event not in ASIDE or may_leave:
            self.take(event, Actor(PEOPLE[by], by), is_filled=is_filled)

    @rule(data=st.data(), by=people, may_leave=rarely)
    def the_case_goes_on(self, data, by, may_leave):
        """Bring what a step lacks, then let somebody whose it is take it."""
        wanted = [
            each
            for each in ways(self.standing(), by)
            if (each.event not in ASIDE or may_leave) and each.duties != {Duty.SYSTEM}
        ]
        if not wanted:
            return
        way = data.draw(st.sampled_from(wanted))
        fit = [each for each, duty in PEOPLE.items() if duty in way.duties]
        person = data.draw(st.sampled_from(fit))
        for lack in way.lacks:
            if lack.gate in PURPOSE_OF:
                self.all_that_a_purpose_needs_comes(PURPOSE_OF[lack.gate], person)
        still = {each.event: each for each in ways(self.standing(), person)}[way.event].lacks
        taken = self.take(way.event, Actor(PEOPLE[person], person), is_filled=True)
        # A form may bring the number of a notice, of a document: that is no lack then.
        assert taken or still, "what is said to be open is open"

    @rule(data=st.data(), by=people)
    def the_case_goes_far(self, data, by):
        for _ in range(data.draw(st.integers(1, 4))):
            self.the_case_goes_on(data, by, False)

    @rule(purpose=st.sampled_from(Purpose), by=people)
    def all_that_a_purpose_needs_comes(self, purpose, by):
        for kind in (EvidenceKind.PHOTO, EvidenceKind.PHOTO, EvidenceKind.POSITION):
            self.evidence_comes(kind, purpose, by, True, Shows.CROP)
        self.evidence_comes(EvidenceKind.IMAGE, purpose, by, True, None)

    @rule(event=st.sampled_from(Event))
    def the_system_tries(self, event):
        if self.take(event, Actor(Duty.SYSTEM, None), is_filled=True):
            assert (event, self.state) == (Event.REOPEN, State.LEAD)

    def take(self, event: Event, actor: Actor, *, is_filled: bool) -> bool:
        given = Given("x", True, True, "x", "x", True, "x") if is_filled else Given()
        before = self.standing()
        try:
            to = next_state(before, event, actor, given)
        except (MoveNotAllowed, DutyNotAllowed, GateClosed):
            assert self.standing() == before
            return False
        if event is Event.REOPEN:
            self.round += 1
        self.refuse_what_must_not_be(event, actor, to)
        due_on = self.day + timedelta(days=5)
        self.moves.append(
            Move(
                n=len(self.moves) + 1,
                round=self.round,
                event=event,
                came_from=self.state,
                to=to,
                by=actor.person,
                day=self.day,
                receipt_due_on=due_on if event is Event.HAND_OVER else None,
            )
        )
        self.state = to
        self.taken.add(event)
        return True

    def refuse_what_must_not_be(self, event: Event, actor: Actor, to: State) -> None:
        """The laws, told once more without the table."""
        assert actor.duty not in {Duty.LEADER, Duty.AUDITOR}
        if event in {Event.CONFIRM, Event.EXCLUDE}:
            assert self.by(Event.REPORT) not in {None, actor.person}
        if event in {Event.VERIFY, Event.FAIL, Event.CLOSE}:
            assert self.by(Event.SUBMIT) != actor.person
        if event in {Event.RECEIPT, Event.CONCLUDE}:
            assert self.by(Event.HAND_OVER) not in {None, actor.person}
        if event in {*ENDING, Event.VERIFY, Event.RELOOK}:
            self.refuse_what_nobody_looked_at(event, actor)
        if to is State.CLOSED and event is not Event.RELOOK and self.is_basic_farmland:
            mine = [piece for number, piece in self.pieces if number == self.round]
            restored = [each for each in mine if each.purpose is Purpose.RESTORED]
            assert any(each.shows and each.is_qualified for each in restored)
            assert any(each.kind in {EvidenceKind.IMAGE, EvidenceKind.VISIT} for each in restored)

    def by(self, event: Event) -> UUID | None:
        found = self.last(event)
        return found.by if found else None

    def refuse_what_nobody_looked_at(self, event: Event, actor: Actor) -> None:
        """Whoever says that it is done was there, after it was; and does not close."""
        is_away = self.state is State.HANDED_OVER
        begun = self.last(Event.HAND_OVER if is_away else Event.SUBMIT)
        if event is Event.RELOOK:
            ended = max(each.n for each in self.moves if each.event in ENDING)
            assert self.brought(Purpose.RELOOK, ended)
            return
        assert begun is not None
        if event is Event.VERIFY:
            own = self.brought(Purpose.ACCEPTANCE, begun.n, actor.person)
            assert {EvidenceKind.PHOTO, EvidenceKind.POSITION} <= own
        else:
            verified = self.last(Event.VERIFY)
            assert verified is not None
            assert verified.n > begun.n
            assert actor.person not in {verified.by, begun.by}

    def brought(self, purpose: Purpose, since: int, by: UUID | None = None) -> set[EvidenceKind]:
        return {
            piece.kind
            for number, piece in self.pieces
            if (number, piece.purpose) == (self.round, purpose)
            and piece.is_qualified
            and piece.n >= since
            and by in {None, piece.by}
        }

    @invariant()
    def the_history_leads_to_the_state(self):
        assert walk((each.event, each.to) for each in self.moves) is self.state

    @invariant()
    def what_is_timed_fits_the_state(self):
        now = timed(FIRST_DAY, self.moves)
        assert now.step is STEP_OF.get(self.state)
        assert now.started_on <= self.day
        told = due(now, LIMITS, SPRING, [])
        assert (told is None) <= (self.state not in OPEN or self.state is State.HANDED_OVER)

    @invariant()
    def a_case_that_came_back_was_closed_before(self):
        closings = [
            each for each in self.moves
            if each.to is State.CLOSED and each.came_from is not State.CLOSED
        ]  # fmt: skip
        assert self.round == 1 or closings
        ends = [each for each in self.moves if each.to not in OPEN and each.came_from in OPEN]
        assert self.round - 1 <= len(ends)


def test_no_order_of_steps_breaks_a_law_of_cases():
    bounds = settings(
        max_examples=150, stateful_step_count=80, deadline=None, derandomize=True, database=None
    )
    CaseMachine.taken.clear()
    run_state_machine_as_test(CaseMachine, settings=bounds)
    tried = CaseMachine.taken
    assert tried >= set(Event) - ASIDE - {Event.CONCLUDE, Event.TAKE_BACK, Event.RECEIPT}


def test_the_machine_can_go_all_the_way():
    machine = CaseMachine()
    bureau, officer, second, third = (UUID(int=n) for n in (1, 2, 4, 3))
    for event, by in ((Event.ACCEPT, bureau), (Event.ASSIGN, bureau), (Event.ARRIVE, officer)):
        assert machine.take(event, Actor(PEOPLE[by], by), is_filled=True), event
    machine.all_that_a_purpose_needs_comes(Purpose.CHECK, officer)
    path = [
        (Event.REPORT, officer),
        (Event.CONFIRM, bureau),
        (Event.STOP, officer),
        (Event.ORDER, bureau),
    ]
    for event, by in path:
        assert machine.take(event, Actor(PEOPLE[by], by), is_filled=True), event
    machine.all_that_a_purpose_needs_comes(Purpose.RECTIFICATION, officer)
    assert machine.take(Event.SUBMIT, Actor(Duty.OFFICER, officer), is_filled=True)
    machine.all_that_a_purpose_needs_comes(Purpose.ACCEPTANCE, second)
    assert machine.take(Event.VERIFY, Actor(Duty.OFFICER, second), is_filled=True)
    assert machine.take(Event.CLOSE, Actor(Duty.BUREAU, third), is_filled=True)
    assert machine.take(Event.REOPEN, Actor(Duty.SYSTEM, None), is_filled=True)
    assert (machine.state, machine.round, machine.standing().reported_by) == (State.LEAD, 2, None)
