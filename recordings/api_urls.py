"""Addresses of recordings in the API."""

from django.urls import path

from recordings import api

urlpatterns = [
    path("recordings/", api.RecordingList.as_view(), name="recording-list"),
    path("recordings/<uuid:recording_id>/", api.RecordingDetail.as_view(), name="recording-detail"),
    path(
        "recordings/<uuid:recording_id>/audio/",
        api.RecordingAudio.as_view(),
        name="recording-audio",
    ),
]
