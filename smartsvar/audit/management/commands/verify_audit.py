"""Check every chain of the audit trail against itself and against its anchors."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from smartsvar.audit import anchors
from smartsvar.audit.chain import faults, unsealed_count
from smartsvar.audit.models import AuditChain


class Command(BaseCommand):
    help = "Verify the audit trail: edits, deletions, truncation. Exits with 1 when it finds any."

    def handle(self, *args: Any, **options: Any) -> None:
        for loss in anchors.read().losses:
            self.stdout.write(
                f"chain {loss.chain}: entries {loss.kept + 1} to {loss.known} were lost in the "
                f"restore of {loss.at:%Y-%m-%d %H:%M} UTC"
            )
        found = list(faults())
        for fault in found:
            self.stderr.write(fault)
        sealed = sum(AuditChain.objects.values_list("position", flat=True))
        self.stdout.write(
            f"{AuditChain.objects.count()} chains, {sealed} sealed entries, "
            f"{unsealed_count()} not sealed yet, {len(found)} faults."
        )
        if found:
            raise CommandError("The audit trail does not verify.")
