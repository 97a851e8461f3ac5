import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from webhooks import sealing, signing

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
BODY = b'{"test": 2432232314}'


def test_the_published_vector_is_met():
    signature = signing.sign(SECRET, MESSAGE, 1614265330, BODY)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_has_32_random_bytes_and_is_never_the_same():
    first, second = signing.new_secret(), signing.new_secret()
    assert first != second
    assert len(base64.b64decode(first.removeprefix("whsec_"), validate=True)) == 32


def test_with_two_secrets_a_receiver_verifies_with_either():
    old, new = signing.new_secret(), signing.new_secret()
    headers = signing.headers([new, old], MESSAGE, datetime.now(UTC), BODY)
    assert len(headers["webhook-signature"].split()) == 2
    for secret in (old, new):
        assert Webhook(secret).verify(BODY, headers) == {"test": 2432232314}


def test_a_sealed_secret_is_unreadable_without_the_key(settings):
    sealed = sealing.seal(SECRET)
    assert SECRET not in sealed
    assert sealing.unseal(sealed) == SECRET
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert sealing.unseal(sealed) == SECRET
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(sealing.Sealed):
        sealing.unseal(sealed)
