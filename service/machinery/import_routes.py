"""The API of the machinery book's tables: templates out, filled tables in."""

from typing import Any

from fastapi import APIRouter, Response

from service.accounts.access import allow
from service.machinery import imports
from service.schemas import StrictRoute
from service.security import SessionDep
from service.table_templates import XLSX, template
from service.tables import ImportReport, UploadDep

router = APIRouter(prefix="/api/v1", tags=["machinery"], route_class=StrictRoute)
WRITE = [allow("machinery.write")]
BOOK: dict[str, Any] = {"response_class": Response, "responses": {200: {"content": {XLSX: {}}}}}


def _workbook(session: SessionDep, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{kind}.xlsx"'}
    content = template(imports.LAYOUTS[kind](session))
    return Response(content, media_type=XLSX, headers=headers)


@router.get("/machinery/registers/imports/template", dependencies=WRITE, **BOOK)
def read_register_template(session: SessionDep) -> Response:
    """Return the empty workbook of registers."""
    return _workbook(session, "machine_registers")


@router.post("/machinery/registers/imports", response_model=ImportReport, dependencies=WRITE)
def import_registers(session: SessionDep, upload: UploadDep) -> ImportReport:
    """Enter a workbook or CSV of registers: all of it, or nothing and a report by row."""
    return imports.import_table(session, "machine_registers", upload)


@router.get("/machines/imports/template", dependencies=WRITE, **BOOK)
def read_machine_template(session: SessionDep) -> Response:
    """Return the empty workbook of machines."""
    return _workbook(session, "machines")


@router.post("/machines/imports", response_model=ImportReport, dependencies=WRITE)
def import_machines(session: SessionDep, upload: UploadDep) -> ImportReport:
    """Enter a workbook or CSV of machines: all of it, or nothing and a report by row."""
    return imports.import_table(session, "machines", upload)


@router.get("/repairs/imports/template", dependencies=WRITE, **BOOK)
def read_repair_template(session: SessionDep) -> Response:
    """Return the empty workbook of repairs."""
    return _workbook(session, "repairs")


@router.post("/repairs/imports", response_model=ImportReport, dependencies=WRITE)
def import_repairs(session: SessionDep, upload: UploadDep) -> ImportReport:
    """Enter a workbook or CSV of repairs: all of it, or nothing and a report by row."""
    return imports.import_table(session, "repairs", upload)


@router.get("/trainings/imports/template", dependencies=WRITE, **BOOK)
def read_training_template(session: SessionDep) -> Response:
    """Return the empty workbook of trainings."""
    return _workbook(session, "trainings")


@router.post("/trainings/imports", response_model=ImportReport, dependencies=WRITE)
def import_trainings(session: SessionDep, upload: UploadDep) -> ImportReport:
    """Enter a workbook or CSV of trainings: all of it, or nothing and a report by row."""
    return imports.import_table(session, "trainings", upload)
