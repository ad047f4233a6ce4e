"""The addresses of OGC API - Features: Part 1 (17-069r4) and Part 2 (18-058r1), read only.

Unlike our other routes these answer JSON and HTML at one address: the standard says so.
"""

from functools import partial

from fastapi import APIRouter, Request, Response

from service.accounts.access import allow
from service.maps import (
    ogc_answers as answers,
)
from service.maps import (
    ogc_definition as definition,
)
from service.maps import (
    ogc_documents as documents,
)
from service.maps import (
    ogc_features as features,
)
from service.maps import (
    ogc_parameters as parameters,
)
from service.maps import (
    ogc_queries as queries,
)
from service.maps.ogc_answers import OPENAPI, SCHEMA, Addresses, OgcRoute
from service.maps.ogc_collections import collection
from service.security import SessionDep

router = APIRouter(prefix="/ogc", route_class=OgcRoute, include_in_schema=False)
reading = partial(router.api_route, methods=list(answers.METHODS), dependencies=[allow("map.read")])


@reading("")
@reading("/")
def landing(request: Request) -> Response:
    """Lead to everything else."""
    parameters.refuse_others(request, parameters.COMMON)
    return answers.answer(request, "ogc_landing.html", documents.landing(Addresses(request)))


@reading("/conformance")
def conformance(request: Request) -> Response:
    """Name the conformance classes."""
    parameters.refuse_others(request, parameters.COMMON)
    document = documents.conformance(Addresses(request))
    return answers.answer(request, "ogc_conformance.html", document)


@reading("/api")
def api(request: Request) -> Response:
    """Describe this API itself."""
    parameters.refuse_others(request, parameters.COMMON)
    document = definition.openapi(Addresses(request).root, request.app.version)
    return answers.answer(request, "ogc_api.html", document, OPENAPI)


@reading("/collections")
def list_collections(request: Request, session: SessionDep) -> Response:
    """Describe all collections."""
    parameters.refuse_others(request, parameters.COMMON)
    document = documents.collections(session, Addresses(request))
    return answers.answer(request, "ogc_collections.html", document)


@reading("/collections/{collection_id}")
def read_collection(request: Request, session: SessionDep, collection_id: str) -> Response:
    """Describe one collection."""
    which = collection(collection_id)
    parameters.refuse_others(request, parameters.COMMON)
    document = documents.collection(session, which, Addresses(request))
    return answers.answer(request, "ogc_collection.html", document)


@reading("/collections/{collection_id}/queryables")
def read_queryables(request: Request, collection_id: str) -> Response:
    """Tell what features can be asked for by."""
    which = collection(collection_id)
    parameters.refuse_others(request, parameters.COMMON)
    document = documents.queryables(which, Addresses(request))
    return answers.answer(request, "ogc_queryables.html", document, SCHEMA)


@reading("/collections/{collection_id}/schema")
def read_schema(request: Request, collection_id: str) -> Response:
    """Tell the names and types of the features' properties."""
    which = collection(collection_id)
    parameters.refuse_others(request, parameters.COMMON)
    document = documents.schema(which, Addresses(request))
    return answers.answer(request, "ogc_schema.html", document, SCHEMA)


@reading("/collections/{collection_id}/items")
def list_features(request: Request, session: SessionDep, collection_id: str) -> Response:
    """Return a page of features."""
    which = collection(collection_id)
    asked = parameters.asked_items(request, which)
    found = queries.page(session, which, asked)
    return features.answer_page(request, session, which, asked, found)


@reading("/collections/{collection_id}/items/{feature_id}")
def read_feature(
    request: Request, session: SessionDep, collection_id: str, feature_id: str
) -> Response:
    """Return one feature."""
    which = collection(collection_id)
    system = parameters.asked_system(request)
    row = queries.feature(session, which, feature_id)
    return features.answer_one(request, which, row, system)
