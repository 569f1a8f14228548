"""How hard the properties are tried: enough to find a slip, few enough for two seconds in all."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

QUICK = settings(max_examples=40, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
