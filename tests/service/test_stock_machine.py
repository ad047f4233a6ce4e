"""The stock ledger under any order of events, beside a model of plain lists.

Rules are what people do, through the API; invariants L1 to L9 of the reliability page must hold
after every step. (L10, who sees what, is in `test_stock`.) The mutants at the end break the
ledger on purpose: a test that does not notice them proves nothing.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID, uuid4, uuid5

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from service import records
from service.supply import stock_actions
from service.supply.stock_models import Kind, StockDay, StockEvent
from tests.service.test_outlets import SHANTANG, TAIHE, opened

UREA = "UREA-50"
FIRST = date(2023, 3, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(6)]
KG = [Decimal(n).scaleb(-3) for n in (1, 500, 1000, 7250, 20000)]
SIGN = {"receipt": 1, "customer_return": 1, "sale": -1, "loss": -1, "supplier_return": -1}
EXACT = "ledger"
shops, days, kgs, picks = (
    st.integers(0, 1),
    st.sampled_from(DAYS),
    st.sampled_from(KG),
    st.integers(0, 7),
)


@dataclass
class Told:
    """One event as the model holds it."""

    shop: int
    day: date
    seq: int
    kg: Decimal
    id: str
    counted: Decimal | None = None
    is_exact: bool = False
    is_taken_back: bool = False
    is_reversal: bool = False
    transfer: str | None = None


@dataclass
class Model:
    """All events of two outlets, in the order in which they were accepted."""

    told: list[Told] = field(default_factory=list)

    def book(self, shop: int, told: list[Told] | None = None) -> dict[date, tuple]:
        """Return day -> closing and lowest, by the plainest loop there is."""
        found: dict[date, tuple] = {}
        kg = Decimal(0)
        mine = [each for each in told or self.told if each.shop == shop]
        for day in DAYS:
            lowest = kg
            for each in sorted(mine, key=lambda one: one.seq):
                if each.day != day:
                    continue
                if each.counted is not None:
                    kg = kg if each.is_taken_back else each.counted
                else:
                    kg += each.kg
                    lowest = min(lowest, kg)
            found[day] = (kg, min(lowest, kg))
        return found

    def is_short_with(self, new: list[Told], but: Told | None = None) -> bool:
        """Tell whether an outlet would ever hold less than nothing, from a new event's day on."""
        kept = [each for each in self.told if each is not but]
        for one in new:
            book = self.book(one.shop, [*kept, *new])
            if any(low < 0 for day, (_, low) in book.items() if day >= one.day):
                return True
        return False


class LedgerMachine(RuleBasedStateMachine):
    """Two outlets, one product, six days."""

    numbers = count()
    bureau = database = None

    def __init__(self) -> None:
        super().__init__()
        name = f"机{next(self.numbers)}-{uuid4().hex[:6]}"
        self.outlets = [
            opened(self.bureau, TAIHE, name=f"{name}甲"),
            opened(self.bureau, SHANTANG, name=f"{name}乙"),
        ]
        self.model = Model()
        self.bodies: list[tuple[str, dict, int]] = []
        self.seqs = [0, 0]
        self.hashes: dict[str, str] = {}

    def seq(self, shop: int) -> int:
        self.seqs[shop] += 1
        return self.seqs[shop]

    def send(self, path: str, body: dict, n_events: int):
        answer = self.bureau.post(path, body)
        if answer.status_code == 201:
            self.bodies.append((path, body, n_events))
        return answer

    @initialize(kg=kgs)
    def open_with_a_receipt(self, kg):
        self.move(0, DAYS[0], kg, "receipt", EXACT)

    @rule(
        shop=shops,
        day=days,
        kg=kgs,
        kind=st.sampled_from(sorted(SIGN)),
        source=st.sampled_from([EXACT, "phone"]),
    )
    def move(self, shop, day, kg, kind, source):
        body = {
            "id": str(uuid4()),
            "outlet_id": self.outlets[shop]["id"],
            "product_code": UREA,
            "kind": kind,
            "occurred_on": str(day),
            "quantity_kg": float(kg),
            "source": source,
            "reason": "照数",
        }
        new = Told(shop, day, self.seqs[shop] + 1, SIGN[kind] * kg, body["id"])
        new.is_exact = source == EXACT
        is_short = kind_lowers(new) and new.is_exact and self.model.is_short_with([new])
        answer = self.send("stock/events", body, 1)
        assert answer.status_code == (409 if is_short else 201), answer.text
        if not is_short:
            self.seq(shop)
            self.model.told.append(new)

    @rule(shop=shops, day=days, kg=st.sampled_from([Decimal(0), *KG]))
    def find(self, shop, day, kg):
        body = {
            "id": str(uuid4()),
            "outlet_id": self.outlets[shop]["id"],
            "product_code": UREA,
            "kind": "count",
            "occurred_on": str(day),
            "quantity_kg": float(kg),
            "reason": "盘点",
        }
        book = self.model.book(shop)[day][0]
        answer = self.send("stock/events", body, 1)
        assert answer.status_code == 201, answer.text
        assert Decimal(str(answer.json()["quantity_kg"])) == kg - book, "L5: the variance"
        self.model.told.append(Told(shop, day, self.seq(shop), Decimal(0), body["id"], kg))

    @rule(source=shops, day=days, kg=kgs)
    def transfer(self, source, day, kg):
        target, name = 1 - source, str(uuid4())
        body = {
            "id": name,
            "from_outlet_id": self.outlets[source]["id"],
            "to_outlet_id": self.outlets[target]["id"],
            "product_code": UREA,
            "occurred_on": str(day),
            "quantity_kg": float(kg),
        }
        before = self.total()
        legs = [
            Told(each, day, self.seqs[each] + 1, sign * kg, "", transfer=name)
            for each, sign in ((source, -1), (target, 1))
        ]
        for leg, kind in zip(legs, ("transfer_out", "transfer_in"), strict=True):
            leg.id = str(uuid5(UUID(name), kind))
        is_short = self.model.is_short_with(legs[:1])
        answer = self.send("stock/transfers", body, 2)
        assert answer.status_code == (409 if is_short else 201), answer.text
        if not is_short:
            for each in legs:
                self.seq(each.shop)
            self.model.told.extend(legs)
        elif before is not None:
            assert self.total() == before, "L6: a refused transfer leaves no leg"

    def total(self):
        listed = self.days(0), self.days(1)
        return None if not all(listed) else listed

    @rule(pick=picks)
    def take_back(self, pick):
        known = self.model.told
        found = known[pick % len(known)]
        legs = [found]
        if found.transfer is not None and not found.is_reversal:
            legs = [
                each for each in known if each.transfer == found.transfer and not each.is_reversal
            ]
        new = [
            Told(
                each.shop,
                each.day,
                self.seqs[each.shop] + 1,
                Decimal(0) if each.counted is not None else -each.kg,
                "",
                is_reversal=True,
                transfer=each.transfer,
            )
            for each in legs
        ]
        cannot = found.is_reversal or found.is_taken_back
        checked = [
            one
            for one, each in zip(new, legs, strict=True)
            if each.is_exact or each.transfer is not None
        ]
        is_short = any(self.model.is_short_with([one]) for one in checked)
        body = {"id": str(uuid4()), "reason": "记错了"}
        answer = self.bureau.post(f"stock/events/{found.id}/reversals", body)
        assert answer.status_code == (409 if cannot or is_short else 201), answer.text
        if answer.status_code == 201:
            made = {each["outlet_id"]: each["id"] for each in answer.json()["items"]}
            for each, one in zip(legs, new, strict=True):
                each.is_taken_back = True
                one.seq, one.id = self.seq(each.shop), made[self.outlets[each.shop]["id"]]
                known.append(one)

    @rule(pick=picks, n_times=st.integers(1, 3))
    def say_again(self, pick, n_times):
        if not self.bodies:
            return
        path, body, _ = self.bodies[pick % len(self.bodies)]
        for _ in range(n_times):
            assert self.bureau.post(path, body).status_code == 200, "L7: a replay changes nothing"

    @rule(pick=picks)
    def say_other_under_the_same_id(self, pick):
        if not self.bodies:
            return
        path, body, _ = self.bodies[pick % len(self.bodies)]
        other = body | {"quantity_kg": body["quantity_kg"] + 1}
        assert self.bureau.post(path, other).status_code == 409, "L7: other content"

    def days(self, shop: int) -> dict[date, Decimal]:
        path = f"stock/outlets/{self.outlets[shop]['id']}/days"
        listed = self.bureau.get(path, product=UREA).json()["items"]
        return {
            date.fromisoformat(each["day"]): Decimal(str(each["closing_kg"])) for each in listed
        }

    @invariant()
    def each_day_is_the_sum_up_to_it(self):
        """L1, L3, L5, L6, L8, L9: the list, the balance and the model say the same, exactly."""
        for shop in (0, 1):
            if not any(each.shop == shop for each in self.model.told):
                continue
            listed, book = self.days(shop), self.model.book(shop)
            for day, kg in listed.items():
                assert kg == book[day][0], (shop, day)
            asked = {"by": "outlet", "product": UREA, "as_of": str(DAYS[-1])}
            lines = self.bureau.get("stock/balances", **asked).json()["items"]
            mine = [each for each in lines if each["key"] == self.outlets[shop]["id"]]
            shown = [Decimal(str(e["fresh_kg"])) + Decimal(str(e["stale_kg"])) for e in mine]
            assert shown == [max(book[DAYS[-1]][0], Decimal(0))]

    @invariant()
    def below_zero_is_doubted(self):
        """L2: no balance below zero without a mark that names its first day."""
        marks = {
            each["outlet_id"]: each["since"]
            for each in self.bureau.get("stock/marks", as_of=str(DAYS[-1])).json()["items"]
            if each["mark"] == "negative_stock"
        }
        for shop in (0, 1):
            book = self.model.book(shop)
            below = None
            for day in DAYS:
                below = (below or day) if book[day][0] < 0 else None
            since = marks.get(self.outlets[shop]["id"])
            assert since == (str(below) if below else None), (shop, book)

    @invariant()
    def events_only_grow(self):
        """L4, L7: the rows are those of the model, and none ever changes."""
        ids = [each["id"] for each in self.outlets]
        with self.database.system_reading() as session:
            wanted = select(StockEvent).where(StockEvent.outlet_id.in_(map(UUID, ids)))
            rows = {str(each.id): repr_of(each) for each in session.scalars(wanted)}
        assert rows.keys() == {each.id for each in self.model.told}
        assert {key: rows[key] for key in self.hashes} == self.hashes
        self.hashes = rows


def kind_lowers(told: Told) -> bool:
    return told.kg < 0


def repr_of(event: StockEvent) -> str:
    columns = StockEvent.__table__.columns.keys()
    return repr([getattr(event, name) for name in columns])


def run(as_role, database, n_examples: int, n_steps: int, phases=tuple(Phase)) -> None:
    class Bound(LedgerMachine):
        bureau = as_role("bureau")

    Bound.database = database
    run_state_machine_as_test(
        Bound,
        settings=settings(
            max_examples=n_examples,
            stateful_step_count=n_steps,
            deadline=None,
            derandomize=True,
            phases=phases,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_ledger_holds_under_any_order_of_events(as_role, database):
    run(as_role, database, 12, 20)


ONE_ENGINE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ONE_ENGINE
def test_a_replay_that_posts_twice_is_caught(as_role, database, monkeypatch):
    def write(session, model, values, *, row, **more):
        is_replay = model is StockEvent and session.get(model, row) is not None
        return true_write(session, model, values, row=None if is_replay else row, **more)

    true_write = records.write
    monkeypatch.setattr(records, "known", lambda *_: None)
    monkeypatch.setattr(records, "write", write)
    with pytest.raises(AssertionError):
        run(as_role, database, 30, 20, (Phase.generate,))


@ONE_ENGINE
def test_a_late_sale_below_zero_is_caught(as_role, database, monkeypatch):
    def only_the_last_day(states):
        true_check(list(states)[-1:])

    true_check = stock_actions.refuse_below_zero
    monkeypatch.setattr(stock_actions, "refuse_below_zero", only_the_last_day)
    with pytest.raises(AssertionError):
        run(as_role, database, 60, 20, (Phase.generate,))


@ONE_ENGINE
def test_a_lost_leg_of_a_transfer_is_caught(as_role, database, monkeypatch):
    made = []

    def write(session, draft, **more):
        if draft.values["kind"] is not Kind.TRANSFER_IN:
            made.append(true_write(session, draft, **more))
        return made[-1]

    true_write = stock_actions._write
    monkeypatch.setattr(stock_actions, "_write", write)
    with pytest.raises(AssertionError):
        run(as_role, database, 40, 20, (Phase.generate,))


def test_the_days_cover_every_card(as_role, database):
    run(as_role, database, 2, 10)
    with database.system_reading() as session:
        cards = select(StockEvent.outlet_id, StockEvent.product_code).distinct()
        kept = select(StockDay.outlet_id, StockDay.product_code).distinct()
        assert set(session.execute(cards)) == set(session.execute(kept))
