"""A migration of its own: PostgreSQL alters no table with rows changed in the same transaction."""

from django.db import migrations, models


def say_whose_address_it_is(apps, schema_editor):
    """What went to a person's address says so itself: it used to be read off the message."""
    deliveries = apps.get_model("phone_messages", "Delivery")._base_manager
    messages = apps.get_model("phone_messages", "PhoneMessage")._base_manager
    theirs = messages.filter(pk=models.OuterRef("message_id")).values("staff_id")[:1]
    deliveries.update(staff_id=models.Subquery(theirs))


class Migration(migrations.Migration):

    dependencies = [
        ('phone_messages', '0003_handling_and_notes'),
    ]

    operations = [
        migrations.RunPython(say_whose_address_it_is, migrations.RunPython.noop),
    ]
