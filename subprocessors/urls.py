from django.urls import path

from subprocessors import views

app_name = "subprocessors"
HOUSE = "mina-sidor/<int:number>/integritet/underbitraden/"
urlpatterns = [
    path("underbitraden/", views.public_list, name="list"),
    path(HOUSE, views.notices, name="notices"),
    path(HOUSE + "<uuid:notice_id>/invandning", views.objection, name="objection"),
]
