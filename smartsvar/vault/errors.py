"""What can go wrong when something sealed is opened."""


class VaultError(Exception):
    """Something sealed could not be opened or sealed."""


class Tampered(VaultError):
    """The ciphertext, its context or its key do not belong together."""


class KeyLost(VaultError):
    """A record's key is not in the key store although the record lives: an alarm, never "deleted"."""


class SealedFieldError(VaultError, TypeError):
    """A query asked the database for what only the vault can read; the message names the alternative."""
