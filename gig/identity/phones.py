"""Phone numbers: mainland mobiles, one spelling each."""

from __future__ import annotations

from gig.core.crypto import keyring
from gig.core.errors import Invalid
from gig.core.text import N_

PLACE = "person.phone"


def normal(text: str, field: str = "phone") -> str:
    """`138 0013 8000` → `+8613800138000`; Invalid when it is no mobile number of the mainland."""
    import phonenumbers
    from phonenumbers import PhoneNumberFormat, PhoneNumberType

    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        number = None
    if (
        number is None
        or number.country_code != 86
        or not phonenumbers.is_valid_number(number)
        or phonenumbers.number_type(number) != PhoneNumberType.MOBILE
    ):
        raise Invalid({field: [N_("要填 11 位的手机号。")]})
    written: str = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return written


def index(e164: str) -> str:
    """By which the person is found."""
    return keyring().index(e164, PLACE)
