"""Run the benchmarks: `python -m benchmarks [--engine sqlite|postgresql] [--quick]`."""

import argparse
import asyncio
import io
import itertools
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx2
import openpyxl
import xlsxwriter

from benchmarks import (
    area,
    facts,
    land,
    load,
    markers,
    province,
    rules,
    screening,
    shares,
    supply,
    tile_encoding,
    zonal,
)
from benchmarks.databases import POSTGIS_URL, a_database
from service.database import Database

CLIENTS, ROUNDS = 16, 5
WORKBOOK_ROWS = 2000


def main() -> None:
    """Measure each engine that is here."""
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("--engine", choices=["sqlite", "postgresql"])
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller books")
    parts = ["books", "facts", "land", "screening", "supply"]
    parser.add_argument("--only", choices=parts, help="one part of the jobs")
    options = parser.parse_args()
    if options.only in (None, "books"):
        _books(options)
    if options.only in (None, "supply"):
        supply.run(options.engine, is_quick=options.quick)
    if options.only in (None, "facts"):
        facts.run(options.engine, is_quick=options.quick)
    if options.only in (None, "screening"):
        markers.run(options.quick)
        print("\n".join(zonal.run(options.quick)), flush=True)
        rules.run(is_quick=options.quick)
        screening.run(is_quick=options.quick)
    if options.only in (None, "land"):
        print("\n".join(area.run(options.quick)), flush=True)
        print("\n".join(shares.run(options.quick)), flush=True)
        tile_encoding.run(options.quick)
        land.run(options.quick)


def _books(options: argparse.Namespace) -> None:
    for engine in ("sqlite", "postgresql"):
        if options.engine in (None, engine):
            if engine == "postgresql" and POSTGIS_URL is None:
                print("postgresql: TEST_POSTGIS_URL is not set, not measured")
                continue
            with tempfile.TemporaryDirectory() as folder, a_database(engine, folder) as url:
                measure(engine, url, is_quick=options.quick)


def measure(engine: str, url: str, *, is_quick: bool) -> None:
    """Load the province and measure every job beside its peer."""
    started = time.perf_counter()
    database = Database(url)
    token = province.load(database)
    database.dispose()
    print(f"{engine}: loaded in {time.perf_counter() - started:.0f} s")
    with a_server("service.app:from_environment", url, is_factory=True) as ours:
        reads(engine, ours.port, token, rounds=20 if is_quick else 100)
        with a_server("benchmarks.bare:app", url) as bare:
            writes(engine, ours.port, bare.port, token, rounds=2 if is_quick else ROUNDS)
        imports(engine, ours.port, token, rounds=3 if is_quick else ROUNDS)
        print(f"{engine}: server memory {ours.peak_mib():.0f} MiB at its peak (limit 300)")


class Server:
    """A server in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        """Keep both."""
        self.process, self.port = process, port

    def peak_mib(self) -> float:
        """Return the process's highest resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024


@contextmanager
def a_server(app: str, url: str, *, is_factory: bool = False) -> Iterator[Server]:
    """Run an ASGI application by uvicorn on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--log-level", "error"]
    environment = os.environ | {
        "CHUNGENG_DATABASE_URL": url,
        "BENCH_DATABASE_URL": url,
        "CHUNGENG_JOBS": "false",
    }
    process = subprocess.Popen(
        [*command, "--no-access-log", *(["--factory"] if is_factory else [])],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        yield Server(process, port)
    finally:
        process.terminate()
        process.wait(30)


def _wait(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


def reads(engine: str, port: int, token: str, *, rounds: int) -> None:
    """Progress beside `GET /me`."""
    ask = "/api/v1/sowing/progress?season=bench"
    paths = {
        "me": "/api/v1/me",
        "county by town": f"{ask}&area={province.COUNTY}&by=town",
        "province by county": f"{ask}&area={province.PROVINCE}&by=county",
    }
    seconds = asyncio.run(load.alternate(port, token, paths, rounds))
    for name, limit in (("county by town", 5), ("province by county", 10)):
        ratios = [a / b for a, b in zip(seconds[name], seconds["me"], strict=True)]
        print(f"{engine}: {name}: {load.spread(ratios)} × /me (limit {limit})")
    print(f"{engine}: /me {load.spread([1000 * each for each in seconds['me']])} ms")


def bodies() -> Iterator[dict[str, object]]:
    """Yield reports for the open week, each of another village and crop."""
    season = province.season_of_now()
    codes = [code for code, _ in province.area_list() if len(code) == 12]
    week = season.ends_on.fromordinal(season.starts_on.toordinal() + 7 * province.N_WEEKS)
    for (crop, method), code in itertools.product(province.CROPS, codes):
        yield {
            "season_code": "bench",
            "area_code": code,
            "crop_code": crop,
            "method": method.value,
            "as_of": str(week),
            "cumulative_mu": 1000.5,
        }


def writes(engine: str, ours: int, bare: int, token: str, *, rounds: int) -> None:
    """`POST sowing/reports` from 16 clients beside the bare insert."""
    ratios, rates = [], []
    reports, rows = bodies(), bodies()
    for _ in range(rounds):
        mine = asyncio.run(load.rate(ours, token, "/api/v1/sowing/reports", reports, CLIENTS, 4))
        theirs = asyncio.run(load.rate(bare, None, "/rows", rows, CLIENTS, 4))
        ratios.append(mine / theirs)
        rates.append(mine)
    print(f"{engine}: POST by {CLIENTS}: {load.spread(ratios)} × bare (limit ≥ 0.4)")
    print(f"{engine}: POST by {CLIENTS}: {load.spread(rates)} per second")


def workbook(number: int) -> bytes:
    """Return a list of 2,000 figures for the open week, of other villages for each number."""
    season = province.season_of_now()
    week = season.starts_on.fromordinal(season.starts_on.toordinal() + 7 * province.N_WEEKS)
    codes = [(code, name) for code, name in province.area_list() if len(code) == 12]
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["村代码", "村名", "作物", "方式", "累计面积(亩)", "报告日", "备注"])
        chosen = codes[number * WORKBOOK_ROWS : (number + 1) * WORKBOOK_ROWS]
        for row, (code, name) in enumerate(chosen, start=1):
            sheet.write_row(row, 0, [code, name, "早稻", "直播", 1000 + row, str(week), "演示"])
    return file.getvalue()


def imports(engine: str, port: int, token: str, *, rounds: int) -> None:
    """Import of a 2,000-row workbook beside openpyxl's own time to read it."""
    ratios, ours = [], []
    headers = {"Authorization": f"Bearer {token}"}
    for number in range(rounds):
        content = workbook(number)
        started = time.perf_counter()
        sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
        n_cells = sum(len(row) for row in sheet.iter_rows(values_only=True))
        read = time.perf_counter() - started
        started = time.perf_counter()
        answer = httpx2.post(
            f"http://127.0.0.1:{port}/api/v1/sowing/imports",
            headers=headers,
            data={"season": "bench"},
            files={"file": ("bench.xlsx", content)},
            timeout=120,
        )
        took = time.perf_counter() - started
        assert answer.json().get("n_filed") == WORKBOOK_ROWS, answer.text[:500]
        assert n_cells == 7 * (WORKBOOK_ROWS + 1)
        ratios.append(took / read)
        ours.append(took)
    print(f"{engine}: import of {WORKBOOK_ROWS} rows: {load.spread(ratios)} × openpyxl (limit 5)")
    print(f"{engine}: import of {WORKBOOK_ROWS} rows: {median(ours):.2f} s")


if __name__ == "__main__":
    main()
