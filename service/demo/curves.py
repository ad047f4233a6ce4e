"""Made-up indices of parcels of known use, 2022 to spring 2023. Pure, seeded."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.datetime64]
Values = NDArray[np.float32]

STEP_DAYS = 8
NOISE, SCALE, SHIFT_DAYS = 0.012, 0.04, 4.0
"""Spread of a value, of a parcel's level, and of its calendar."""
HIDDEN_SHARE = 0.1
"""Of a parcel's dates: small clouds, not at the same time for all."""
OVERCAST_SHARE = 0.05
"""Of the dates: nobody's parcel is seen."""
BARE_NDVI, WET_LSWI, EVI_SHARE = 0.22, 0.3, 0.7
N_INDICES = 4

Points = dict[str, float]
Span = tuple[str, str]


@dataclass(frozen=True)
class Curve:
    """How one kind of land goes through the two years.

    Attributes
    ----------
    ndvi : mapping of str to float
        Straight lines through these days.
    dry : float
        How far LSWI lies below NDVI where no water stands.
    wet, hidden : tuple of (str, str)
        From and to which day water stands, and clouds do.
    bare_bsi : float
        BSI where nothing grows and no water stands.
    bsi_swing : float
        How far that swings from image to image, as soil that is worked does.
    """

    ndvi: Points
    dry: float = 0.35
    wet: tuple[Span, ...] = ()
    hidden: tuple[Span, ...] = ()
    bare_bsi: float = -0.1
    bsi_swing: float = 0.0


_EARLY: Points = {
    "2022-01-01": 0.3, "2022-03-15": 0.3, "2022-03-28": 0.15, "2022-04-20": 0.15,
    "2022-05-20": 0.6, "2022-06-12": 0.82, "2022-07-05": 0.7, "2022-07-14": 0.25,
}  # fmt: skip
_LATE: Points = {
    "2022-07-20": 0.15, "2022-08-06": 0.15, "2022-09-05": 0.6, "2022-09-25": 0.82,
    "2022-10-25": 0.7, "2022-11-05": 0.28,
}  # fmt: skip
_SPRING: Points = {"2023-03-15": 0.3, "2023-03-28": 0.15, "2023-04-20": 0.15}
_DITCHES: tuple[Span, ...] = (("2022-03-28", "2022-04-20"), ("2022-07-18", "2022-08-06"))
_SOAKED: Span = ("2023-03-28", "2023-04-20")
RICE = Curve(_EARLY | _LATE | _SPRING, wet=(*_DITCHES, _SOAKED))
MAIZE = Curve({
    "2022-01-01": 0.25, "2022-04-05": 0.26, "2022-05-10": 0.55, "2022-06-10": 0.8,
    "2022-07-10": 0.75, "2022-07-20": 0.3, "2022-09-01": 0.35, "2022-12-31": 0.26,
    "2023-04-05": 0.26, "2023-04-20": 0.33,
})  # fmt: skip
POND = Curve(
    _EARLY | {"2022-07-22": 0.1, "2023-04-20": 0.1}, wet=(_DITCHES[0], ("2022-07-20", "2023-04-30"))
)
SITE = Curve(_EARLY | {"2022-07-22": 0.12, "2023-04-20": 0.12}, bare_bsi=0.15)
LATE_POND = Curve(
    RICE.ndvi | {"2022-11-20": 0.1, "2023-03-15": 0.1, "2023-03-28": 0.1, "2023-04-20": 0.1},
    wet=(*_DITCHES, ("2022-11-18", "2023-04-30")),
)
"""Dug in winter: until a growing season has been seen it looks like a field under water."""
LATE_SITE = Curve(
    RICE.ndvi | {"2023-02-05": 0.12, "2023-03-15": 0.12, "2023-03-28": 0.12, "2023-04-20": 0.12},
    wet=_DITCHES,
    bare_bsi=0.15,
)
"""Built after New Year: it looks like ploughed soil."""
TREES = Curve({"2022-01-01": 0.66, "2022-07-01": 0.78, "2023-01-01": 0.66, "2023-04-20": 0.7}, 0.4)
WEEDS = Curve({
    "2022-01-01": 0.35, "2022-04-01": 0.5, "2022-07-15": 0.72, "2022-10-01": 0.6,
    "2023-01-01": 0.35, "2023-04-20": 0.52,
})  # fmt: skip
FILM = Curve(
    {
        "2022-01-01": 0.3, "2022-04-10": 0.15, "2022-05-25": 0.15, "2022-06-20": 0.7,
        "2022-07-25": 0.8, "2022-08-25": 0.7, "2022-09-03": 0.3, "2023-03-15": 0.28,
        "2023-03-25": 0.15, "2023-04-20": 0.15,
    },
    bare_bsi=0.08,
)  # fmt: skip
FLOODED = Curve(
    _EARLY | _LATE | {"2023-02-20": 0.28, "2023-03-01": 0.1, "2023-04-20": 0.1},
    wet=(*_DITCHES, ("2023-02-25", "2023-04-30")),
)
"""Rice; this spring under water since February."""
STUBBLE = Curve(
    _EARLY | {
        "2022-07-20": 0.16, "2022-08-28": 0.16, "2022-09-20": 0.6, "2022-10-08": 0.78,
        "2022-11-05": 0.7, "2022-11-14": 0.25,
    } | _SPRING,
    wet=(_DITCHES[0], ("2022-08-20", "2022-08-30"), _SOAKED),
    bare_bsi=0.07,
)  # fmt: skip
"""Six weeks of stubble after the early harvest, then late rice."""
CLOUDED = Curve(RICE.ndvi, wet=RICE.wet, hidden=(("2022-04-25", "2022-10-20"),))
"""Rice that nobody saw from April to October."""


def days(first: str = "2022-01-05", last: str = "2023-04-18") -> Days:
    """Return the days of the images."""
    return np.arange(np.datetime64(first), np.datetime64(last) + 1, STEP_DAYS)


def grown(curve: Curve, dates: Days, n: int, random: np.random.Generator) -> Values:
    """Return NDVI, EVI, LSWI and BSI of n parcels, shape (n, t, 4); nan under clouds."""
    shift = np.clip(random.normal(0, SHIFT_DAYS, n), -2 * SHIFT_DAYS, 2 * SHIFT_DAYS)
    at = dates.astype("datetime64[D]").astype(float)[None, :] - shift[:, None]
    known = np.array(list(curve.ndvi), "datetime64[D]").astype(float)
    level = np.clip(random.normal(1, SCALE, n), 1 - 2 * SCALE, 1 + 2 * SCALE)[:, None]
    ndvi = np.interp(at, known, list(curve.ndvi.values())) * level
    is_wet = _within(at, curve.wet)
    is_bare = (ndvi < BARE_NDVI) & ~is_wet
    swing = curve.bsi_swing * np.where(np.arange(len(dates)) % 2, 1, 0)
    values = np.stack(
        [
            ndvi,
            EVI_SHARE * ndvi,
            np.where(is_wet, WET_LSWI, ndvi - curve.dry),
            np.where(is_bare, curve.bare_bsi + swing, -0.1),
        ],
        axis=2,
    )
    values += random.normal(0, NOISE, values.shape)
    is_hidden = random.random((n, len(dates))) < HIDDEN_SHARE
    values[is_hidden | _within(at, curve.hidden)] = np.nan
    return np.round(values, 4).astype(np.float32)


def overcast(dates: Days, random: np.random.Generator) -> NDArray[np.bool_]:
    """Return the dates on which clouds hide everything, shape (t,): never two in a row."""
    is_dark = random.random(len(dates)) < OVERCAST_SHARE
    is_dark[1:] &= ~is_dark[:-1]
    return is_dark


def _within(at: NDArray[np.float64], spans: tuple[Span, ...]) -> NDArray[np.bool_]:
    result = np.zeros(at.shape, np.bool_)
    for span in spans:
        first, last = np.array(span, "datetime64[D]").astype(float)
        result |= (at >= first) & (at <= last)
    return result
