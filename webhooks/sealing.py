"""Keep the secrets of endpoints encrypted at rest, under a key derived from the installation's SECRET_KEY."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"leadflow.webhooks.secret"


class Sealed(Exception):
    """A secret that none of the installation's keys opens: SECRET_KEY was changed without keeping the old one."""


def seal(secret: str) -> str:
    """Encrypt a secret under the present key."""
    return _fernet(settings.SECRET_KEY).encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """Decrypt a secret that was sealed under SECRET_KEY or one of SECRET_KEY_FALLBACKS. Raise `Sealed`."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    try:
        return MultiFernet([_fernet(key) for key in keys]).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Sealed("The secret cannot be read: SECRET_KEY was changed. Rotate the secret.") from error


def _fernet(key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
