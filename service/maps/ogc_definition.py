"""The definition of the API as OpenAPI 3.0: what every address takes and answers."""

from collections.abc import Iterator
from typing import Any

from service.maps import ogc_parameters as parameters
from service.maps.ogc_answers import GEOJSON, HTML, JSON, OPENAPI, SCHEMA
from service.maps.ogc_collections import COLLECTIONS, Collection
from service.maps.ogc_documents import DESCRIPTION, TITLE
from service.maps.ogc_fields import Field
from service.maps.ogc_systems import CRS84, SYSTEMS

Described = dict[str, Any]
PROBLEM = "application/problem+json"
REFUSALS = {
    "400": "参数不认识或取值不对",
    "401": "没有登录",
    "403": "岗位没有这项权限",
    "406": "没有客户端要的格式",
    "500": "系统内部错误",
    "503": "数据库暂时不可用",
}
NOT_FOUND = {"404": "没有这个图层或要素,或不在辖区内"}


def openapi(root: str, version: str) -> Described:
    """Return the definition of the API that is served at an address."""
    return {
        "openapi": "3.0.3",
        "info": {"title": TITLE, "version": version, "description": DESCRIPTION},
        "servers": [{"url": root}],
        "security": [{"bearer": []}, {"cookie": []}],
        "paths": {path: {"get": operation} for path, operation in _operations()},
        "components": {
            "parameters": _parameters(),
            "schemas": SCHEMAS,
            "responses": {
                f"refused-{status}": _refusal(said)
                for status, said in (REFUSALS | NOT_FOUND).items()
            },
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "chungeng_session"},
            },
        },
    }


def _operations() -> Iterator[tuple[str, Described]]:
    yield "/", _operation("landing", "入口", JSON, "landing")
    yield "/conformance", _operation("conformance", "符合的标准", JSON, "conformance")
    yield "/api", _operation("api", "接口定义", OPENAPI, "document")
    yield "/collections", _operation("collections", "全部图层", JSON, "collections")
    for each in COLLECTIONS.values():
        yield from _of_collection(each)


def _of_collection(which: Collection) -> Iterator[tuple[str, Described]]:
    path, tag = f"/collections/{which.id}", which.title
    refusals = NOT_FOUND
    yield path, _operation(which.id, tag, JSON, "collection", refusals=refusals)
    for name, said in (("queryables", "可查询的属性"), ("schema", "属性的类型")):
        told = f"{tag}:{said}"
        operation = _operation(f"{which.id}.{name}", told, SCHEMA, "document", refusals=refusals)
        yield f"{path}/{name}", operation
    names = ("limit", "offset", "bbox", "bbox-crs", "datetime", "crs")
    asked = [_reference("parameters", name) for name in names]
    asked += [_queryable(name, field) for name, field in which.queryables.items()]
    yield (
        f"{path}/items",
        _operation(
            f"{which.id}.items", tag, GEOJSON, "featureCollection", asked, refusals=refusals
        ),
    )
    asked = [_reference("parameters", name) for name in ("featureId", "crs")]
    yield (
        f"{path}/items/{{featureId}}",
        _operation(f"{which.id}.item", f"{tag}:一个要素", GEOJSON, "feature", asked, refusals),
    )


def _operation(
    name: str,
    summary: str,
    media_type: str,
    schema: str,
    asked: list[Described] | None = None,
    refusals: dict[str, str] | None = None,
) -> Described:
    answer = {
        "description": summary,
        "content": {
            media_type: {"schema": _reference("schemas", schema)},
            HTML: {"schema": {"type": "string"}},
        },
    }
    if media_type == GEOJSON:
        answer["headers"] = {"Content-Crs": {"description": "坐标系", "schema": {"type": "string"}}}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [*(asked or []), _reference("parameters", "f")],
        "responses": {"200": answer} | _refused(refusals or {}),
    }


def _refused(more: dict[str, str]) -> Described:
    statuses = sorted(REFUSALS | more)
    return {status: _reference("responses", f"refused-{status}") for status in statuses}


def _reference(kind: str, name: str) -> Described:
    return {"$ref": f"#/components/{kind}/{name}"}


def _refusal(said: str) -> Described:
    return {
        "description": said,
        "content": {PROBLEM: {"schema": _reference("schemas", "problem")}},
    }


def _query(name: str, description: str, schema: Described, **more: Any) -> Described:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
        "style": "form",
        "explode": False,
    } | more


def _queryable(name: str, field: Field) -> Described:
    schema = {key: value for key, value in field.schema.items() if key != "title"}
    hint = ";末尾写 * 表示以此开头" if schema == {"type": "string"} else ""
    return _query(name, f"{field.schema['title']}{hint}", schema)


def _parameters() -> Described:
    systems = {"type": "string", "format": "uri", "enum": list(SYSTEMS), "default": CRS84.uri}
    numbers = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    count: Described = {"type": "integer", "minimum": 1, "maximum": parameters.MAX_LIMIT}
    count["default"] = parameters.DEFAULT_LIMIT
    made = [
        _query("f", "格式;不给则按 Accept", {"type": "string", "enum": ["json", "html"]}),
        _query("limit", "一页最多几个要素", count),
        _query("offset", "跳过几个要素", {"type": "integer", "minimum": 0, "default": 0}),
        _query("bbox", "范围,按 bbox-crs 的轴序;西大于东即跨 180° 经线", numbers),
        _query("bbox-crs", "范围的坐标系", systems),
        _query("crs", "要素的坐标系", systems),
        _query("datetime", "有效的时刻或时段,一端不限写 ..", {"type": "string"}),
    ]
    feature_id = {"name": "featureId", "in": "path", "required": True}
    feature_id |= {"description": "要素编号", "schema": {"type": "integer", "minimum": 0}}
    return {each["name"]: each for each in (*made, feature_id)}


def _object(required: str = "", **members: Described) -> Described:
    made: Described = {"type": "object", "properties": members}
    return made | ({"required": required.split()} if required else {})


def _array(items: Described) -> Described:
    return {"type": "array", "items": items}


TEXT, NUMBER, WHOLE = ({"type": each} for each in ("string", "number", "integer"))
MOMENT = {"type": "string", "format": "date-time"}
END = MOMENT | {"nullable": True}
LINKS = _array(_reference("schemas", "link"))
SPATIAL = _object("bbox", bbox=_array(_array(NUMBER)), crs=TEXT)
TEMPORAL = _object("interval", interval=_array(_array(END)), trs=TEXT)
GEOMETRY = _object("type", type=TEXT, coordinates=_array({}))
SCHEMAS: Described = {
    "document": {"type": "object"},
    "link": _object("href rel", href=TEXT, rel=TEXT, type=TEXT, title=TEXT),
    "problem": _object("type title status", type=TEXT, title=TEXT, status=WHOLE, detail=TEXT),
    "landing": _object("links", title=TEXT, description=TEXT, links=LINKS),
    "conformance": _object("conformsTo", conformsTo=_array(TEXT), links=LINKS),
    "extent": _object(spatial=SPATIAL, temporal=TEMPORAL),
    "collection": _object(
        "id links",
        id=TEXT,
        title=TEXT,
        description=TEXT,
        itemType=TEXT,
        crs=_array(TEXT),
        storageCrs=TEXT,
        extent=_reference("schemas", "extent"),
        links=LINKS,
    ),
    "collections": _object(
        "links collections",
        links=LINKS,
        crs=_array(TEXT),
        collections=_array(_reference("schemas", "collection")),
    ),
    "feature": _object(
        "type geometry properties",
        type={"type": "string", "enum": ["Feature"]},
        id=WHOLE,
        geometry=GEOMETRY,
        properties={"type": "object", "nullable": True},
        links=LINKS,
    ),
    "featureCollection": _object(
        "type features",
        type={"type": "string", "enum": ["FeatureCollection"]},
        features=_array(_reference("schemas", "feature")),
        links=LINKS,
        timeStamp=MOMENT,
        numberMatched=WHOLE | {"minimum": 0},
        numberReturned=WHOLE | {"minimum": 0},
    ),
}
