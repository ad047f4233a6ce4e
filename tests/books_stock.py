"""What the tests of every operation must know of this book: see `tests/books.py`."""

REQUESTS: dict = {}
BODIES: dict = {}
ROLE_OF: dict = {}
APPEND_ONLY: tuple = ()


def put(database, area: str, number: int) -> dict[str, str]:
    """Put one of each thing into an area; return the path parameters that name them."""
    return {}


NAMES: tuple = ()
"""The path parameters that name something of this book."""
