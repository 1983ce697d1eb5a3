"""The routes of this room: what monitors ask."""

from django.urls import path

from redphone.jobs import health, metrics

urlpatterns = [
    path("health", health.health, name="health"),
    path("metrics", metrics.metrics, name="metrics"),
]
