"""The whole wiring on one page."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from gig import foundation
from gig.channels import wiring as channels
from gig.core import clock
from gig.core.text import N_
from gig.dispatch import wiring as dispatch
from gig.identity import wiring as identity
from gig.insight import wiring as insight
from gig.live.purge import purge_outbox
from gig.onboarding import wiring as onboarding
from gig.payouts import wiring as payouts
from gig.quality import wiring as quality
from gig.scheduler import Job, register
from gig.scoring import wiring as scoring
from gig.settings import Settings

FEATURES = (identity, insight, payouts, scoring, dispatch, onboarding, quality, channels)


def create_app(settings: Settings | None = None) -> Flask:
    """The application with every feature plugged in. Reads and writes nothing until it is asked."""
    from gig.api import init_api
    from gig.web import health
    from gig.web.kit import init_web

    settings = settings or Settings.from_env()
    app = foundation.lay(settings)
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, settings.proxies, settings.proxies)  # type: ignore[method-assign]
    app.before_request(clock.stamp_request)
    health.init_app(app)
    init_web(app)
    init_api(app)
    register(app, Job("live.purge_outbox", every_s=3600, run=purge_outbox, words=N_("清掉旧的实时消息")))
    for feature in FEATURES:
        feature.plug_into(app)
    return app
