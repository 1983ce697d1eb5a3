"""The routes of the hotline."""

from django.urls import path

from redphone.web.hotline import views

app_name = "hotline"
urlpatterns = [path("<slug:step>/", views.step, name="step")]
