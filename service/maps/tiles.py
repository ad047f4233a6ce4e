"""Vector tiles of the book, the same on both engines: found by the index, encoded by arrays."""

import gzip
import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import shapely
from fastapi import Request, Response
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from geo import tiles
from service import space
from service.errors import NotFound
from service.maps.tile_cache import TileCache
from service.parcels import findings, queries
from service.parcels.models import (
    Approval,
    AreaOutline,
    ExamFinding,
    FarmlandVersion,
    ImportState,
    LandImport,
    LandKind,
    ParcelVersion,
)
from service.parcels.queries import Moment
from service.security import Viewer
from service.space import Box

MVT = "application/vnd.mapbox-vector-tile"
MAX_ZOOM = 22
TOWNS_FROM, VILLAGES_FROM = 8, 11
MARK_UNITS = 14
"""Half the side of the square that marks a finding, in units of the tile."""
Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class TileLayer:
    """One layer of tiles: what of the book it shows, and from which zoom on."""

    kind: LandKind
    model: Any
    min_zoom: int
    columns: tuple[str, ...]
    criterion: Callable[[Moment, int], ColumnElement[bool]]


def _valid(model: Any) -> Callable[[Moment, int], ColumnElement[bool]]:
    return lambda moment, _zoom: queries.valid(model, moment)


def _outlines(moment: Moment, zoom: int) -> ColumnElement[bool]:
    levels = ["county"]
    levels += ["town"] if zoom >= TOWNS_FROM else []
    levels += ["village"] if zoom >= VILLAGES_FROM else []
    return queries.valid(AreaOutline, moment) & AreaOutline.level.in_(levels)


def _approvals(moment: Moment, _zoom: int) -> ColumnElement[bool]:
    # Lapsed ones are shown too, as such: whoever looks at a field asks whether it ever had one.
    return (Approval.recorded_at <= moment.known_at) & or_(
        Approval.ended_at.is_(None), Approval.ended_at > moment.known_at
    )


def _findings(_moment: Moment, _zoom: int) -> ColumnElement[bool]:
    return ExamFinding.geometry.is_not(None) & findings.in_book()


LAYERS = {
    "parcels": TileLayer(
        LandKind.PARCELS,
        ParcelVersion,
        12,
        ("uid", "land_class", "planting_attribute", "exam", "ellipsoidal_area_m2", "area_code"),
        _valid(ParcelVersion),
    ),
    "farmland": TileLayer(
        LandKind.FARMLAND, FarmlandVersion, 10, ("uid",), _valid(FarmlandVersion)
    ),
    "outlines": TileLayer(
        LandKind.OUTLINES, AreaOutline, 0, ("area_code", "name", "level"), _outlines
    ),
    "approvals": TileLayer(
        LandKind.APPROVALS,
        Approval,
        9,
        ("uid", "kind", "document_no", "valid_from", "valid_to"),
        _approvals,
    ),
    "findings": TileLayer(
        LandKind.PARCELS, ExamFinding, 12, ("rule", "severity", "message"), _findings
    ),
}


def respond(
    request: Request,
    session: Session,
    viewer: Viewer,
    layer: str,
    place: tiles.Tile,
    on: date | None,
) -> Response:
    """Answer with a tile, gzipped; 304 where the browser has it, 204 where it is empty."""
    wanted = _layer(layer, place)
    moment = Moment.of(session, on)
    revision = _revision(session, wanted)
    key = (layer, revision, viewer.area_code, moment.on, *place)
    etag = f'"{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    cache: TileCache = request.app.state.tiles
    made = cache.get(key, lambda: _packed(tile(session, layer, place, moment)))
    if not made:
        return Response(status_code=204, headers=headers)
    return Response(made, media_type=MVT, headers=headers | {"Content-Encoding": "gzip"})


def _revision(session: Session, wanted: TileLayer) -> int:
    """Return a number that grows whenever a layer shows something else."""
    if wanted.model is not ExamFinding:
        return queries.revision(session, wanted.kind)
    # Findings are of files of every kind, also of those that changed nothing.
    imports = LandImport.__table__
    is_committed = imports.c.state == ImportState.COMMITTED
    return session.scalar(select(func.count()).select_from(imports).where(is_committed)) or 0


def _packed(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=1, mtime=0) if content else b""


def _layer(name: str, place: tiles.Tile) -> TileLayer:
    n = 2**place.z
    if name not in LAYERS or place.z > MAX_ZOOM or not (place.x < n and place.y < n):
        raise NotFound("没有这一张瓦片", layer=name)
    return LAYERS[name]


def tile(session: Session, layer: str, place: tiles.Tile, moment: Moment) -> bytes:
    """Return a tile of one layer as the viewer sees it; empty below the layer's first zoom."""
    wanted = LAYERS[layer]
    if place.z < wanted.min_zoom:
        return b""
    rows = session.execute(query(wanted, place, moment)).all()
    if not rows:
        return b""
    ids, wkbs, *values = zip(*rows, strict=True)
    columns = _shown(dict(zip(wanted.columns, values, strict=True)), moment)
    if wanted.model is ExamFinding:
        return tiles.encode(layer, _marks(wkbs, place), ids, columns, place, min_width=0)
    return tiles.encode(layer, wkbs, ids, columns, place)


def query(wanted: TileLayer, place: tiles.Tile, moment: Moment) -> Select[Any]:
    """Return the query for what a tile may show: id, geometry and columns, in order of id."""
    model, box = wanted.model, Box(*tiles.tile_bounds(*place, buffer=tiles.BUFFER))
    return (
        select(
            model.id,
            space.wkb_of(model.geometry),
            *(getattr(model, name) for name in wanted.columns),
        )
        .where(wanted.criterion(moment, place.z), space.near_box(model.geometry, box))
        .order_by(model.id)
    )


def _shown(columns: dict[str, Sequence[Any]], moment: Moment) -> Columns:
    shown: dict[str, Sequence[Any]] = dict(columns)
    if "uid" in shown:
        shown["uid"] = [str(each) for each in shown["uid"]]
    if "ellipsoidal_area_m2" in shown:
        shown["area_m2"] = shown.pop("ellipsoidal_area_m2")
    if "valid_to" in shown:
        starts, ends = shown.pop("valid_from"), shown.pop("valid_to")
        shown["in_force"] = [
            begins <= moment.on and (end is None or end > moment.on)
            for begins, end in zip(starts, ends, strict=True)
        ]
    return shown


def _marks(wkbs: Sequence[bytes], place: tiles.Tile) -> list[shapely.Polygon]:
    """Return a square of constant size on the screen for each finding's place."""
    points = shapely.point_on_surface(shapely.from_wkb(wkbs))
    half_lon = 360 / 2**place.z / tiles.EXTENT * MARK_UNITS
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    half_lat = half_lon * math.cos(math.radians(float(lat[0])))
    return list(shapely.box(lon - half_lon, lat - half_lat, lon + half_lon, lat + half_lat))
