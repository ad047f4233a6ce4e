"""How a raster is refused."""

from typing import ClassVar

from service.errors import Invalid


class RasterRefused(Invalid):
    """This raster is not taken; `members["code"]` says why, for programs."""

    title: ClassVar[str] = "Raster refused"


def refusal(code: str, reason: str) -> RasterRefused:
    """Make a refusal with its code."""
    return RasterRefused(reason, code=code)
