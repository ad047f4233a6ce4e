"""The price panel: what is entered, how it is compared, and what stands out."""

import csv
from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random
from statistics import median
from uuid import uuid4

import pytest

from tests.books_outlets import bind
from tests.conftest import SHANTANG, TAIHE
from tests.service.test_outlets import opened

NOW, WEEK_BEFORE, LAST_YEAR = "2023-04-18", "2023-04-11", "2022-04-15"
PRODUCTS = ("UREA-50", "NPK15-50", "KCL-50", "IMI-10", "RICE-H-1")


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


def a_price(outlet: dict, day: str = NOW, yuan: float = 135.5, **other) -> dict:
    body = {"outlet_id": outlet["id"], "product_code": "UREA-50", "observed_on": day}
    return body | {"price_yuan": round(yuan, 4)} | other


def seen(speaker, *args, **other) -> dict:
    answer = speaker.post("prices", a_price(*args, **other))
    assert answer.status_code == 201, answer.text
    return answer.json()


def index(speaker, **asked) -> dict:
    answer = speaker.get("prices/index", **asked)
    assert answer.status_code == 200, answer.text
    return answer.json() | {"whole": answer.json()["items"][0]}


def brought(speaker, text: str, **data):
    files = {"file": ("prices.csv", text.encode(), "text/csv")}
    return speaker.send("POST", "prices/imports", files=files, data=data)


def a_panel(bureau, days: dict[str, float], n_outlets: int = 5, products=PRODUCTS) -> list[dict]:
    """Enter every product at every outlet: on each day, a price times the day's factor."""
    outlets = [opened(bureau) for _ in range(n_outlets)]
    lines = ["网点,产品,日期,价格"]
    for n, outlet in enumerate(outlets):
        for m, code in enumerate(products):
            for day, factor in days.items():
                lines.append(f"{outlet['id']},{code},{day},{(100 + 10 * m + n) * factor:.4f}")
    assert brought(bureau, "\n".join(lines)).json()["n_filed"] == len(lines) - 1
    return outlets


def test_a_price_is_told_per_kg_whatever_it_was_asked_for(bureau):
    outlet = opened(bureau)
    pack = seen(bureau, outlet, yuan=135.5)
    assert (pack["pack_kg"], pack["yuan_per_kg"], pack["unit"]) == (50, 2.71, "yuan_per_pack")
    assert seen(bureau, outlet, yuan=3.1, unit="yuan_per_kg")["yuan_per_kg"] == 3.1
    assert seen(bureau, outlet, yuan=2710, unit="yuan_per_t")["yuan_per_kg"] == 2.71
    assert seen(bureau, outlet, yuan=100, pack_kg=30)["yuan_per_kg"] == 3.3333
    listed = bureau.get("prices", outlet=outlet["id"]).json()["items"]
    assert len(listed) == 4
    assert len(bureau.get("prices", outlet=outlet["id"], limit=3).json()["items"]) == 3
    assert bureau.get("prices", product="KCL-50").json()["items"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"price_yuan": 0}, "price_yuan"),
        ({"price_yuan": -5}, "price_yuan"),
        ({"price_yuan": None}, "price_yuan"),
        ({"price_yuan": 12.34567}, "price_yuan"),
        ({"pack_kg": 0}, "pack_kg"),
        ({"unit": "yuan_per_bag"}, "unit"),
        ({"observed_on": "2023-04-21"}, "observed_on"),
        ({"observed_on": "2020-02-29"}, "outlet_id"),
        ({"product_code": "NOTHING-1"}, "product_code"),
        ({"outlet_id": str(uuid4())}, "outlet_id"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_cannot_be_a_price_is_refused_by_field(bureau, change, field):
    answer = bureau.post("prices", a_price(opened(bureau)) | change)
    assert answer.status_code in {404, 422}, answer.text
    assert field in answer.text
    assert bureau.get("prices").json()["items"] == []


def test_a_closed_outlet_has_no_price_from_that_day_on(bureau):
    outlet = opened(bureau)
    body = {"change": "closed", "valid_from": "2023-04-15", "reason": "停止经营"}
    assert bureau.post(f"outlets/{outlet['id']}/changes", body).status_code == 201
    assert bureau.post("prices", a_price(outlet, NOW)).status_code == 422
    assert bureau.post("prices", a_price(outlet, WEEK_BEFORE)).status_code == 201


def test_the_same_id_is_answered_as_before_and_never_means_two_prices(bureau):
    body = a_price(opened(bureau)) | {"id": str(uuid4())}
    first, again = bureau.post("prices", body), bureau.post("prices", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert bureau.post("prices", body | {"price_yuan": 136}).status_code == 409


def test_an_operator_enters_and_sees_their_own_outlet_only(bureau, as_role, database):
    own, other = opened(bureau), opened(bureau)
    operator = as_role("outlet", TAIHE, "shop")
    bind(database, "shop", own["id"])
    mine, foreign = seen(operator, own), seen(bureau, other)
    assert operator.post("prices", a_price(other)).status_code == 404
    assert [each["id"] for each in operator.get("prices").json()["items"]] == [mine["id"]]
    where = f"prices/{foreign['id']}/withdraw"
    assert operator.post(where, {"reason": "不对"}).status_code == 404
    body = a_price(own) | {"supersedes_id": foreign["id"], "reason": "抢改"}
    assert operator.post("prices", body).status_code == 404
    assert operator.get("prices/index").status_code == 403
    recorder = as_role("recorder", SHANTANG)
    assert recorder.get("prices").json()["items"] == []
    assert recorder.post("prices", a_price(own)).status_code == 404


def test_a_correction_changes_what_is_known_and_not_what_was(bureau, clock):
    outlets = a_panel(bureau, {WEEK_BEFORE: 1, NOW: 1})
    clock.forward(seconds=1)
    known_at = clock().isoformat()
    clock.forward(seconds=1)
    for row in bureau.get("prices", **{"from": NOW}).json()["items"]:
        given = a_price(outlets[0], NOW, row["price_yuan"] * 1.1) | {
            "outlet_id": row["outlet_id"],
            "product_code": row["product_code"],
            "price_yuan": round(row["price_yuan"] * 1.1, 4),
            "supersedes_id": row["id"],
            "reason": "录成了进价",
        }
        assert bureau.post("prices", given).status_code == 201
    assert index(bureau, as_of="2023-04-20")["whole"]["index"] == 1.1
    assert index(bureau, as_of="2023-04-20", known_at=known_at)["whole"]["index"] == 1
    wrong = bureau.post("prices", given)
    assert wrong.status_code == 409
    other = a_price(outlets[1]) | {"supersedes_id": row["id"], "reason": "别家的"}
    assert bureau.post("prices", other).status_code in {409, 422}
    newest = bureau.get("prices", **{"from": NOW}).json()["items"]
    assert len(newest) == 25
    for each in newest:
        answer = bureau.post(f"prices/{each['id']}/withdraw", {"reason": "没有这个价"})
        assert answer.json()["is_withdrawal"]
    gone = index(bureau, as_of="2023-04-20")["whole"]
    assert (gone["index"], gone["n_pairs"], gone["wording"]) == (None, 0, "样本不足")
    assert index(bureau, as_of="2023-04-20", known_at=known_at)["whole"]["n_pairs"] == 25


def test_the_index_is_the_median_of_matched_relatives_and_leads_to_its_rows(bureau):
    a_panel(bureau, {LAST_YEAR: 1, WEEK_BEFORE: 1.02, NOW: 1.04})
    found = index(bureau, as_of="2023-04-20", kind="yoy")
    assert (found["base_from"], found["base_to"]) == ("2022-04-11", "2022-04-20")
    assert (found["window_from"], found["window_to"]) == ("2023-04-14", "2023-04-20")
    whole = found["whole"]
    assert (whole["index"], whole["change_share"], whole["wording"]) == (1.04, 0.04, "上涨 4%")
    assert (whole["low"], whole["high"]) == (1.04, 1.04)
    assert (whole["n_pairs"], whole["n_outlets"]) == (25, 5)
    by_class = {each["category"]: each for each in found["items"]}
    assert by_class["fertilizer"]["n_pairs"] == 15
    assert by_class["seed"]["wording"] == "样本不足"
    assert by_class["seed"]["index"] is None
    last_week = index(bureau, as_of="2023-04-20", kind="mom")["whole"]
    assert last_week["wording"] == "相对持平"
    rows = bureau.get("prices/pairs", as_of="2023-04-20", kind="yoy").json()["items"]
    assert len(rows) == 25
    assert median(row["relative"] for row in rows) == whole["index"]
    held = {row["id"]: row for row in bureau.get("prices").json()["items"]}
    assert all(held[row["now_id"]]["observed_on"] == NOW for row in rows)
    assert all(held[row["base_id"]]["observed_on"] == LAST_YEAR for row in rows)
    assert index(bureau, as_of="2023-04-20", area=SHANTANG)["whole"]["n_pairs"] == 0


def test_few_pairs_or_few_outlets_give_no_figure(bureau):
    a_panel(bureau, {WEEK_BEFORE: 1, NOW: 1}, n_outlets=4, products=(*PRODUCTS, "MAP-50"))
    whole = index(bureau, as_of="2023-04-20")["whole"]
    assert (whole["n_pairs"], whole["n_outlets"]) == (24, 4)
    assert (whole["index"], whole["low"], whole["wording"]) == (None, None, "样本不足")


def test_another_assortment_at_the_same_prices_moves_nothing(bureau):
    outlets = a_panel(bureau, {WEEK_BEFORE: 1, NOW: 1})
    for outlet in outlets:  # dearer goods come in, cheaper ones, brands and packs go out
        seen(bureau, outlet, NOW, 900, product_code="CAP-10")
        seen(bureau, outlet, NOW, 400, brand="新牌子")
        seen(bureau, outlet, NOW, 300, pack_kg=40)
        seen(bureau, outlet, WEEK_BEFORE, 20, product_code="ABC-50")
    whole = index(bureau, as_of="2023-04-20")["whole"]
    assert (whole["index"], whole["n_pairs"], whole["wording"]) == (1, 25, "持平")


def test_a_shop_that_was_entered_twice_is_compared_with_itself(bureau, clock):
    outlets = a_panel(bureau, {WEEK_BEFORE: 1, NOW: 1})
    double = opened(bureau)
    for n, code in enumerate(PRODUCTS):
        seen(bureau, double, "2023-04-19", 2 * (100 + 10 * n), product_code=code)
    clock.forward(seconds=1)
    before = clock().isoformat()
    clock.forward(seconds=1)
    into = {"into_id": outlets[0]["id"], "reason": "同一家"}
    assert bureau.post(f"outlets/{double['id']}/merge", into).status_code == 200
    rows = bureau.get("prices/pairs", as_of="2023-04-20").json()["items"]
    assert (len(rows), [row["relative"] for row in rows[-5:]]) == (25, [2] * 5)
    assert {row["outlet_id"] for row in rows[-5:]} == {outlets[0]["id"]}
    asked = {"as_of": "2023-04-20", "known_at": before}
    rows = bureau.get("prices/pairs", **asked).json()["items"]
    assert {row["relative"] for row in rows} == {1}


def test_the_band_is_the_same_on_every_engine(bureau):
    random, moved = Random(11), []
    lines = ["网点,产品,日期,价格"]
    for outlet in [opened(bureau) for _ in range(6)]:
        for code in PRODUCTS:
            yuan, more = random.randrange(80, 240), random.randrange(-4, 9)
            moved.append(Fraction(yuan + more, yuan))
            lines.append(f"{outlet['id']},{code},{WEEK_BEFORE},{yuan}")
            lines.append(f"{outlet['id']},{code},{NOW},{yuan + more}")
    assert brought(bureau, "\n".join(lines)).json()["n_filed"] == 60
    whole = index(bureau, as_of="2023-04-20")["whole"]
    assert (whole["index"], whole["low"], whole["high"]) == (1.0222, 1.0137, 1.0308)
    assert whole["index"] == round(float(median(moved)), 4)


def test_promotions_and_other_kinds_of_price_do_not_mix_with_retail(bureau):
    outlets = a_panel(bureau, {WEEK_BEFORE: 1, NOW: 1})
    lines = ["网点,产品,日期,价格,价格类型,促销"]
    for name in (f"{outlet['id']},{code}" for outlet in outlets for code in PRODUCTS):
        for day, yuan in ((WEEK_BEFORE, 90), (NOW, 45)):
            lines += [f"{name},{day},{yuan},{kind},否" for kind in ("补贴价", "批发")]
        lines.append(f"{name},2023-04-20,10,零售,是")
    assert brought(bureau, "\n".join(lines)).json()["n_filed"] == 125
    asked = {"as_of": "2023-04-20"}
    assert index(bureau, **asked)["whole"]["index"] == 1
    found = index(bureau, **asked, price_kind="subsidised")["whole"]
    assert (found["index"], found["n_pairs"], found["wording"]) == (0.5, 25, "下降 50%")
    assert bureau.get("prices/spikes", **asked).json()["items"] == []


def test_a_price_that_stands_out_among_its_peers_is_told(bureau):
    outlets = [opened(bureau, name=f"店{n}") for n in range(6)]
    for n, outlet in enumerate(outlets):
        seen(bureau, outlet, NOW, 130 + n)
    assert bureau.get("prices/spikes", as_of="2023-04-20").json()["items"] == []
    seen(bureau, outlets[5], "2023-04-19", 190)
    (spike,) = bureau.get("prices/spikes", as_of="2023-04-20").json()["items"]
    assert (spike["outlet_name"], spike["against"], spike["n_peers"]) == ("店5", "peers", 6)
    assert spike["price"]["price_yuan"] == 190
    assert spike["from_median_share"] == round(190 / 132.5 - 1, 4)
    assert "43%" in spike["text"]
    assert bureau.get("prices/spikes", as_of="2023-04-18").json()["items"] == []


def test_a_season_is_used_only_where_three_years_of_it_are_known(bureau):
    outlet = opened(bureau, opened_on="2018-01-01")
    for year in (2020, 2021, 2022, 2023):
        for month in range(1, 13):
            if (year, month) < (2023, 4):
                yuan = 100 + 20 * (month == 4) + (month * 7 + year) % 3
                seen(bureau, outlet, f"{year}-{month:02d}-10", yuan)
    seen(bureau, outlet, NOW, 121)
    assert bureau.get("prices/spikes", as_of="2023-04-20").json()["items"] == []
    seen(bureau, outlet, "2023-04-19", 101)
    (spike,) = bureau.get("prices/spikes", as_of="2023-04-20").json()["items"]
    assert (spike["against"], spike["from_median_share"]) == ("season", None)
    assert spike["z"] < -2
    assert "季节" in spike["text"]


TABLE = """农资价格采集表,,,,,,
网点,产品,日期,价格,单位,价格类型,促销
{name},UREA-50,2023-04-18,１３５．５,,,
{name},尿素(46%) 50kg,2023-04-18,"2,710",元/吨,批发价,否
"""


def test_a_table_is_tried_taken_and_taken_again_without_a_second_row(bureau):
    text = TABLE.format(name=opened(bureau)["name"])
    assert brought(bureau, text, dry_run="true").json()["n_filed"] == 2
    assert bureau.get("prices").json()["items"] == []
    assert brought(bureau, text).json()["n_filed"] == 2
    again = brought(bureau, text).json()
    assert (again["n_filed"], again["n_unchanged"]) == (0, 2)
    held = bureau.get("prices").json()["items"]
    assert {(each["price_kind"], each["yuan_per_kg"]) for each in held} == {
        ("retail", 2.71),
        ("wholesale", 2.71),
    }


def test_a_table_with_a_bad_row_is_refused_by_row_and_column(bureau):
    outlet = opened(bureau)
    rows = [
        f"{outlet['name']},UREA-50,2023-04-18,0,,,",
        f"{outlet['name']},UREA-50,2023-04-18,,,,",
        f"{outlet['name']},没有的,2023-04-18,130,,,",
        "没有的店,UREA-50,2023-04-18,130,,,",
        f"{outlet['name']},UREA-50,2023-05-18,130,,,",
    ]
    answer = brought(bureau, TABLE.format(name=outlet["name"]) + "\n".join(rows))
    assert answer.status_code == 422
    assert [(each["row"], each["column"]) for each in answer.json()["rows"]] == [
        *((5, "价格"), (6, "价格"), (7, "产品"), (8, "网点"), (9, "日期")),
    ]
    assert bureau.get("prices").json()["items"] == []
    twins = [opened(bureau, name="同名店", phone=f"0763-581234{n}") for n in range(2)]
    both = brought(bureau, TABLE.format(name="同名店"))
    assert "几个网点叫这个名称" in both.text
    assert brought(bureau, TABLE.format(name=twins[0]["id"])).json()["n_filed"] == 2


def test_an_operators_table_needs_no_outlet_and_two_operators_may_bring_the_same(
    bureau, as_role, database
):
    text = "产品,日期,价格\nUREA-50,2023-04-18,130\n"
    for n in range(2):
        outlet, operator = opened(bureau), as_role("outlet", TAIHE, f"shop-{n}")
        bind(database, f"shop-{n}", outlet["id"])
        assert brought(operator, text).json()["n_filed"] == 1
        (held,) = operator.get("prices").json()["items"]
        assert held["outlet_id"] == outlet["id"]
    assert brought(bureau, text).status_code == 422


def test_the_template_opens_with_its_headings(bureau):
    answer = bureau.get("prices/imports/template")
    assert answer.status_code == 200
    assert answer.content[:2] == b"PK"


SERIES = {
    "Urea": "UREA-50",
    "DAP": "DAP-50",
    "TSP": "SSP-50",
    "Potassium chloride **": "KCL-50",
    "Phosphate rock": "FMP-50",
}
FIVE_MONTHS = ("1991M01", "2000M06", "2008M08", "2009M03", "2022M04")


def _world(shared_data) -> dict[str, dict[str, str]]:
    path = shared_data / "prices" / "worldbank_pinksheet_fertilizer_monthly_1960_2024.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["date"]: row for row in csv.DictReader(file)}


def _rounded(text: str) -> Decimal:
    return Decimal(text).quantize(Decimal("0.0001"))


def test_the_world_banks_series_through_the_panel_move_as_computed_by_hand(
    bureau, clock, shared_data
):
    clock.forward(days=700)
    world = _world(shared_data)
    lines = ["网点,产品,日期,价格,单位"]
    for series, product in SERIES.items():
        opened(bureau, name=series, opened_on="1990-01-01")
        for month, row in world.items():
            if month >= "1990":
                text = row[series]
                price = text if text == "…" else _rounded(text)
                lines.append(f"{series},{product},{month[:4]}-{month[5:]}-01,{price},元/吨")
    report = brought(bureau, "\n".join(lines), partial="true").json()
    n_missing = sum(row[each] == "…" for row in world.values() for each in SERIES)
    assert n_missing == report["n_refused"] == 1, "November 2023 has no phosphate rock"
    assert report["n_filed"] == 417 * len(SERIES) - 1
    asked = {"as_of": str(date(2024, 12, 31))}
    found = bureau.get("prices/months", product="UREA-50", **asked).json()["items"]
    by_month = {each["month"]: each for each in found}
    assert len(by_month) == 417
    for month in FIVE_MONTHS:
        year = int(month[:4])
        now, then = (_rounded(world[f"{each}{month[4:]}"]["Urea"]) for each in (year, year - 1))
        told = by_month[month.replace("M", "-")]
        by_hand = (now / then - 1).quantize(Decimal("0.0001"))
        assert Decimal(str(told["yoy_share"])) == by_hand
        assert told["n_yoy_pairs"] == 1
    rock = bureau.get("prices/months", product="FMP-50", **asked).json()["items"]
    rocks = {each["month"]: each for each in rock}
    assert "2023-11" not in rocks
    assert rocks["2024-09"]["yoy_share"] is not None
    assert rocks["2023-12"]["mom_share"] is None
    assert rocks["2023-12"]["yoy_share"] is not None
