"""The API of the reporting calendar and its seasons."""

from fastapi import APIRouter

from service.accounts.access import ViewerDep, allow
from service.reporting import actions, queries
from service.reporting.models import LockException, Season, TaskEventKind, TaskState
from service.reporting.schemas import (
    LockExceptionCreate,
    LockExceptionRead,
    NoticeRead,
    RatesRead,
    SeasonCreate,
    SeasonRead,
    TaskEventRead,
    TaskRead,
    TaskStep,
    TaskStepWithReason,
)
from service.schemas import AreaCode, Code, Cursor, Day, Id, Limit, Page, StrictRoute
from service.security import SessionDep

router = APIRouter(prefix="/api/v1", tags=["reporting"], route_class=StrictRoute)


@router.get("/seasons", response_model=Page[SeasonRead], dependencies=[allow("season.read")])
def list_seasons(session: SessionDep) -> Page[SeasonRead]:
    """List the seasons, newest first."""
    return Page(items=[SeasonRead.model_validate(each) for each in queries.seasons(session)])


@router.post(
    "/seasons",
    status_code=201,
    response_model=SeasonRead,
    dependencies=[allow("season.create")],
)
def create_season(session: SessionDep, season_in: SeasonCreate) -> Season:
    """Create a season and the tasks of all its weeks."""
    return actions.create_season(session, season_in)


@router.get(
    "/reporting/tasks",
    response_model=Page[TaskRead],
    dependencies=[allow("reporting.task.read")],
)
def list_tasks(
    session: SessionDep,
    season: Code | None = None,
    period: Day | None = None,
    area: AreaCode | None = None,
    state: TaskState | None = None,
    cursor: Cursor = 0,
    limit: Limit = 100,
) -> Page[TaskRead]:
    """List towns' weeks, newest first."""
    found, following = queries.tasks_page(
        session,
        season_code=season,
        period=period,
        area_code=area,
        state=state,
        offset=cursor,
        limit=limit,
    )
    return Page(items=found, next=following)


@router.get(
    "/reporting/tasks/{task_id}/events",
    response_model=Page[TaskEventRead],
    dependencies=[allow("reporting.task.read")],
)
def list_task_events(session: SessionDep, task_id: Id) -> Page[TaskEventRead]:
    """Return the life of one town's week."""
    return Page(items=queries.events(session, queries.task(session, task_id)))


@router.post(
    "/reporting/tasks/{task_id}/submit",
    response_model=TaskRead,
    dependencies=[allow("reporting.task.submit")],
)
def submit(session: SessionDep, task_id: Id, step: TaskStep | None = None) -> TaskRead:
    """Submit a town's week to its approver."""
    task = actions.take_step(session, task_id, TaskEventKind.SUBMIT)
    return queries.shown(session, [task])[0]


@router.post(
    "/reporting/tasks/{task_id}/return",
    response_model=TaskRead,
    dependencies=[allow("reporting.task.return")],
)
def send_back(session: SessionDep, task_id: Id, step: TaskStepWithReason) -> TaskRead:
    """Return a town's week to its recorder, with the reason."""
    task = actions.take_step(session, task_id, TaskEventKind.RETURN, reason=step.reason)
    return queries.shown(session, [task])[0]


@router.post(
    "/reporting/tasks/{task_id}/approve",
    response_model=TaskRead,
    dependencies=[allow("reporting.task.approve")],
)
def approve(session: SessionDep, task_id: Id, step: TaskStep | None = None) -> TaskRead:
    """Approve a town's week."""
    task = actions.take_step(session, task_id, TaskEventKind.APPROVE)
    return queries.shown(session, [task])[0]


@router.post(
    "/reporting/tasks/{task_id}/accept",
    response_model=TaskRead,
    dependencies=[allow("reporting.task.accept")],
)
def accept(session: SessionDep, task_id: Id, step: TaskStep | None = None) -> TaskRead:
    """Accept a town's week; its figures count from now on and its rows are frozen."""
    task = actions.take_step(session, task_id, TaskEventKind.ACCEPT)
    return queries.shown(session, [task])[0]


@router.post(
    "/reporting/tasks/{task_id}/reopen",
    response_model=TaskRead,
    dependencies=[allow("reporting.task.reopen")],
)
def reopen(session: SessionDep, task_id: Id, step: TaskStepWithReason) -> TaskRead:
    """Reopen an accepted week for correction; the accepted figures stand meanwhile."""
    task = actions.take_step(session, task_id, TaskEventKind.REOPEN, reason=step.reason)
    return queries.shown(session, [task])[0]


@router.get(
    "/reporting/rates", response_model=RatesRead, dependencies=[allow("reporting.task.read")]
)
def read_rates(
    session: SessionDep,
    viewer: ViewerDep,
    season: Code,
    area: AreaCode | None = None,
    until: Day | None = None,
) -> RatesRead:
    """Return 填报率, 按时率 and 差错率."""
    counted = queries.task_rates(
        session, season_code=season, area_code=area or viewer.area_code, until=until
    )
    return RatesRead.model_validate(counted)


@router.get(
    "/reporting/exceptions",
    response_model=Page[LockExceptionRead],
    dependencies=[allow("reporting.task.read")],
)
def list_exceptions(session: SessionDep, season: Code) -> Page[LockExceptionRead]:
    """List lock exceptions with grantor, reason and expiry."""
    found = queries.lock_exceptions(session, season_code=season)
    return Page(items=[LockExceptionRead.model_validate(each) for each in found])


@router.post(
    "/reporting/exceptions",
    status_code=201,
    response_model=LockExceptionRead,
    dependencies=[allow("reporting.exception.grant")],
)
def grant_exception(session: SessionDep, grant: LockExceptionCreate) -> LockException:
    """Let an area file into a locked week until it expires."""
    return actions.grant_exception(session, grant)


@router.get(
    "/reporting/notices",
    response_model=Page[NoticeRead],
    dependencies=[allow("reporting.notice.read")],
)
def list_notices(session: SessionDep, limit: Limit = 100) -> Page[NoticeRead]:
    """List reminders and overdue marks for the viewer's duty."""
    found = queries.notices(session, limit=limit)
    return Page(items=[NoticeRead.model_validate(each) for each in found])
