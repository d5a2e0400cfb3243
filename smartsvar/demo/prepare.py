"""Bring the demo's data up to date, in one process because starting Django takes its time."""

import django
from django.core.management import call_command


def main() -> None:
    django.setup()
    call_command("migrate_all", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("demo_data")
    call_command("purge")  # a demo that rested for days begins with nothing overdue


if __name__ == "__main__":
    main()
