"""Addresses of the staff register in the API."""

from django.urls import path

from customers import api

urlpatterns = [
    path("staff/", api.StaffList.as_view(), name="staff-list"),
    path("staff/<uuid:staff_id>/", api.StaffDetail.as_view(), name="staff-detail"),
]
