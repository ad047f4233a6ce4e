"""From the receipt of a tip to the end of its case, and from a new sight of it back again."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from inspections.case_words import Source
from service.cases import leads
from service.cases.lead_schemas import SignalSeen
from service.cases.models import Case
from service.schemas import civil_day
from service.signals.models import Signal
from tests.books_cases import a_lead
from tests.case_desk import MIDDLE, Desk
from tests.signal_files import VILLAGE, put_parcels, tip

ONE_ENGINE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
COUNTY = "441803"


@pytest.fixture
def desk(as_role, database, clock) -> Desk:
    return Desk(as_role, database, clock)


def told(nobody, number: int, **said) -> str:
    answer = nobody.send("POST", "tips", data=tip(number, **said))
    assert answer.status_code == 201, answer.text
    return answer.json()["receipt"]


def stage(nobody, receipt: str) -> str:
    return nobody.post("tips/status", {"receipt": receipt}).json()["stage"]


def screened(desk) -> dict:
    desk.clock.forward(minutes=1)
    asked = {"as_of": str(civil_day(desk.clock())), "area_code": COUNTY}
    answer = desk.bureau.post("screenings", asked)
    assert answer.status_code == 201, answer.text
    return answer.json()


def all_of(database, model, *order) -> list:
    with database.system_reading() as session:
        return list(session.scalars(sa.select(model).order_by(*order)))


def signals(database) -> list[Signal]:
    return all_of(database, Signal, Signal.received_at, Signal.id)


def close_restored(desk, case: str) -> None:
    """Close a case on basic farmland: it grows again, and somebody looked later."""
    desk.rectify(case)
    desk.photo(desk.second, case, "acceptance")
    desk.bring(desk.second, case, "position", "acceptance", **MIDDLE)
    desk.done(desk.second, case, "verify")
    desk.photo(desk.officer, case, "restored", shows="crop")
    desk.clock.forward(days=5)
    when = desk.clock().isoformat()
    desk.bring(desk.officer, case, "visit", "restored", note="禾苗返青", occurred_at=when)
    desk.done(desk.bureau, case, "close")


def stages_of(desk, nobody, receipt: str, case: str) -> list[str]:
    """Take a case to its end; return what a receipt told on the way."""
    told_on_the_way, done = [], desk.done

    def noted(*step, **more) -> dict:
        card = done(*step, **more)
        told_on_the_way.append(stage(nobody, receipt))
        return card

    desk.done = noted
    close_restored(desk, case)
    desk.done = done
    return list(dict.fromkeys(told_on_the_way))


def test_a_receipt_follows_the_case_and_a_new_tip_opens_it_again(nobody, desk, database):
    put_parcels(database, 1)
    first = told(nobody, 1)
    assert screened(desk)["n_leads"] == 1
    assert stage(nobody, first) == "received"
    (found,) = all_of(database, Case)
    case = str(found.id)
    assert stages_of(desk, nobody, first, case) == ["accepted", "checking", "done"]
    assert screened(desk)["n_leads"] == 0

    late = told(nobody, 2, seen_on=civil_day(desk.clock()) - timedelta(days=3))
    assert stage(nobody, late) == "done", "seen before the end: it tells nothing new"
    assert len(signals(database)) == 1

    desk.clock.forward(days=20)
    again, more = told(nobody, 3), told(nobody, 4)
    old, new = signals(database)
    assert new.origin_id == old.id, "the same matter, and no second source"
    assert {each["signal_id"] for each in desk.bureau.get("tips").json()["items"]} == {
        str(old.id),
        str(new.id),
    }, "the fourth joined the third"
    screened(desk)
    card = desk.card(case)
    assert (card["state"], card["reopened"]) == ("lead", 1)
    assert UUID(card["signals"][-1]["signal_id"]) == new.id
    assert stage(nobody, again) == stage(nobody, more) == "received"
    desk.done(desk.bureau, case, "accept")
    assert stage(nobody, again) == "accepted"
    assert stage(nobody, first) == "done", "what was told of the first offence has its answer"


@ONE_ENGINE
def test_a_signal_of_two_cases_is_as_far_as_the_open_one_and_done_with_the_last(
    nobody, desk, database
):
    uids = [each.uid for each in put_parcels(database, 2)]
    receipt = told(nobody, 1)
    (signal,) = signals(database)
    with database.system_transaction() as session:
        first, second = (
            str(leads.open_lead(session, a_lead(VILLAGE, uid, signal_ids=(signal.id,)))[0].id)
            for uid in uids[:2]
        )
    desk.done(desk.bureau, first, "accept")
    desk.done(desk.bureau, second, "dismiss", reason="不是这一块")
    assert stage(nobody, receipt) == "accepted"
    desk.done(desk.bureau, first, "assign", assignee=desk.officer_name())
    desk.done(desk.officer, first, "arrive")
    assert stage(nobody, receipt) == "checking"
    for _ in range(2):
        desk.photo(desk.officer, first, "check")
    desk.bring(desk.officer, first, "position", "check", **MIDDLE)
    desk.done(desk.officer, first, "report", reason="是田埂修补")
    desk.done(desk.bureau, first, "exclude", reason="不属违法")
    assert stage(nobody, receipt) == "done"


@ONE_ENGINE
def test_a_later_round_hears_again_of_what_imagery_goes_on_to_see(desk, database):
    """Its time is that of the later image: what was seen before the end starts no new clock."""
    row = UUID(int=7)

    def imagery(last: datetime) -> SignalSeen:
        first = datetime(2023, 4, 1, tzinfo=UTC)
        return SignalSeen(signal_id=row, source=Source.SCREENING, seen_at=first, again_at=last)

    april = datetime(2023, 4, 18, tzinfo=UTC)
    case = desk.lead(signals=(imagery(april),))
    assert desk.card(case)["clocks"]["found_at"] == "2023-04-01T00:00:00Z"
    desk.close(case)
    desk.clock.forward(days=60)
    later = desk.clock() - timedelta(days=3)
    for _ in range(2):
        with database.system_transaction() as session:
            told_again = a_lead(
                VILLAGE, desk.uid, observed_on=civil_day(later), signals=(imagery(later),)
            )
            leads.open_lead(session, told_again)
    card = desk.card(case)
    assert (card["state"], card["reopened"], len(card["signals"])) == ("lead", 1, 2)
    assert card["clocks"]["found_at"] == later.isoformat().replace("+00:00", "Z")
