"""The page about machines."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response

from service.accounts.access import allow
from service.errors import NotFound
from service.machinery import actions
from service.pages import entry
from service.pages import machinery_pages as machinery
from service.pages.machinery_pages import Asked, RepairForm, TrainingForm
from service.pages.page import PageDep, PageFrame, see
from service.schemas import Id, Note
from service.tables import UploadDep

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
WRITE = [allow("machinery.write")]
Reason = Annotated[Note, Form(min_length=1)]


def _again(page: PageFrame, **told: Any) -> Response:
    """Show the page with what was typed, and what is wrong with it."""
    answer = page.show("machinery.html", machinery.show(page, Asked(), **told))
    answer.status_code = 422
    return answer


@router.get("/machinery", dependencies=[allow("machinery.read")])
def show_machinery(page: PageDep, asked: Annotated[Asked, Query()]) -> Response:
    """Show the machines of a day."""
    return page.show("machinery.html", machinery.show(page, asked))


@router.post("/machinery/repairs", dependencies=WRITE)
def enter_repair(page: PageDep, form: Annotated[RepairForm, Form()]) -> Response:
    """Enter a group of repairs."""
    problem = machinery.enter_repair(page, form)
    if problem is not None:
        return _again(page, repair=form, problem=problem | {"form": "repair"})
    return see("/machinery?done=repair")


@router.post("/machinery/trainings", dependencies=WRITE)
def enter_training(page: PageDep, form: Annotated[TrainingForm, Form()]) -> Response:
    """Enter a training."""
    problem = machinery.enter_training(page, form)
    if problem is not None:
        return _again(page, training=form, problem=problem | {"form": "training"})
    return see("/machinery?done=training")


@router.post("/machinery/repairs/{repair_id}/withdraw", dependencies=WRITE)
def withdraw_repair(page: PageDep, repair_id: Id, reason: Reason) -> Response:
    """Take a repair back."""
    actions.withdraw_repair(page.session, repair_id, reason)
    return see("/machinery?done=machinery-withdraw")


@router.post("/machinery/trainings/{training_id}/withdraw", dependencies=WRITE)
def withdraw_training(page: PageDep, training_id: Id, reason: Reason) -> Response:
    """Take a training back."""
    actions.withdraw_training(page.session, training_id, reason)
    return see("/machinery?done=machinery-withdraw")


@router.post("/machinery/tables", dependencies=WRITE)
def bring_table(page: PageDep, upload: UploadDep, kind: Annotated[str, Form()] = "") -> Response:
    """Take a table, or only examine it."""
    if kind not in machinery.KINDS:
        raise NotFound("没有这种表;请从页面上选择", field="kind")
    brought = entry.bring(page, kind, upload)
    answer = page.show("machinery.html", machinery.show(page, Asked(), brought=brought))
    answer.status_code = 200 if brought["report"] else 422
    return answer
