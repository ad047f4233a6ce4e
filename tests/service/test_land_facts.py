"""Facts of land at risk: as of a day, as was known, and from the steps of cases alone."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from service.screening.models import Verdict
from tests.case_desk import Desk
from tests.service.test_case_leads import april, matched, seen
from tests.service.test_facts import facts, rows
from tests.service.test_pages import page
from tests.service.test_screening import YEAR_END, County, county

__all__ = ["county"]
OPENED = "2023-04-20"


@pytest.fixture
def desk(as_role, database, clock) -> Desk:
    return Desk(as_role, database, clock)


COUNTS = ("leads", "open", "overdue", "closed")


def counts(desk: Desk, **asked) -> tuple[int, ...]:
    """Return leads, open, overdue and closed cases."""
    told = facts(desk.bureau, **asked)
    return tuple(told[f"cases.{name}"]["value"] for name in COUNTS)


def test_a_case_counts_as_it_stood_on_each_day(desk):
    case = desk.lead()
    assert counts(desk, as_of="2023-04-19") == (0, 0, 0, 0), "before it was opened"
    assert counts(desk, as_of=OPENED) == (1, 0, 0, 0)
    desk.clock.forward(days=1)
    desk.done(desk.bureau, case, "accept")
    assert counts(desk, as_of="2023-04-21") == (0, 1, 0, 0)
    assert counts(desk, as_of=OPENED) == (1, 0, 0, 0), "that day it waited"
    desk.clock.forward(days=30)
    late = desk.clock().date().isoformat()
    assert counts(desk, as_of=late) == (0, 1, 1, 0)
    assert counts(desk, as_of="2023-04-24") == (0, 1, 0, 0), "due that day, and not over"


def test_a_lead_that_waits_too_long_is_no_overdue_case(desk):
    waits, case = desk.lead(), desk.lead(rule_id="R102")
    desk.done(desk.bureau, case, "accept")
    told = facts(desk.bureau, as_of="2023-05-20")
    for name, its in (("overdue", case), ("leads_overdue", waits)):
        assert told[f"cases.{name}"]["value"] == 1
        assert [r["id"] for r in rows(desk.bureau, f"cases.{name}", as_of="2023-05-20")] == [its]
    assert told["cases.overdue"]["value"] <= told["cases.open"]["value"]
    desk.clock.set(april(20) + timedelta(days=30))
    assert "<strong>1</strong>" in page(desk.bureau, "/cases").text.split("<h2>过期</h2>")[1][:80]


def test_a_round_counts_in_the_year_in_which_it_was_opened(desk, database):
    case = desk.lead(signals=(seen("patrol", april(18)),))
    desk.close(case)
    desk.clock.set(april(20) + timedelta(days=290))  # February 2024
    news = seen("tip", desk.clock() - timedelta(days=2))
    assert matched(database, desk.uid, news.seen_at.date(), news) == (case, "lead", 2)
    desk.check(case)
    day = desk.clock().date().isoformat()
    (row,) = rows(desk.bureau, "cases.days_to_accept", as_of=day)
    assert (row["id"], round(row["amount"], 1)) == (case, 2.0)
    assert row["day"] == day
    assert "最先发现:举报 1 件" in facts(desk.bureau, as_of=day)["cases.days_to_accept"]["text"]
    desk.done(desk.bureau, case, "exclude", reason="是翻耕晒田")
    now = facts(desk.bureau, as_of=day)
    assert (now["cases.days_to_accept"]["value"], now["cases.closed"]["value"]) == (None, 0)
    assert facts(desk.bureau, as_of="2023-12-31")["cases.closed"]["value"] == 1


def test_a_false_alarm_takes_nothing_of_the_round_before(desk, database):
    case = desk.lead(signals=(seen("patrol", april(18)),))
    desk.close(case)
    desk.clock.forward(days=30)
    news = seen("tip", desk.clock() - timedelta(days=2))
    matched(database, desk.uid, news.seen_at.date(), news)
    desk.check(case)
    desk.done(desk.bureau, case, "exclude", reason="是翻耕晒田")
    day = desk.clock().date().isoformat()
    told = facts(desk.bureau, as_of=day)
    assert (told["cases.closed"]["value"], told["cases.days_to_settle"]["n_rows"]) == (1, 1)
    assert "销号" in rows(desk.bureau, "cases.closed", as_of=day)[0]["label"]


def test_a_closed_case_has_its_clocks_and_its_rows(desk):
    case = desk.lead(signals=(seen("patrol", april(18)),))
    desk.clock.forward(days=2)
    desk.close(case)
    day = desk.clock().date().isoformat()
    assert counts(desk, as_of=day) == (0, 0, 0, 1)
    told = facts(desk.bureau, as_of=day)
    for name in ("accept", "stop", "settle"):
        fact = told[f"cases.days_to_{name}"]
        (row,) = rows(desk.bureau, fact["code"], as_of=day)
        assert (row["id"], round(row["amount"], 1)) == (case, fact["value"])
        assert fact["value"] >= 4, "seen on the 18th"
        assert "1 件到了这一步,0 件起始时间不明;最先发现:巡查 1 件" in fact["text"]
    assert facts(desk.bureau, as_of=OPENED)["cases.days_to_stop"]["value"] is None


def test_a_case_that_nobody_is_known_to_have_seen_has_no_clock(desk):
    desk.done(desk.bureau, desk.lead(), "accept")
    fact = facts(desk.bureau, as_of=OPENED)["cases.days_to_accept"]
    assert (fact["value"], fact["n_rows"]) == (None, 0)
    assert "1 件起始时间不明" in fact["text"]


def test_a_step_counts_from_the_instant_at_which_it_was_known(desk):
    case = desk.lead()
    before = desk.clock().isoformat()
    desk.done(desk.bureau, case, "accept")
    at = desk.card(case)["events"][0]["at"]
    assert counts(desk, as_of=OPENED, known_at=before) == (1, 0, 0, 0)
    assert counts(desk, as_of=OPENED, known_at=at) == (0, 1, 0, 0)


def test_what_was_judged_later_does_not_change_what_was_known(county: County):
    county.screen()
    known_at = (county.clock() + timedelta(seconds=1)).isoformat()
    then = facts(county.bureau, as_of=YEAR_END)["land.suspected"]
    assert (then["value"], "确认 0 个" in then["text"]) == (4, True)
    county.clock.forward(minutes=5)
    county.find("site", "building")
    assert county.screen()["n_changed"] == 1
    now = facts(county.bureau, as_of=YEAR_END)["land.suspected"]
    assert "确认 1 个" in now["text"]
    again = facts(county.bureau, as_of=YEAR_END, known_at=known_at)["land.suspected"]
    assert {name: again[name] for name in ("value", "text", "digest", "n_rows")} == {
        name: then[name] for name in ("value", "text", "digest", "n_rows")
    }


def test_a_parcel_of_two_seasons_is_one_by_its_newest(county: County):
    county.screen()
    one = facts(county.bureau, as_of=YEAR_END)["land.suspected"]
    county.clock.forward(days=120)
    county.screen(as_of="2024-04-01", season="2024")
    with county.database.system_reading() as session:
        seasons = set(session.scalars(sa.select(Verdict.season)))
    assert seasons == {"2023", "2024"}
    two = facts(county.bureau, as_of="2024-04-01")["land.suspected"]
    ids = [each["id"] for each in rows(county.bureau, "land.suspected", as_of="2024-04-01")]
    assert len(ids) == len(set(ids)) == two["value"] <= one["value"]


def test_areas_and_farmland_are_of_what_is_suspected(county: County):
    county.screen()
    told = facts(county.bureau, as_of=YEAR_END)
    listed = rows(county.bureau, "land.suspected_area", as_of=YEAR_END)
    assert sum(each["amount"] for each in listed) == pytest.approx(
        float(told["land.suspected_area"]["exact"])
    )
    suspected = [e for e in county.verdicts().values() if e["class"] == "suspected"]
    mu = sum(round(each["overlap_m2"], 2) for each in suspected) * 0.0015
    assert float(told["land.suspected_area"]["exact"]) == pytest.approx(mu)
    assert told["land.suspected_farmland"]["value"] == sum(e["is_farmland"] for e in suspected) > 0
