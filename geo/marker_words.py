"""Why a marker cannot be told, and what a main season was."""

from enum import IntEnum, IntFlag


class Unknown(IntEnum):
    """Why a marker cannot be told; the first five are numbered as `geo.series.Missing`."""

    KNOWN = 0
    CLOUD = 1
    NO_IMAGE = 2
    TOO_SMALL = 3
    OUT_OF_RANGE = 4
    FEW_DATES = 5
    GAP = 6
    SHORT_SERIES = 7
    UNCLEAR = 8
    """Well seen, and like nothing that is known."""


class SeasonState(IntEnum):
    """What one main season of a parcel was."""

    IDLE = 0
    """Weeds, no flooding and no harvest."""
    BARE = 1
    """Nothing green."""
    CROPPED = 2
    DENSE = 3
    """Greener than weeds, and no harvest: trees or a crop that still stands."""
    UNKNOWN = 4
    """Too few clear dates or too long a gap."""
    NOT_OVER = 5
    """The series ends before the season does."""


class PhaseBit(IntFlag):
    """What is known of a green phase."""

    FLOODED = 1
    HARVESTED = 2
    MAY_BE_FLOODED = 4
