"""Whether a callback is the provider's own: its signature over the address and the form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twilio.request_validator import RequestValidator, get_signature_algorithm


def is_genuine(
    tokens: Sequence[str], url: str, form: Mapping[str, object], signature: str, *, settings: str
) -> bool:
    """Whether one of these tokens has signed it. Two are there while one is being replaced.

    `url` is the whole public address; it holds with and without its port. `form` may give several
    values a field, by `getlist`. `settings` is the header that names a newer algorithm, or "".
    """
    if not signature.isascii():
        # The comparison works on characters; a forger's need be no ASCII.
        return False
    algorithm = get_signature_algorithm(settings)
    return any(
        RequestValidator(token).validate(url, form, signature, algorithm) for token in tokens
    )


def sign(token: str, url: str, form: Mapping[str, str]) -> str:
    """The signature that the provider would send: for who plays it."""
    return str(RequestValidator(token).compute_signature(url, form))
