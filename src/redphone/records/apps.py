"""The Django app of every table that is ours."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "redphone.records"
    label = "records"
    verbose_name = "Redphone"
    default_auto_field = "django.db.models.BigAutoField"
