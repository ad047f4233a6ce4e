"""As a case moves, so do the signals that speak of it: whoever told can follow by the receipt."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections.case_words import STATE_TEXT, State
from inspections.cases import OPEN
from service.cases import standing
from service.cases.models import Case, CaseSignal
from service.security import whole_system
from service.signals import actions, queries
from service.signals.models import Signal, Stage

STAGE_OF = {
    State.LEAD: Stage.RECEIVED,
    State.ACCEPTED: Stage.ACCEPTED,
    State.ASSIGNED: Stage.ACCEPTED,
}
"""Every other open state is 正在核查 for whoever told; every end is 已办结."""
ORDER = tuple(Stage)


def stage_of(state: State) -> Stage:
    """Return how far a signal is whose case stands so."""
    if state not in OPEN:
        return Stage.DONE
    return STAGE_OF.get(state, Stage.CHECKING)


def tell_signals(session: Session, case: Case) -> None:
    """Bring the signals of the present round of a case as far as the case is.

    A signal that several cases speak of is as far as the furthest that is still open, and done
    with the last.
    """
    own = select(CaseSignal.signal_id).where(
        CaseSignal.case_id == case.id, CaseSignal.round == case.round
    )
    with whole_system(session):  # a case and its signals may lie in two units
        found = session.scalars(select(Signal).where(Signal.id.in_(own)).order_by(Signal.id)).all()
        before = queries.stages(session, [each.id for each in found])
        for signal in found:
            states = (standing.heir(session, each).state for each in _cases(session, signal.id))
            stage = _furthest(states)
            if stage is not before.get(signal.id, Stage.RECEIVED):
                actions.step_to(session, signal, stage, f"案件{STATE_TEXT[case.state]}")


def _cases(session: Session, signal_id: UUID) -> list[Case]:
    """Return the cases whose present round heard of a signal."""
    wanted = select(Case).join(CaseSignal, CaseSignal.case_id == Case.id)
    return list(
        session.scalars(
            wanted.where(CaseSignal.signal_id == signal_id, CaseSignal.round == Case.round)
        )
    )


def _furthest(states: Iterable[State]) -> Stage:
    stages = [stage_of(each) for each in states]
    is_open = [each for each in stages if each is not Stage.DONE]
    return max(is_open or stages, key=ORDER.index)
