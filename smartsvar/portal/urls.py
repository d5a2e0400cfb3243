from django.urls import path

from smartsvar.portal.views.call import call
from smartsvar.portal.views.front import front, home
from smartsvar.portal.views.health import health
from smartsvar.portal.views.message import message
from smartsvar.portal.views.overview import overview
from smartsvar.portal.views.trail import trail

app_name = "portal"
HOUSE = "mina-sidor/<int:number>/"
urlpatterns = [
    path("", front, name="front"),
    path("healthz/", health, name="health"),
    path("mina-sidor/", home, name="home"),
    path(HOUSE, overview, name="overview"),
    path(HOUSE + "samtal/<uuid:identity>/", call, name="call"),
    path(HOUSE + "meddelanden/<uuid:identity>/", message, name="message"),
    path(HOUSE + "logg/", trail, name="trail"),
]
