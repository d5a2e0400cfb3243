from django.urls import path

from recordings import views

app_name = "recordings"
CALLS = "mina-sidor/<int:number>/samtal/"
GRANTS = "mina-sidor/<int:number>/integritet/lyssning/"
urlpatterns = [
    path(CALLS, views.call_list, name="list"),
    path(CALLS + "<uuid:identity>/ljud", views.audio, name="audio"),
    path(CALLS + "<uuid:identity>/hamta", views.download, name="download"),
    path(CALLS + "<uuid:identity>/ta-bort", views.delete, name="delete"),
    path(CALLS + "<uuid:identity>/lyssning", views.grant_call, name="grant_call"),
    path(GRANTS + "ny", views.grant_period, name="grant_period"),
    path(GRANTS + "<uuid:identity>/aterkalla", views.grant_revoke, name="grant_revoke"),
]
