from django.urls import path

from recordings import views

app_name = "recordings"
CALLS = "mina-sidor/<int:number>/samtal/"
urlpatterns = [
    path(CALLS, views.call_list, name="list"),
    path(CALLS + "<uuid:identity>/ljud", views.audio, name="audio"),
    path(CALLS + "<uuid:identity>/ta-bort", views.delete, name="delete"),
]
