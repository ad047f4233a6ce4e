"""The documents that lead to the features: landing page, conformance, collections, queryables."""

from typing import Any

from sqlalchemy.orm import Session

from service.maps import ogc_queries as queries
from service.maps.ogc_answers import GEOJSON, HTML, JSON, OPENAPI, SCHEMA, Addresses, Link
from service.maps.ogc_collections import COLLECTIONS, Collection
from service.maps.ogc_systems import CRS84, STORAGE, SYSTEMS

QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
DESCRIBED = "describedBy"
"""As the standard's own examples write it, and as GDAL looks for it."""
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
TITLE = "春耕 要素服务"
DESCRIPTION = (
    "图斑、永久基本农田、区划界线、批准用地和体检问题,按 OGC API - Features 提供,只读。"
    "只能看到登录账号辖区内的要素。浏览器登录后直接打开;"
    "QGIS、GDAL 等程序用 POST /api/v1/sessions 取得令牌,"
    "随请求发送 Authorization: Bearer 令牌"
    "(GDAL:把这一行写进文件,用 GDAL_HTTP_HEADER_FILE 指向它;QGIS:认证配置选 API Header)。"
    "datetime 指要素在那一天、那段时间内有效;不给则为今天有效。"
    "属性条件为相等,文字末尾写 * 表示以此开头。"
)
CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
)


def landing(addresses: Addresses) -> dict[str, Any]:
    """Return the landing page."""
    return {
        "title": TITLE,
        "description": DESCRIPTION,
        "links": [
            *addresses.here(JSON),
            addresses.link("service-desc", "/api?f=json", OPENAPI, "接口定义(OpenAPI 3.0)"),
            addresses.link("service-doc", "/api?f=html", HTML, "接口说明(网页)"),
            addresses.link("conformance", "/conformance", JSON, "符合的标准"),
            addresses.link("data", "/collections", JSON, "图层"),
        ],
    }


def conformance(addresses: Addresses) -> dict[str, Any]:
    """Return the conformance classes that are implemented."""
    return {"conformsTo": list(CONFORMANCE), "links": addresses.here(JSON)}


def collections(session: Session, addresses: Addresses) -> dict[str, Any]:
    """Return all collections."""
    return {
        "links": addresses.here(JSON),
        "crs": list(SYSTEMS),
        "collections": [
            _collection(session, each, addresses)
            | {"links": [_own(each, addresses), *_ways_on(each, addresses)]}
            for each in COLLECTIONS.values()
        ],
    }


def collection(session: Session, which: Collection, addresses: Addresses) -> dict[str, Any]:
    """Return one collection."""
    links = [*addresses.here(JSON), *_ways_on(which, addresses)]
    return _collection(session, which, addresses) | {"links": links}


def _collection(session: Session, which: Collection, addresses: Addresses) -> dict[str, Any]:
    extent = queries.extent(session, which)
    return {
        "id": which.id,
        "title": which.title,
        "description": which.description,
        "itemType": "feature",
        "crs": list(SYSTEMS),
        "storageCrs": STORAGE.uri,
    } | ({"extent": _extent(extent)} if extent else {})


def _extent(extent: queries.Extent) -> dict[str, Any]:
    shown: dict[str, Any] = {"spatial": {"bbox": [list(extent.box)], "crs": CRS84.uri}}
    if extent.first is not None:
        ends = [f"{day}T00:00:00+08:00" if day else None for day in (extent.first, extent.last)]
        shown["temporal"] = {"interval": [ends], "trs": GREGORIAN}
    return shown


def _own(which: Collection, addresses: Addresses) -> Link:
    return addresses.link("self", f"/collections/{which.id}", JSON, which.title)


def _ways_on(which: Collection, addresses: Addresses) -> list[Link]:
    path = f"/collections/{which.id}"
    return [
        # Without a query: GDAL puts a feature's id behind this address as it stands.
        addresses.link("items", f"{path}/items", GEOJSON, f"{which.title}(GeoJSON)"),
        addresses.link("items", f"{path}/items?f=html", HTML, f"{which.title}(网页)"),
        addresses.link(QUERYABLES, f"{path}/queryables?f=json", SCHEMA, "可查询的属性"),
        addresses.link(QUERYABLES, f"{path}/queryables?f=html", HTML, "可查询的属性(网页)"),
        addresses.link(DESCRIBED, f"{path}/schema?f=json", SCHEMA, "属性的类型"),
        addresses.link(DESCRIBED, f"{path}/schema?f=html", HTML, "属性的类型(网页)"),
    ]


def schema(which: Collection, addresses: Addresses) -> dict[str, Any]:
    """Return what a feature tells, as a JSON Schema; any property may also be null."""
    told = {field.name: dict(field.schema) for field in which.fields}
    return {
        "$schema": JSON_SCHEMA,
        "$id": f"{addresses.root}/collections/{which.id}/schema",
        "type": "object",
        "title": which.title,
        "description": "要素的属性",
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "integer"},
            "geometry": {"type": "object"},
            "properties": {"type": "object", "properties": told},
        },
    }


def queryables(which: Collection, addresses: Addresses) -> dict[str, Any]:
    """Return what features can be asked for by, as a JSON Schema."""
    return {
        "$schema": JSON_SCHEMA,
        "$id": f"{addresses.root}/collections/{which.id}/queryables",
        "type": "object",
        "title": which.title,
        "description": "可作查询参数的属性",
        "properties": {name: dict(field.schema) for name, field in which.queryables.items()},
        "additionalProperties": False,
    }
