"""Addresses of the staff register in the API."""

from django.urls import path

from customers import api, api_absences

urlpatterns = [
    path("staff/", api.StaffList.as_view(), name="staff-list"),
    path("staff/<uuid:staff_id>/", api.StaffDetail.as_view(), name="staff-detail"),
    path(
        "staff/<uuid:staff_id>/absences/",
        api_absences.AbsenceList.as_view(),
        name="absence-list",
    ),
    path(
        "absences/<uuid:absence_id>/", api_absences.AbsenceDetail.as_view(), name="absence-detail"
    ),
]
