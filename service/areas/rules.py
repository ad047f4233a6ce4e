"""How area names are compared: by sense, not by bytes. Pure."""

import unicodedata

UNIT_SUFFIXES = (
    "社区居民委员会",
    "村民委员会",
    "居民委员会",
    "社区居委会",
    "社区",
    "村委会",
    "居委会",
    "村",
)
"""What follows a village's own name, longest first."""


def folded(name: str) -> str:
    """Return a name without what cannot be seen: NFKC, no format characters, no spaces."""
    return "".join(
        mark
        for mark in unicodedata.normalize("NFKC", name)
        if unicodedata.category(mark) not in {"Cf", "Zs"} and not mark.isspace()
    )


def match_name(name: str) -> str:
    """Return the form in which names are compared.

    NFKC folds full-width and compatibility characters; format characters (zero-width joiners,
    marks of direction) and spaces vanish; the unit's kind is dropped, because people write
    五星, 五星村 and 五星村委会 for one village. A name that is nothing but a kind stays whole.
    """
    plain = folded(name)
    for suffix in UNIT_SUFFIXES:
        if plain.endswith(suffix) and len(plain) > len(suffix):
            return plain.removesuffix(suffix)
    return plain
