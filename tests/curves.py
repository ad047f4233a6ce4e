"""Made-up parcels of known use over a year of images: what the tests of markers draw on."""

import numpy as np

from geo.series import Missing

STEP_DAYS = 8


def days_of(first: str = "2023-01-01", last: str = "2023-12-31", step: int = STEP_DAYS):
    """Civil days, one image each step."""
    return np.arange(np.datetime64(first), np.datetime64(last) + 1, step)


def _line(dates, points: dict[str, float]) -> np.ndarray:
    """Straight lines through points of a year, "mm-dd" to value, each year alike."""
    years = range(int(str(dates[0])[:4]), int(str(dates[-1])[:4]) + 1)
    known = [
        (np.datetime64(f"{year}-{month_day}"), value)
        for year in years
        for month_day, value in points.items()
    ]
    at = np.array([day for day, _ in known], dtype="datetime64[D]").astype(float)
    return np.interp(dates.astype(float), at, [value for _, value in known])


def curve(dates, ndvi: dict[str, float], *, dry: float = 0.35, bsi: float = -0.1) -> np.ndarray:
    """A parcel's indices: LSWI below NDVI by `dry`, EVI at seven tenths of NDVI."""
    values = np.empty((len(dates), 4), dtype=np.float32)
    values[:, 0] = _line(dates, ndvi)
    values[:, 1] = 0.7 * values[:, 0]
    values[:, 2] = values[:, 0] - dry
    values[:, 3] = bsi
    return values


def flooded(values: np.ndarray, dates, *spans: tuple[str, str]) -> np.ndarray:
    """The same under water between days, which a month and day name."""
    result = values.copy()
    month_day = np.array([str(day)[5:] for day in dates])
    for first, last in spans:
        result[(month_day >= first) & (month_day <= last), 2] = 0.3
    return result


RICE = {
    "01-01": 0.3, "03-15": 0.3, "03-28": 0.15, "04-20": 0.15, "05-20": 0.6, "06-12": 0.82,
    "07-05": 0.7, "07-14": 0.25, "07-20": 0.15, "08-06": 0.15, "09-05": 0.6, "09-25": 0.82,
    "10-25": 0.7, "11-05": 0.28, "12-31": 0.3,
}  # fmt: skip
WEEDS = {"01-01": 0.35, "04-01": 0.5, "07-15": 0.72, "10-01": 0.6, "12-31": 0.35}
MAIZE = {
    "01-01": 0.25, "04-05": 0.2, "05-10": 0.55, "06-10": 0.8, "07-10": 0.75, "07-20": 0.3,
    "09-01": 0.35, "12-31": 0.25,
}  # fmt: skip


def double_rice(dates) -> np.ndarray:
    """Early and late rice, flooded twice."""
    return flooded(curve(dates, RICE), dates, ("03-28", "04-20"), ("07-18", "08-06"))


def weeds(dates) -> np.ndarray:
    """Nobody comes."""
    return curve(dates, WEEDS)


def maize(dates) -> np.ndarray:
    """One crop on dry land."""
    return curve(dates, MAIZE)


def trees(dates) -> np.ndarray:
    """Green all year, leaves moist."""
    return curve(dates, {"01-01": 0.66, "07-01": 0.78, "12-31": 0.66}, dry=0.4)


def pond(dates) -> np.ndarray:
    """Water all year."""
    return curve(dates, {"01-01": 0.1, "12-31": 0.1}, dry=-0.2)


def dug(dates) -> np.ndarray:
    """Early rice, then a pond from late July on, in the years of these dates."""
    month_day = np.array([str(day)[5:] for day in dates])
    is_water = (month_day >= "07-20") | (dates >= dates[0] + 365)
    return np.where(is_water[:, None], pond(dates), double_rice(dates))


def site(dates) -> np.ndarray:
    """Hardened ground all year."""
    return curve(dates, {"01-01": 0.12, "12-31": 0.12}, dry=0.3, bsi=0.15)


def film(dates) -> np.ndarray:
    """Soil under film in late spring, then a crop that covers it."""
    values = curve(
        dates,
        {
            "01-01": 0.3, "04-10": 0.15, "05-25": 0.15, "06-20": 0.7, "07-25": 0.8,
            "08-25": 0.7, "09-03": 0.3, "12-31": 0.3,
        },
    )  # fmt: skip
    values[values[:, 0] < 0.22, 3] = 0.08
    return values


def cube_of(*parcels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Parcels as a cube, with why values are missing: cloud."""
    cube = np.stack(parcels).astype(np.float32)
    missing = np.where(np.isnan(cube[..., 0]), Missing.CLOUD, Missing.PRESENT).astype(np.uint8)
    return cube, missing
