"""The API of weather, reservoirs and pest surveys."""

from fastapi import APIRouter

from service.schemas import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["agronomy"], route_class=StrictRoute)
