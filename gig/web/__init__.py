"""The shell of every page: frames, parts, filters, headers, languages, errors. It knows no feature."""

from gig.web.kit import init_web
from gig.web.shell import provide

__all__ = ["init_web", "provide"]
