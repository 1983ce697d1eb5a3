"""The routes that no face has to itself."""

from django.urls import path

from redphone.web import script, views

urlpatterns = [
    path("", views.home, name="home"),
    path("me/", views.profile, name="profile"),
    path("redphone.js", script.script, name="script"),
    path("me/phone/", views.set_phone, name="profile_phone"),
]
