"""One import in a process of its own: `python -m benchmarks.land_import URL FOLDER`.

Brings the outlines of FOLDER, then its parcels with the exam and the decision, and prints the
seconds of the latter and the highest resident memory of this process with its children.
"""

import json
import os
import sys
import threading
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
EVERY_S = 0.02


def main() -> None:
    url, folder = sys.argv[1], Path(sys.argv[2])
    database = Database(url)
    migrations.migrate(database, backup_directory=None)
    viewer = _bureau(database)
    reader = LandReader(database, folder / "imports", COUNTY, limits=UPLOAD)
    _bring(reader, viewer, folder / "outlines.gpkg")
    memory = Memory()
    started = time.perf_counter()
    done = _bring(reader, viewer, folder / "parcels.gpkg")
    took = time.perf_counter() - started
    print(json.dumps({"seconds": took, "peak_mib": memory.stop(), **done}))
    database.dispose()


class Memory:
    """Watches the resident memory of this process and its children together."""

    def __init__(self) -> None:
        self._peak_kib, self._is_watching = 0, True
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> float:
        """Return the highest sum that was seen."""
        self._is_watching = False
        self._thread.join()
        return self._peak_kib / MIB

    def _watch(self) -> None:
        own = os.getpid()
        while self._is_watching:
            children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
            others = Path(f"/proc/{own}/task").iterdir()
            for task in others:
                children += (task / "children").read_text().split()
            self._peak_kib = max(self._peak_kib, sum(map(_rss_kib, {str(own), *children})))
            time.sleep(EVERY_S)


def _rss_kib(pid: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS")), 0)


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
