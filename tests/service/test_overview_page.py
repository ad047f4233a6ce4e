"""The leader's page: every tile is a fact that opens to its rows."""

import re

import pytest

from service.facts import queries
from service.pages.leader_routes import TILES
from tests.service.test_outlets import TAIHE, opened
from tests.service.test_stock import posted

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_every_tile_is_a_fact_and_leads_to_its_rows(as_role, season):
    bureau = as_role("bureau")
    shop = opened(bureau, TAIHE)
    posted(bureau, shop, "count", 4_126_500, "2023-04-18")
    page = as_role("leader").get("/overview", as_of="2023-04-20")
    assert page.status_code == 200
    shown = set(re.findall(r'href="/facts/([a-z._]+)\?as_of=2023-04-20"', page.text))
    assert shown == {code for _, codes in TILES for code in codes} <= queries.REGISTRY.keys()
    assert "≥ 4,127 吨" in page.text
    assert "4月13日" in page.text, "the weeks of the season to go along"


def test_a_day_without_anything_says_so(as_role):
    page = as_role("leader").get("/overview", as_of="2023-04-20")
    assert page.status_code == 200
    assert "还没有数据" in page.text


def test_an_operator_has_no_overview(as_role):
    assert as_role("outlet", TAIHE).get("/overview").status_code == 403
