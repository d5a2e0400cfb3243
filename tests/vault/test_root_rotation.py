"""A new root: everything moves under it, and the old one is worth nothing any more."""

from typing import Any

import pytest
from django.core.management import CommandError

from messages.models import PhoneMessage
from smartsvar.vault.errors import RootUnreachable, WrongRoot
from smartsvar.vault.keys import forget_keys
from smartsvar.vault.models import CustomerKey
from smartsvar.vault.roots.check import verify_roots
from smartsvar.vault.roots.root import root_key
from smartsvar.vault.rotation import root
from smartsvar.vault.rotation.swap import swap
from tests import cast
from tests.vault.roots import closed_kms, new_kms_key, new_local_key, use_kms
from tests.vault.test_rotation import reads_well, rotate

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def renew(settings: Any) -> str:
    """Give the installation a new local root beside the old; return the old one's name."""
    old = root_key().name
    settings.ROOT_KEY, settings.ROOT_KEY_PREVIOUS = new_local_key(), [settings.ROOT_KEY]
    return old


def roots_in_use() -> set[str]:
    return set(CustomerKey.objects.values_list("root_name", flat=True))


def test_after_a_root_rotation_the_old_root_can_be_removed(
    settings: Any, anna: cast.House, cecilia: cast.House
) -> None:
    for house in (anna, cecilia):
        cast.message_of(house)
    old = renew(settings)
    rotate("--root")
    assert roots_in_use() == {root_key().name}
    assert f"{old}  may be removed" in rotate("--status")
    settings.ROOT_KEY_PREVIOUS = []
    verify_roots()
    assert reads_well(anna)
    assert reads_well(cecilia)


def test_an_old_backup_of_the_keys_does_not_open_with_the_new_root_alone(
    settings: Any, anna: cast.House
) -> None:
    message = cast.message_of(anna)
    backup = list(CustomerKey.objects.all())
    renew(settings)
    rotate("--root")
    settings.ROOT_KEY_PREVIOUS = []
    for row in backup:
        row.save()
    forget_keys()
    with pytest.raises(WrongRoot):
        _ = PhoneMessage.objects.get(id=message.id).matter
    with pytest.raises(WrongRoot, match="not configured"):
        verify_roots()
    CustomerKey.objects.update(root_name=root_key().name)  # nor by renaming
    with pytest.raises(WrongRoot, match="opens none"):
        verify_roots()


def test_a_root_rotation_broken_off_is_carried_on(
    settings: Any, anna: cast.House, cecilia: cast.House, monkeypatch: Any
) -> None:
    cast.message_of(anna)
    renew(settings)
    monkeypatch.setattr(root, "BATCH", 1)
    done: list[Any] = []
    real = swap

    def dying(*args: Any) -> int:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(args)
        return real(*args)

    with monkeypatch.context() as patch:
        patch.setattr(root, "swap", dying)
        with pytest.raises(KeyboardInterrupt):
            rotate("--root")
    assert len(roots_in_use()) == 2
    assert reads_well(anna)
    assert "4/4" in rotate("--root")
    assert roots_in_use() == {root_key().name}
    assert reads_well(anna)


def test_a_customer_opened_by_a_process_with_the_old_settings_is_moved_by_the_next_run(
    settings: Any, anna: cast.House
) -> None:
    old_key = settings.ROOT_KEY
    renew(settings)
    rotate("--root")
    new_key = settings.ROOT_KEY
    settings.ROOT_KEY, settings.ROOT_KEY_PREVIOUS = old_key, []
    cecilia = cast.open_house("Cykelhuset i Lund AB")
    cast.message_of(cecilia)
    settings.ROOT_KEY, settings.ROOT_KEY_PREVIOUS = new_key, [old_key]
    assert "3/3" in rotate("--root")
    settings.ROOT_KEY_PREVIOUS = []
    assert reads_well(cecilia)


def test_a_key_shredded_during_the_rotation_does_not_come_back(
    settings: Any, anna: cast.House, monkeypatch: Any
) -> None:
    renew(settings)
    real = swap

    def erase_first(*args: Any) -> int:
        CustomerKey.objects.filter(customer_id=anna.customer.id).delete()
        return real(*args)

    monkeypatch.setattr(root, "swap", erase_first)
    rotate("--root")
    assert not CustomerKey.objects.filter(customer_id=anna.customer.id).exists()


def test_a_root_that_goes_away_in_the_middle_stops_the_run_and_loses_nothing(
    settings: Any, anna: cast.House
) -> None:
    cast.message_of(anna)
    old, before = settings.ROOT_KEY, roots_in_use()
    use_kms(settings, key_id := new_kms_key(), closed_kms())
    settings.ROOT_KEY_PREVIOUS = [old]
    with pytest.raises(CommandError, match="run this again"):
        rotate("--root")
    assert roots_in_use() == before
    assert reads_well(anna)
    use_kms(settings, key_id)
    rotate("--root")
    assert roots_in_use() == {f"kms:{key_id}"}
    settings.ROOT_KEY_PREVIOUS = []
    assert reads_well(anna)


def test_new_customer_keys_while_the_root_is_away_begin_nothing(
    settings: Any, anna: cast.House
) -> None:
    old = settings.ROOT_KEY
    use_kms(settings, "key", closed_kms())
    settings.ROOT_KEY_PREVIOUS = [old]
    with pytest.raises(CommandError, match="run this again"):
        rotate("--customers", "--wait", "0")
    assert set(CustomerKey.objects.values_list("epoch", flat=True)) == {1}


def test_a_customer_key_that_does_not_open_is_left_and_reported(
    settings: Any, anna: cast.House, cecilia: cast.House
) -> None:
    cast.message_of(cecilia)
    bad = CustomerKey.objects.get(customer_id=anna.customer.id, key_class="statutory")
    CustomerKey.objects.filter(id=bad.id).update(wrapped=b"\x01" + b"x" * 60)
    old = renew(settings)
    with pytest.raises(CommandError, match=str(bad.id)):
        rotate("--root")
    assert CustomerKey.objects.get(root_name=old).id == bad.id
    assert reads_well(cecilia)


def test_the_check_before_a_start_lets_an_outage_through_unchanged(settings: Any) -> None:
    settings.ROOT_KEY, settings.ROOT_KEY_FILE = "", "/nowhere/root.key"
    with pytest.raises(RootUnreachable):
        verify_roots()
