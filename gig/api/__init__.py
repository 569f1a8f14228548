"""JSON manners: strict requests, problem+json, cursors, retries that change nothing, a description."""

from gig.api import fields
from gig.api.answers import answer
from gig.api.blueprint import ApiBlueprint, api_blueprint, sized
from gig.api.cursors import PageQuery, mark, page, read_mark
from gig.api.fields import Schema
from gig.api.idempotency import idempotent, remember
from gig.api.kit import init_api, register

__all__ = [
    "ApiBlueprint",
    "PageQuery",
    "Schema",
    "answer",
    "api_blueprint",
    "fields",
    "idempotent",
    "init_api",
    "mark",
    "page",
    "read_mark",
    "register",
    "remember",
    "sized",
]
