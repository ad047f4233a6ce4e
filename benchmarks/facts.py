"""All facts of a day, and of 52, beside an empty authenticated request; on the demonstration."""

import asyncio
import os
import subprocess
import sys
import tempfile

import httpx2

from benchmarks import load
from benchmarks.databases import POSTGIS_URL, a_database
from service import audit
from service.database import Database

PASSWORD = "bench-bench-bench"
DAY, A_YEAR_BEFORE = "2023-04-20", "2022-04-28"
N_DATES = 52


def run(engine: str | None, *, is_quick: bool) -> None:
    """Measure each engine that is here."""
    for each in ("sqlite", "postgresql"):
        if engine not in (None, each):
            continue
        if each == "postgresql" and POSTGIS_URL is None:
            print("postgresql: TEST_POSTGIS_URL is not set, not measured")
            continue
        with tempfile.TemporaryDirectory() as folder, a_database(each, folder) as url:
            measure(each, url, folder, rounds=3 if is_quick else 12)


def measure(engine: str, url: str, folder: str, rounds: int) -> None:
    """Load the demonstration's books; measure made anew after a write, and as it is kept."""
    from benchmarks.__main__ import a_server  # noqa: PLC0415 - it imports this module

    environment = os.environ | {
        "CHUNGENG_DATABASE_URL": url,
        "CHUNGENG_DEMO_PASSWORD": PASSWORD,
    }
    command = [sys.executable, "-c", "from service.cli import main; main()", "demo"]
    subprocess.run(
        [*command, "--parcels", "300"], env=environment, cwd=folder, check=True, capture_output=True
    )
    database = Database(url)
    with a_server("service.app:from_environment", url, is_factory=True) as ours:
        given = {"username": "leader", "password": PASSWORD}
        answer = httpx2.post(f"http://127.0.0.1:{ours.port}/api/v1/sessions", json=given)
        answer.raise_for_status()
        _told(engine, database, ours.port, answer.json()["token"], rounds)


def _told(engine: str, database: Database, port: int, token: str, rounds: int) -> None:
    one = f"/api/v1/facts?as_of={DAY}"
    many = f"/api/v1/facts/series?since={A_YEAR_BEFORE}&as_of={DAY}&step_days=7"
    paths = {"me": "/api/v1/me", "one": one, "many": many}
    made: dict[str, list[float]] = {name: [] for name in paths}
    kept: dict[str, list[float]] = {name: [] for name in paths}
    for _ in range(rounds):
        for name in ("one", "many"):
            with database.system_transaction() as session:
                audit.record(session, "bench", "a write")
            told = asyncio.run(load.alternate(port, token, {"me": paths["me"]}, 1))
            made["me"] += told["me"]
            made[name].append(asyncio.run(load.once(port, token, paths[name])))
        again = asyncio.run(load.alternate(port, token, paths, 1))
        for name in paths:
            kept[name] += again[name]
    for how, seconds in (("made anew after a write", made), ("kept until the next", kept)):
        me = seconds["me"][: len(seconds["one"])]
        to_me = [a / b for a, b in zip(seconds["one"], me, strict=True)]
        to_one = [a / b for a, b in zip(seconds["many"], seconds["one"], strict=True)]
        print(f"{engine}: all facts of a day, {how}: {load.spread(to_me)} × /me (limit 20)")
        print(
            f"{engine}: all facts of {N_DATES} dates, {how}:"
            f" {load.spread(to_one)} × one date (limit 30)",
            flush=True,
        )
