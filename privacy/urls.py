from django.urls import path

from privacy.views import home

app_name = "privacy"
HOUSE = "mina-sidor/<int:number>/integritet/"
urlpatterns = [
    path(HOUSE, home.home, name="home"),
]
