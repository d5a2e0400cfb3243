"""Ask for an export inside an installation, and hold its list and its archive against the rows."""

import hashlib
import io
import json
import zipfile
from collections import Counter
from typing import Any
from uuid import UUID

from customers.actions.covers import About
from customers.models import Customer, Target
from drill.stock import chief_of
from privacy.exports.archive import Archive
from privacy.exports.ask import about_of, ask_for_export
from privacy.exports.selection import portions
from privacy.models import Case, Export, ExportPage
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now

ACCOUNT = About(target=Target.CUSTOMER)
OWN = {Export._meta.label, Case._meta.label, AuditEntry._meta.label}  # what collecting itself adds


def ask_export(customer_id: str) -> str:
    """Ask for everything about an account; return the export's id."""
    customer = Customer.objects.get(id=UUID(customer_id))
    by, at = chief_of(customer), database_now()
    return str(ask_for_export(customer, ACCOUNT, case=None, by=by, at=at).id)


def listed(export_id: str, audio: dict[str, str]) -> dict[str, Any]:
    """Count what the list and the archive say; `audio` are the sounds' hashes by row."""
    export = Export.objects.select_related("customer").get(id=UUID(export_id))
    rows = _rows_to_list(export)
    said: Counter[str] = Counter()
    wrong_sound = 0
    for page in ExportPage.objects.filter(export=export).order_by("number"):
        if page.portion in OWN:
            continue
        for key, _, _, sound, trouble in page.items:
            said[f"{page.portion} {key}"] += 1
            wrong_sound += bool(trouble) or bool(key in audio and sound != audio[key])
    told = AuditEntry.objects.filter(customer_id=export.customer_id, object_id=str(export.id))
    return {
        "rows": len(rows),
        "parts": export.parts,
        "wrong": {
            "rows not listed": len(rows - said.keys()),
            "rows listed twice": sum(count > 1 for count in said.values()),
            "rows listed that are not its": len(said.keys() - rows),
            "rows or sounds that are not as they were": wrong_sound,
            "entries too many or few of its end": abs(
                told.filter(verb="export.collected").count() - 1
            ),
            "requests unanswered": Case.objects.filter(
                id__in=[export.case_id], closed_at=None
            ).count(),
        }
        | _archive(export, len(rows)),
    }


def _rows_to_list(export: Export) -> set[str]:
    at = database_now()
    wanted = [p for p in portions(export.customer, about_of(export)) if p.key not in OWN]
    return {
        f"{each.key} {pk}" for each in wanted for pk in each.rows(at).values_list("pk", flat=True)
    }


def _archive(export: Export, rows: int) -> dict[str, int]:
    """Stream every part, and check each member against the manifest."""
    wrong, count, missing = 0, 0, 0
    for part in range(1, export.parts + 1):
        whole = io.BytesIO(b"".join(Archive(export, part, allowed=lambda: True)))
        with zipfile.ZipFile(whole) as found:
            manifest = json.loads(found.read("manifest.json"))
            hashes = {each["name"]: each["sha256"] for each in manifest["files"]}
            for name in set(found.namelist()) - {"manifest.json"}:
                wrong += hashlib.sha256(found.read(name)).hexdigest() != hashes.pop(name, "")
            wrong += len(hashes)
            missing += len(manifest["not_included"]) + len(manifest["changed_since"])
            count += sum(number for key, number in manifest["records"].items() if key not in OWN)
    return {
        "files that differ from the manifest": wrong,
        "records missing in the archive": abs(rows - count),
        "records not included or changed": missing,
    }
