"""The API of photos."""

from fastapi import APIRouter

from service.schemas import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["photos"], route_class=StrictRoute)
