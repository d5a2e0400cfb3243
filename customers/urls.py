from django.urls import path
from django.views.generic import RedirectView

from customers.views import (
    absences,
    account,
    broker,
    enquiry,
    invitation,
    keys,
    members,
    settings,
    staff,
    staff_files,
)

app_name = "customers"
HOUSE = "mina-sidor/<int:number>/"
urlpatterns = [
    path(HOUSE + "personal/", staff.staff_list, name="staff_list"),
    path(HOUSE + "personal/ny", staff.staff_add, name="staff_add"),
    path(HOUSE + "personal/<uuid:identity>/", staff.staff_change, name="staff_change"),
    path(HOUSE + "personal/<uuid:identity>/ta-bort", staff.staff_remove, name="staff_remove"),
    path(HOUSE + "personal/import", staff_files.staff_import, name="staff_import"),
    path(
        HOUSE + "personal/import/<uuid:identity>/", staff_files.staff_plan, name="staff_import_plan"
    ),
    path(HOUSE + "personal/register.csv", staff_files.staff_csv, name="staff_csv"),
    path(HOUSE + "personal/register.xlsx", staff_files.staff_xlsx, name="staff_xlsx"),
    path(HOUSE + "personal/ta-bort", staff.staff_remove_many, name="staff_remove_many"),
    path(HOUSE + "personal/<uuid:identity>/franvaro", absences.absence_add, name="absence_add"),
    path(HOUSE + "franvaro/", absences.calendar, name="absence_calendar"),
    path(HOUSE + "franvaro/<uuid:identity>/", absences.absence_change, name="absence_change"),
    path(HOUSE + "franvaro/<uuid:identity>/slut", absences.absence_end, name="absence_end"),
    path(
        HOUSE + "franvaro/<uuid:identity>/ta-bort", absences.absence_remove, name="absence_remove"
    ),
    path(HOUSE + "medlemmar/", members.members, name="members"),
    path(HOUSE + "medlemmar/<uuid:identity>/roll", members.member_role, name="member_role"),
    path(HOUSE + "medlemmar/<uuid:identity>/samtal", members.member_sight, name="member_sight"),
    path(
        HOUSE + "medlemmar/<uuid:identity>/lamna-over",
        members.member_hand_over,
        name="member_hand_over",
    ),
    path(HOUSE + "medlemmar/<uuid:identity>/ta-bort", members.member_remove, name="member_remove"),
    path(
        HOUSE + "inbjudningar/<uuid:identity>/ta-bort",
        members.invitation_withdraw,
        name="invitation_withdraw",
    ),
    path(
        HOUSE + "inbjudningar/<uuid:identity>/skicka-igen",
        members.invitation_send,
        name="invitation_send",
    ),
    path(HOUSE + "nycklar/", keys.keys, name="keys"),
    path(HOUSE + "nycklar/ny", keys.key_add, name="key_add"),
    path(HOUSE + "nycklar/<uuid:identity>/aterkalla", keys.key_revoke, name="key_revoke"),
    path(HOUSE + "installningar/", settings.settings, name="settings"),
    path("kontakt/", enquiry.contact, name="contact"),
    path("kontakt/tack", enquiry.contact_thanks, name="contact_thanks"),
    path("inbjudan/<str:token>/", invitation.accept, name="accept_invitation"),
    path("konto/", account.account, name="account"),
    path("konto/namn", account.name, name="account_name"),
    path("konto/historik/", account.history, name="account_history"),
    path("konto/sessioner/avsluta", account.sessions_end, name="sessions_end"),
    path("konto/sessioner/<str:name>/avsluta", account.session_end, name="session_end"),
    path("konto/eid/", broker.sign_in, name="broker_sign_in"),
    path("konto/eid/svar", broker.answer, name="broker_answer"),
    path("konto/eid/nej/<slug:why>", broker.refused, name="broker_refused"),
    path("konto/eid/koppla", broker.connect, name="broker_connect"),
    path("konto/eid/koppla-bort", broker.disconnect, name="broker_disconnect"),
    # allauth's own overviews: all of it is on one page here.
    path("konto/2fa/", RedirectView.as_view(pattern_name="customers:account")),
    path("konto/2fa/webauthn/", RedirectView.as_view(pattern_name="customers:account")),
]
