"""Logs go to standard error, one line a record: JSON for machines, or words for people."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller gave as `extra`; a request would be a page of text, so it is left out."""
    return {
        name: value
        for name, value in vars(record).items()
        if name not in _STANDARD and name != "request"
    }


class JsonLines(logging.Formatter):
    """One JSON object a line, with whatever was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= _extras(record)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class Words(logging.Formatter):
    """The same for a terminal: the moment, the level when it matters, the message, the extras."""

    def format(self, record: logging.LogRecord) -> str:
        level = "" if record.levelno <= logging.INFO else f"{record.levelname} "
        extras = "".join(f" {name}={value!r}" for name, value in _extras(record).items())
        line = f"{_moment(record)[11:19]} {level}{record.name}: {record.getMessage()}{extras}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def configuration(*, style: str, level: str) -> dict[str, Any]:
    """What Django's `LOGGING` takes."""
    formatter = {"json": JsonLines, "text": Words}[style]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django adds handlers of its own here, which would write each record twice.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            # One line for each job that starts and ends is noise; what goes wrong still shows.
            "procrastinate": {"level": "WARNING"},
        },
    }
