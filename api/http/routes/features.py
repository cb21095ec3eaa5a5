"""OGC API - Features (17-069r4, part 1) and a question for one place in the shape of EDR."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from api.http.answers import json_answer
from api.http.chains import moment
from api.http.collections import COLLECTIONS, Collection, span_of
from api.http.context import Context, Ctx
from api.http.inputs import BoxText, Identifier, box_of, page_link
from api.http.models import Anything, Feature, FeatureCollection
from api.http.negotiate import GEOJSON, JSON
from api.http.problems import Problem, declared
from api.http.security import Reader

router = APIRouter(tags=["features"])
_CORE = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf"
_CLASSES = [f"{_CORE}/core", f"{_CORE}/geojson", f"{_CORE}/oas30"]
_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_POINT = re.compile(r"\s*POINT\s*\(\s*(-?\d+(?:\.\d+)?)\s+(-?\d+(?:\.\d+)?)\s*\)\s*", re.IGNORECASE)
_GEO: dict[int | str, dict[str, Any]] = {
    200: {"content": {GEOJSON: {"schema": {"$ref": "#/components/schemas/FeatureCollection"}}}}
}
Name = Annotated[Literal["alerts", "shelters", "areas", "observations"], Path(description="Id of a collection")]


def _link(href: str, rel: str, media_type: str, title: str = "") -> dict[str, str]:
    return {"href": href, "rel": rel, "type": media_type} | ({"title": title} if title else {})


def landing(context: Context) -> dict[str, Any]:
    """What the service offers, and where."""
    links = [
        _link("/", "self", JSON),
        _link("/conformance", "conformance", JSON),
        _link("/collections", "data", JSON),
        _link("/v1/warnings", "alternate", JSON, "Warnings in force"),
        _link("/v1/feed.atom", "alternate", "application/atom+xml", "Warnings in force"),
        _link("/freshness", "status", JSON),
    ]
    if context.settings.docs:
        links += [
            _link("/openapi.json", "service-desc", "application/vnd.oai.openapi+json;version=3.1"),
            _link("/docs", "service-doc", "text/html"),
        ]
    return {"title": "Rong'an", "description": "Urban flood early warning", "links": links}


@router.get("/conformance", summary="What of the standard is kept", response_model=Anything, responses=declared())
def conformance(request: Request, _: Reader) -> Response:
    """Conformance classes."""
    return json_answer({"conformsTo": _CLASSES}, request=request)


@router.get("/collections", summary="Collections", response_model=Anything, responses=declared())
def collections(context: Ctx, request: Request, _: Reader) -> Response:
    """Alerts, shelters, areas, observations."""
    found = [_described(context, one) for one in COLLECTIONS.values()]
    return json_answer({"links": [_link("/collections", "self", JSON)], "collections": found}, request=request)


@router.get("/collections/{name}", summary="A collection", response_model=Anything, responses=declared(404))
def collection(context: Ctx, request: Request, _: Reader, name: Name) -> Response:
    """Its extent and links."""
    return json_answer(_described(context, COLLECTIONS[name]), request=request)


def _described(context: Context, one: Collection) -> dict[str, Any]:
    bounds = [-180.0, -90.0, 180.0, 90.0] if context.places is None else [round(x, 6) for x in context.places.bounds]
    return {
        "id": one.id,
        "title": one.title,
        "description": one.description,
        "itemType": "feature",
        "crs": [_CRS84],
        "extent": {"spatial": {"bbox": [bounds], "crs": _CRS84}},
        "links": [_link(f"/collections/{one.id}/items", "items", GEOJSON)],
    }


@router.get(
    "/collections/{name}/items",
    summary="Items of a collection",
    response_class=Response,
    responses={**declared(404), **_GEO},
)
def items(
    context: Ctx,
    request: Request,
    _: Reader,
    name: Name,
    bbox: BoxText = None,
    datetime: Annotated[
        str | None,
        Query(
            max_length=100,
            description="A moment or an interval, RFC 3339",
            examples=["2026-07-01T00:00:00Z/2026-07-02T00:00:00Z"],
        ),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000, description="Where the page begins; follow the links")] = 0,
) -> Response:
    """GeoJSON with links to the next page."""
    box, span = box_of(bbox), span_of(datetime)
    found = COLLECTIONS[name].items(context, box, span)
    page = found[offset : offset + limit]
    path = f"/collections/{name}/items"
    given: dict[str, Any] = {"bbox": bbox, "datetime": datetime, "limit": limit}
    links = [_link(page_link(path, given | {"offset": offset or None}), "self", GEOJSON)]
    if offset + limit < len(found):
        links.append(_link(page_link(path, given | {"offset": offset + limit}), "next", GEOJSON))
    body = {
        "type": "FeatureCollection",
        "features": page,
        "numberMatched": len(found),
        "numberReturned": len(page),
        "links": links,
    }
    header = ", ".join(f'<{one["href"]}>; rel="{one["rel"]}"; type="{one["type"]}"' for one in links)
    return json_answer(body, request=request, media_type=GEOJSON, headers={"Link": header})


@router.get(
    "/collections/{name}/items/{identifier}",
    summary="An item",
    response_class=Response,
    responses={**declared(404), 200: {"content": {GEOJSON: {"schema": {"$ref": "#/components/schemas/Feature"}}}}},
)
def item(context: Ctx, request: Request, _: Reader, name: Name, identifier: Identifier) -> Response:
    """One feature."""
    for one in COLLECTIONS[name].items(context, None, None):
        if one["id"] == identifier:
            links = [_link(f"/collections/{name}", "collection", JSON)]
            return json_answer({**one, "links": links}, request=request, media_type=GEOJSON)
    raise Problem(404, f"{name} holds no {identifier!r}")


@router.get("/collections/depth/position", summary="Water at a place", response_model=Feature, responses=declared(404))
def depth(
    context: Ctx,
    request: Request,
    _: Reader,
    coords: Annotated[
        str, Query(max_length=200, description="POINT(lon lat), WGS84", examples=["POINT(104.06 30.65)"])
    ],
) -> Response:
    """Depth now and the worst ahead, by the newest forecast cycle."""
    found = _POINT.fullmatch(coords)
    if found is None:
        raise Problem(422, "coords must be POINT(lon lat)", code="bad-parameter")
    lon, lat = float(found[1]), float(found[2])
    if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
        raise Problem(422, "lon must be -180 to 180, lat -90 to 90", code="bad-parameter")
    field = context.depths.field()
    if field is None:
        raise Problem(404, "no cycle has left a depth field yet", code="no-field")
    water = field.at(lon, lat)
    if water is None:
        raise Problem(404, "this place is not on modelled ground", code="outside")
    body = {
        "type": "Feature",
        "id": f"depth-{lon:g}-{lat:g}",
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {
            "time": moment(field.time),
            "horizon_s": field.horizon_s,
            "depth_m": round(water[0], 3),
            "worstAhead_m": round(water[1], 3),
        },
    }
    return json_answer(body, request=request, media_type=GEOJSON)


__all__ = ["FeatureCollection", "landing", "router"]
