"""The life of a case, from lead to its end: one table of edges and what each asks for. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from inspections.case_gates import missing
from inspections.case_held import Given, Held, Lack
from inspections.case_words import EVENT_TEXT, STATE_TEXT, Duty, Event, Gate, State


class MoveNotAllowed(ValueError):
    """A step that does not exist from where the case stands."""


class DutyNotAllowed(ValueError):
    """A step that exists, but is another duty's."""


class GateClosed(ValueError):
    """Something that this step asks for is not there.

    Attributes
    ----------
    lacks : list of Lack
        What is missing, in Chinese, each with its gate.
    """

    def __init__(self, lacks: list[Lack]) -> None:
        super().__init__(";".join(each.text for each in lacks))
        self.lacks = lacks


@dataclass(frozen=True)
class Edge:
    """One step that there is.

    Attributes
    ----------
    to : State or None
        Where it leads; None leads back to where the case was before it was handed over.
    duties : frozenset of Duty
        Whose step it is.
    gates : tuple of Gate
        What it asks for.
    """

    to: State | None
    duties: frozenset[Duty]
    gates: tuple[Gate, ...] = ()


_BUREAU = frozenset({Duty.BUREAU})
_OFFICER = frozenset({Duty.OFFICER})
_FIELD = frozenset({Duty.OFFICER, Duty.BUREAU})
_TOWN = frozenset({Duty.OFFICER, Duty.RECORDER})
_MACHINE = frozenset({Duty.SYSTEM, Duty.BUREAU})
_SYSTEM = frozenset({Duty.SYSTEM})
_S, _E, _G = State, Event, Gate

WORKED = (
    _S.ACCEPTED,
    _S.ASSIGNED,
    _S.CHECKING,
    _S.CONFIRMED,
    _S.STOPPED,
    _S.RECTIFYING,
    _S.AWAITING,
    _S.FAILED,
)
"""States in which a person has taken the case up and not ended it."""
PROVED = (_S.CONFIRMED, _S.STOPPED, _S.RECTIFYING, _S.AWAITING, _S.FAILED)
"""From the confirmation on a case may be handed over: by then it is a fact, and no guess."""
OPEN = frozenset({_S.LEAD, *WORKED, _S.HANDED_OVER})
ENDED = frozenset(State) - OPEN

EDGES: dict[tuple[State, Event], Edge] = {
    (_S.LEAD, _E.ACCEPT): Edge(_S.ACCEPTED, _BUREAU, (_G.PERSON,)),
    (_S.LEAD, _E.DISMISS): Edge(_S.DISMISSED, _BUREAU, (_G.PERSON, _G.REASON)),
    (_S.ACCEPTED, _E.ASSIGN): Edge(_S.ASSIGNED, _BUREAU, (_G.ASSIGNEE,)),
    (_S.ASSIGNED, _E.ASSIGN): Edge(_S.ASSIGNED, _BUREAU, (_G.ASSIGNEE,)),
    (_S.ASSIGNED, _E.ARRIVE): Edge(_S.CHECKING, _OFFICER, (_G.PERSON,)),
    (_S.CHECKING, _E.REPORT): Edge(_S.CHECKING, _OFFICER, (_G.REASON, _G.ON_SITE)),
    (_S.CHECKING, _E.EXCLUDE): Edge(_S.EXCLUDED, _BUREAU, (_G.PERSON, _G.REASON, _G.REVIEWED)),
    (_S.CHECKING, _E.CONFIRM): Edge(_S.CONFIRMED, _BUREAU, (_G.PERSON, _G.REVIEWED)),
    (_S.CONFIRMED, _E.STOP): Edge(_S.STOPPED, _FIELD, (_G.STOP_PROOF,)),
    (_S.STOPPED, _E.ORDER): Edge(_S.RECTIFYING, _BUREAU, (_G.REASON,)),
    (_S.RECTIFYING, _E.SUBMIT): Edge(_S.AWAITING, _TOWN, (_G.RECTIFIED,)),
    (_S.AWAITING, _E.VERIFY): Edge(_S.AWAITING, _FIELD, (_G.NOT_SUBMITTER, _G.ACCEPTANCE)),
    (_S.AWAITING, _E.FAIL): Edge(_S.FAILED, _FIELD, (_G.REASON, _G.NOT_SUBMITTER)),
    (_S.FAILED, _E.ORDER): Edge(_S.RECTIFYING, _BUREAU, (_G.REASON,)),
    (_S.AWAITING, _E.CLOSE): Edge(
        _S.CLOSED, _BUREAU, (_G.PERSON, _G.NOT_SUBMITTER, _G.VERIFIED, _G.RESTORED)
    ),
    (_S.CLOSED, _E.RELOOK): Edge(_S.CLOSED, _FIELD, (_G.RELOOKED,)),
    (_S.CLOSED, _E.REOPEN): Edge(_S.LEAD, _MACHINE, (_G.REASON,)),
    (_S.EXCLUDED, _E.REOPEN): Edge(_S.LEAD, _SYSTEM, (_G.REASON, _G.CLOSED_ONCE)),
    (_S.DISMISSED, _E.REOPEN): Edge(_S.LEAD, _SYSTEM, (_G.REASON, _G.CLOSED_ONCE)),
    (_S.HANDED_OVER, _E.RECEIPT): Edge(
        _S.HANDED_OVER, _BUREAU, (_G.RECEIPT, _G.NOT_HANDER, _G.REASON)
    ),
    (_S.HANDED_OVER, _E.TAKE_BACK): Edge(None, _BUREAU, (_G.REASON,)),
    (_S.HANDED_OVER, _E.VERIFY): Edge(_S.HANDED_OVER, _FIELD, (_G.NOT_SUBMITTER, _G.ACCEPTANCE)),
    (_S.HANDED_OVER, _E.CONCLUDE): Edge(
        _S.CLOSED,
        _BUREAU,
        (_G.PERSON, _G.OUTCOME, _G.NOT_HANDER, _G.NOT_SUBMITTER, _G.VERIFIED, _G.RESTORED),
    ),
    **{(each, _E.HAND_OVER): Edge(_S.HANDED_OVER, _BUREAU, (_G.ORGAN,)) for each in PROVED},
    **{
        (each, _E.MERGE): Edge(_S.MERGED, _BUREAU, (_G.REASON, _G.TARGET))
        for each in (_S.LEAD, *WORKED)
    },
}
"""Every step that there is; what is not written here is refused."""


@dataclass(frozen=True)
class Actor:
    """Who takes a step.

    Attributes
    ----------
    duty : Duty
        Theirs; `SYSTEM` where no person acts.
    person : UUID or None
        Their account; None for the system.
    """

    duty: Duty
    person: UUID | None


def edge(state: State, event: Event, duty: Duty) -> Edge:
    """Return the edge that a duty may take.

    Parameters
    ----------
    state, event, duty : State, Event, Duty
        Where the case stands, what is to happen, whose step it is.

    Raises
    ------
    MoveNotAllowed
        Where there is no such step.
    DutyNotAllowed
        Where it is another duty's.
    """
    found = EDGES.get((state, event))
    if found is None:
        raise MoveNotAllowed(f"案件现在是“{STATE_TEXT[state]}”,不能“{EVENT_TEXT[event]}”")
    if duty not in found.duties:
        raise DutyNotAllowed(f"“{EVENT_TEXT[event]}”不是您这个岗位的步骤")
    return found


def next_state(held: Held, event: Event, actor: Actor, given: Given) -> State:
    """Return where a step leads.

    Parameters
    ----------
    held : Held
        The case as it stands, with its evidence.
    event : Event
        What is to happen.
    actor : Actor
        Who wants it.
    given : Given
        What they bring along.

    Raises
    ------
    MoveNotAllowed, DutyNotAllowed, GateClosed
        Where there is no such step, it is another duty's, or something is missing.
    """
    found = edge(held.state, event, actor.duty)
    lacks = missing(found.gates, held, actor.person, given)
    if lacks:
        raise GateClosed(lacks)
    return found.to or held.state_before or State.CONFIRMED


@dataclass(frozen=True)
class Way:
    """A step that may come next.

    Attributes
    ----------
    event : Event
        What it is.
    to : State or None
        Where it leads; None leads back to where the case was.
    duties : frozenset of Duty
        Whose it is.
    lacks : list of Lack
        What the case itself still lacks for it; what a form asks for is not counted.
    """

    event: Event
    to: State | None
    duties: frozenset[Duty]
    lacks: list[Lack]


def ways(held: Held, person: UUID | None) -> Iterator[Way]:
    """Yield the steps that may come next, with what is missing for each.

    Parameters
    ----------
    held : Held
        The case as it stands.
    person : UUID or None
        Who asks; some steps are another person's.

    Yields
    ------
    Way
        In the order of the table.
    """
    for (state, event), found in EDGES.items():
        if state is held.state:
            lacks = missing(found.gates, held, person, Given.form())
            yield Way(event, found.to, found.duties, lacks)


def walk(path: Iterable[tuple[Event, State]], start: State = State.LEAD) -> State:
    """Return the last state of a history; refuse one that the table does not know.

    Parameters
    ----------
    path : iterable of (Event, State)
        What happened, in order, and where it led.
    start : State
        Where the case began.

    Raises
    ------
    MoveNotAllowed
        At the first step that there is not.
    """
    state = start
    for event, to in path:
        found = EDGES.get((state, event))
        if found is None or found.to not in {None, to}:
            raise MoveNotAllowed(f"{state} --{event}--> {to}")
        state = to
    return state
