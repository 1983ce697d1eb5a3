"""The app that hangs the start-up checks into Django."""

from django.apps import AppConfig


class Config(AppConfig):
    """No tables: only the checks."""

    name = "redphone.config"
    label = "redphone_config"

    def ready(self) -> None:
        from redphone.config import checks  # noqa: F401  (Importing registers them.)
