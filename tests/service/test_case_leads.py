"""Leads that are opened once, signals that open a case again, merging, land that was split."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import shapely
from sqlalchemy import select

from inspections.case_words import Source
from service.cases import following
from service.cases.actions import SignalSeen, open_lead, signal_matched
from service.cases.models import Case, CaseSignal
from service.parcels.models import Lineage, LineageOp, ParcelVersion
from tests.books_cases import a_lead, a_parcel
from tests.case_desk import MIDDLE, SHANTANG, SIDE, SOUTH, SQUARE, VILLAGE, WEST, Desk, numbers

ONE_ENGINE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def desk(as_role, database, clock) -> Desk:
    return Desk(as_role, database, clock)


def seen(source: str, day: datetime, quality: float = 0.9) -> SignalSeen:
    return SignalSeen(signal_id=uuid4(), source=Source(source), seen_at=day, quality=quality)


def april(day: int) -> datetime:
    return datetime(2023, 4, day, 1, tzinfo=UTC)


def matched(database, uid: UUID, observed_on: date, told: SignalSeen | None = None):
    """Tell a signal; return the case that takes it, with its state and round."""
    with database.system_transaction() as session:
        row = told.signal_id if told else uuid4()
        found = signal_matched(session, uid, row, observed_on, seen=told)
        return found and (str(found.id), found.state.value, found.round)


def led(database, uid: UUID, **other) -> tuple[str, bool]:
    with database.system_transaction() as session:
        case, is_new = open_lead(session, a_lead(VILLAGE, uid, **other))
        return str(case.id), is_new


def test_a_new_signal_opens_a_closed_case_again_and_counts_it(desk, database):
    case = desk.lead(signals=(seen("screening", april(18)),))
    uid = desk.uid
    desk.close(case)
    day = desk.clock().date()
    old = matched(database, uid, day)
    assert old is None, "what was seen by the day of closing is no news"
    desk.clock.forward(days=30)
    news = seen("tip", desk.clock() - timedelta(days=2))
    found = matched(database, uid, day + timedelta(days=28), news)
    assert found == (case, "lead", 2)
    card = desk.card(case)
    assert (card["reopened"], card["state"], card["relook_on"]) == (1, "lead", None)
    assert "反弹 1 次" in card["marks"]
    last = card["events"][-1]
    assert (last["event"], last["duty"], last["actor_id"]) == ("reopen", "system", None)
    assert card["clocks"]["found_at"] == news.seen_at.isoformat().replace("+00:00", "Z")
    assert card["clocks"]["stopped_at"] is None, "the clocks of the new round have just begun"
    before = card["n"]
    assert matched(database, uid, day + timedelta(days=28), news) == (case, "lead", 2)
    assert desk.card(case)["n"] == before
    desk.done(desk.bureau, case, "accept")
    needed = desk.done(desk.bureau, case, "assign", assignee=desk.officer_name())
    assert needed["state"] == "assigned"
    desk.done(desk.officer, case, "arrive")
    answer = desk.step(desk.officer, case, "report", reason="又挖了")
    assert answer.json()["missing"][0]["gate"] == "on_site", "evidence of the first round is old"


@ONE_ENGINE
def test_after_a_year_it_is_another_matter(desk, database):
    case = desk.lead()
    uid = desk.uid
    desk.close(case)
    day = desk.clock().date()
    desk.clock.forward(days=400)
    assert matched(database, uid, day + timedelta(days=366)) is None
    assert led(database, uid, observed_on=day + timedelta(days=366))[1]
    assert matched(database, uid, day + timedelta(days=365))[1:] == ("lead", 1), "the open one"


@ONE_ENGINE
def test_the_last_day_of_the_year_still_counts(desk, database):
    case = desk.lead()
    uid = desk.uid
    desk.close(case)
    day = desk.clock().date()
    desk.clock.forward(days=380)
    assert led(database, uid, observed_on=day) == (case, False)
    assert desk.card(case)["state"] == "closed"
    assert led(database, uid, observed_on=day + timedelta(days=365)) == (case, False)
    assert (desk.card(case)["state"], desk.card(case)["reopened"]) == ("lead", 1)


@ONE_ENGINE
def test_a_rule_that_ages_into_another_keeps_its_case_its_rebound_and_its_quiet(desk, database):
    """Fresh earthwork goes under another rule after a month: the matter is the same."""
    case = desk.lead(rule_id="R045")
    uid, day = desk.uid, date(2023, 4, 20)
    assert led(database, uid, rule_id="R099", observed_on=day) == (case, False)
    desk.close(case)
    closed_on = desk.clock().date()
    desk.clock.forward(days=60)
    assert led(database, uid, rule_id="R099", observed_on=closed_on) == (case, False)
    assert desk.card(case)["state"] == "closed"
    later = closed_on + timedelta(days=50)
    assert led(database, uid, rule_id="R099", observed_on=later) == (case, False)
    assert (desk.card(case)["state"], desk.card(case)["reopened"]) == ("lead", 1)
    desk.done(desk.bureau, case, "dismiss", reason="为排水沟清淤")
    quiet = desk.clock().date() + timedelta(days=80)
    assert led(database, uid, rule_id="R045", observed_on=quiet) == (case, False)
    assert desk.card(case)["state"] == "dismissed"


@ONE_ENGINE
def test_what_people_excluded_is_not_asked_again_for_a_while(desk, database):
    case = desk.lead()
    uid = desk.uid
    desk.check(case)
    done = desk.done(desk.bureau, case, "exclude", reason="经核实为稻渔综合种养备案")
    assert done["state"] == "excluded"
    day = date(2023, 4, 20)
    for observed_on in (day, day + timedelta(days=90)):
        assert led(database, uid, observed_on=observed_on) == (case, False)
    assert matched(database, uid, day + timedelta(days=5)) is None
    assert desk.card(case)["state"] == "excluded"
    assert led(database, uid, observed_on=day + timedelta(days=91))[1]
    told = desk.bureau.get("cases/statistics").json()
    assert (told["n_excluded"], told["n_cases"], told["n_open"]) == (1, 1, 1)
    assert len(desk.card(case)["events"]) == 5, "its history stays"


def found_empty(desk, case: str) -> None:
    """Go there and find nothing."""
    desk.check(case)
    assert desk.done(desk.bureau, case, "exclude", reason="是翻耕晒田")["state"] == "excluded"


def test_a_false_alarm_in_a_later_round_takes_nothing_of_the_first(desk, database):
    case = desk.lead(signals=(seen("patrol", april(18)),))
    uid = desk.uid
    desk.close(case)
    settled = desk.card(case)["clocks"]["found_to_settled_days"]
    desk.clock.forward(days=30)
    news = seen("tip", desk.clock() - timedelta(days=2))
    assert matched(database, uid, news.seen_at.date(), news) == (case, "lead", 2)
    found_empty(desk, case)
    told = desk.bureau.get("cases/statistics").json()
    counts = ("n_cases", "n_closed", "n_excluded", "n_open", "n_reopened", "reopen_rate")
    assert [told[each] for each in counts] == [1, 1, 1, 0, 0, 0.0]
    assert told["settled"] == {"n": 1, "median_days": settled, "p90_days": settled}
    assert [each["source"] for each in told["by_first_source"]] == ["patrol"]
    ended = desk.clock().date()
    for days in (1, 90):
        assert matched(database, uid, ended + timedelta(days=days)) is None
        assert led(database, uid, observed_on=ended + timedelta(days=days)) == (case, False)
    assert desk.card(case)["state"] == "excluded", "people have their quiet"
    desk.clock.forward(days=95)
    late = seen("screening", desk.clock() - timedelta(days=1))
    assert matched(database, uid, ended + timedelta(days=91), late) == (case, "lead", 3)
    card = desk.card(case)
    assert card["clocks"]["found_at"] == late.seen_at.isoformat().replace("+00:00", "Z")
    assert [each["source"] for each in card["clocks"]["first_by_source"]] == ["screening"]
    now = desk.bureau.get("cases/statistics").json()
    assert [now[each] for each in counts] == [1, 0, 1, 1, 1, 1.0]


@ONE_ENGINE
def test_what_was_never_closed_and_found_empty_does_not_come_back(desk, database):
    case = desk.lead()
    uid = desk.uid
    found_empty(desk, case)
    day = desk.clock().date() + timedelta(days=91)
    assert matched(database, uid, day) is None
    assert led(database, uid, observed_on=day)[1], "another matter"


@ONE_ENGINE
def test_statistics_of_a_past_day_tell_how_it_was_on_that_day(desk):
    case = desk.lead(signals=(seen("patrol", april(18)),))
    other = desk.lead(rule_id="R102", signals=(seen("tip", april(19)),))
    desk.clock.forward(days=5)
    desk.close(case)
    desk.done(desk.bureau, other, "dismiss", reason="重复")

    def told(day: str) -> tuple:
        found = desk.bureau.get("cases/statistics", as_of=day).json()
        counts = ("n_cases", "n_open", "n_closed", "n_dismissed")
        return (*(found[each] for each in counts), found["settled"]["n"], found["overdue_ids"])

    assert told("2023-04-19") == (0, 0, 0, 0, 0, [])
    assert told("2023-04-21") == (2, 2, 0, 0, 0, [])
    late = sorted([case, other])
    assert told("2023-04-24") == (2, 2, 0, 0, 0, late), "nobody had taken them up"
    assert told("2023-04-26") == (1, 0, 1, 1, 1, [])


def test_an_older_photo_of_a_citizen_moves_found_earlier_and_lengthens_the_span(desk):
    case = desk.lead(signals=(seen("screening", april(18)),))
    desk.confirm(case)
    desk.done(desk.officer, case, "stop", document_no="停〔2023〕3号")
    before = desk.card(case)["clocks"]
    assert (before["found_by"], before["start_text"]) == ("screening", "起始时间不明")
    place = MIDDLE | {"device_time": "2023-04-09T08:00:00+08:00"}
    told = desk.photo(desk.officer, case, "sighting", place=place, source="tip")
    assert told["verdict"] == "合格", "an older photo is welcome here"
    after = desk.card(case)["clocks"]
    assert (after["found_at"], after["found_by"]) == ("2023-04-09T00:00:00Z", "tip")
    assert after["found_to_stopped_days"] > before["found_to_stopped_days"]
    assert after["lead_days"] == pytest.approx(9.042, abs=0.001)
    assert [each["source"] for each in after["first_by_source"]] == ["tip", "screening"]
    far = place | {"lon": 113.2}
    assert "离图斑" in desk.photo(desk.officer, case, "sighting", place=far)["verdict"]
    assert desk.card(case)["clocks"]["found_at"] == after["found_at"]
    assert [each["id"] for each in desk.bureau.get("cases", source="tip").json()["items"]] == [case]


@ONE_ENGINE
def test_a_signal_that_is_hardly_trusted_does_not_start_the_clock(desk):
    case = desk.lead(signals=(seen("tip", april(1), 0.2), seen("patrol", april(15), 0.8)))
    told = desk.card(case)
    assert (told["clocks"]["found_by"], len(told["signals"])) == ("patrol", 2)
    lonely = desk.lead(rule_id="R103", signals=(seen("tip", april(1), 0.2),))
    assert desk.card(lonely)["clocks"]["found_at"] is None
    assert desk.bureau.get("cases/statistics").json()["n_unknown_found"] == 1


def test_a_merged_case_hands_its_land_and_its_signals_to_the_other(desk, database):
    early = seen("patrol", april(3))
    first = desk.lead(signals=(early,))
    uid = desk.uid
    east = shapely.box(WEST + SIDE, SOUTH, WEST + 2 * SIDE, SOUTH + SIDE)
    second = desk.lead(square=east, signals=(seen("screening", april(18)),))
    own = desk.step(desk.bureau, first, "merge", reason="同一鱼塘", target_id=first)
    assert own.status_code == 409
    done = desk.done(desk.bureau, first, "merge", reason="同一鱼塘", target_id=second)
    assert (done["state"], done["merged_into_id"], done["is_open"]) == ("merged", second, False)
    card = desk.card(second)
    assert card["merged_ids"] == [first]
    assert {each["parcel_uid"] for each in card["parcels"]} == {str(uid), str(desk.uid)}
    assert card["clocks"]["found_by"] == "patrol"
    assert led(database, uid) == (second, False), "the pointer is followed"
    assert matched(database, uid, date(2023, 4, 20))[0] == second
    back = desk.step(desk.bureau, second, "merge", reason="x", target_id=first)
    assert back.status_code == 409, "into one that has ended"
    told = desk.bureau.get("cases/statistics").json()
    assert told["n_cases"] == 1


@ONE_ENGINE
def test_a_case_of_another_town_cannot_be_merged_into_by_who_does_not_see_it(desk, as_role):
    here, there = desk.lead(), desk.lead(f"{SHANTANG}201")
    town = as_role("bureau", VILLAGE[:9], "town-bureau")
    nowhere = str(uuid4())
    hidden, absent = (
        desk.step(town, here, "merge", reason="x", target_id=each) for each in (there, nowhere)
    )
    assert hidden.status_code == absent.status_code == 404
    assert hidden.text.replace(there, "*") == absent.text.replace(nowhere, "*")


def split(database, uid: UUID, *shares: float) -> list[UUID]:
    """Let a parcel end and leave children, each with its share of it."""
    with database.system_transaction() as session:
        parent = session.scalars(select(ParcelVersion).where(ParcelVersion.uid == uid)).one()
        west, south, east, north = parent.geometry.bounds
        found, edge = [], west
        for share in shares:
            end = edge + share * (east - west)
            child = a_parcel(
                session, parent.area_code, next(numbers), shapely.box(edge, south, end, north)
            )
            edge = end
            step = {"op": LineageOp.SPLIT, "area_m2": 1.0, "share_of_child": 1.0}
            session.add(
                Lineage(parent_id=parent.id, child_id=child.id, share_of_parent=share, **step)
            )
            found.append(child.uid)
        parent.valid_to, parent.ended_at = date(2023, 4, 20), database.clock()
        session.flush()
        return found


def test_a_case_follows_both_children_of_a_split_parcel_by_area(desk, database):
    case = desk.lead()
    first, second, sliver = split(database, desk.uid, 0.6, 0.395, 0.005)
    answer = desk.bureau.post(f"cases/{case}/follow")
    assert answer.status_code == 200, answer.text
    told = {each["parcel_uid"]: each for each in answer.json()["parcels"]}
    assert set(told) == {str(desk.uid), str(first), str(second)}
    assert str(sliver) not in told
    assert (told[str(first)]["share"], told[str(second)]["share"]) == (0.6, 0.395)
    assert told[str(first)]["came_from_uid"] == str(desk.uid)
    for child in (first, second):
        assert led(database, child) == (case, False)
        assert matched(database, child, date(2023, 4, 20))[0] == case
    split(database, first, 0.5, 0.5)
    again = desk.bureau.post(f"cases/{case}/follow").json()
    assert len(again["parcels"]) == 5, "grandchildren too"
    assert desk.bureau.post(f"cases/{case}/follow").json() == again
    with database.system_transaction() as session:
        assert following.follow(session, session.get(Case, UUID(case))) == 0
    desk.check(case)


@ONE_ENGINE
def test_a_second_person_opening_again_does_not_make_twins(desk, database):
    case = desk.lead()
    desk.close(case)
    desk.clock.forward(days=400)
    day = desk.clock().date()
    other, is_new = led(database, desk.uid, observed_on=day)
    assert is_new
    answer = desk.step(desk.bureau, case, "reopen", reason="又有动静")
    assert (answer.status_code, answer.json()["case_id"]) == (409, other)
    desk.done(desk.bureau, other, "dismiss", reason="同旧案")
    card = desk.done(desk.bureau, case, "reopen", reason="又有动静")
    assert (card["state"], card["reopened"], card["relook_on"]) == ("lead", 1, None)


def test_signals_are_linked_once_whoever_tells_them(desk, database):
    told = seen("patrol", april(15))
    case = desk.lead(signals=(told,), signal_ids=(told.signal_id,))
    for _ in range(2):
        assert matched(database, desk.uid, date(2023, 4, 15), told)[0] == case
    with database.system_reading() as session:
        rows = session.scalars(select(CaseSignal)).all()
    assert [(each.source, each.quality) for each in rows] == [(Source.PATROL, 0.9)]


@ONE_ENGINE
def test_a_parcel_without_a_case_takes_no_signal(database, desk):
    assert matched(database, uuid4(), date(2023, 4, 20)) is None
    with database.system_transaction() as session:
        uid = a_parcel(session, VILLAGE, next(numbers), SQUARE).uid
    assert matched(database, uid, date(2023, 4, 20)) is None
