"""The web pages."""

from fastapi import APIRouter

router = APIRouter()
