"""The books beside sowing and land, as the tests of every operation must know them.

Each `books_*` module tells: `REQUESTS` (operation -> a function of the `Place` that makes a
request's arguments), `BODIES` (operation -> a full JSON body), `ROLE_OF` (part of a path -> who
may), `APPEND_ONLY` (tables), and `put`, which puts one of each thing into a town and returns the
path parameters (`NAMES`) that name them.
"""

from tests import (
    books_agronomy,
    books_bulletins,
    books_cases,
    books_doubts,
    books_facts,
    books_machinery,
    books_observations,
    books_outlets,
    books_photos,
    books_prices,
    books_products,
    books_screening,
    books_signals,
    books_stock,
    books_visits,
)

BOOKS = (
    books_outlets,
    books_products,
    books_stock,
    books_prices,
    books_photos,
    books_visits,
    books_machinery,
    books_agronomy,
    books_observations,
    books_facts,
    books_doubts,
    books_bulletins,
    books_signals,
    books_cases,
    books_screening,
)
REQUESTS = {key: value for book in BOOKS for key, value in book.REQUESTS.items()}
BODIES = {key: value for book in BOOKS for key, value in book.BODIES.items()}
ROLE_OF = {key: value for book in BOOKS for key, value in book.ROLE_OF.items()}
APPEND_ONLY = tuple(table for book in BOOKS for table in book.APPEND_ONLY)
NAMES = tuple(name for book in BOOKS for name in book.NAMES)
SAME_EVERYWHERE = {"code": "outlets.active"}
"""Path parameters that name nothing of any place."""


def put(database, area: str, number: int) -> dict[str, str]:
    """Put one of each thing of every book into an area."""
    return {key: value for book in BOOKS for key, value in book.put(database, area, number).items()}
