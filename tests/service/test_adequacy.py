"""Adequacy: what the plan still wants beside the stock that is believed."""

from datetime import date

import pytest

from service.adequacy import codes
from service.supply import products
from tests.service.test_outlets import opened
from tests.service.test_stock import posted

TAIHE, SHANTANG, TAIPING = "441803102", "441803105", "441803104"
IN_TAIHE, IN_SHANTANG = "441803102201", "441803105201"
WEEK = "2023-03-16"


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


@pytest.fixture
def planned(book) -> str:
    """1,000 mu of early rice planned in each of two towns, 400 of it sown in 太和镇."""
    for village in (IN_TAIHE, IN_SHANTANG):
        assert book.plan(village, 1000).is_success
    book.accepted(WEEK, {IN_TAIHE: 400})
    return book.season


def asked(speaker, season: str, **other) -> dict:
    answer = speaker.get("stock/adequacy", season=season, **({"as_of": WEEK} | other))
    assert answer.status_code == 200, answer.text
    return answer.json()


def cell(found: dict, town: str, commodity: str) -> dict:
    return next(
        each
        for each in found["items"]
        if (each["area_code"], each["commodity"]) == (town, commodity)
    )


def test_every_rate_is_of_a_known_commodity_and_stage_and_names_its_source(database):
    with database.system_reading() as session:
        known = {each.commodity for each in products.products(session)}
    held = codes.rates(date(2023, 4, 20))
    assert {each.commodity for each in held} <= known
    assert all(each.source and codes.stage(each.stage_code, 2023) for each in held)
    of_season = {"npk": 25, "urea": 10, "potassium_chloride": 7.5}
    assert {e.commodity: e.kg_per_mu for e in held if e.commodity in of_season} == of_season


def test_demand_is_the_rate_by_the_area_left_or_by_the_plan(bureau, planned):
    found = asked(bureau, planned)
    base = cell(found, TAIHE, "npk")
    assert base["demand_kg"] == 600 * 25, "what is sown has had its base fertiliser"
    assert cell(found, SHANTANG, "npk")["demand_kg"] == 1000 * 25
    # Top dressing comes at tillering: the land that is sown wants it as well.
    assert cell(found, TAIHE, "urea")["demand_kg"] == 1000 * 10
    assert sum(base["weekly_demand_kg"]) == base["demand_kg"]
    assert base["weekly_demand_kg"][0] < base["demand_kg"], "not all in the first week"


def test_the_first_week_of_shortfall_is_where_the_stock_ends(bureau, planned):
    shop = opened(bureau, TAIHE)
    posted(bureau, shop, "count", 15_000, WEEK, product_code="NPK15-50")
    found = asked(bureau, planned)
    there = cell(found, TAIHE, "npk")
    assert (there["stock_kg"], there["alert"], there["short_from"]) == (15_000, "enough", None)
    lacking = cell(found, SHANTANG, "npk")
    assert (lacking["alert"], lacking["cover_share"]) == ("red", 0)
    assert lacking["short_from"] == WEEK
    assert "不够" in lacking["text"]
    assert not found["is_met"]


def test_moving_stock_flips_exactly_the_two_towns(bureau, planned):
    shop, other = opened(bureau, TAIHE), opened(bureau, SHANTANG)
    posted(bureau, shop, "count", 25_000, WEEK, product_code="NPK15-50")
    before = asked(bureau, planned)
    body = {"from_outlet_id": shop["id"], "to_outlet_id": other["id"]}
    body |= {"product_code": "NPK15-50", "occurred_on": WEEK, "quantity_kg": 25_000}
    assert bureau.post("stock/transfers", body).status_code == 201
    after = asked(bureau, planned)
    flipped = {
        (was["area_code"], was["commodity"])
        for was, now in zip(before["items"], after["items"], strict=True)
        if (was["short_from"] is None) != (now["short_from"] is None)
    }
    assert flipped == {(TAIHE, "npk"), (SHANTANG, "npk")}


def test_a_town_takes_what_a_town_within_reach_will_not_want(bureau, planned):
    assert codes.reach()[TAIHE] == (TAIPING,)
    shop = opened(bureau, TAIPING)
    posted(bureau, shop, "count", 9_000, WEEK, product_code="NPK15-50")
    there = cell(asked(bureau, planned), TAIHE, "npk")
    assert (there["stock_kg"], there["reached_kg"]) == (0, 9_000)
    assert there["alert"] == "orange"


def test_stale_stock_meets_no_demand(bureau, planned):
    shop = opened(bureau, TAIHE)
    posted(bureau, shop, "count", 15_000, "2023-03-01", product_code="NPK15-50")
    assert cell(asked(bureau, planned), TAIHE, "npk")["alert"] == "red"


def test_a_stock_far_beyond_a_season_is_doubted(bureau, planned):
    shop = opened(bureau, TAIHE, categories=["pesticide", "fertilizer"])
    posted(bureau, shop, "count", 1744, WEEK, product_code="VAL-1")
    posted(bureau, shop, "count", 8000, WEEK, product_code="UREA-50")
    ratios = {each["category"]: each for each in asked(bureau, planned)["ratios"]}
    pesticide = ratios["pesticide"]
    assert (pesticide["sown_mu"], pesticide["kg_per_mu"]) == (400, 4.36)
    assert (pesticide["season_need_kg_per_mu"], pesticide["is_doubted"]) == (0.8, True)
    assert "存疑" in pesticide["text"]
    assert not ratios["fertilizer"]["is_doubted"]


def test_needs_are_met_only_when_enough_outlets_have_told(bureau, book):
    for village in (IN_TAIHE,):
        assert book.plan(village, 1).is_success
    silent = [opened(bureau, TAIHE) for _ in range(2)]
    shop = opened(bureau, TAIHE)
    for code in ("NPK15-50", "UREA-50", "KCL-50", "VAL-1", "IMI-10", "BENS-1", "PACL-1"):
        posted(bureau, shop, "count", 5000, WEEK, product_code=code)
    for code in ("RICE-H-1", "FILM-10", "NICL-1"):
        posted(bureau, shop, "count", 5000, WEEK, product_code=code)
    found = asked(bureau, book.season, area=TAIHE)
    assert not any(each["short_from"] for each in found["items"])
    assert (found["is_met"], found["outlet_coverage"]) == (False, 0.3333)
    assert "先催报" in found["text"]
    for each in silent:
        posted(bureau, each, "count", 1, WEEK)
    assert asked(bureau, book.season, area=TAIHE)["is_met"]


def test_the_answer_of_a_past_knowledge(bureau, planned, clock):
    shop = opened(bureau, TAIHE)
    clock.forward(hours=1)
    known_at = clock().isoformat()
    clock.forward(hours=1)
    posted(bureau, shop, "count", 15_000, WEEK, product_code="NPK15-50")
    then = cell(asked(bureau, planned, known_at=known_at), TAIHE, "npk")
    assert then["stock_kg"] == 0


def test_needs_are_not_met_where_nobody_planned(bureau, season):
    found = asked(bureau, season)
    assert found["is_met"] is False
    assert "没有计划面积" in found["text"] or "网点" in found["text"]
    shop = opened(bureau, TAIHE)
    posted(bureau, shop, "count", 5000, WEEK, product_code="NPK15-50")
    told = asked(bureau, season)
    assert (told["is_met"], told["outlet_coverage"]) == (False, 1)
    assert "请先报计划" in told["text"]


def test_a_reader_of_a_town_gets_no_figure_that_is_called_the_countys(planned, as_role):
    leader = as_role("leader", TAIHE)
    assert leader.get("stock/adequacy", season=planned, as_of=WEEK).status_code == 200
    for area in ("441803", SHANTANG):
        for path in ("stock/adequacy", "facts"):
            answer = leader.get(path, season=planned, as_of=WEEK, area=area)
            assert answer.status_code == 404, (path, area)


def test_days_of_cover_are_the_stock_by_the_next_three_weeks_demand(bureau, planned):
    shop = opened(bureau, SHANTANG)
    posted(bureau, shop, "count", 7_000, WEEK, product_code="NPK15-50")
    there = cell(asked(bureau, planned), SHANTANG, "npk")
    a_day = sum(there["weekly_demand_kg"][:3]) / 21
    assert there["cover_days"] == pytest.approx(7_000 / a_day, abs=0.05)


def test_the_week_of_the_shortfall_is_the_one_in_which_the_stock_ends(bureau, planned):
    weekly = cell(asked(bureau, planned), SHANTANG, "npk")["weekly_demand_kg"]
    shop = opened(bureau, SHANTANG)
    enough_for_two = weekly[0] + weekly[1] + weekly[2] / 2
    posted(bureau, shop, "count", round(enough_for_two, 3), WEEK, product_code="NPK15-50")
    there = cell(asked(bureau, planned), SHANTANG, "npk")
    assert there["short_from"] == "2023-03-30", "the third week from 16 March"
