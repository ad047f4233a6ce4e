"""The API of products."""

from fastapi import APIRouter, Response

from service.accounts.access import allow
from service.schemas import Page, StrictRoute, said_already
from service.security import SessionDep
from service.supply import products
from service.supply.models import Category, Product
from service.supply.product_schemas import ProductCreate, ProductRead

router = APIRouter(prefix="/api/v1", tags=["supply"], route_class=StrictRoute)


@router.get("/products", response_model=Page[ProductRead], dependencies=[allow("product.read")])
def list_products(session: SessionDep, category: Category | None = None) -> Page[ProductRead]:
    """List the products that outlets sell."""
    found = products.products(session, category)
    return Page(items=[ProductRead.model_validate(each) for each in found])


@router.post(
    "/products",
    status_code=201,
    response_model=ProductRead,
    responses=said_already(ProductRead),
    dependencies=[allow("product.write")],
)
def add_product(session: SessionDep, response: Response, given: ProductCreate) -> Product:
    """Enter a product; its code is its identity."""
    found, is_new = products.add(session, given)
    response.status_code = 201 if is_new else 200
    return found
