from django.urls import path

from smartsvar.demo import views

app_name = "demo"
urlpatterns = [
    path("design/", views.design, name="design"),
    path("demo/mail/", views.mail_list, name="mail"),
    path("demo/mail/<slug:name>/", views.mail_detail, name="mail-detail"),
    path("demo/mail/<slug:name>/html", views.mail_html, name="mail-html"),
]
