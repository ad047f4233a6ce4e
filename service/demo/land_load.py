"""Bringing the invented land to the book the way a bureau brings its own: by files."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy.orm import Session

from service.areas.actions import shipped_areas
from service.database import Database
from service.demo import land, territory
from service.landfiles.limits import COMMAND_LINE
from service.parcels import approvals, imports
from service.parcels.imports import Incoming
from service.parcels.models import ApprovalKind, ImportState
from service.parcels.reading import LandReader
from service.parcels.schemas import ApprovalCreate, Geometry, ImportChoices, ImportOptions
from service.security import Viewer

SURVEYED_ON, CHANGED_ON = date(2022, 12, 31), date(2023, 3, 31)
FILE_CRS = "EPSG:4526"
KINDS = {
    "NYDZY": ApprovalKind.CONVERSION,
    "LSYD": ApprovalKind.TEMPORARY,
    "SSNYD_BA": ApprovalKind.FACILITY,
    "JCPH": ApprovalKind.BALANCE,
    "TGHL": ApprovalKind.RETURNED_TO_FOREST,
    "XG": ApprovalKind.FALLOW,
    "ZJD": ApprovalKind.HOMESTEAD,
}
Step = Callable[[str, int, int], None]


class LandStory:
    """The land of the demonstration: a survey, a change of one town, and one draft too many."""

    def __init__(
        self, database: Database, viewer: Viewer, directory: Path, *, count: int, on_step: Step
    ) -> None:
        self.database, self.viewer, self.on_step = database, viewer, on_step
        self.reader = LandReader(database, directory, viewer.area_code, limits=COMMAND_LINE)
        outline = territory.read_outline(territory.OUTLINE)
        self.land = land.make_land(count, outline, shipped_areas())

    def survey(self) -> None:
        """Bring outlines, parcels, basic farmland and approvals, as surveyed in 2022."""
        self._commit("outlines", "村级调查区", SURVEYED_ON)
        self._commit("parcels", "2022年度国土变更调查DLTB", SURVEYED_ON)
        self._commit("farmland", "YJJBNTTB", SURVEYED_ON)
        with self._acting() as session:
            for row in self.land.approvals.itertuples():
                approvals.file_approval(session, self.viewer, _approval(row))

    def change(self) -> None:
        """Bring the changes of one town, which went into the book."""
        self._commit("next_year", "太平镇变更图斑", CHANGED_ON)

    def draft(self) -> None:
        """Bring a delivery with defects that block; the bureau has not decided on it yet."""
        self._bring("next_year_draft", "太平镇变更图斑(退回件)", CHANGED_ON)

    def _commit(self, layer: str, title: str, day: date) -> None:
        import_id = self._bring(layer, title, day)
        choices = ImportChoices(accept_repairs=True, leave_out_blocked=True)
        with self._acting() as session:
            imports.decide(session, self.viewer, import_id, choices, start=lambda _: None)
        self.reader.work(import_id, self.on_step)
        with self.database.system_reading() as session:
            found = imports.one(session, import_id)
        if found.state is not ImportState.COMMITTED:
            raise AssertionError(f"{layer}: {found.state} {found.problem} {found.report}")

    def _bring(self, layer: str, title: str, day: date) -> Any:
        with tempfile.TemporaryDirectory(prefix="chungeng-demo-") as folder:
            path = Path(folder) / "land.gpkg"
            land.write_gpkg(self.land, path, layer, FILE_CRS)
            with self._acting() as session, path.open("rb") as file:
                found = imports.accept(
                    session,
                    self.viewer,
                    self.reader.directory,
                    [Incoming(f"演示-{title}.gpkg", file)],
                    ImportOptions(valid_from=day),
                    max_bytes=self.reader.limits.upload_bytes,
                    start=lambda _: None,
                )
        self.reader.work(found.id, self.on_step)
        return found.id

    @contextmanager
    def _acting(self) -> Iterator[Session]:
        with self.database.write_session() as session, session.begin():
            session.info["viewer"] = self.viewer
            yield session


def _approval(row: Any) -> ApprovalCreate:
    shape = shapely.geometry.mapping(row.geometry)
    coordinates = _lists(shape["coordinates"])
    return ApprovalCreate(
        kind=KINDS[row.kind],
        document_no=row.document_number,
        issued_by="演示单位",
        valid_from=row.starts_on,
        valid_to=row.ends_on,
        note="演示数据,虚构",
        geometry=Geometry(type=shape["type"], coordinates=coordinates),
    )


def _lists(value: Any) -> Any:
    return [_lists(each) for each in value] if isinstance(value, tuple | list) else value
