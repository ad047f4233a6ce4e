"""The leader's page: every tile leads to its rows, and the season is gone along week by week."""

import html
import re
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest

from service.facts import queries
from service.facts.definitions import Form
from service.pages.leader_pages import TILES
from tests.books_doubts import put
from tests.service.test_outlets import TAIHE, opened
from tests.service.test_stock import posted

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CODES = {code for codes in TILES.values() for code in codes}
COUNTED = {code for code in CODES if queries.REGISTRY[code].form is not Form.STATEMENT}


def tile(page, title: str) -> tuple[str, str]:
    """Return the figure of a tile and where it leads."""
    found = re.search(rf"<h3>{re.escape(title)}</h3>\s*.*?href=\"([^\"]+)\">([^<]+)</a>", page.text)
    return found[2], html.unescape(found[1])


def followed(speaker, href: str):
    """Open where a tile leads to."""
    path, _, query = href.partition("?")
    answer = speaker.get(path, **dict(parse_qsl(query.partition("#")[0])))
    assert answer.status_code == 200
    return answer


def slider(page) -> dict[str, str]:
    """Return the attributes of the slider."""
    return dict(
        re.findall(r'(\w[\w-]*)="([^"]*)"', re.search(r"<input type=\"range\"[^>]+>", page.text)[0])
    )


@pytest.fixture
def leader(as_role):
    return as_role("leader")


@pytest.fixture
def stocked(as_role, season):
    """One shop with a count of this week."""
    bureau = as_role("bureau")
    shop = opened(bureau, TAIHE)
    posted(bureau, shop, "count", 4_126_500, "2023-04-18")
    return shop


def test_every_tile_of_a_fact_leads_to_its_rows(stocked, leader):
    page = leader.get("/overview", as_of="2023-04-20")
    assert page.status_code == 200
    shown = set(re.findall(r'href="/facts/([a-z._]+)\?as_of=2023-04-20"', page.text))
    assert shown == CODES <= queries.REGISTRY.keys()
    assert "≥ 4,126 吨" in page.text
    for href in re.findall(r'<p class="value"><a href="([^"]+)">', page.text):
        followed(leader, html.unescape(href))


def test_the_late_villages_are_those_that_the_progress_page_names(book, leader):
    week = "2023-04-20"
    book.accepted(week, {f"{TAIHE}201": 10.0, f"{TAIHE}202": 20.0})
    page = leader.get("/overview", as_of=week)
    late = len(book.progress(as_of=week)["late"])
    assert late > 100
    said, href = tile(page, "迟报的村")
    assert said == f"{late} 个"
    assert href.endswith("#late-title")
    assert f"{late} 村" in followed(leader, href).text


def test_the_doubts_are_those_of_the_list_and_of_what_was_true_by_the_day(database, leader, season):
    put(database, TAIHE, 1)  # of 13 April
    put(database, TAIHE, 2)
    page = leader.get("/overview", as_of="2023-04-13")
    said, href = tile(page, "未了结的存疑")
    assert said == "2 条"
    assert len(set(re.findall(r"/doubts/[0-9a-f-]{36}", followed(leader, href).text))) == 2
    assert tile(page, "过期未答")[0] == "0 条"
    assert tile(leader.get("/overview", as_of="2023-04-12"), "未了结的存疑")[0] == "0 条"


def test_the_days_of_cover_are_those_of_the_place_where_they_are_shortest(
    book, stocked, as_role, leader
):
    book.plan(f"{TAIHE}201", 100_000.0)
    page = leader.get("/overview", as_of="2023-04-20")
    told = leader.get("stock/adequacy", season=book.season, as_of="2023-04-20").json()
    codes = {each["code"] for each in told["commodities"] if each["category"] == "fertilizer"}
    cells = [each for each in told["items"] if each["commodity"] in codes]
    least = min(each["cover_days"] for each in cells if each["cover_days"] is not None)
    said, href = tile(page, "肥料可用天数")
    assert Decimal(said.removesuffix(" 天")) == Decimal(str(least))
    assert f"town={TAIHE}" in href
    followed(leader, href)


def test_the_slider_holds_the_weeks_that_have_closed_and_works_as_a_form(season, leader, clock):
    page = leader.get("/overview", as_of="2023-04-17")
    found = slider(page)
    assert (found["min"], found["max"], found["value"]) == ("1", "8", "7")
    assert found["aria-valuetext"] == "4月13日"
    third = leader.get("/overview", season=season, week=3)
    assert "截至 2023-03-16周四" in third.text
    assert slider(third)["value"] == "3"
    assert 'rel="prev" href="/overview?season=2023-spring&amp;week=2"' in third.text
    assert 'rel="next" href="/overview?season=2023-spring&amp;week=4"' in third.text
    last = leader.get("/overview", season=season, week=60)
    assert "截至 2023-04-20" in last.text, "a week to come is not shown"
    assert 'rel="next"' not in last.text
    clock.forward(days=7)
    assert slider(leader.get("/overview", as_of="2023-04-17"))["max"] == "9"
    assert leader.get("/overview", week=0).status_code == 422
    assert leader.get("/overview", season="2023-autumn", week=1).status_code == 404
    assert leader.get("/overview", as_of="", season="", week="").status_code == 200


def test_the_page_brings_no_script_or_style_of_its_own(season, leader):
    page = leader.get("/overview").text
    assert re.findall(r"<script(?! src=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", page) == []


def test_the_lines_of_the_season_are_of_the_facts_that_are_counted(stocked, leader, season):
    drawn = leader.get("/overview/trends", as_of="2023-04-20")
    lines = dict(re.findall(r'data-code="([a-z._]+)" data-points="([^"]*)"', drawn.text))
    assert "outlets.active" in lines
    assert lines.keys() <= COUNTED
    assert all(points.count(",") == 7 for points in lines.values()), "a point a week"
    page = leader.get("/overview", as_of="2023-04-20").text
    assert set(re.findall(r'data-trend="([a-z._]+)"', page)) == COUNTED


def test_a_day_without_anything_says_so(leader):
    page = leader.get("/overview", as_of="2023-04-20")
    assert page.status_code == 200
    assert "还没有数据" in page.text
    assert 'type="range"' not in page.text, "no season to slide along"
    assert leader.get("/overview/trends").status_code == 200


def test_an_operator_has_no_overview(as_role):
    shop = as_role("outlet", TAIHE)
    assert shop.get("/overview").status_code == 403
    assert shop.get("/overview/trends").status_code == 403
