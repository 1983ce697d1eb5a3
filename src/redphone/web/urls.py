"""The routes that no face has to itself."""

from django.urls import path

from redphone.web import installing, script, views

urlpatterns = [
    path("", views.home, name="home"),
    path("me/", views.profile, name="profile"),
    path("service-worker.js", installing.service_worker, name="service_worker"),
    path("manifest.webmanifest", installing.manifest, name="manifest"),
    path("redphone.js", script.script, name="script"),
    path("me/phone/", views.set_phone, name="profile_phone"),
]
