"""Addresses of phone messages in the API."""

from django.urls import path

from messages import api

urlpatterns = [
    path("messages/", api.MessageList.as_view(), name="message-list"),
    path("messages/<uuid:message_id>/", api.MessageDetail.as_view(), name="message-detail"),
]
