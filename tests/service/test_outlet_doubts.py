"""What ledgers and prices say against an outlet: findings of the register, reasons of a draw."""

from datetime import UTC, datetime

import pytest

from tests.service.test_draws import begun, drawn
from tests.service.test_outlets import SHANTANG, changed, licensed, opened
from tests.service.test_prices import seen
from tests.service.test_stock import posted
from tests.service.test_visits import a_visit, enrolled, visited

SOLD = ["fertilizer", "pesticide"]
VALIDAMYCIN, FILM, PHORATE = "VAL-1", "FILM-10", "PHOR-3"


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


@pytest.fixture
def officer(as_role):
    return as_role("officer")


@pytest.fixture
def team(bureau) -> list[str]:
    return [enrolled(bureau)["id"] for _ in range(4)]


def findings(bureau, day: str, **asked) -> list[str]:
    listed = bureau.get("outlets/findings", as_of=day, **asked).json()["items"]
    counted = bureau.get("outlets/counts", as_of=day, **asked).json()
    found = [each["text"] for each in listed if each["finding"] == "selling_outside_scope"]
    assert counted["n_selling_outside_scope"] == len(found)
    return found


def test_stock_without_a_basis_on_the_day_is_found_by_category_while_it_lasts(bureau, clock):
    outlet = opened(bureau, categories=SOLD)
    licence = licensed(bureau, outlet, "pesticide_licence", "2020-01-01", "2023-03-31")
    posted(bureau, outlet, "receipt", 30, "2023-03-01", product_code=VALIDAMYCIN)
    posted(bureau, outlet, "receipt", 20.5, "2023-03-02", product_code="IMI-10")
    posted(bureau, outlet, "receipt", 500, "2023-03-01")  # of fertilizer, which needs no licence
    assert findings(bureau, "2023-03-31") == []
    (said,) = findings(bureau, "2023-04-01")
    assert "农药 50.5" in said
    clock.forward(seconds=1)
    before = clock().isoformat()
    clock.forward(seconds=1)
    posted(bureau, outlet, "sale", 30, "2023-04-02", product_code=VALIDAMYCIN)
    posted(bureau, outlet, "sale", 20.5, "2023-04-02", product_code="IMI-10")
    assert findings(bureau, "2023-04-01") != []
    assert findings(bureau, "2023-04-02") == []
    assert findings(bureau, "2023-04-02", known_at=before) != []
    body = {"supersedes_id": licence["id"], "reason": "止日录错"}
    licensed(bureau, outlet, "pesticide_licence", "2020-01-01", "2025-03-31", **body)
    assert findings(bureau, "2023-04-01") == []


def test_what_is_kept_beside_the_declared_categories_is_found_in_its_own_town(bureau):
    outlet = opened(bureau, categories=["fertilizer"])
    posted(bureau, outlet, "count", 12, "2023-04-01", product_code=FILM)
    assert len(findings(bureau, "2023-04-09", area=outlet["area_code"])) == 1
    assert findings(bureau, "2023-04-09", area=SHANTANG) == []
    changed(bureau, outlet, "suspended", "2023-04-10")
    assert findings(bureau, "2023-04-20") == []


def inspected(bureau, officer, team, names: str) -> dict[str, dict]:
    """Open outlets with a licence, at each of which a visit has found nothing."""
    shops = {name: opened(bureau, categories=SOLD, name=name) for name in names.split()}
    for n, shop in enumerate(shops.values()):
        licensed(bureau, shop, "pesticide_licence", "2020-01-01", "2025-12-31")
        visited(officer, a_visit(shop, team[:2], f"2023-04-12T10:{n:02d}:00+08:00"))
    return shops


def tiers(bureau, **asked) -> dict[str, tuple[str, str]]:
    """Draw, and return the name of an outlet -> its tier and the reasons."""
    told = drawn(bureau, begun(bureau, **asked), seed="seed-of-the-day")
    return {each["name"]: (each["tier"], each["tier_reasons"]) for each in told["items"]}


def test_ledgers_raise_the_tier_of_an_outlet_where_visits_found_nothing(bureau, officer, team):
    shops = inspected(
        bureau, officer, team, "plain negative differs forgotten outside silent never counted"
    )
    opened_late = opened(bureau, categories=SOLD, name="new", opened_on="2023-04-10")
    visited(officer, a_visit(opened_late, team[:2], "2023-04-13T10:00:00+08:00"))
    for name in ("plain", "negative", "differs", "outside"):
        posted(bureau, shops[name], "count", 100, "2023-04-01")
    posted(bureau, shops["forgotten"], "count", 100, "2020-04-01")
    posted(bureau, shops["forgotten"], "count", 50, "2020-04-02", reason="漏记销售")
    posted(bureau, shops["forgotten"], "sale", 1, "2023-04-02")
    posted(bureau, shops["silent"], "count", 100, "2023-03-20")
    posted(officer, shops["counted"], "count", 100, "2023-04-01", source="inspection")
    posted(bureau, shops["negative"], "sale", 130, "2023-04-02")
    posted(bureau, shops["differs"], "count", 50, "2023-04-03", reason="漏记销售")
    posted(bureau, shops["outside"], "count", 10, "2023-04-03", product_code=FILM)
    told = tiers(bureau)
    for name in ("plain", "new", "forgotten"):
        assert told[name][0] == "low", told[name]
        assert "未发现违法行为" in told[name][1]
    for name, said in {
        "negative": "低于零",
        "differs": "相差",
        "outside": "没有经营这类产品的有效许可",
        "silent": "2023-03-20 以后没有报进销存",
        "never": "从未报过进销存",
        "counted": "从未报过进销存",
    }.items():
        assert told[name][0] == "medium", (name, told[name])
        assert said in told[name][1], told[name]


def test_a_price_that_stands_out_raises_the_tier(bureau, officer, team):
    shops = list(inspected(bureau, officer, team, "a b c d e f").values())
    for n, shop in enumerate(shops):
        posted(bureau, shop, "count", 100, "2023-04-01")
        seen(bureau, shop, "2023-04-18", 130 + n)
    seen(bureau, shops[5], "2023-04-19", 190)
    told = tiers(bureau)
    assert [name for name, (tier, _) in told.items() if tier != "low"] == ["f"]
    assert told["f"][0] == "medium"
    assert "价格比同类 6 个价的中位数高" in told["f"][1]


def test_a_banned_product_in_stock_makes_the_tier_high(bureau, officer, team, clock):
    shops = inspected(bureau, officer, team, "keeps sold")
    for shop in shops.values():
        licensed(bureau, shop, "restricted_pesticide", "2023-03-10", "2025-12-31", scope="甲拌磷")
        posted(bureau, shop, "receipt", 3, "2023-04-10", product_code=PHORATE)
    clock.set(datetime(2024, 9, 2, 1, tzinfo=UTC))
    for shop in shops.values():
        posted(bureau, shop, "count", 9, "2024-08-31")
    posted(bureau, shops["sold"], "supplier_return", 3, "2024-08-31", product_code=PHORATE)
    told = tiers(bureau, starts_on="2024-09-01", ends_on="2024-09-30")
    assert told["sold"][0] == "low", told
    assert told["keeps"][0] == "high"
    assert "禁用产品仍有 3" in told["keeps"][1]
