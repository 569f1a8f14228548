"""JSON lines with a request id, and without anybody's identity data."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

_ID_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
_CARD = re.compile(r"(?<!\d)\d{16,19}(?!\d)")
_PHONE = re.compile(r"(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)")
_TICKET = re.compile(r"(ticket=)[^&\s\"']+")
_CHAT = re.compile(r"(/c/)[0-9a-z]{26}[^/?#\s\"']*")


def scrub(text: str) -> str:
    """The text with ID numbers, cards, phones, stream tickets and chat links replaced by their kind."""
    text = _ID_NUMBER.sub("<id>", text)
    text = _CARD.sub("<card>", text)
    text = _PHONE.sub("<phone>", text)
    text = _CHAT.sub(r"\1<chat>", text)
    return _TICKET.sub(r"\1<ticket>", text)


class ScrubbedFormatter(logging.Formatter):
    """For handlers that are not ours, such as the server's access log."""

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


def _scrub_event(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    return {key: scrub(value) if isinstance(value, str) else value for key, value in event.items()}


def configure(env: str) -> None:
    """Every log line of the process, the libraries' too, leaves scrubbed on standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _scrub_event,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if env == "production"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [
        h for h in root.handlers if not isinstance(h.formatter, structlog.stdlib.ProcessorFormatter)
    ]
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for noisy in ("apscheduler", "alembic", "PIL"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
