"""The API of the stock ledger."""

from fastapi import APIRouter

from service.schemas import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["supply"], route_class=StrictRoute)
