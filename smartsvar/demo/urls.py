from django.urls import path

from smartsvar.demo import views

app_name = "demo"
urlpatterns = [
    path("mail/", views.mail_list, name="mail"),
    path("mail/<slug:name>/", views.mail_detail, name="mail-detail"),
]
