"""Empty databases to measure on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import sqlalchemy as sa

POSTGIS_URL = os.environ.get("TEST_POSTGIS_URL")


@contextmanager
def a_database(engine: str, folder: str) -> Iterator[str]:
    """Make an empty database and take it away afterwards."""
    if engine == "sqlite":
        yield f"sqlite:///{folder}/bench.gpkg"
        return
    name = f"bench_{uuid4().hex[:8]}"
    admin = sa.create_engine(POSTGIS_URL or "", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    yield sa.make_url(POSTGIS_URL or "").set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    admin.dispose()
