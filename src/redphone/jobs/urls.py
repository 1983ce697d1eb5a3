"""The routes of this room: what monitors ask."""

from django.urls import path

from redphone.jobs import canary_door, health, metrics

urlpatterns = [
    path("health", health.health, name="health"),
    path("canary/", canary_door.arrived, name="canary"),
    path("canary/<str:token>", canary_door.arrived, name="canary_named"),
    path("metrics", metrics.metrics, name="metrics"),
]
