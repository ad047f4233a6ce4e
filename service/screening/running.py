"""The screening of towns, here or on a Dask cluster: the same function, the same answers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from geo.series import Missing
from inspections.conversion_lands import Ints
from inspections.conversion_rules import Rule
from inspections.screened_lands import LandSeries, SurveyedLand
from inspections.screening import Screened, ScreeningLimits, screen
from service.errors import Invalid
from service.imagery import store
from service.screening import partitions

YEARS_BACK = 2
"""Calendar years before the season whose series are read too: 24 months of lying idle."""


@dataclass(frozen=True)
class TownTask:
    """What a worker needs to screen a town; the series it reads itself."""

    town: str
    land: SurveyedLand | Path
    """Land, or the partition that it stands in."""
    asked: Ints
    folder: Path
    season: str
    as_of: date
    rules: tuple[Rule, ...]
    limits: ScreeningLimits


Runner = Callable[[Sequence[TownTask]], Iterable[tuple[int, Screened]]]
"""Yields the number of a task and its answer, in any order."""


def screen_town(task: TownTask) -> Screened:
    """Screen one town by the series in its Parquet files."""
    series = series_of(task.folder, task.season, task.town)
    land = partitions.read(task.land) if isinstance(task.land, Path) else task.land
    return screen(land, series, task.as_of, task.rules, task.limits, asked=task.asked)


def series_of(folder: Path, season: str, town: str) -> LandSeries | None:
    """Return a town's series of a season and of the years before it, or None without any."""
    seasons = [str(int(season) - back) for back in range(YEARS_BACK, -1, -1)]
    cubes = [store.read_cube(folder, each, town) for each in seasons]
    return joined([LandSeries(*cube) for cube in cubes if len(cube[0])])


def joined(parts: Sequence[LandSeries]) -> LandSeries | None:
    """Return series of years that follow each other as one; a parcel without a year has a gap."""
    if len(parts) < 2:  # noqa: PLR2004 # one is whole as it is
        return parts[0] if parts else None
    uids = sorted({uid for part in parts for uid in part.uids})
    row_of = {uid: row for row, uid in enumerate(uids)}
    n, dates = len(uids), np.concatenate([part.dates for part in parts])
    cube = np.full((n, len(dates), parts[0].cube.shape[2]), np.nan, np.float32)
    missing = np.full((n, len(dates)), Missing.NO_IMAGE, np.uint8)
    start = 0
    for part in parts:
        rows, end = [row_of[uid] for uid in part.uids], start + len(part.dates)
        cube[rows, start:end], missing[rows, start:end] = part.cube, part.missing
        start = end
    return LandSeries(uids, dates, cube, missing)


def here(tasks: Sequence[TownTask]) -> Iterator[tuple[int, Screened]]:
    """Screen one town after the other in this process."""
    for number, task in enumerate(tasks):
        yield number, screen_town(task)


@contextmanager
def on_dask(address: str) -> Iterator[Runner]:
    """Screen towns on a Dask cluster whose workers see the folder of observations."""
    try:
        distributed: Any = import_module("distributed")  # an extra
    except ImportError as error:
        raise Invalid("没有安装 Dask;请安装 chungeng[dask],或不用 --dask") from error
    try:
        client = distributed.Client(address, timeout="10s")
    except (OSError, TimeoutError) as error:
        raise Invalid(f"连不上 Dask 集群 {address}") from error

    def run(tasks: Sequence[TownTask]) -> Iterator[tuple[int, Screened]]:
        futures: dict[Any, int] = {
            client.submit(screen_town, task, pure=False): number
            for number, task in enumerate(tasks)
        }
        for future in distributed.as_completed(list(futures)):
            yield futures[future], future.result()

    try:
        yield run
    finally:
        client.close()
