"""What becomes of a verdict when a case ends, by each of its ends, and when it does not."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from inspections.case_words import Event
from service.cases.models import Case
from service.schemas import civil_day
from service.screening.evidence import ENDINGS
from tests import curves
from tests.case_desk import MIDDLE, TAIHE, Desk
from tests.service.test_screening import observed, put_land
from tests.signal_files import put_parcels, tip

COUNTY = "441803"


@pytest.fixture
def desk(as_role, database, clock) -> Desk:
    return Desk(as_role, database, clock)


def screened(desk) -> dict:
    desk.clock.forward(minutes=1)
    asked = {"as_of": str(civil_day(desk.clock())), "area_code": COUNTY}
    answer = desk.bureau.post("screenings", asked)
    assert answer.status_code == 201, answer.text
    return answer.json()


def verdict(desk) -> dict:
    """Screen, twice, and return what stands on the only parcel that has a verdict."""
    screened(desk)
    assert screened(desk)["n_changed"] == 0
    (uid,) = {each["parcel_uid"] for each in desk.bureau.get("verdicts").json()["items"]}
    return desk.bureau.get(f"verdicts/{uid}").json()["standing"]


def a_case(desk, nobody, database) -> str:
    """The case that a tip opens."""
    put_parcels(database, 1)
    answer = nobody.send("POST", "tips", data=tip(1))
    assert answer.status_code == 201, answer.text
    assert screened(desk)["n_leads"] == 1
    return the_case(database)


def the_case(database) -> str:
    with database.system_reading() as session:
        return str(session.scalars(sa.select(Case.id)).one())


def restore(desk, case: str) -> None:
    """Prove that basic farmland grows again: a photo, and a visit after it."""
    desk.photo(desk.officer, case, "restored", shows="crop")
    desk.clock.forward(days=1)
    when = desk.clock().isoformat()
    desk.bring(desk.officer, case, "visit", "restored", note="禾苗返青", occurred_at=when)


def close(desk, case: str) -> None:
    desk.rectify(case)
    desk.verify(case)
    restore(desk, case)
    desk.done(desk.bureau, case, "close")


def exclude(desk, case: str) -> None:
    desk.check(case)
    desk.done(desk.bureau, case, "exclude", reason="是田埂修补")


def conclude(desk, case: str) -> None:
    desk.confirm(case)
    due = str(civil_day(desk.clock()) + timedelta(days=10))
    told = {"organ": "区自然资源局", "document_no": "移〔2023〕1号", "receipt_due_on": due}
    desk.done(desk.bureau, case, "hand_over", **told)
    desk.done(desk.other, case, "receipt", receipt_no="回〔2023〕1号", reason="已立案")
    desk.verify(case)
    restore(desk, case)
    desk.done(desk.other, case, "conclude", document_no="结〔2023〕1号")


ENDS = {
    Event.EXCLUDE: (exclude, "未发现"),
    Event.CLOSE: (close, "已整改验收"),
    Event.CONCLUDE: (conclude, "移送案件已办结"),
}


def test_every_end_of_a_case_is_tried():
    assert set(ENDS) == set(ENDINGS)


@pytest.mark.parametrize("event", ENDS)
def test_an_end_of_a_case_ends_its_verdict(desk, nobody, database, event):
    case = a_case(desk, nobody, database)
    end, said = ENDS[event]
    end(desk, case)
    standing = verdict(desk)
    assert standing["class"] == "excluded"
    assert said in "".join(standing["reasons"])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_clear_image_after_the_end_opens_no_case_again(desk, database, settings):
    parcel, folder = put_land(database)["rice"], settings.observation_directory
    before = curves.days_of("2022-06-01", "2023-04-18")
    observed(database, folder, {"site": parcel}, town=TAIHE, dates=before)
    assert screened(desk)["n_leads"] == 1
    case = the_case(database)
    close(desk, case)
    assert verdict(desk)["class"] == "excluded"
    after = curves.days_of(str(before[-1] + 8), "2023-05-10")
    observed(database, folder, {"rice": parcel}, town=TAIHE, dates=after)
    desk.clock.forward(days=20)
    desk.bureau = desk.as_role("bureau", username="bureau-3")
    standing = verdict(desk)
    assert (standing["class"], desk.card(case)["state"]) == ("excluded", "closed")


def test_a_tip_that_is_joined_makes_its_signal_fresh_and_as_good_as_the_best(
    desk, nobody, database
):
    put_parcels(database, 1)
    long_ago = civil_day(desk.clock()) - timedelta(days=360)
    for told in (tip(1, text="", seen_on=long_ago), tip(2)):
        assert nobody.send("POST", "tips", data=told).status_code == 201
    last = civil_day(desk.clock())
    desk.clock.forward(days=10)
    desk.bureau = desk.as_role("bureau", username="bureau-3")
    standing = verdict(desk)
    assert f"{long_ago} 至 {last} 举报:建房,把握 0.60。" in standing["reasons"]
    assert (standing["first_observed_on"], standing["n_sources"]) == (str(long_ago), 1)


def test_where_nobody_could_enter_is_unknown_until_somebody_gets_in(desk, nobody, database):
    case = a_case(desk, nobody, database)
    desk.done(desk.bureau, case, "accept")
    desk.done(desk.bureau, case, "assign", assignee=desk.officer_name())
    desk.done(desk.officer, case, "arrive")
    assert verdict(desk)["unknown"] == "no_image"
    desk.bring(desk.officer, case, "no_entry", "check", no_entry="locked")
    shut = verdict(desk)
    assert (shut["class"], shut["unknown_text"]) == ("suspected", "无法进入")
    assert "进入现场(上次无法进入)" in shut["missing"]
    assert screened(desk)["counts"]["unknown"]["no_access"] == 1
    desk.bring(desk.officer, case, "position", "check", **MIDDLE)
    assert verdict(desk)["unknown"] == "no_image"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_where_nobody_could_enter_and_nothing_else_is_known_is_unknown(desk, nobody, database):
    case = a_case(desk, nobody, database)
    desk.done(desk.bureau, case, "accept")
    desk.done(desk.bureau, case, "assign", assignee=desk.officer_name())
    desk.done(desk.officer, case, "arrive")
    desk.bring(desk.officer, case, "no_entry", "check", no_entry="refused")
    desk.clock.forward(days=400)
    desk.bureau = desk.as_role("bureau", username="bureau-3")
    ran = screened(desk)
    assert ran["counts"]["classes"]["unknown"] == ran["counts"]["unknown"]["no_access"] == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_case_in_hand_stays_confirmed_beyond_a_year_and_is_no_second_lead(desk, nobody, database):
    case = a_case(desk, nobody, database)
    desk.confirm(case)
    assert verdict(desk)["class"] == "confirmed"
    desk.clock.set(datetime(2024, 12, 20, 1, 0, tzinfo=UTC))
    desk.bureau = desk.as_role("bureau", username="bureau-3")
    ran = screened(desk)
    assert (ran["season"], ran["n_leads"]) == ("2024", 0)
    assert ran["counts"]["classes"]["confirmed"] == 1
