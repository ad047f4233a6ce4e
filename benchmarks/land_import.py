"""One import in a process of its own: `python -m benchmarks.land_import URL FOLDER`.

Brings the outlines of FOLDER, then its parcels with the exam and the decision, and prints the
seconds of the latter and the highest resident memory of this process and of its children.
"""

import json
import resource
import sys
import time
from pathlib import Path

from service import migrations
from service.accounts import actions as accounts
from service.accounts import queries
from service.accounts.schemas import AccountCreate
from service.areas import actions as areas
from service.database import Database
from service.landfiles.limits import UPLOAD
from service.parcels import imports
from service.parcels.imports import Incoming
from service.parcels.models import ImportState
from service.parcels.reading import LandReader
from service.parcels.schemas import ImportChoices, ImportOptions
from service.security import Role, Viewer

COUNTY = "441803"
MIB = 1024
MANY_BYTES = 2**33


def main() -> None:
    url, folder = sys.argv[1], Path(sys.argv[2])
    database = Database(url)
    migrations.migrate(database, backup_directory=None)
    viewer = _bureau(database)
    reader = LandReader(database, folder / "imports", COUNTY, limits=UPLOAD)
    _bring(reader, viewer, folder / "outlines.gpkg")
    started = time.perf_counter()
    done = _bring(reader, viewer, folder / "parcels.gpkg")
    took = time.perf_counter() - started
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / MIB
    print(json.dumps({"seconds": took, "ours_mib": ours, "child_mib": child, **done}))
    database.dispose()


def _bureau(database: Database) -> Viewer:
    with database.system_transaction() as session:
        areas.load_areas(session, areas.shipped_areas())
        accounts.create_account(
            session,
            AccountCreate(
                username="bureau",
                display_name="bureau",
                role=Role.BUREAU,
                area_code=COUNTY,
                password="measured, not kept",
            ),
        )
    with database.system_reading() as session:
        return queries.viewer_named(session, "bureau")


def _bring(reader: LandReader, viewer: Viewer, path: Path) -> dict[str, int]:
    with reader.database.write_session() as session, session.begin(), path.open("rb") as file:
        session.info["viewer"] = viewer
        found = imports.accept(
            session,
            viewer,
            reader.directory,
            [Incoming(path.name, file)],
            ImportOptions(),
            max_bytes=MANY_BYTES,
            start=lambda _: None,
        )
    reader.work(found.id)
    with reader.database.write_session() as session, session.begin():
        session.info["viewer"] = viewer
        choices = ImportChoices(accept_repairs=True, leave_out_blocked=True)
        imports.decide(session, viewer, found.id, choices, start=lambda _: None)
    reader.work(found.id)
    with reader.database.system_reading() as session:
        done = imports.one(session, found.id)
    assert done.state is ImportState.COMMITTED, done.problem
    counts: dict[str, int] = imports.report(done)["committed"]
    return counts


if __name__ == "__main__":
    main()
