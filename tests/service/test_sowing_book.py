"""Filing into the sowing book: what is taken, what is refused, and what is kept."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from service.accounts.models import Account
from service.sowing.models import SowingReport

TAIHE, SHANTANG = "441803102", "441803105"
A, B, C = "441803102003", "441803102004", "441803102005"
IN_SHANTANG = "441803105201"
WEEK_1, WEEK_2, WEEK_3 = "2023-04-06", "2023-04-13", "2023-04-20"
BOTH_OPEN = "2023-04-14"
"""A Friday, before the lock of one week and after the opening of the next."""


def n_rows(database) -> int:
    with database.system_reading() as session:
        return session.scalars(select(func.count()).select_from(SowingReport)).one()


def history(book, area: str, week: str, **params) -> list[dict]:
    answer = book.as_role("bureau").get(
        "sowing/reports", season=book.season, area=area, as_of=week, history=True, **params
    )
    return answer.json()["items"]


def test_zero_blank_and_not_grown_are_three_answers(book):
    book.at(WEEK_3)
    book.filed(A, 0, WEEK_3)
    book.filed(B, None, WEEK_3, answer="not_grown")
    coverage = book.row(TAIHE, as_of=WEEK_3, status="filed")["coverage"]
    assert coverage == {"expected": 18, "reported": 2, "carried": 0, "missing": 16, "not_grown": 1}
    assert book.row(A, as_of=WEEK_3, status="filed")["sown_mu"] == 0
    assert book.row(B, as_of=WEEK_3, status="filed")["coverage"]["not_grown"] == 1
    assert book.row(C, as_of=WEEK_3, status="filed")["sown_mu"] is None


@pytest.mark.parametrize(
    "body", [{"cumulative_mu": None}, {"answer": "not_grown", "cumulative_mu": 0}]
)
def test_an_answer_is_a_figure_or_its_absence_never_both(book, body):
    book.at(WEEK_3)
    figure = book.figure(A, 1, WEEK_3) | body
    assert book.as_role("recorder", TAIHE).post("sowing/reports", figure).status_code == 422


def test_a_fall_without_a_reason_is_refused_and_nothing_is_stored(book, database):
    book.at(WEEK_2)
    book.filed(A, 100, WEEK_2)
    book.at(WEEK_3)
    answer = book.file(A, 99.99, WEEK_3)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].endswith("cumulative_mu")
    assert "100.00" in answer.json()["detail"]
    assert book.file(A, None, WEEK_3, answer="not_grown").status_code == 422
    assert n_rows(database) == 1


def test_a_fall_with_a_reason_keeps_who_when_why_and_the_old_value(book, database):
    book.at(WEEK_2)
    book.filed(A, 100, WEEK_2)
    book.at(WEEK_3)
    book.filed(A, 80, WEEK_3, reason="crop_lost", note="四月十日雨涝")
    with database.system_reading() as session:
        row = session.scalars(select(SowingReport).where(SowingReport.reason.is_not(None))).one()
        recorder = session.scalars(select(Account).where(Account.area_code == TAIHE)).one()
    assert row.recorded_by == recorder.id
    assert row.recorded_at - book.clock() < timedelta(seconds=1)
    assert (row.reason, row.old_mu, row.note) == ("crop_lost", 100, "四月十日雨涝")


def test_a_draft_is_edited_freely_and_every_version_is_kept(book):
    book.at(WEEK_3)
    first = book.filed(A, 100, WEEK_3)
    second = book.filed(A, 90, WEEK_3)
    assert second["supersedes_id"] == first["id"]
    assert [each["cumulative_mu"] for each in history(book, A, WEEK_3)] == [100, 90]


def test_a_submitted_figure_changes_only_with_a_reason(book):
    book.at(WEEK_3)
    first = book.filed(A, 100, WEEK_3)
    book.step(TAIHE, WEEK_3, "submit")
    assert book.file(A, 120, WEEK_3, reason="misreport").status_code == 409
    book.step(TAIHE, WEEK_3, "return", "请核对")
    refused = book.file(A, 120, WEEK_3)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"].endswith("reason")
    second = book.filed(A, 120, WEEK_3, reason="misreport")
    assert (second["old_mu"], second["supersedes_id"]) == (100, first["id"])
    assert [each["cumulative_mu"] for each in history(book, A, WEEK_3)] == [100, 120]


def test_a_second_correction_needs_its_own_reason(book):
    book.at(WEEK_3)
    book.filed(A, 100, WEEK_3)
    book.step(TAIHE, WEEK_3, "submit")
    book.step(TAIHE, WEEK_3, "return", "请核对")
    book.filed(A, 99, WEEK_3, reason="misreport")
    assert book.file(A, 10, WEEK_3).status_code == 422


def test_an_earlier_week_is_not_raised_above_a_later_one(book):
    book.at(BOTH_OPEN)
    book.filed(A, 50, WEEK_2)
    book.filed(A, 80, WEEK_3)
    assert book.file(A, 80.01, WEEK_2).status_code == 422
    book.filed(A, 80, WEEK_2)


def test_an_earlier_week_is_inserted_only_between_its_neighbours(book):
    book.at(BOTH_OPEN)
    book.filed(A, 80, WEEK_3)
    assert book.file(A, 81, WEEK_2).status_code == 422
    book.filed(A, 80, WEEK_2)


def test_a_nursery_bed_is_kept_apart_with_its_field_area(book):
    book.accepted(WEEK_3, {A: 12.34}, method="nursery")
    row = book.row(TAIHE, as_of=WEEK_3)
    assert (row["sown_mu"], row["nursery_field_mu"]) == (0, 123.4)
    (report,) = history(book, A, WEEK_3)
    assert (report["cumulative_mu"], report["field_equivalent_mu"]) == (12.34, 123.4)


def test_the_methods_of_rice_add_up_and_are_shown_apart(book):
    book.at(WEEK_3)
    for method, mu in (("direct_seeded", 1), ("transplanted", 2), ("thrown", 4), ("nursery", 8)):
        book.filed(A, mu, WEEK_3, method=method)
    book.filed(A, 16, WEEK_3, crop_code="CORN_S", method="sown")
    book.accept(TAIHE, WEEK_3)
    row = book.row(TAIHE, as_of=WEEK_3)
    assert row["sown_mu"] == 23
    assert row["direct_seeded_mu"] == 1
    assert row["transplanted_mu"] == 6
    assert row["dry_sown_mu"] == 16
    assert book.row(TAIHE, as_of=WEEK_3, crop="RICE_E")["sown_mu"] == 7
    assert book.row(TAIHE, as_of=WEEK_3)["coverage"]["reported"] == 1


def test_grain_leaves_out_what_is_no_grain(book):
    book.at(WEEK_3)
    book.filed(A, 5, WEEK_3)
    book.filed(A, 7, WEEK_3, crop_code="PEANUT_S", method="sown")
    book.accept(TAIHE, WEEK_3)
    assert book.row(TAIHE, as_of=WEEK_3)["sown_mu"] == 5
    assert book.row(TAIHE, as_of=WEEK_3, crop="PEANUT_S")["sown_mu"] == 7


@pytest.mark.parametrize(
    ("mu", "is_warned", "mark"),
    [(105, False, None), (105.01, True, None), (119.99, True, None), (120, True, "over-plan")],
)
def test_over_plan_is_warned_of_then_doubted_and_always_stored(book, mu, is_warned, mark):
    book.plan(A, 100)
    book.at(WEEK_3)
    answer = book.filed(A, mu, WEEK_3)
    assert bool(answer["warning"]) is is_warned
    assert answer["doubt_mark"] == mark
    assert history(book, A, WEEK_3)[0]["cumulative_mu"] == mu


def test_all_methods_together_are_held_against_the_plan(book):
    book.plan(A, 100)
    book.at(WEEK_3)
    assert book.filed(A, 60, WEEK_3)["warning"] is None
    assert book.filed(A, 60, WEEK_3, method="direct_seeded")["doubt_mark"] == "over-plan"
    assert book.filed(A, 999, WEEK_3, method="nursery")["doubt_mark"] is None


@pytest.mark.parametrize(
    "other",
    [
        {"crop_code": "FRUIT", "method": "sown"},
        {"crop_code": "TEA", "method": "transplanted"},
        {"crop_code": "RICE_E", "method": "sown"},
        {"crop_code": "CORN_S", "method": "nursery"},
    ],
)
def test_what_is_not_sown_that_way_is_refused(book, other):
    book.at(WEEK_3)
    assert book.file(A, 1, WEEK_3, **other).status_code == 422


@pytest.mark.parametrize(
    "other",
    [{"crop_code": "NO_SUCH"}, {"season_code": "1999-spring"}, {"area_code": "441803102999"}],
)
def test_what_does_not_exist_is_said_so(book, other):
    book.at(WEEK_3)
    figure = book.figure(A, 1, WEEK_3) | other
    assert book.as_role("recorder", TAIHE).post("sowing/reports", figure).status_code == 404


@pytest.mark.parametrize("week", ["2023-04-19", "2023-05-11", "2022-04-21"])
def test_only_a_reference_day_of_the_season_closes_a_week(book, week):
    book.at(WEEK_3)
    assert book.file(A, 1, week).status_code == 422


def test_the_same_id_with_the_same_content_answers_as_the_first_time(book, database):
    book.at(WEEK_3)
    body = book.figure(A, 1.5, WEEK_3, id=str(uuid4()))
    recorder = book.as_role("recorder", TAIHE)
    first, again = (recorder.post("sowing/reports", body) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert n_rows(database) == 1
    book.filed(A, 2, WEEK_3)
    late = recorder.post("sowing/reports", body)
    assert late.json() == first.json()
    assert n_rows(database) == 2


@pytest.mark.parametrize(
    "change", [{"cumulative_mu": 1.6}, {"area_code": B}, {"note": "别的"}, {"as_of": "2023-04-13"}]
)
def test_the_same_id_with_other_content_is_refused(book, database, change):
    book.at(WEEK_3)
    body = book.figure(A, 1.5, WEEK_3, id=str(uuid4()))
    recorder = book.as_role("recorder", TAIHE)
    recorder.post("sowing/reports", body)
    assert recorder.post("sowing/reports", body | change).status_code == 409
    assert n_rows(database) == 1


def test_an_id_that_another_town_used_is_taken_and_tells_nothing_of_it(book):
    book.at(WEEK_3)
    key = str(uuid4())
    book.filed(IN_SHANTANG, 777, WEEK_3, id=key)
    answer = book.file(A, 777, WEEK_3, id=key)
    assert answer.status_code == 409
    assert "777" not in answer.text
    assert IN_SHANTANG not in answer.text


def test_the_same_content_without_an_id_is_nothing_new(book, database):
    book.at(WEEK_3)
    first, again = book.file(A, 3, WEEK_3), book.file(A, 3, WEEK_3)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert n_rows(database) == 1


def test_a_batch_is_filed_whole_or_not_at_all(book, database):
    book.at(WEEK_3)
    recorder = book.as_role("recorder", TAIHE)
    good, bad = book.figure(A, 3, WEEK_3), book.figure(IN_SHANTANG, 3, WEEK_3)
    refused = recorder.post("sowing/reports/batch", {"items": [good, bad]})
    assert refused.status_code == 422
    (row,) = refused.json()["rows"]
    assert (row["row"], row["field"]) == (1, "area_code")
    assert n_rows(database) == 0
    taken = recorder.post("sowing/reports/batch", {"items": [good, book.figure(B, 4, WEEK_3)]})
    assert taken.json()["n_filed"] == 2


@pytest.mark.parametrize("mu", [3, 5])
def test_a_batch_does_not_say_two_things_of_one_village(book, database, mu):
    book.at(WEEK_3)
    items = [book.figure(A, 3, WEEK_3), book.figure(A, mu, WEEK_3)]
    answer = book.as_role("recorder", TAIHE).post("sowing/reports/batch", {"items": items})
    assert answer.status_code == (200 if mu == 3 else 422)
    assert n_rows(database) == (1 if mu == 3 else 0)


def test_a_batch_does_not_use_one_id_twice(book, database):
    book.at(WEEK_3)
    key = str(uuid4())
    items = [book.figure(A, 3, WEEK_3, id=key), book.figure(B, 4, WEEK_3, id=key)]
    answer = book.as_role("recorder", TAIHE).post("sowing/reports/batch", {"items": items})
    assert answer.status_code == 422
    assert n_rows(database) == 0


def test_a_batch_may_hold_several_weeks_in_any_order(book):
    book.at(BOTH_OPEN)
    items = [book.figure(A, 30, WEEK_3), book.figure(A, 20, WEEK_2)]
    recorder = book.as_role("recorder", TAIHE)
    assert recorder.post("sowing/reports/batch", {"items": items}).json()["n_filed"] == 2
    wrong = [book.figure(B, 20, WEEK_3), book.figure(B, 30, WEEK_2)]
    assert recorder.post("sowing/reports/batch", {"items": wrong}).status_code == 422


def test_a_correction_made_during_review_does_not_lose_the_accepted_figure(book):
    book.accepted(WEEK_3, {A: 100})
    book.step(TAIHE, WEEK_3, "reopen", "村里来电更正")
    book.filed(A, 70, WEEK_3, reason="misreport")
    row = book.row(TAIHE, as_of=WEEK_3)
    assert (row["sown_mu"], row["open_corrections"]) == (100, 1)
    book.accept(TAIHE, WEEK_3)
    row = book.row(TAIHE, as_of=WEEK_3)
    assert (row["sown_mu"], row["open_corrections"]) == (70, 0)


def test_a_figure_filed_before_the_due_hour_is_on_time_whatever_the_zone_of_the_clock(
    book, monkeypatch
):
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    book.at(WEEK_3, hour=16, minute=59)
    book.filed(A, 1, WEEK_3)
    assert book.step(TAIHE, WEEK_3, "submit").json()["timeliness"] == "on_time"
    book.filed(IN_SHANTANG, 1, WEEK_3)
    book.clock.forward(minutes=2)
    assert book.step(SHANTANG, WEEK_3, "submit").json()["timeliness"] == "late"


def test_a_week_opens_and_locks_at_the_shanghai_second(book):
    book.at("2023-04-14", hour=0)
    book.clock.forward(seconds=-1)
    assert book.file(A, 1, WEEK_3).status_code == 409
    book.clock.forward(seconds=1)
    book.filed(A, 1, WEEK_3)
    book.at("2023-04-21", hour=17)
    assert book.file(B, 1, WEEK_3).status_code == 409
    book.clock.forward(seconds=-1)
    book.filed(B, 1, WEEK_3)


def test_midnight_in_shanghai_parts_two_days(book):
    leader = book.as_role("leader")
    book.at("2023-04-05", hour=23, minute=59)
    book.clock.forward(seconds=59)
    assert leader.get("sowing/progress", season=book.season).json()["week"] == "2023-03-30"
    book.clock.forward(seconds=1)
    assert leader.get("sowing/progress", season=book.season).json()["week"] == "2023-04-06"


# --- scope


def test_a_town_recorder_sees_and_counts_only_their_own_town(book):
    book.accepted(WEEK_3, {A: 11, IN_SHANTANG: 777})
    recorder = book.as_role("recorder", TAIHE)
    assert recorder.get("sowing/reports", season=book.season).json()["items"][0]["area_code"] == A
    progress = recorder.get("sowing/progress", season=book.season, as_of=WEEK_3).json()
    assert progress["total"]["sown_mu"] == 11
    for path, params in (
        ("sowing/progress", {"area": SHANTANG, "by": "village"}),
        ("sowing/progress", {"area": "441803"}),
        ("sowing/curve", {"area": SHANTANG}),
    ):
        assert recorder.get(path, season=book.season, **params).status_code == 404
    for path in ("sowing/reports", "sowing/plans"):
        found = recorder.get(path, season=book.season, area=SHANTANG)
        assert found.json()["items"] == []
    tasks = recorder.get("reporting/tasks", season=book.season).json()["items"]
    assert {task["area_code"] for task in tasks} == {TAIHE}
    rates = recorder.get("reporting/rates", season=book.season, area="441803").json()
    own = recorder.get("reporting/rates", season=book.season).json()
    assert rates == own


def test_a_foreign_report_looks_like_one_that_does_not_exist(book):
    book.at(WEEK_3)
    foreign = book.filed(IN_SHANTANG, 777, WEEK_3)["id"]
    recorder = book.as_role("recorder", TAIHE)
    there = recorder.get(f"sowing/reports/{foreign}")
    absent = recorder.get(f"sowing/reports/{uuid4()}")
    assert there.status_code == absent.status_code == 404
    assert there.json() | {"instance": ""} == absent.json() | {"instance": ""}


def test_a_village_recorder_files_only_their_own_village(book):
    book.at(WEEK_3)
    recorder = book.as_role("recorder", A)
    assert recorder.post("sowing/reports", book.figure(A, 5, WEEK_3)).status_code == 201
    assert recorder.post("sowing/reports", book.figure(B, 5, WEEK_3)).status_code == 404
    assert recorder.post("sowing/reports", book.figure(TAIHE, 5, WEEK_3)).status_code == 404
    found = recorder.get("sowing/progress", season=book.season, by="village", status="filed")
    assert [row["sown_mu"] for row in found.json()["items"]] == [5]
    task = recorder.get("reporting/tasks", season=book.season, period=WEEK_3).json()["items"][0]
    assert recorder.post(f"reporting/tasks/{task['id']}/submit").status_code == 403


# --- plans


def test_a_plan_changes_by_a_new_version_with_a_reason(book):
    assert book.plan(TAIHE, 1000, document_no="清农〔2023〕3号").json()["version"] == 1
    assert book.plan(TAIHE, 1200).status_code == 422
    assert book.plan(TAIHE, 1200, reason="区里调整").json()["version"] == 2
    plans = book.as_role("leader").get("sowing/plans", season=book.season).json()["items"]
    assert [(each["version"], each["plan_mu"]) for each in plans] == [(1, 1000), (2, 1200)]


def test_the_share_of_the_plan_is_told_under_the_version_known_then(book):
    book.plan(TAIHE, 1000)
    book.accepted(WEEK_3, {A: 600})
    before = book.now()
    book.clock.forward(days=1)
    book.plan(TAIHE, 1200, reason="区里调整")
    assert book.row(TAIHE, as_of=WEEK_3)["share_of_plan"] == 0.5
    assert book.row(TAIHE, as_of=WEEK_3, known_at=before)["share_of_plan"] == 0.6


def test_a_plan_of_nothing_has_no_share(book):
    book.plan(TAIHE, 0)
    book.accepted(WEEK_3, {A: 600})
    row = book.row(TAIHE, as_of=WEEK_3)
    assert (row["plan_mu"], row["share_of_plan"]) == (0, None)
    assert book.row(SHANTANG, as_of=WEEK_3)["plan_mu"] is None


def test_a_unit_without_its_own_plan_has_what_its_parts_were_given(book):
    book.plan(A, 10)
    book.plan(B, 20)
    book.plan(IN_SHANTANG, 5)
    assert book.row(TAIHE, as_of=WEEK_3)["plan_mu"] == 30
    assert book.progress(as_of=WEEK_3)["total"]["plan_mu"] == 35
    book.plan(TAIHE, 100)
    book.plan(A, 7, crop_code="CORN_S")
    assert book.row(TAIHE, as_of=WEEK_3)["plan_mu"] == 107
    assert book.row(TAIHE, as_of=WEEK_3, crop="RICE_E")["plan_mu"] == 100
    assert book.row(A, as_of=WEEK_3)["plan_mu"] == 17
    county = book.progress(as_of=WEEK_3, by="county")
    assert county["items"][0]["plan_mu"] == county["total"]["plan_mu"] == 112
    book.plan("441803", 90)
    assert book.progress(as_of=WEEK_3)["total"]["plan_mu"] == 97
