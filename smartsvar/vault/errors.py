"""What can go wrong when something sealed is opened."""


class VaultError(Exception):
    """Something sealed could not be opened or sealed."""


class Tampered(VaultError):
    """The ciphertext, its context or its key do not belong together."""


class KeyLost(VaultError):
    """A living record's key is not in the key store: an alarm, never "deleted"."""


class SealedFieldError(VaultError, TypeError):
    """A query asked for what only the vault can read; the message names the alternative."""
