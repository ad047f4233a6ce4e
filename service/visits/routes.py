"""The API of campaigns, draws and visits."""

from fastapi import APIRouter

from service.schemas import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["visits"], route_class=StrictRoute)
