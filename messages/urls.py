from django.urls import path

from messages import views

app_name = "phone_messages"
INBOX = "mina-sidor/<int:number>/meddelanden/"
urlpatterns = [
    path(INBOX, views.message_list, name="list"),
    path(INBOX + "<uuid:identity>/ta-bort", views.delete, name="delete"),
]
