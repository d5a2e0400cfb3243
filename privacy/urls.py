from django.urls import path

from privacy.views import (
    cases,
    erasures,
    exports,
    finder,
    home,
    policy,
    receipts,
    record,
    restrictions,
)
from smartsvar.back_office.site import support_site

app_name = "privacy"
HOUSE = "mina-sidor/<int:number>/integritet/"
urlpatterns = [
    path(HOUSE, home.home, name="home"),
    path(HOUSE + "arenden/", cases.cases, name="cases"),
    path(HOUSE + "arenden/nytt", cases.case_add, name="case_add"),
    path(HOUSE + "arenden/<uuid:identity>/", cases.case, name="case"),
    path(HOUSE + "arenden/<uuid:identity>/brev", cases.case_letter, name="case_letter"),
    path(HOUSE + "arenden/<uuid:identity>/brev.html", cases.case_file, name="case_file"),
    path(HOUSE + "arenden/<uuid:identity>/aterta", cases.case_withdraw, name="case_withdraw"),
    path(HOUSE + "utdrag/", exports.exports, name="exports"),
    path(HOUSE + "utdrag/nytt", exports.export_ask, name="export_ask"),
    path(HOUSE + "utdrag/<uuid:identity>/", exports.export, name="export"),
    path(HOUSE + "utdrag/<uuid:identity>/<int:part>", exports.export_part, name="export_part"),
    path(HOUSE + "utdrag/<uuid:identity>/ta-bort", exports.export_delete, name="export_delete"),
    path("registerutdrag/schema.json", exports.export_schema, name="export_schema"),
    path(HOUSE + "gallring/", receipts.receipts, name="receipts"),
    path(HOUSE + "gallring/kvitton.json", receipts.chain, name="receipt_chain"),
    path(HOUSE + "gallring/<uuid:identity>.json", receipts.receipt, name="receipt"),
    path("kvitton/nycklar.json", receipts.published_keys, name="receipt_keys"),
    path("kvitton/verify.py", receipts.verifier, name="receipt_verifier"),
    path(HOUSE + "avtal/", record.agreement, name="agreement"),
    path("integritetspolicy/", policy.policy, name="policy"),
    path("admin/artikel-30/", support_site.admin_view(record.record), name="article30"),
    path(HOUSE + "sok/", finder.find, name="find"),
    path(HOUSE + "radera/", erasures.erasures, name="erasures"),
    path(HOUSE + "radera/konto", erasures.erase_account, name="erase_account"),
    path(HOUSE + "radera/uppringare", erasures.erase_caller, name="erase_caller"),
    path(HOUSE + "radera/post/<uuid:identity>", erasures.erase_one, name="erase_one"),
    path(HOUSE + "radera/<uuid:identity>/", erasures.erasure, name="erasure"),
    path(HOUSE + "radera/<uuid:identity>/aterta", erasures.erasure_cancel, name="erasure_cancel"),
    path(
        HOUSE + "radera/<uuid:identity>/intyg.json",
        erasures.erasure_certificate,
        name="erasure_certificate",
    ),
    path(HOUSE + "begransa/", restrictions.restrictions, name="restrictions"),
    path(HOUSE + "begransa/uppringare", restrictions.restrict_caller, name="restrict_caller"),
    path(HOUSE + "begransa/post/<uuid:identity>", restrictions.restrict_one, name="restrict_one"),
    path(
        HOUSE + "begransa/<uuid:identity>/hav",
        restrictions.restriction_lift,
        name="restriction_lift",
    ),
]
