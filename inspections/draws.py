"""The random draw of who is inspected and by whom: a published seed, a sort, nothing else."""

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

OFFICERS_AT_LEAST = 2
"""行政处罚法 42: two officers or more."""


@dataclass(frozen=True, order=True)
class Subject:
    """One that may be drawn.

    Attributes
    ----------
    id : str
        Its id as text.
    stratum : str
        The group within which it is drawn.
    """

    id: str
    stratum: str


@dataclass(frozen=True)
class Drawn:
    """One subject after the draw.

    Attributes
    ----------
    subject : Subject
        The subject.
    hash : str
        SHA-256 of seed and id, hexadecimal.
    is_drawn : bool
        Whether its place is within the quota of its stratum.
    """

    subject: Subject
    hash: str
    is_drawn: bool


class TooFewOfficers(ValueError):
    """A drawn subject is left with fewer officers than must come."""

    def __init__(self, subject: str, n: int) -> None:
        super().__init__(f"抽中的对象只剩 {n} 名可派的执法人员")
        self.subject, self.n = subject, n


def sort_key(seed: str, *words: str) -> str:
    """Return the SHA-256 by which a draw sorts.

    Parameters
    ----------
    seed : str
        The published seed.
    *words : str
        What follows the seed without a separator: an id, or a subject's id and an officer's.

    Returns
    -------
    str
        64 hexadecimal digits, small letters.
    """
    return hashlib.sha256("".join((seed, *words)).encode()).hexdigest()


def quotas(subjects: Iterable[Subject], ratios: Mapping[str, Decimal]) -> dict[str, int]:
    """Return how many of each stratum are drawn: its size times its ratio, rounded up.

    Parameters
    ----------
    subjects : iterable of Subject
        All that may be drawn.
    ratios : mapping of str to Decimal
        Stratum -> share, 0 to 1.

    Returns
    -------
    dict of str to int
        Stratum -> number, for every stratum with a ratio.
    """
    strata = [each.stratum for each in subjects]
    return {name: math.ceil(ratio * strata.count(name)) for name, ratio in ratios.items()}


def draw(subjects: Sequence[Subject], ratios: Mapping[str, Decimal], seed: str) -> list[Drawn]:
    """Draw within each stratum the first by SHA-256(seed‖id).

    Parameters
    ----------
    subjects : sequence of Subject
        All that may be drawn.
    ratios : mapping of str to Decimal
        Stratum -> share, 0 to 1.
    seed : str
        The published seed.

    Returns
    -------
    list of Drawn
        Every subject, by hash; the order of `subjects` does not matter.
    """
    left = quotas(subjects, ratios)
    found = []
    for key, each in sorted((sort_key(seed, each.id), each) for each in subjects):
        is_drawn = left.get(each.stratum, 0) > 0
        if is_drawn:
            left[each.stratum] -= 1
        found.append(Drawn(each, key, is_drawn))
    return found


def canonical_list(subjects: Iterable[Subject]) -> str:
    """Return the frozen list as it is published and digested.

    Parameters
    ----------
    subjects : iterable of Subject
        All that may be drawn.

    Returns
    -------
    str
        One line `stratum,id` for each, in order of id, each ended by a line feed.
    """
    return "".join(f"{each.stratum},{each.id}\n" for each in sorted(subjects))


def digest(text: str) -> str:
    """Return the SHA-256 of a published list.

    Parameters
    ----------
    text : str
        The list.

    Returns
    -------
    str
        64 hexadecimal digits, what `sha256sum` says of the file.
    """
    return hashlib.sha256(text.encode()).hexdigest()


def recipe(seed: str, wanted: Mapping[str, int], file: str) -> str:
    """Return one shell line that draws again from the published list.

    Parameters
    ----------
    seed : str
        The published seed: letters, digits, `-` and `_` only.
    wanted : mapping of str to int
        Stratum -> how many are drawn.
    file : str
        Name of the file that holds the list.

    Returns
    -------
    str
        A line for any POSIX shell with coreutils; it prints the ids that are drawn.
    """
    strata = " ".join(f"{name}:{n}" for name, n in wanted.items() if n) or "none:0"
    return (
        f"for q in {strata}; do while IFS=, read -r s i; do "
        f'[ "$s" = "${{q%:*}}" ] && echo "$(printf %s "{seed}$i" | sha256sum | cut -c1-64) $i"; '
        f"done < {file} | LC_ALL=C sort | head -n \"${{q#*:}}\" | cut -d' ' -f2; done"
    )


def draw_officers(
    drawn: Sequence[str],
    officers: Collection[str],
    excluded: Mapping[str, Collection[str]],
    *,
    seed: str,
    count: int,
) -> dict[str, list[str]]:
    """Draw the officers of each drawn subject: fewest subjects so far first, then by hash.

    Parameters
    ----------
    drawn : sequence of str
        Ids of the drawn subjects, in the order of the draw.
    officers : collection of str
        Ids of the officers whose certificates hold.
    excluded : mapping of str to collection of str
        Subject -> officers who must keep away (回避).
    seed : str
        The published seed.
    count : int
        Officers of one subject, two or more.

    Returns
    -------
    dict of str to list of str
        Subject -> officers. Ties go by SHA-256(seed‖subject‖officer).

    Raises
    ------
    TooFewOfficers
        Where fewer than `count` may go to a subject.
    """
    load = dict.fromkeys(sorted(officers), 0)
    found: dict[str, list[str]] = {}
    for subject in drawn:
        free = [each for each in load if each not in excluded.get(subject, ())]
        if len(free) < max(count, OFFICERS_AT_LEAST):
            raise TooFewOfficers(subject, len(free))
        free.sort(key=lambda each: (load[each], sort_key(seed, subject, each)))
        found[subject] = free[:count]
        for each in found[subject]:
            load[each] += 1
    return found


def most_violating(strata: Iterable[tuple[int, int]], *, confidence: Fraction) -> int:
    """Return how many of a population may violate though none of a random sample did.

    Parameters
    ----------
    strata : iterable of (int, int)
        Size and number inspected of each stratum, drawn at random within it.
    confidence : Fraction
        Such as 95/100.

    Returns
    -------
    int
        The largest number whose chance to show nothing in the sample exceeds 1 - confidence,
        over the least favourable spread among the strata.

    Notes
    -----
    The chance of no hit among n of N with M violating is C(N-M, n) / C(N, n), the
    hypergeometric distribution; one violator more multiplies it by (N-M-n) / (N-M), a factor
    that falls with M. Adding each next violator where its factor is largest is therefore the
    spread that hides most of them. All in fractions; nothing is rounded.
    """
    left = [[size, inspected] for size, inspected in strata]
    chance, found = Fraction(1), 0
    while any(size > 0 for size, _ in left):
        best = max((each for each in left if each[0] > 0), key=_factor)
        chance *= _factor(best)
        if chance <= 1 - confidence:
            return found
        best[0] -= 1
        found += 1
    return found


def _factor(stratum: list[int]) -> Fraction:
    size, inspected = stratum
    return Fraction(max(size - inspected, 0), size)
