from django.urls import path

from messages import note_views as notes
from messages import views

app_name = "phone_messages"
INBOX = "mina-sidor/<int:number>/meddelanden/"
ONE = INBOX + "<uuid:identity>/"
NOTE = "mina-sidor/<int:number>/anteckningar/<uuid:identity>/"
urlpatterns = [
    path(INBOX, views.message_list, name="list"),
    path(INBOX + "markera", views.mark_many, name="mark_many"),
    path(ONE + "markera", views.mark, name="mark"),
    path(ONE + "tilldela", views.assign, name="assign"),
    path(ONE + "anteckning", views.note, name="note"),
    path(NOTE, notes.note_change, name="note_change"),
    path(NOTE + "ta-bort", notes.note_remove, name="note_remove"),
    path(ONE + "skicka", views.send_on_page, name="send_on"),
    path(ONE + "ta-bort", views.delete, name="delete"),
]
