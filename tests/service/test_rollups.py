"""The rollups are the rows, added up: however they came about."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from service.sowing import rollups
from service.sowing.models import SowingRollup

TAIHE, SHANTANG = "441803102", "441803105"
A, B, IN_SHANTANG = "441803102003", "441803102004", "441803105201"
WEEKS = ("2023-04-06", "2023-04-13", "2023-04-20")


@pytest.fixture
def told(book):
    """Three accepted weeks with a late town, a correction, a nursery and a town's own total."""
    book.accepted(WEEKS[0], {A: 10, IN_SHANTANG: 5})
    book.at(WEEKS[1])
    book.filed(B, 3, WEEKS[1], method="nursery")
    book.filed(A, 4, WEEKS[1], crop_code="CORN_S", method="sown")
    book.filed(A, 12.5, WEEKS[1])
    book.accept(TAIHE, WEEKS[1])
    book.accepted(WEEKS[2], {A: 20, TAIHE: 40, IN_SHANTANG: 6})
    book.step(TAIHE, WEEKS[1], "reopen", "更正")
    book.filed(A, 11, WEEKS[1], reason="misreport")
    book.accept(TAIHE, WEEKS[1])
    return book


def stored(database) -> set[tuple]:
    columns = SowingRollup.__table__.c
    with database.system_reading() as session:
        return {tuple(row) for row in session.execute(select(*columns))}


def test_what_grew_week_by_week_equals_what_is_built_at_once(told, database):
    grown = stored(database)
    assert grown
    with database.system_transaction() as session:
        n_rows = rollups.rebuild(session, told.season)
    assert stored(database) == grown
    assert n_rows == len(grown)


def test_rollups_do_not_differ_from_their_rows(told, database):
    with database.system_reading() as session:
        assert rollups.differences(session, told.season) == []


def test_a_planted_difference_is_named(told, database):
    with database.system_transaction() as session:
        session.execute(
            update(SowingRollup)
            .where(SowingRollup.area_code == TAIHE, SowingRollup.as_of == date(2023, 4, 20))
            .where(SowingRollup.crop_code == "RICE_E")
            .values(transplanted_mu=Decimal("20.01"))
        )
    with database.system_reading() as session:
        (found,) = rollups.differences(session, told.season)
    day = date(2023, 4, 20)
    assert found == (TAIHE, "RICE_E", day, Decimal("20.01"), Decimal("20.00"))


def test_later_weeks_carry_the_last_figure(told):
    row = told.row(TAIHE, as_of="2023-04-27")
    assert (row["sown_mu"], row["is_carried"]) == (24, True)
    assert row["coverage"]["reported"] == 0


def test_a_town_viewer_and_the_county_read_the_same_figure(told):
    own = told.as_role("recorder", TAIHE).get("sowing/progress", season=told.season).json()
    assert own["total"]["sown_mu"] == told.row(TAIHE, as_of=WEEKS[2])["sown_mu"]
    known_at = told.now()
    again = told.as_role("recorder", TAIHE).get(
        "sowing/progress", season=told.season, known_at=known_at
    )
    assert again.json()["total"]["sown_mu"] == own["total"]["sown_mu"]
