"""The progress table: sums, coverage and comparisons against figures worked out by hand."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event

from service.areas import actions as areas
from service.reporting import actions as reporting
from service.reporting.schemas import SeasonCreate

COUNTY, TAIHE, SHANTANG = "441803", "441803102", "441803105"
A, B, C = "441803102003", "441803102004", "441803102005"
IN_SHANTANG, BESIDE_IT = "441803105201", "441803105202"
WEEK_1, WEEK_2, WEEK_3 = "2023-04-06", "2023-04-13", "2023-04-20"


def a_season(database, year: int, *, starts_on: date | None = None, **other) -> str:
    values = {
        "code": f"{year}-spring",
        "title": f"{year}年春播",
        "kind": "spring",
        "crop_year": year,
        "starts_on": starts_on or date(year, 2, 24),
        "ends_on": date(year, 5, 4),
    }
    with database.system_transaction() as session:
        return reporting.create_season(session, SeasonCreate(**(values | other))).code


def test_county_is_the_sum_of_towns_and_of_villages_to_the_last_hundredth(book):
    book.accepted(WEEK_3, {A: 0.01, B: 100.02, C: 33.33, IN_SHANTANG: 7.77, BESIDE_IT: 0.1})
    total = 0.01 + 100.02 + 33.33 + 7.77 + 0.1
    for by in ("county", "town", "village"):
        shown = book.progress(by=by, as_of=WEEK_3)
        assert shown["total"]["sown_mu"] == pytest.approx(total, abs=1e-9)
        assert sum(row["sown_mu"] or 0 for row in shown["items"]) == pytest.approx(total, abs=1e-9)
        assert shown["difference_mu"] == 0


def test_a_unit_without_a_report_is_missing_and_not_zero(book):
    book.accepted(WEEK_3, {A: 5})
    row = book.row(SHANTANG, as_of=WEEK_3)
    assert row["sown_mu"] is None
    assert row["coverage"]["missing"] == row["coverage"]["expected"] > 0
    assert row["task_state"] == "pending"


def test_coverage_tells_reported_from_carried_from_missing(book):
    book.accepted(WEEK_2, {A: 5, B: 6})
    book.accepted(WEEK_3, {B: 7, C: 8})
    row = book.row(TAIHE, as_of=WEEK_3)
    assert row["sown_mu"] == 5 + 7 + 8
    assert row["coverage"] == {
        "expected": 18,
        "reported": 2,
        "carried": 1,
        "missing": 15,
        "not_grown": 0,
    }
    assert [book.row(code, as_of=WEEK_3)["is_carried"] for code in (A, B, C)] == [
        True,
        False,
        False,
    ]


def test_a_day_between_two_weeks_shows_the_week_that_stands(book):
    book.accepted(WEEK_2, {A: 5})
    book.accepted(WEEK_3, {A: 9})
    assert book.row(TAIHE, as_of="2023-04-19")["sown_mu"] == 5
    assert book.progress(as_of="2023-04-19")["week"] == WEEK_2
    assert book.row(TAIHE, as_of="2023-05-03")["is_carried"]


def test_without_a_date_the_newest_week_with_a_figure_is_shown(book):
    book.accepted(WEEK_1, {A: 5})
    before = book.now()
    book.accepted(WEEK_2, {IN_SHANTANG: 6})
    book.at("2023-05-04")
    assert book.progress()["week"] == WEEK_2
    assert book.progress(area=TAIHE)["week"] == WEEK_1
    assert book.progress(known_at=before)["week"] == WEEK_1
    assert book.progress(area=A, by="village")["week"] == WEEK_1


def test_who_is_late_is_said_in_the_same_answer(book):
    book.at(WEEK_3)
    book.filed(A, 5, WEEK_3)
    shown = book.progress(as_of=WEEK_3)
    late = {each["area_code"] for each in shown["late"]}
    assert len(late) == 208
    assert A not in late
    assert B in late
    assert shown["total"]["coverage"]["expected"] == 209


def test_a_towns_own_total_stands_alone_until_its_villages_report(book):
    book.accepted(WEEK_2, {TAIHE: 500})
    row = book.row(TAIHE, as_of=WEEK_2)
    assert (row["sown_mu"], row["declared_mu"], row["is_carried"]) == (500, 500, False)
    by_village = book.progress(by="village", as_of=WEEK_2)
    assert (by_village["total"]["sown_mu"], by_village["difference_mu"]) == (500, 500)
    book.accepted(WEEK_3, {A: 480, IN_SHANTANG: 50})
    row = book.row(TAIHE, as_of=WEEK_3)
    assert (row["sown_mu"], row["declared_mu"]) == (480, 500)
    # The county's declared total less its sown area is Taihe's difference, no more.
    total = book.progress(as_of=WEEK_3)["total"]
    assert (total["sown_mu"], total["declared_mu"]) == (530, 550)


def test_last_week_is_the_figure_seven_days_before(book):
    book.accepted(WEEK_2, {A: 40})
    book.accepted(WEEK_3, {A: 50})
    last_week = book.row(TAIHE, as_of=WEEK_3)["last_week"]
    assert last_week == {
        "as_of": WEEK_2,
        "sown_mu": 40,
        "change_mu": 10,
        "change_share": 0.25,
    }
    first = book.row(TAIHE, as_of="2023-03-02")["last_week"]
    assert first == {"as_of": None, "sown_mu": None, "change_mu": None, "change_share": None}


def test_last_year_and_solar_term_are_worked_out_by_hand(book, database):
    # 2024-04-18 lies 14 days after 清明 (04-04); in 2023 that was 04-05, so 04-19 is compared,
    # whose nearest Thursday is 04-20; the same date, 04-18, is two days from 04-20 as well.
    # 2024-04-11 lies 7 days after 清明: 04-12 in 2023, nearest Thursday 04-13.
    book.accepted("2023-04-13", {A: 30})
    book.accepted("2023-04-20", {A: 60})
    book.season = a_season(database, 2024)
    book.accepted("2024-04-11", {A: 45})
    row = book.row(TAIHE, as_of="2024-04-11")
    assert row["last_year"]["as_of"] == "2023-04-13"
    assert (row["last_year"]["change_mu"], row["last_year"]["change_share"]) == (15, 0.5)
    term = row["same_term"]
    assert (term["term"], term["days_after_term"], term["as_of"]) == ("清明", 7, "2023-04-13")
    later = book.row(TAIHE, as_of="2024-04-18")
    assert later["last_year"]["as_of"] == later["same_term"]["as_of"] == "2023-04-20"


def test_a_mean_of_years_needs_three_and_says_how_many(book, database):
    figures = {"2024-04-18": 10, "2025-04-17": 20, "2026-04-16": 33}
    book.accepted("2023-04-13", {A: 7})
    for week, mu in figures.items():
        year = int(week[:4])
        book.season = a_season(database, year)
        mean = book.row(TAIHE, as_of=week)["mean"]
        n = year - 2023
        assert mean["n"] == n
        assert mean["years"] == list(range(2023, year))
        if n < 3:
            assert (mean["sown_mu"], mean["change_share"]) == (None, None)
        book.accepted(week, {A: mu})
        if n == 3:
            mean = book.row(TAIHE, as_of=week)["mean"]
            assert mean["sown_mu"] == 12.33  # (7 + 10 + 20) / 3
            assert mean["change_share"] == 1.6764  # (33 - 12.33) / 12.33


def test_a_season_over_new_year_compares_with_the_winter_before(book, database):
    for year in (2023, 2024):
        a_season(
            database,
            year,
            code=f"winter-{year}",
            kind="winter",
            starts_on=date(year - 1, 11, 1),
            ends_on=date(year, 3, 1),
        )
    # 冬至 2023-12-22; 2024-01-04 is 13 days after it; 冬至 2022-12-22 + 13 = 2023-01-04.
    book.season = "winter-2024"
    row = book.row(TAIHE, as_of="2024-01-04")
    assert row["last_year"]["as_of"] == "2023-01-05"
    term = row["same_term"]
    assert (term["term"], term["days_after_term"], term["as_of"]) == ("冬至", 13, "2023-01-05")


def test_the_figure_of_20_april_prints_the_same_after_later_corrections(book):
    book.plan(TAIHE, 1000)
    book.accepted(WEEK_3, {A: 100, IN_SHANTANG: 50})
    known_at = book.now()
    printed = {by: book.progress(by=by, as_of=WEEK_3) for by in ("county", "town", "village")}
    for by, shown in printed.items():
        again = book.progress(by=by, as_of=WEEK_3, known_at=known_at)
        assert again | {"known_at": None} == shown
    book.clock.forward(days=1)
    book.step(TAIHE, WEEK_3, "reopen", "复核")
    book.filed(A, 70, WEEK_3, reason="misreport")
    during = book.progress(as_of=WEEK_3)["total"]
    assert (during["sown_mu"], during["open_corrections"]) == (150, 1)
    book.accept(TAIHE, WEEK_3)
    book.plan(TAIHE, 900, reason="调整")
    assert book.progress(as_of=WEEK_3)["total"]["sown_mu"] == 120
    for by, shown in printed.items():
        again = book.progress(by=by, as_of=WEEK_3, known_at=known_at)
        # Where the town's week stands is told as of today; every figure as of then.
        for row in (*again["items"], *shown["items"], again["total"], shown["total"]):
            row.pop("task_state")
        assert again | {"known_at": None} == shown
    reports = book.as_role("leader").get(
        "sowing/reports", season=book.season, as_of=WEEK_3, area=A, known_at=known_at
    )
    assert [each["cumulative_mu"] for each in reports.json()["items"]] == [100]


def test_a_merged_village_is_neither_lost_nor_counted_twice(book, database):
    book.accepted(WEEK_2, {A: 30, B: 50})
    known_at = book.now()
    before = book.progress(as_of=WEEK_2)
    with database.system_transaction() as session:
        areas.merge(session, [A], into=B, happened_on=date(2023, 4, 15))
    # Nothing new is known: the merged village's figure stands, under its own name.
    shown = book.progress(by="village", area=TAIHE, as_of=WEEK_3)
    assert (shown["total"]["sown_mu"], shown["difference_mu"]) == (80, 0)
    assert shown["total"]["coverage"]["expected"] == 17
    rows = {row["area_code"]: row for row in shown["items"]}
    assert (rows[A]["sown_mu"], rows[A]["coverage"]["expected"]) == (30, 0)
    book.at(WEEK_3)
    assert book.file(A, 31, WEEK_3).status_code == 422
    # A successor that reported and is not yet accepted does not push it out.
    book.filed(B, 85, WEEK_3)
    assert book.row(TAIHE, as_of=WEEK_3)["sown_mu"] == 80
    book.accept(TAIHE, WEEK_3)
    row = book.row(TAIHE, as_of=WEEK_3)
    assert row["sown_mu"] == 85
    assert (row["coverage"]["reported"], row["coverage"]["missing"]) == (1, 16)
    assert book.row(TAIHE, as_of=WEEK_2)["sown_mu"] == 80
    again = book.progress(as_of=WEEK_2, known_at=known_at)
    assert again | {"known_at": None} == before


def test_a_village_merged_into_another_town_moves_with_its_figure(book, database):
    book.accepted(WEEK_2, {A: 30, IN_SHANTANG: 50})
    with database.system_transaction() as session:
        areas.merge(session, [A], into=IN_SHANTANG, happened_on=date(2023, 4, 15))
    assert book.progress(as_of=WEEK_3)["total"]["sown_mu"] == 80
    book.accepted(WEEK_3, {IN_SHANTANG: 85})
    shown = book.progress(as_of=WEEK_3)
    assert (shown["total"]["sown_mu"], shown["difference_mu"]) == (85, 0)
    assert book.row(TAIHE, as_of=WEEK_3)["sown_mu"] is None


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"area": TAIHE, "by": "county"}, 422),
        ({"area": A, "by": "town"}, 422),
        ({"as_of": "2023-02-23"}, 422),
        ({"as_of": "2024-05-05"}, 422),
        ({"crop": "NO_SUCH"}, 404),
        ({"season": "1999-spring"}, 404),
        ({"area": "441999"}, 404),
        ({"by": "planet"}, 422),
        ({"known_at": "2023-04-20T09:00:00"}, 422),
    ],
)
def test_a_question_without_an_answer_is_refused(book, params, status):
    question = {"season": book.season, "as_of": WEEK_3} | params
    assert book.as_role("leader").get("sowing/progress", **question).status_code == status


def test_before_its_first_week_a_season_has_no_figures(book):
    shown = book.progress(as_of="2023-02-24")
    assert shown["week"] is None
    assert shown["total"]["sown_mu"] is None
    assert all(row["sown_mu"] is None for row in shown["items"])
    assert shown["late"] == []


def test_the_curve_sets_each_week_beside_last_years(book, database):
    a_season(database, 2022)
    book.plan(TAIHE, 1000)
    book.accepted(WEEK_2, {A: 5})
    book.accepted(WEEK_3, {A: 9, B: 1})
    answer = book.as_role("leader").get("sowing/curve", season=book.season, until=WEEK_3).json()
    points = {point["week"]: point for point in answer["points"]}
    assert answer["plan_mu"] == 1000
    assert [points[week]["sown_mu"] for week in (WEEK_1, WEEK_2, WEEK_3, "2023-04-27")] == [
        None,
        5,
        10,
        None,
    ]
    assert points[WEEK_3]["last_year_week"] == "2022-04-21"
    assert points[WEEK_3]["last_year_mu"] is None


def test_a_countys_table_takes_a_dozen_statements_however_many_towns(book, database):
    book.accepted(WEEK_3, {A: 5, IN_SHANTANG: 6})
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_):
        if statement.startswith("SELECT"):
            statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    book.progress(as_of=WEEK_3)
    event.remove(database.engine, "before_cursor_execute", note)
    assert len(statements) <= 12


def test_the_clock_of_the_ledger_is_later_than_what_it_wrote(book):
    book.accepted(WEEK_3, {A: 5})
    known_at = datetime.fromisoformat(book.now())
    assert known_at > datetime(2023, 4, 20, tzinfo=UTC)
    assert book.row(TAIHE, as_of=WEEK_3, known_at=known_at.isoformat())["sown_mu"] == 5
