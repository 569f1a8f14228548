"""What can be watched about the streams, in the process's own metrics registry."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

open_streams = Gauge("gig_live_streams", "Streams open in this process", multiprocess_mode="livesum")
opened = Counter("gig_live_opened", "Streams opened, by how they caught up", ["caught_up_by"])
refused = Counter("gig_live_refused", "Requests for a stream that were refused", ["reason"])
told = Counter("gig_live_events", "Outbox rows told to the streams of this process")
lag = Histogram(
    "gig_outbox_lag_seconds",
    "From the instant an event belongs to until this process told it",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
