"""What disbursement plugs into the application."""

from __future__ import annotations

from flask import Flask


def plug_into(app: Flask) -> None:
    """Batches are made, approved and exported."""
