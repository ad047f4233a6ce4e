"""Features as GeoJSON, a page of them at once."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely
from fastapi import Request, Response
from sqlalchemy.orm import Session

from service.database import clock_of
from service.maps import ogc_answers as answers
from service.maps.ogc_answers import GEOJSON, JSON, Addresses, Link
from service.maps.ogc_collections import Collection
from service.maps.ogc_fields import Field
from service.maps.ogc_parameters import Asked
from service.maps.ogc_queries import PageOfFeatures
from service.maps.ogc_systems import System, placed
from service.space import as_multi

Row = Sequence[Any]


def properties(rows: Sequence[Row], fields: Sequence[Field]) -> list[dict[str, Any]]:
    """Return the properties of each row (id, WKB, properties...)."""
    columns = list(zip(*rows, strict=True))[2:]
    written = [_column(field, column) for field, column in zip(fields, columns, strict=False)]
    names = [field.name for field in fields]
    return [dict(zip(names, values, strict=True)) for values in zip(*written, strict=True)]


def _column(field: Field, values: Sequence[Any]) -> list[Any]:
    write = field.write
    return [None if value is None else write(value) for value in values]


def geometries(rows: Sequence[Row], system: System) -> list[str]:
    """Return the geometry of each row as GeoJSON in a system.

    Areas are MultiPolygons throughout: programs take a layer's type from its first page.
    """
    shapes = shapely.from_wkb(np.array([as_multi(row[1]) for row in rows], dtype=object))
    texts: list[str] = shapely.to_geojson(placed(shapes, system)).tolist()
    return texts


def features(rows: Sequence[Row], fields: Sequence[Field], system: System) -> Iterator[str]:
    """Write each row as a GeoJSON feature."""
    if not rows:
        return
    parts = zip(rows, geometries(rows, system), properties(rows, fields), strict=True)
    for row, geometry, told in parts:
        yield (
            f'{{"type":"Feature","id":{row[0]},"geometry":{geometry},'
            f'"properties":{answers.written(told)}}}'
        )


def answer_page(
    request: Request, session: Session, which: Collection, asked: Asked, found: PageOfFeatures
) -> Response:
    """Send a page of features."""
    addresses = Addresses(request)
    head = {
        "type": "FeatureCollection",
        "timeStamp": clock_of(session)().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "numberMatched": found.n_matched,
        "numberReturned": len(found.rows),
        "links": [
            *addresses.here(GEOJSON),
            *_turns(addresses, asked, found),
            _up(addresses, which),
        ],
    }
    if answers.wants_page(request):
        told = properties(found.rows, which.fields)
        items = [(row[0], values) for row, values in zip(found.rows, told, strict=True)]
        context = {"document": head, "collection": which, "items": items, "offset": asked.offset}
        return answers.page(request, "ogc_items.html", context)
    written = ",".join(features(found.rows, which.fields, asked.system))
    text = f'{answers.written(head)[:-1]},"features":[{written}]}}'
    return answers.data(text, GEOJSON, content_crs(asked.system))


def answer_one(request: Request, which: Collection, row: Row, system: System) -> Response:
    """Send one feature."""
    addresses = Addresses(request)
    links = [*addresses.here(GEOJSON), _up(addresses, which)]
    if answers.wants_page(request):
        (told,) = properties([row], which.fields)
        (geometry,) = geometries([row], system)
        context = {
            "document": {"links": links, "id": row[0]},
            "collection": which,
            "properties": told,
            "geometry": geometry,
            "system": system,
        }
        return answers.page(request, "ogc_feature.html", context)
    (feature,) = features([row], which.fields, system)
    text = f'{feature[:-1]},"links":{answers.written(links)}}}'
    return answers.data(text, GEOJSON, content_crs(system))


def content_crs(system: System) -> dict[str, str]:
    """Return the header that says in which system the coordinates are."""
    return {"Content-Crs": f"<{system.uri}>"}


def _up(addresses: Addresses, which: Collection) -> Link:
    return addresses.link("collection", f"/collections/{which.id}", JSON, which.title)


def _turns(addresses: Addresses, asked: Asked, found: PageOfFeatures) -> Iterator[Link]:
    """Yield the links to the next page and the one before."""
    is_page = answers.wants_page(addresses.request)
    media_type = answers.HTML if is_page else GEOJSON
    following = asked.offset + len(found.rows)
    if found.rows and following < found.n_matched:
        yield addresses.offset("next", following, media_type, "下一页")
    if asked.offset:
        before = max(0, min(asked.offset, found.n_matched) - asked.limit)
        yield addresses.offset("prev", before, media_type, "上一页")
