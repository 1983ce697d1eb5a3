"""The routes of calls and SMS. A call's own lie below the address that it was given."""

from django.urls import path

from redphone.web.phone import views

app_name = "phone"
urlpatterns = [
    path("sms", views.text, name="sms"),
    path("sms/", views.text),
    path("<str:token>/voice", views.voice, name="voice"),
    path("<str:token>/key", views.key, name="key"),
    path("<str:token>/status", views.status, name="status"),
]
