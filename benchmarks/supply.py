"""The stock ledger and adequacy: 233 outlets × 40 products × 3 years of daily events."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from benchmarks import load
from benchmarks.databases import POSTGIS_URL, a_database
from service import audit, migrations
from service.accounts.models import Account, LoginSession
from service.areas import actions as areas
from service.database import Database, utc_now
from service.reporting import actions as reporting
from service.reporting.schemas import SeasonCreate
from service.security import Role, hash_password, new_token, token_hash
from service.sowing import plan_rollups
from service.sowing.models import SowingPlan
from service.supply import (
    outlet_actions,
    outlets,
    stock_actions,
    stock_held,
    stock_positions,
)
from service.supply.models import Category, Product
from service.supply.outlet_schemas import OutletCreate
from service.supply.outlets import Question
from service.supply.stock_models import Source, StockEvent
from service.supply.stock_rollups import EVENT
from service.supply.stock_schemas import Entry, EventCreate

COUNTY = "441803"
TOWNS = ("102", "104", "105", "106", "112", "113", "117", "118", "450")
N_OUTLETS, N_PRODUCTS, N_DAYS = 233, 40, 1074
FIRST, LAST = date(2020, 5, 12), date(2023, 4, 20)
A_DAY = date(2022, 6, 1)
EVENTS = """
INSERT INTO stock_events (id, outlet_id, product_code, seq, kind, source, occurred_on,
    quantity_kg, recorded_at, recorded_by, content_digest)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {last})
SELECT {uuid}, o.id, p.code, i + 1, CASE WHEN i % 8 = 0 THEN 'receipt' ELSE 'sale' END, 'ledger',
    {day}, {unit} * CASE WHEN i % 8 = 0 THEN 60 ELSE -7.5 END, {at}, :author, ''
FROM outlets o CROSS JOIN products p CROSS JOIN n
"""
DAYS = """
INSERT INTO stock_days (outlet_id, product_code, day, closing_kg, lowest_kg, ledger_on)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {last})
SELECT o.id, p.code, {day}, {unit} * ((i / 8 + 1) * 60 - (i - i / 8) * 7.5), 0, {day}
FROM outlets o CROSS JOIN products p CROSS JOIN n
"""
HEADS = """
INSERT INTO stock_heads (outlet_id, product_code, last_seq, first_on, day, closing_kg, lowest_kg,
    ledger_on)
SELECT outlet_id, product_code, {last} + 1, {first_on}, day, closing_kg, lowest_kg, ledger_on
FROM stock_days WHERE day = {last_on}
"""
WORDS = {
    "sqlite": {
        "uuid": "lower(hex(randomblob(16)))",
        "day": "date('2020-05-12', '+' || i || ' days')",
        "unit": "1000",
        "at": "'2023-04-20 00:00:00.000000'",
    },
    "postgresql": {
        "uuid": "gen_random_uuid()",
        "day": "DATE '2020-05-12' + i",
        "unit": "1",
        "at": "TIMESTAMPTZ '2023-04-20 00:00:00Z'",
    },
}


def run(engine: str | None, *, is_quick: bool) -> None:
    """Measure each engine that is here."""
    for each in ("sqlite", "postgresql"):
        if engine not in (None, each):
            continue
        if each == "postgresql" and POSTGIS_URL is None:
            print("postgresql: TEST_POSTGIS_URL is not set, not measured")
            continue
        with tempfile.TemporaryDirectory() as folder, a_database(each, folder) as url:
            measure(each, url, is_quick=is_quick)


def measure(engine: str, url: str, *, is_quick: bool) -> None:
    """Load the ledger and measure its jobs, each beside its peer."""
    from benchmarks.__main__ import a_server  # noqa: PLC0415 - it imports this module

    started = time.perf_counter()
    database = Database(url, clock=utc_now)
    token, author = _load(database, engine, 20 if is_quick else N_OUTLETS)
    print(f"{engine}: ledger loaded in {time.perf_counter() - started:.0f} s", flush=True)
    _balances(engine, database, 3 if is_quick else 5)
    _posts(engine, database, author, 20 if is_quick else 60)
    with a_server("service.app:from_environment", url, is_factory=True) as ours:
        _adequacy(engine, database, ours.port, token, 10 if is_quick else 40)


def _adequacy(engine: str, database: Database, port: int, token: str, rounds: int) -> None:
    """Adequacy beside `/me`: right after a write, when it is made anew, and then as it is kept."""
    path = "/api/v1/stock/adequacy?season=bench&as_of=2023-04-20"
    paths = {"me": "/api/v1/me", "made": path, "kept": path}
    seconds: dict[str, list[float]] = {name: [] for name in paths}
    for _ in range(rounds):
        with database.system_transaction() as session:
            audit.record(session, "bench", "a write")
        asked = asyncio.run(load.alternate(port, token, {"me": paths["me"]}, 1))
        seconds["me"] += asked["me"]
        for name in ("made", "kept"):
            seconds[name].append(asyncio.run(load.once(port, token, path)))
    for name in ("made", "kept"):
        ratios = [a / b for a, b in zip(seconds[name], seconds["me"], strict=True)]
        print(f"{engine}: adequacy, 9 towns × {N_PRODUCTS} products, {name}: ", end="")
        print(f"{load.spread(ratios)} × /me (limit 10)", flush=True)


def _load(database: Database, engine: str, n_outlets: int) -> tuple[str, UUID]:
    migrations.migrate(database, backup_directory=None)
    with database.system_transaction() as session:
        towns = [(COUNTY + each, each) for each in TOWNS]
        areas.load_areas(session, [("44", "省"), (COUNTY, "县"), *towns])
        token, bureau = _accounts(session, database)
        _season(session, bureau.id)
    with database.write_session() as session, session.begin():
        session.info["viewer"] = bureau.as_viewer()
        _products(session)
        for n in range(n_outlets):
            town = COUNTY + TOWNS[n % len(TOWNS)]
            given = OutletCreate(
                area_code=town,
                name=f"bench {n}",
                categories=list(Category),
                opened_on=date(2020, 1, 1),
            )
            outlet_actions.open_outlet(session, given)
    _fill(database, engine, bureau.id)
    return token, bureau.id


def _fill(database: Database, engine: str, author: UUID) -> None:
    """Let the database itself write the events; the days by the same rule in closed form."""
    words = WORDS[engine] | {"last": N_DAYS - 1, "first_on": f"'{FIRST}'", "last_on": f"'{LAST}'"}
    with database.engine.begin() as connection:
        if engine == "postgresql":  # the keys are right by making; checking 10⁷ takes minutes
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        who = author.hex if engine == "sqlite" else author
        connection.execute(sa.text(EVENTS.format(**words)), {"author": who})
        connection.execute(sa.text(DAYS.format(**words)))
        connection.execute(sa.text(HEADS.format(**words)))
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def _accounts(session: Session, database: Database) -> tuple[str, Account]:
    leader, bureau = (
        Account(
            username=role.value,
            display_name=role.value,
            role=role,
            area_code=COUNTY,
            password_hash=hash_password("not used"),
            created_at=database.clock(),
        )
        for role in (Role.LEADER, Role.BUREAU)
    )
    session.add_all([leader, bureau])
    session.flush()
    token, now = new_token(), database.clock()
    session.add(
        LoginSession(
            token_hash=token_hash(token),
            account_id=leader.id,
            created_at=now,
            expires_at=now + timedelta(days=30),
        )
    )
    return token, bureau


def _season(session: Session, author: UUID) -> None:
    given = SeasonCreate(
        code="bench",
        title="bench",
        kind="spring",
        crop_year=2023,
        starts_on=date(2023, 2, 24),
        ends_on=date(2023, 5, 4),
        week_ends_on=4,
    )
    reporting.create_season(session, given)
    session.execute(
        insert(SowingPlan),
        [
            {
                "season_code": "bench",
                "area_code": COUNTY + town,
                "crop_code": "RICE_E",
                "version": 1,
                "plan_mu": Decimal(20_000),
                "recorded_at": utc_now(),
                "recorded_by": author,
                "content_digest": "",
            }
            for town in TOWNS
        ],
    )
    plan_rollups.rebuild(session, "bench")


def _products(session: Session) -> None:
    """Fill the list up to forty products."""
    there = session.scalar(select(func.count()).select_from(Product)) or 0
    for n in range(there, N_PRODUCTS):
        session.add(
            Product(
                code=f"BENCH-{n}",
                name=f"bench {n}",
                commodity="npk",
                category=Category.FERTILIZER,
                pack_kg=Decimal(50),
            )
        )


def _timed(job: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    answer = job()
    return time.perf_counter() - started, answer


def _balances(engine: str, database: Database, rounds: int) -> None:
    """A balance table of any day beside summing the events; both must say the same."""
    tables, cards = [], []
    summed = (
        select(EVENT.c.outlet_id, EVENT.c.product_code, func.sum(EVENT.c.quantity_kg))
        .where(EVENT.c.occurred_on <= A_DAY)
        .group_by(EVENT.c.outlet_id, EVENT.c.product_code)
    )
    for _ in range(rounds):
        with database.system_reading() as session:
            shops = outlets.on_day(session, Question(A_DAY))
            theirs, sums = _timed(lambda s=session: s.execute(summed).all())
            each, told = _timed(
                lambda s=session, o=shops: stock_positions.states(s, Question(A_DAY), o)
            )
            table, held = _timed(lambda s=session: stock_held.held(s, Question(A_DAY)))
        assert {card: state.closing_kg for card, state in told.items()} == {
            (outlet, code): Decimal(kg) for outlet, code, kg in sums
        }
        total = sum((kg for town in held.by_town.values() for kg in town.values()), Decimal(0))
        assert total == sum(Decimal(kg) for _, _, kg in sums)
        tables.append(theirs / table)
        cards.append(theirs / each)
    print(f"{engine}: balances by town and commodity: ", end="")
    print(f"{load.spread(tables)} × as fast as the sum (limit ≥ 20)")
    print(f"{engine}: balances of each of {len(told)} cards: ", end="")
    print(f"{load.spread(cards)} × as fast as the sum", flush=True)


def _posts(engine: str, database: Database, author: UUID, rounds: int) -> None:
    """An event through the ledger beside the bare insert of its row, each with its commit."""
    with database.system_reading() as session:
        bureau = session.get_one(Account, author).as_viewer()
        shops = list(outlets.on_day(session, Question(LAST)))
    ratios, ours_ms = [], []
    for n in range(rounds):
        given = EventCreate(
            outlet_id=shops[n % len(shops)],
            product_code="KCL-50",
            kind=Entry.RECEIPT,
            occurred_on=LAST + timedelta(days=1),
            quantity_kg=Decimal(5),
            source=Source.LEDGER,
        )

        def ours(given: EventCreate = given) -> None:
            with database.write_session() as session, session.begin():
                session.info["viewer"] = bureau
                stock_actions.post(session, given)

        row = _bare(author, shops[n % len(shops)], 10_000 + n)

        def theirs(row: dict[str, object] = row) -> None:
            with database.write_session() as session, session.begin():
                session.execute(insert(StockEvent), [row])

        pair = (_timed(theirs)[0], _timed(ours)[0])
        ratios.append(pair[1] / pair[0])
        ours_ms.append(1000 * pair[1])
    print(f"{engine}: an event posted: {load.spread(ratios)} × a bare insert (limit 3)")
    print(f"{engine}: an event posted: {load.spread(ours_ms)} ms", flush=True)


def _bare(author: UUID, outlet_id: UUID, seq: int) -> dict[str, object]:
    return {
        "id": uuid4(),
        "outlet_id": outlet_id,
        "product_code": "UREA-50",
        "seq": seq,
        "kind": "receipt",
        "source": Source.LEDGER,
        "occurred_on": LAST,
        "quantity_kg": Decimal(5),
        "recorded_at": utc_now(),
        "recorded_by": author,
        "content_digest": "",
    }
