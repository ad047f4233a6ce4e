"""Towns screened by two Dask workers beside one: reading Parquet, markers, rules, verdicts."""

import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import numpy as np
from distributed import LocalCluster

from benchmarks.load import spread
from config.thresholds import Thresholds
from inspections.conversion_lands import Approvals
from inspections.screened_lands import SurveyedLand
from service.imagery import store
from service.screening import codes, running
from service.screening.running import TownTask

N_TOWNS, N_PARCELS, N_QUICK = 8, 10_000, 2_000
AS_OF = date(2023, 12, 31)
DATES = np.arange(np.datetime64("2023-01-05"), np.datetime64("2023-12-31"), 10)


def run(*, is_quick: bool) -> None:
    """Screen the towns by one worker and by two, in turn."""
    n, rounds = (N_QUICK, 1) if is_quick else (N_PARCELS, 3)
    with tempfile.TemporaryDirectory() as folder:
        tasks = [a_town(Path(folder), number, n) for number in range(N_TOWNS)]
        seconds = {each: measured(tasks, each, rounds) for each in (1, 2)}
    ratios = [one / two for one, two in zip(seconds[1], seconds[2], strict=True)]
    print(
        f"screening on Dask, {N_TOWNS} towns of {n:,}: two workers {spread(ratios)} × one (≥ 1.6)"
    )
    print(f"screening on Dask: one worker {spread(seconds[1])} s")


def a_town(folder: Path, number: int, n: int) -> TownTask:
    """Write a year of images of a town and return what a worker needs."""
    rng = np.random.default_rng(number)
    town, size = f"4418031{number:02d}", n * len(DATES)
    uids = tuple(UUID(int=number * n + each + 1) for each in range(n))
    level = rng.uniform(0.1, 0.7, n).astype(np.float32)
    season = 0.2 * np.sin(np.arange(len(DATES), dtype=np.float32) / 6)
    ndvi = (level[:, None] + season + rng.normal(0, 0.03, (n, len(DATES)))).ravel()
    rows = store.rows(
        {
            "parcel_uid": np.repeat([str(each) for each in uids], len(DATES)),
            "day": np.tile([day.astype(date) for day in DATES], n),
            "source": np.full(size, "S2"),
            "missing": np.where(rng.random(size) < 0.4, 1, 0).astype(np.uint8),
            "ndvi": ndvi.astype(np.float32),
            "evi": (0.7 * ndvi).astype(np.float32),
            "lswi": (ndvi - 0.3).astype(np.float32),
            "bsi": np.full(size, -0.1, np.float32),
        }
    )
    batch = store.Batch(folder, datetime(2024, 1, 1, tzinfo=UTC))
    batch.append("2023", town, rows)
    batch.publish()
    land = SurveyedLand(
        uids=uids,
        class_names=("0101",),
        attribute_names=("LS",),
        base_class=np.zeros(n, np.int16),
        attribute=np.zeros(n, np.int16),
        area_m2=np.full(n, 2000.0),
        farmland_m2=np.full(n, 2000.0),
        approvals=Approvals.none(),
    )
    limits = codes.limits(Thresholds.read())
    asked = np.empty(0, np.int64)
    return TownTask(town, land, asked, folder, "2023", AS_OF, codes.rules(), limits)


def measured(tasks: list[TownTask], n_workers: int, rounds: int) -> list[float]:
    """Return the seconds of each round, the first of which only warms the workers up."""
    found = []
    with (
        LocalCluster(
            n_workers=n_workers, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        running.on_dask(cluster.scheduler_address) as runner,
    ):
        for _ in range(rounds + 1):
            started = time.perf_counter()
            screened = dict(runner(tasks))
            found.append(time.perf_counter() - started)
            assert len(screened) == len(tasks)
    return found[1:]
