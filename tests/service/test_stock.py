"""The stock ledger: what is taken, what is refused, what a day leaves, who sees it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from random import Random
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from service.accounts.models import Account
from service.supply import outlet_states, outlets, stock_held, stock_rollups
from service.supply.stock_models import StockDay, StockHead
from tests.books_outlets import bind
from tests.service.test_outlets import SHANTANG, TAIHE, changed, licensed, opened

UREA = "UREA-50"


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


@pytest.fixture
def shop(bureau):
    outlet = opened(bureau, categories=["fertilizer", "pesticide"])
    licensed(bureau, outlet, "pesticide_licence", "2020-01-01", "2025-12-31")
    return outlet


def event(shop, kind, quantity, day, **other) -> dict:
    body = {"outlet_id": shop["id"], "product_code": UREA, "kind": kind, "occurred_on": day}
    return body | {"quantity_kg": quantity} | other


def posted(speaker, *told, **other) -> dict:
    answer = speaker.post("stock/events", event(*told, **other))
    assert answer.status_code == 201, answer.text
    return answer.json()


def refused(speaker, body, status, word):
    answer = speaker.post("stock/events", body)
    assert answer.status_code == status, answer.text
    assert word in answer.json()["detail"], answer.text
    return answer.json()


def closing(bureau, shop, day, product=UREA):
    listed = bureau.get("stock/balances", as_of=day, by="outlet", product=product).json()
    found = {each["key"]: each for each in listed["items"]}.get(shop["id"])
    return None if found is None else round(found["fresh_kg"] + found["stale_kg"], 3)


def days(bureau, shop, product=UREA):
    listed = bureau.get(f"stock/outlets/{shop['id']}/days", product=product).json()["items"]
    return {each["day"]: each["closing_kg"] for each in listed}


def test_a_balance_is_what_was_received_less_what_was_sold_on_any_day(bureau, shop):
    posted(bureau, shop, "receipt", 1000, "2023-03-01")
    posted(bureau, shop, "sale", 200.5, "2023-03-05")
    posted(bureau, shop, "loss", 10, "2023-03-06", reason="破包")
    posted(bureau, shop, "customer_return", 50, "2023-03-06")
    assert closing(bureau, shop, "2023-02-28") is None
    assert closing(bureau, shop, "2023-03-01") == 1000
    assert closing(bureau, shop, "2023-03-05") == 799.5
    assert closing(bureau, shop, "2023-04-20") == 839.5


def test_packs_are_kg_by_the_product(bureau, shop):
    body = event(shop, "receipt", None, "2023-03-01") | {"n_packs": 3}
    body.pop("quantity_kg")
    found = bureau.post("stock/events", body).json()
    assert (found["quantity_kg"], found["n_packs"]) == (150, 3)


def test_a_ledger_never_goes_below_zero_on_any_day(bureau, shop):
    posted(bureau, shop, "receipt", 100, "2023-03-01", source="ledger")
    posted(bureau, shop, "sale", 60, "2023-03-10", source="ledger")
    refused(bureau, event(shop, "sale", 41, "2023-03-20", source="ledger"), 409, "库存不够")
    told = refused(bureau, event(shop, "sale", 50, "2023-03-05", source="ledger"), 409, "库存不够")
    assert "2023-03-10" in told["detail"], "the day on which it would be short is named"
    assert closing(bureau, shop, "2023-04-20") == 40


def test_what_an_outlet_tells_itself_may_go_below_zero_and_is_doubted(
    bureau, shop, as_role, database
):
    operator = as_role("outlet", TAIHE)
    bind(database, f"outlet-{TAIHE}", shop["id"])
    posted(operator, shop, "receipt", 100, "2023-03-01")
    posted(operator, shop, "sale", 130, "2023-03-05")
    posted(operator, shop, "sale", 5, "2023-03-09")
    marks = bureau.get("stock/marks").json()["items"]
    assert [(each["mark"], each["since"]) for each in marks] == [("negative_stock", "2023-03-05")]
    assert "-35" in marks[0]["text"]
    assert closing(bureau, shop, "2023-04-20") == 0, "less than nothing adds nothing"
    posted(operator, shop, "receipt", 100, "2023-03-04")
    assert bureau.get("stock/marks").json()["items"] == []


def test_a_late_movement_moves_every_later_day_up_to_the_next_count(bureau, shop):
    posted(bureau, shop, "receipt", 100, "2023-03-01")
    posted(bureau, shop, "sale", 10, "2023-03-05")
    posted(bureau, shop, "count", 85, "2023-03-10")
    posted(bureau, shop, "sale", 5, "2023-03-15")
    before = days(bureau, shop)
    posted(bureau, shop, "receipt", 7.125, "2023-03-03")
    after = days(bureau, shop)
    moved = {day: round(after[day] - before.get(day, before["2023-03-01"]), 3) for day in after}
    assert moved == {
        "2023-03-01": 0,
        "2023-03-03": 7.125,
        "2023-03-05": 7.125,
        "2023-03-10": 0,
        "2023-03-15": 0,
    }


def test_a_count_sets_the_book_and_says_by_how_much(bureau, shop):
    posted(bureau, shop, "receipt", 100, "2023-03-01")
    refused(bureau, event(shop, "count", 50, "2023-03-10"), 422, "相差较大")
    found = posted(bureau, shop, "count", 50, "2023-03-10", reason="漏记销售")
    assert (found["counted_kg"], found["quantity_kg"]) == (50, -50)
    assert closing(bureau, shop, "2023-03-10") == 50
    marks = bureau.get("stock/marks").json()["items"]
    assert [each["mark"] for each in marks] == ["disagreement"]


def test_on_one_day_the_count_of_the_higher_source_stands(bureau, shop, as_role):
    posted(bureau, shop, "receipt", 100, "2023-04-01")
    posted(as_role("officer"), shop, "count", 90, "2023-04-10")
    posted(bureau, shop, "count", 99, "2023-04-10")
    assert closing(bureau, shop, "2023-04-10") == 90
    posted(bureau, shop, "sale", 1, "2023-04-10")
    assert closing(bureau, shop, "2023-04-10") == 89


def test_a_reversal_takes_back_once_and_the_event_stays(bureau, shop):
    posted(bureau, shop, "receipt", 100, "2023-03-01")
    sale = posted(bureau, shop, "sale", 30, "2023-03-05")
    path = f"stock/events/{sale['id']}/reversals"
    given = {"id": str(uuid4()), "reason": "记错了"}
    made = bureau.post(path, given)
    assert made.status_code == 201
    assert made.json()["items"][0]["quantity_kg"] == 30
    assert bureau.post(path, given).status_code == 200
    assert bureau.post(path, {"reason": "再来"}).status_code == 409
    again = f"stock/events/{made.json()['items'][0]['id']}/reversals"
    assert "不能再冲正" in bureau.post(again, {"reason": "再来"}).json()["detail"]
    assert closing(bureau, shop, "2023-03-05") == 100
    listed = bureau.get("stock/events", outlet=shop["id"]).json()["items"]
    assert sale["id"] in {each["id"] for each in listed}


def test_a_count_that_is_taken_back_sets_nothing(bureau, shop):
    posted(bureau, shop, "receipt", 100, "2023-03-01")
    count = posted(bureau, shop, "count", 40, "2023-03-05", reason="漏记")
    posted(bureau, shop, "sale", 5, "2023-03-06")
    bureau.post(f"stock/events/{count['id']}/reversals", {"reason": "数错了"})
    assert days(bureau, shop) == {"2023-03-01": 100, "2023-03-05": 100, "2023-03-06": 95}


def test_a_receipt_whose_stock_was_sold_from_a_ledger_cannot_be_taken_back(bureau, shop):
    receipt = posted(bureau, shop, "receipt", 100, "2023-03-01", source="ledger")
    posted(bureau, shop, "sale", 60, "2023-03-05", source="ledger")
    answer = bureau.post(f"stock/events/{receipt['id']}/reversals", {"reason": "记错了"})
    assert answer.status_code == 409
    assert closing(bureau, shop, "2023-03-05") == 40


def test_a_transfer_has_both_legs_or_none(bureau, shop):
    other = opened(bureau, SHANTANG)
    posted(bureau, shop, "receipt", 100, "2023-03-01")
    body = {"from_outlet_id": shop["id"], "to_outlet_id": other["id"], "product_code": UREA}
    body |= {"occurred_on": "2023-03-05", "quantity_kg": 60, "id": str(uuid4())}
    made = bureau.post("stock/transfers", body)
    assert made.status_code == 201
    assert [each["quantity_kg"] for each in made.json()["items"]] == [-60, 60]
    assert bureau.post("stock/transfers", body).json() == made.json()
    short = bureau.post("stock/transfers", body | {"id": str(uuid4()), "quantity_kg": 41})
    assert short.status_code == 409
    assert (closing(bureau, shop, "2023-03-05"), closing(bureau, other, "2023-03-05")) == (40, 60)
    leg = made.json()["items"][1]["id"]
    back = bureau.post(f"stock/events/{leg}/reversals", {"reason": "没有调"})
    assert len(back.json()["items"]) == 2
    assert (closing(bureau, shop, "2023-03-05"), closing(bureau, other, "2023-03-05")) == (100, 0)


def test_the_same_id_says_the_same_thing_or_is_refused(bureau, shop):
    body = event(shop, "receipt", 100, "2023-03-01", id=str(uuid4()))
    first, second = bureau.post("stock/events", body), bureau.post("stock/events", body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert bureau.post("stock/events", body | {"quantity_kg": 101}).status_code == 409
    assert closing(bureau, shop, "2023-03-01") == 100


def test_closed_books_take_nothing_until_they_are_opened_again(bureau, shop, as_role, database):
    body = {"area_code": "441803", "closed_through": "2023-03-31"}
    made = bureau.post("stock/closings", body)
    assert made.status_code == 201
    operator = as_role("outlet", TAIHE)
    bind(database, f"outlet-{TAIHE}", shop["id"])
    for speaker in (bureau, operator):
        refused(speaker, event(shop, "receipt", 5, "2023-03-31"), 409, "账已结")
    posted(bureau, shop, "receipt", 5, "2023-04-01")
    path = f"stock/closings/{made.json()['id']}/withdraw"
    assert bureau.post(path, {"reason": "补记"}).status_code == 403
    assert as_role("admin").post(path, {"reason": "补记"}).status_code == 200
    posted(bureau, shop, "receipt", 5, "2023-03-31")


def test_the_outlet_and_the_day_must_fit(bureau, shop):
    refused(bureau, event(shop, "receipt", 5, "2019-12-31"), 422, "还没有开业")
    refused(bureau, event(shop, "receipt", 5, "2023-04-21"), 422, "不能晚于今天")
    posted(bureau, shop, "receipt", 100, "2023-03-01")
    changed(bureau, shop, "suspended", "2023-04-01")
    refused(bureau, event(shop, "sale", 5, "2023-04-02"), 409, "不在营业")
    posted(bureau, shop, "supplier_return", 100, "2023-04-02")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"quantity_kg": 0}, "数量"),
        ({"quantity_kg": 0.0001}, "quantity_kg"),
        ({"quantity_kg": 10**12}, "quantity_kg"),
        ({"quantity_kg": -5}, "quantity_kg"),
        ({"quantity_kg": None}, "n_packs"),
        ({"n_packs": 2}, "n_packs"),
        ({"kind": "reversal"}, "kind"),
        ({"product_code": "NO-SUCH"}, "product_code"),
        ({"kind": "loss"}, "原因"),
    ],
)
def test_what_cannot_be_an_amount_is_refused(bureau, shop, change, word):
    body = event(shop, "receipt", 5, "2023-03-01") | change
    answer = bureau.post("stock/events", {k: v for k, v in body.items() if v is not None})
    assert answer.status_code in {404, 422}, answer.text
    assert word in answer.text


def test_one_gram_is_taken(bureau, shop):
    assert posted(bureau, shop, "receipt", 0.001, "2023-03-01")["quantity_kg"] == 0.001


def test_banned_and_restricted_pesticides(bureau, shop, clock):
    bromadiolone = {"product_code": "BROD-5"}
    refused(bureau, event(shop, "receipt", 5, "2023-03-01") | bromadiolone, 409, "定点")
    licensed(bureau, shop, "restricted_pesticide", "2023-03-10", "2023-12-31", scope="磷化铝")
    refused(bureau, event(shop, "receipt", 5, "2023-03-10") | bromadiolone, 409, "定点")
    licensed(bureau, shop, "restricted_pesticide", "2023-03-10", "2023-12-31", scope="溴敌隆")
    refused(bureau, event(shop, "receipt", 5, "2023-03-09") | bromadiolone, 409, "定点")
    posted(bureau, shop, "receipt", 5, "2023-03-10", **bromadiolone)
    clock.set(datetime(2024, 9, 2, tzinfo=UTC))
    phorate = {"product_code": "PHOR-3"}
    refused(bureau, event(shop, "receipt", 3, "2024-09-01") | phorate, 409, "禁止销售")


def test_an_expired_batch_is_not_sold(bureau, shop):
    posted(bureau, shop, "receipt", 10, "2023-03-01", batch="A", expires_on="2023-04-01")
    late = event(shop, "sale", 1, "2023-04-02", batch="A", expires_on="2023-04-01")
    refused(bureau, late, 422, "质量保证期")
    posted(bureau, shop, "loss", 1, "2023-04-02", expires_on="2023-04-01", reason="过期销毁")


def test_each_duty_speaks_for_its_own_source(bureau, shop, as_role):
    refused(bureau, event(shop, "receipt", 1, "2023-03-01", source="inspection"), 422, "来源")
    officer = as_role("officer")
    assert posted(officer, shop, "count", 1, "2023-03-01")["source"] == "inspection"
    assert posted(bureau, shop, "sale", 1, "2023-03-02")["source"] == "phone"


def test_an_operator_sees_and_writes_only_their_own_outlet_also_after_it_moved(
    bureau, shop, as_role, database
):
    other = opened(bureau, TAIHE)
    posted(bureau, other, "receipt", 9, "2023-03-01")
    operator = as_role("outlet", TAIHE)
    bind(database, f"outlet-{TAIHE}", shop["id"])
    mine = posted(operator, shop, "receipt", 5, "2023-03-01")
    assert operator.post("stock/events", event(other, "sale", 1, "2023-03-02")).status_code == 404
    changed(bureau, shop, "moved", "2023-04-01", area_code=SHANTANG)
    listed = operator.get("stock/events").json()["items"]
    assert [each["id"] for each in listed] == [mine["id"]]
    assert operator.get("stock/balances").json()["total"]["stale_kg"] == 5
    assert as_role("recorder", TAIHE).get("stock/balances").json()["total"]["stale_kg"] == 9


def test_stale_outlets_add_nothing_to_the_lower_bound_but_show_as_coverage(bureau, shop):
    second, third = opened(bureau), opened(bureau)
    posted(bureau, shop, "count", 4000, "2023-04-15")
    posted(bureau, second, "count", 900, "2023-04-01")
    told = bureau.get("stock/balances", category="fertilizer", by="category").json()
    total = told["total"]
    assert (total["fresh_kg"], total["stale_kg"]) == (4000, 900)
    assert (total["n_fresh"], total["n_outlets"]) == (1, 3)
    assert total["outlet_coverage"] == 0.3333
    assert total["mass_coverage"] == 0.8163
    assert total["median_age_days"] == 12
    assert third["id"] not in {each["key"] for each in told["items"]}
    aged = bureau.get("stock/balances", category="fertilizer", as_of="2023-04-23").json()
    assert aged["total"]["fresh_kg"] == 0


def test_an_inspection_is_believed_longer_than_a_ledger(bureau, shop, as_role):
    second = opened(bureau)
    posted(as_role("officer"), shop, "count", 10, "2023-04-06")
    posted(bureau, second, "count", 20, "2023-04-16", source="ledger")
    assert bureau.get("stock/balances", as_of="2023-04-20").json()["total"]["fresh_kg"] == 10
    assert bureau.get("stock/balances", as_of="2023-04-19").json()["total"]["fresh_kg"] == 30


def test_what_was_known_can_be_asked_again(bureau, shop, clock, database):
    posted(bureau, shop, "receipt", 100, "2023-03-01")
    first = posted(bureau, shop, "count", 80, "2023-03-10", reason="漏记")
    clock.forward(hours=1)
    known_at = clock().isoformat()
    clock.forward(hours=1)
    posted(bureau, shop, "receipt", 40, "2023-03-05")
    bureau.post(f"stock/events/{first['id']}/reversals", {"reason": "数错了"})
    then = bureau.get("stock/balances", known_at=known_at, product=UREA).json()["total"]
    now = bureau.get("stock/balances", product=UREA).json()["total"]
    assert (then["stale_kg"], now["stale_kg"]) == (80, 140)


def test_the_days_are_what_the_events_give(bureau, shop, database):
    for n in range(20):
        kind, day = ("receipt", "count", "sale")[n % 3], f"2023-03-{1 + n * 11 % 28:02d}"
        posted(bureau, shop, kind, 5 + n, day, reason="照数")
    with database.system_transaction() as session:
        card = session.execute(select(StockHead.outlet_id, StockHead.product_code)).one()
        kept = _kept(session)
        stock_rollups.rebuild(session, tuple(card))
        assert _kept(session) == kept
        assert len(kept) == 20


def _kept(session):
    rows = session.execute(select(StockDay.__table__).order_by(StockDay.day))
    return [tuple(each) for each in rows]


def test_a_table_of_the_ledger(bureau, shop):
    text = (
        "网点名称,产品名称,业务,日期,公斤,包数\n"
        f"{shop['name']},尿素(46%) 50kg,进货,2023-03-01,,20\n"
        f'{shop["name"]},UREA-50,销售,2023-03-02,"1,000",\n'
    )
    files = {"file": ("台账.csv", text.encode("gbk"), "text/csv")}
    report = bureau.send("POST", "stock/imports", files=files).json()
    assert (report["n_filed"], report["n_refused"]) == (2, 0), report
    again = bureau.send("POST", "stock/imports", files=files).json()
    assert again["n_unchanged"] == 2
    assert closing(bureau, shop, "2023-03-02") == 0
    both = text.replace(",,20", ",1000,20").replace("销售", "损耗")
    files = {"file": ("台账.csv", both.encode(), "text/csv")}
    rows = bureau.send("POST", "stock/imports", files=files).json()["rows"]
    assert [each["row"] for each in rows] == [2, 3], "公斤和包数都填了;损耗没有原因"
    bad = text + f"{shop['name']},没有这个,销售,2023-03-03,1,\n"
    files = {"file": ("台账.csv", bad.encode(), "text/csv")}
    answer = bureau.send("POST", "stock/imports", files=files)
    assert answer.status_code == 422
    assert answer.json()["rows"][0] | {"reason": ""} == {
        "row": 4,
        "column": "产品",
        "value": "没有这个",
        "reason": "",
    }


def test_forty_sales_of_the_last_twenty_sell_twenty(bureau, shop):
    posted(bureau, shop, "receipt", 20, "2023-04-01", source="ledger")

    def sell(_):
        body = event(shop, "sale", 1, "2023-04-02", source="ledger")
        return bureau.post("stock/events", body).status_code

    with ThreadPoolExecutor(40) as pool:
        codes = list(pool.map(sell, range(40)))
    assert (codes.count(201), codes.count(409)) == (20, 20), codes
    assert closing(bureau, shop, "2023-04-02") == 0


def test_the_table_by_town_is_the_sum_of_its_positions(bureau, as_role, database):
    """The database adds up; the positions are added up by hand: day by day, role by role."""
    random = Random(233)
    shops = [opened(bureau, (TAIHE, SHANTANG)[n % 2]) for n in range(6)]
    for _ in range(40):
        kind = random.choice(["receipt", "sale", "count"])
        day = f"2023-04-{random.randrange(1, 20):02d}"
        source = random.choice(["phone", "ledger"])
        body = event(random.choice(shops), kind, random.randrange(1, 50), day, source=source)
        product = random.choice([UREA, "KCL-50", "VAL-1"])
        bureau.post("stock/events", body | {"product_code": product, "reason": "照数"})
    changed(bureau, shops[0], "suspended", "2023-04-12")
    changed(bureau, shops[1], "moved", "2023-04-14", area_code=TAIHE)
    as_role("leader", TAIHE)
    for viewer in (_viewer(database, "bureau", "441803"), _viewer(database, "leader", TAIHE)):
        with database.read_session() as session:
            session.info["viewer"] = viewer
            for n in range(1, 21):
                asked = outlets.Question(date(2023, 4, n))
                for area in ("", SHANTANG):
                    assert stock_held.held(session, asked, area=area) == stock_held._held_of(
                        session, asked, area
                    )


def _viewer(database, role, area):
    with database.system_reading() as session:
        wanted = select(Account).where(Account.role == role, Account.area_code == area)
        return session.scalars(wanted).one().as_viewer()


def test_a_life_gives_the_state_that_the_query_gives(bureau, database):
    outlet = opened(bureau, opened_on="2022-01-01")
    changed(bureau, outlet, "suspended", "2022-03-01")
    changed(bureau, outlet, "resumed", "2022-03-01")
    changed(bureau, outlet, "moved", "2022-05-01", area_code=SHANTANG)
    double = opened(bureau, opened_on="2022-01-01")
    body = {"into_id": outlet["id"], "reason": "同一家"}
    assert bureau.post(f"outlets/{double['id']}/merge", body).is_success
    with database.system_reading() as session:
        for each in (outlet, double):
            life = outlet_states.life(session, UUID(each["id"]))
            for day in (date(2021, 12, 31), *(date(2022, month, 1) for month in range(1, 8))):
                asked = outlets.Question(day)
                state = session.execute(outlet_states.on(asked, UUID(each["id"]))).first()
                mine = life.on(day)
                assert (mine and mine.id) == (state and state.id), day


def merged(bureau, double, kept, status=200):
    body = {"into_id": kept["id"], "reason": "同一家"}
    answer = bureau.post(f"outlets/{double['id']}/merge", body)
    assert answer.status_code == status, answer.text
    return answer.json()


def total(bureau, **asked):
    found = bureau.get("stock/balances", **asked).json()["total"]
    return found["fresh_kg"] + found["stale_kg"]


def test_a_doubles_stock_is_that_of_the_outlet_that_it_is(bureau, shop):
    double = opened(bureau, opened_on="2020-06-01")
    posted(bureau, shop, "count", 30, "2023-04-18")
    posted(bureau, double, "count", 100, "2023-04-18")
    before = bureau.get("stock/adequacy", season="none").status_code
    assert (before, total(bureau)) == (404, 130)
    merged(bureau, double, shop)
    assert total(bureau) == 130, "a merge loses no stock"
    (line,) = bureau.get("stock/balances", by="outlet").json()["items"]
    assert (line["key"], line["fresh_kg"]) == (shop["id"], 130)
    refused(bureau, event(double, "sale", 1, "2023-04-19"), 409, "已合并")


def test_a_book_below_zero_is_doubted_when_the_shop_has_closed_too(bureau, shop):
    posted(bureau, shop, "receipt", 10, "2023-03-01")
    posted(bureau, shop, "sale", 15, "2023-03-05")
    changed(bureau, shop, "suspended", "2023-04-01")
    marks = bureau.get("stock/marks").json()["items"]
    assert [(each["mark"], each["since"]) for each in marks] == [("negative_stock", "2023-03-05")]


def test_a_mark_names_the_day_that_was_known(bureau, shop, clock):
    posted(bureau, shop, "sale", 15, "2023-03-05")
    clock.forward(hours=1)
    known_at = clock().isoformat()
    clock.forward(hours=1)
    posted(bureau, shop, "sale", 5, "2023-03-01")

    def since(**asked):
        (mark,) = bureau.get("stock/marks", **asked).json()["items"]
        return mark["since"]

    assert (since(known_at=known_at), since()) == ("2023-03-05", "2023-03-01")


def test_who_sells_a_batch_need_not_write_its_expiry_again(bureau, shop):
    posted(bureau, shop, "receipt", 10, "2023-03-01", batch="A", expires_on="2023-04-01")
    posted(bureau, shop, "sale", 1, "2023-04-01", batch="A")
    refused(bureau, event(shop, "sale", 1, "2023-04-02", batch="A"), 422, "质量保证期")
    posted(bureau, shop, "sale", 1, "2023-04-02", batch="B")


def test_an_officer_counts_and_neither_trades_nor_takes_back_what_others_told(
    bureau, shop, as_role, database
):
    officer, operator = as_role("officer"), as_role("outlet", TAIHE)
    bind(database, f"outlet-{TAIHE}", shop["id"])
    refused(officer, event(shop, "sale", 1, "2023-04-02"), 422, "盘点")
    sale = posted(operator, shop, "receipt", 50, "2023-04-01")
    count = posted(officer, shop, "count", 45, "2023-04-05")
    for speaker, told in ((officer, sale), (operator, count)):
        answer = speaker.post(f"stock/events/{told['id']}/reversals", {"reason": "改"})
        assert answer.status_code == 409, answer.text
    path = f"stock/events/{count['id']}/reversals"
    assert bureau.post(path, {"reason": "数错了"}).status_code == 201


def test_a_sale_of_a_ledger_is_taken_back_whatever_was_told_below_zero_since(bureau, shop):
    posted(bureau, shop, "receipt", 10, "2023-03-01", source="ledger")
    sale = posted(bureau, shop, "sale", 4, "2023-03-02", source="ledger")
    posted(bureau, shop, "sale", 30, "2023-03-03")
    answer = bureau.post(f"stock/events/{sale['id']}/reversals", {"reason": "没有卖"})
    assert answer.status_code == 201, answer.text


def test_a_transfers_reversal_that_comes_twice_is_answered_as_the_first_time(bureau, shop):
    other = opened(bureau, SHANTANG)
    posted(bureau, shop, "receipt", 100, "2023-03-01")
    body = {"from_outlet_id": shop["id"], "to_outlet_id": other["id"], "product_code": UREA}
    made = bureau.post("stock/transfers", body | {"occurred_on": "2023-03-05", "quantity_kg": 60})
    path = f"stock/events/{made.json()['items'][0]['id']}/reversals"
    given = {"id": str(uuid4()), "reason": "没有调"}
    first, second = bureau.post(path, given), bureau.post(path, given)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()


def test_closed_books_take_no_transfer_no_reversal_and_no_table(bureau, shop):
    other = opened(bureau, SHANTANG)
    receipt = posted(bureau, shop, "receipt", 100, "2023-03-01")
    body = {"area_code": "441803105", "closed_through": "2023-03-31"}
    assert bureau.post("stock/closings", body).status_code == 201
    move = {"from_outlet_id": shop["id"], "to_outlet_id": other["id"], "product_code": UREA}
    answer = bureau.post("stock/transfers", move | {"occurred_on": "2023-03-05", "quantity_kg": 6})
    assert answer.status_code == 409, "the other end's books are closed"
    assert closing(bureau, shop, "2023-03-05") == 100, "and no leg was left"
    assert bureau.post("stock/closings", body | {"area_code": TAIHE}).status_code == 201
    path = f"stock/events/{receipt['id']}/reversals"
    assert "账已结" in bureau.post(path, {"reason": "记错了"}).json()["detail"]
    text = f"网点,产品,业务,日期,公斤\n{shop['id']},{UREA},进货,2023-03-02,5\n"
    files = {"file": ("t.csv", text.encode(), "text/csv")}
    assert "账已结" in bureau.send("POST", "stock/imports", files=files).text


@pytest.mark.parametrize("kg", ["1000000000000", "0.0001", "-5", "0"])
def test_a_table_brings_no_amount_that_cannot_be(bureau, shop, kg):
    text = f"网点,产品,业务,日期,公斤\n{shop['id']},{UREA},进货,2023-03-02,{kg}\n"
    files = {"file": ("t.csv", text.encode(), "text/csv")}
    answer = bureau.send("POST", "stock/imports", files=files)
    assert answer.status_code == 422, answer.text
    assert [each["row"] for each in answer.json()["rows"]] == [2]


def test_one_entry_of_more_than_a_retail_outlet_holds_is_marked(bureau, shop):
    posted(bureau, shop, "receipt", 500_000, "2023-04-01")
    posted(bureau, shop, "receipt", 500_000.001, "2023-04-02")
    marks = bureau.get("stock/marks").json()["items"]
    assert [(each["mark"], each["since"]) for each in marks] == [("implausible", "2023-04-02")]


def test_a_day_that_was_taken_back_is_no_expiry_of_its_batch(bureau):
    shop = opened(bureau)
    slip = posted(bureau, shop, "receipt", 10, "2023-03-01", batch="A", expires_on="2023-04-01")
    bureau.post(f"stock/events/{slip['id']}/reversals", {"reason": "年份写错"})
    posted(bureau, shop, "receipt", 10, "2023-03-01", batch="A", expires_on="2024-04-01")
    posted(bureau, shop, "sale", 1, "2023-04-02", batch="A")
