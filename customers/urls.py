from django.urls import path

from customers.views import invitation, keys, members, settings, staff

app_name = "customers"
HOUSE = "mina-sidor/<int:number>/"
urlpatterns = [
    path(HOUSE + "personal/", staff.staff_list, name="staff_list"),
    path(HOUSE + "personal/ny", staff.staff_add, name="staff_add"),
    path(HOUSE + "personal/<uuid:identity>/", staff.staff_change, name="staff_change"),
    path(HOUSE + "personal/<uuid:identity>/ta-bort", staff.staff_remove, name="staff_remove"),
    path(HOUSE + "medlemmar/", members.members, name="members"),
    path(HOUSE + "medlemmar/<uuid:identity>/roll", members.member_role, name="member_role"),
    path(HOUSE + "medlemmar/<uuid:identity>/ta-bort", members.member_remove, name="member_remove"),
    path(
        HOUSE + "inbjudningar/<uuid:identity>/ta-bort",
        members.invitation_withdraw,
        name="invitation_withdraw",
    ),
    path(HOUSE + "nycklar/", keys.keys, name="keys"),
    path(HOUSE + "nycklar/ny", keys.key_add, name="key_add"),
    path(HOUSE + "nycklar/<uuid:identity>/aterkalla", keys.key_revoke, name="key_revoke"),
    path(HOUSE + "installningar/", settings.settings, name="settings"),
    path("inbjudan/<str:token>/", invitation.accept, name="accept_invitation"),
]
