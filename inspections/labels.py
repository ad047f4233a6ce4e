"""What is known of a parcel, as labelled series say it: words, and the groups of uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from inspections.land_uses import Use

KIND_MARK = ":"


class Group(StrEnum):
    """What a use means for cropland."""

    CONVERTED = "converted"
    ABANDONED = "abandoned"
    KEPT = "kept"
    UNKNOWN = "unknown"


KEPT = (
    Use.GRAIN,
    Use.ANNUAL_NON_GRAIN_FOOD,
    Use.NON_FOOD_ANNUAL,
    Use.RICE_FISH,
    Use.WINTER_FALLOW,
)
UNDECIDED = (Use.UNKNOWN, Use.BARE, Use.WATER)
"""Bare soil of weeks and water after a flood say nothing yet."""
GROUP_OF: Mapping[Use, Group] = {
    use: Group.KEPT
    if use in KEPT
    else Group.UNKNOWN
    if use in UNDECIDED
    else Group.ABANDONED
    if use in (Use.WEED_FALLOW, Use.SHRUB)
    else Group.CONVERTED
    for use in Use
}
AT_RISK = (Group.CONVERTED, Group.ABANDONED)


@dataclass(frozen=True)
class Label:
    """What is known of a parcel: its group, and of what kind it is (a use, a look-alike)."""

    group: Group
    kind: str

    @property
    def text(self) -> str:
        """The label as a table writes it."""
        return f"{self.group}{KIND_MARK}{self.kind}" if self.kind else str(self.group)


def label_of(text: str) -> Label:
    """Read a label.

    Parameters
    ----------
    text : str
        `converted`, `abandoned` or `kept`, or a `Use`; each with a kind of its own after a
        colon, as in `kept:film`.

    Returns
    -------
    Label
        A use is its own kind where none is given.

    Raises
    ------
    ValueError
        Where the word is neither, or says that nothing is known.
    """
    word, _, kind = (part.strip() for part in text.partition(KIND_MARK))
    if word.upper() in Use.__members__:
        use = Use(word.upper())
        group, kind = GROUP_OF[use], kind or use.value
    elif word.lower() in tuple(Group):
        group = Group(word.lower())
    else:
        raise ValueError(f"{text!r} is no label")
    if group is Group.UNKNOWN:
        raise ValueError(f"{text!r} does not say what is known of the parcel")
    return Label(group, kind)
