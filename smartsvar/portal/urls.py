from django.urls import path

from smartsvar.portal.views.address_swap import address_swap
from smartsvar.portal.views.call import call
from smartsvar.portal.views.events import events
from smartsvar.portal.views.front import front, home
from smartsvar.portal.views.grants import grants
from smartsvar.portal.views.health import health
from smartsvar.portal.views.insight import insight
from smartsvar.portal.views.message import message
from smartsvar.portal.views.open import cookies, robots, security_txt, status, status_feed
from smartsvar.portal.views.overview import overview
from smartsvar.portal.views.trail import trail

app_name = "portal"
HOUSE = "mina-sidor/<int:number>/"
urlpatterns = [
    path("", front, name="front"),
    path("healthz/", health, name="health"),
    path("status/", status, name="status"),
    path("status/flode.atom", status_feed, name="status_feed"),
    path("kakor/", cookies, name="cookies"),
    path("robots.txt", robots, name="robots"),
    path(".well-known/security.txt", security_txt, name="security_txt"),
    path("mina-sidor/", home, name="home"),
    path(HOUSE, overview, name="overview"),
    path(HOUSE + "handelser/", events, name="events"),
    path(HOUSE + "samtal/<uuid:identity>/", call, name="call"),
    path(HOUSE + "meddelanden/<uuid:identity>/", message, name="message"),
    path(HOUSE + "logg/", trail, name="trail"),
    path(HOUSE + "adressbyte/", address_swap, name="address_swap"),
    path(HOUSE + "integritet/insyn/", insight, name="insight"),
    path(HOUSE + "integritet/lyssning/", grants, name="grants"),
]
