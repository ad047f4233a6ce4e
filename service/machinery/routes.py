"""The API of machines, repairs and trainings."""

from fastapi import APIRouter

from service.schemas import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["machinery"], route_class=StrictRoute)
