"""What is late of the terms of the law, and what the night, the lists and a past day tell of it."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import shapely.affinity
from sqlalchemy import select

from service import records
from service.cases import nightly, on_day, queries, terms
from service.cases.models import Case
from service.cases.term_models import CaseTerm, CaseTermStep
from service.workdays import work_calendar
from tests.case_desk import SQUARE, Desk
from tests.service.test_case_terms import ONE_ENGINE, accepted, begin, begun, done, overdue, step

EVENTS = ("ask", "grant", "deny", "resume", "draft", "review", "approve")
LEAVES = ("extend", "pause", "drop")


@pytest.fixture
def desk(as_role, database, clock) -> Desk:
    return Desk(as_role, database, clock)


def night(database) -> str:
    with database.system_transaction() as session:
        return nightly.run(session).text


def reminded(desk) -> list[tuple[str, str]]:
    items = desk.bureau.get("cases/notices").json()["items"]
    found = [each for each in reversed(items) if "行政处罚法" in each["message"]]
    return [(each["kind"], each["audience"]) for each in found]


@ONE_ENGINE
def test_reminders_come_once_each_and_anew_for_a_longer_term(desk, database):
    term = begun(desk, accepted(desk), "decision")
    for day in range(0, 141, 5):
        for _ in range(2):
            night(database)
        if day == 60:
            done(desk, desk.officer, term, "ask", leave="extend", days=30, reason="x")
            done(desk, desk.bureau, term, "grant")
        desk.clock.forward(days=5)
    assert reminded(desk) == [
        ("half", "officer"),
        ("half", "officer"),
        ("full", "bureau"),
    ]
    desk.clock.forward(days=60)
    assert night(database).startswith("提醒 1,")
    assert night(database).startswith("提醒 0,")
    assert reminded(desk)[-1] == ("over", "leader")
    page = desk.bureau.get("cases/notices", limit=2).json()
    rest = desk.bureau.get("cases/notices", limit=500, cursor=page["next"]).json()["items"]
    whole = desk.bureau.get("cases/notices").json()["items"]
    assert page["items"] + rest == whole


@ONE_ENGINE
def test_a_notice_of_a_hearing_is_reminded_of_before_its_last_day(desk, database):
    term = begun(desk, accepted(desk), "hearing_notice", "2023-05-18")
    assert term["due_on"] == "2023-05-09"
    for _ in range(20):
        night(database)
        desk.clock.forward(days=1)
    assert reminded(desk) == [("half", "officer"), ("full", "bureau")]


@ONE_ENGINE
def test_a_term_that_cannot_be_timed_stops_no_other(desk, database, clock):
    """Workdays of a year that the calendar does not know are not guessed; natural days are."""
    clock.set(datetime(2026, 10, 20, 1, tzinfo=UTC))
    case = accepted(desk)
    begun(desk, case, "service", "2026-10-19")
    begun(desk, case, "decision", "2026-10-19")
    clock.set(datetime(2027, 1, 5, 1, tzinfo=UTC))
    with database.system_transaction() as session:
        assert nightly.run(session).n_untimed >= 1
    assert reminded(desk) == [("half", "officer")], "of the decision, in natural days"
    assert desk.card(case)["is_overdue"]


def scanned(session) -> set[UUID]:
    """Go over every term and compute anew from its steps: which cases have one that is overdue?"""
    today, found = records.today(session), set()
    for row in session.scalars(select(CaseTerm)):
        wanted = select(CaseTermStep).where(CaseTermStep.term_id == row.id)
        held = terms.standing(row, session.scalars(wanted.order_by(CaseTermStep.n)))
        until = held.due_on(work_calendar())
        if held.is_open and until is not None and until < today:
            found.add(row.case_id)
    return found


def try_something(desk, chance: random.Random, cases: list[str], known: list[dict]) -> None:
    """Begin a term or take a step of one, as it comes; much of it is refused."""
    if not known or chance.random() < 0.2:
        term = chance.choice(("decision", "service", "preservation", "hearing_request"))
        answer = begin(desk, chance.choice(cases), term, str(desk.clock().date()))
        known += [answer.json()] if answer.status_code == 201 else []
    event = "done" if chance.random() < 0.08 else chance.choice(EVENTS)
    told = {"reason": "x", "document_no": "1", "leave": chance.choice(LEAVES), "days": 30}
    speaker = chance.choice((desk.bureau, desk.other, desk.officer))
    step(desk, speaker, chance.choice(known), event, **told)


def test_the_overdue_query_is_the_full_scan_whatever_happened(desk, database, clock):
    chance, known, n_overdue = random.Random(11), [], 0
    places = [shapely.affinity.translate(SQUARE, 0.01 * n) for n in range(4)]
    cases = [accepted(desk, rule_id=f"R{n}", square=each) for n, each in enumerate(places)]
    for turn in range(90):
        try_something(desk, chance, cases, known)
        clock.forward(days=chance.randrange(9) if turn % 3 == 0 else 0)
        with database.system_reading() as session:
            today = records.today(session)
            late = set(session.scalars(select(Case.id).where(Case.term_due_on < today)))
            by_step = set(session.scalars(select(Case.id).where(Case.due_on < today)))
            assert late == scanned(session)
            assert {each.id for each in session.scalars(queries.overdue(today))} == late | by_step
        n_overdue += len(late)
    assert n_overdue > 30
    assert {UUID(each) for each in overdue(desk)} == late | by_step
    told = desk.bureau.get("cases/statistics").json()["overdue_ids"]
    assert {UUID(each) for each in told} == late | by_step
    night(database)
    with database.system_reading() as session:
        assert scanned(session) == late, "computing everything anew changes nothing"
        dues = [(each.case.id, each.due_on) for each in on_day.on_day(session, today)]
        assert {case for case, until in dues if until and until < today} == late | by_step


@ONE_ENGINE
def test_the_two_years_are_told_until_the_case_is_filed(desk, clock):
    case = accepted(desk)
    told = desk.card(case)["limitation"]
    assert (told["since"], told["ends_on"], told["is_near"]) == ("2023-04-18", "2025-04-18", False)
    clock.forward(days=600)
    assert desk.card(case)["limitation"]["is_near"]
    clock.forward(days=200)
    assert desk.card(case)["limitation"]["is_over"]
    begun(desk, case, "decision", str((clock() - timedelta(days=1)).date()))
    assert desk.card(case)["limitation"] is None
