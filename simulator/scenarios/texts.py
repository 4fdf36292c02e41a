"""What a scenario says at each step, in English; the keys are stable, so that others say it in other languages.

Facts are filled in by name. ``phone`` counts from 1 within a scenario, money stands beside its ``currency``, ``minutes`` and
``seconds`` are how long something is waited for. Keys that begin with ``please_`` ask the person at the box to do
something; those that begin with ``failed_`` end a scenario.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

STEPS: Mapping[str, str] = {
    "phone_scans": "Phone {phone} scans the QR code.",
    "phone_waits": "Phone {phone} shows “please wait”: the box's URL answered {detail}.",
    "phone_shows": "Phone {phone} shows {amount} {currency}: {title}.",
    "phone_pays": "Phone {phone} pays {amount} {currency}.",
    "phone_owes": "Phone {phone} still shows {owed} {currency} to pay.",
    "phone_is_rejected": "Phone {phone} tries to pay {amount} {currency} and is rejected.",
    "phone_walks_away": "Phone {phone} is put away without paying.",
    "phones_walked_away": "{count} of {of} phones have seen the amount and gone without paying.",
    "phone_finds_nothing": "Phone {phone} finds nothing to pay: the box's URL answered {detail}.",
    "offered_already": "The box's URL offers {amount} {currency} already: that sale is used.",
    "box_offers": "The box starts a sale.",
    "box_offers_briefly": "The box starts a sale that is offered for {seconds} s only.",
    "box_cancels": "The box cancels the sale: the customer paid in cash.",
    "box_replaces": "The box replaces the sale by another amount.",
    "waits_for_expiry": "Nobody pays; the sale expires within {seconds} s.",
    "please_offer": "At the box: start a sale now. I wait for {minutes} min.",
    "please_offer_briefly": "At the box: start a sale that expires soon. I wait for {minutes} min.",
    "please_end": "At the box: end the sale that is offered now. I wait for {minutes} min.",
    "please_cancel": "At the box: cancel the sale, as if it were paid in cash. I wait for {minutes} min.",
    "please_replace": "At the box: replace the sale by another amount. I wait for {minutes} min.",
    "please_let_expire": "At the box: let the sale expire. I wait for {minutes} min.",
    "still_offered": "The box's URL still offers the sale, as it should.",
    "no_longer_offered": "The box's URL no longer offers the sale, though nothing is paid.",
    "offer_gone": "The box's URL offers the sale no more; the pay screen of phone {phone} is still there.",
    "offer_replaced": "The box's URL offers another order, of {amount} {currency}; the pay screen of phone {phone} is still "
    "there.",
    "noticed": "The merchant has seen the payment: the box's URL no longer offers the sale.",
    "waits_for_refund": "{amount} {currency} are to go back to a customer. I wait for {minutes} min.",
    "refund_is_pending": "The refund of {amount} {currency} is in process, as a Pix refund can be.",
    "refund_ends": "Mercado Pago ends the refund: approved.",
    "refunded": "{amount} {currency} went back to the customer (payment {payment_id}).",
    "kept": "Nobody gave {amount} {currency} back within {seconds} s: so far the merchant keeps the late payment.",
    "done": "Done.",
    "failed_stopped": "Stopped.",
    "failed_no_offer": "The box's URL offered nothing within {minutes} min; it answered {detail}.",
    "failed_cannot_take_payment": "The phone says that this place cannot take the payment: {detail}.",
    "failed_offered": "Phone {phone} shows an amount, where there should be none.",
    "failed_phone_left": "Phone {phone} was put away before there was an amount: {detail}.",
    "failed_two_orders": "The two phones were shown different orders for one sale.",
    "failed_still_offered": "The box's URL still offered the sale after {minutes} min.",
    "failed_not_replaced": "The box's URL offered no other order within {minutes} min.",
    "failed_unnoticed": "The sale is paid, and the box's URL still offered it {minutes} min later.",
    "failed_no_refund": "Nobody gave {amount} {currency} back within {minutes} min.",
    "failed_no_pending_refund": "Nobody asked for a refund within {minutes} min.",
    "failed_box": "The box could not do its part: {detail}.",
    "failed_unexpectedly": "It could not go on: {detail}.",
}

SCENARIOS: Mapping[str, str] = {
    "sale": "A customer scans, waits, pays; the merchant notices.",
    "rejected_then_approved": "The first card is rejected, the second one pays.",
    "two_phones": "Two phones pay one sale; one of the payments has to go back.",
    "abandoned_scans": "Forty phones see the amount and leave; the next one pays.",
    "paid_after_cancel": "The box cancels, then the old pay screen is paid; the money has to go back.",
    "paid_after_replace": "The amount is corrected, then the old pay screen is paid, then the new one.",
    "paid_after_expiry": "The sale expires, then the old pay screen is paid.",
    "pending_refund": "Two phones pay one sale with Pix, and the refund stays in process for a while.",
    "walk_away": "The customer walks away and pays in cash; the next scan finds nothing to pay.",
    "partial_payments": "Half is paid, then the rest.",
    "scan_before_sale": "The customer scans before the sale, and waits.",
}


def tell(text_key: str, facts: Mapping[str, object]) -> str:
    """Say a step in English."""
    return STEPS[text_key].format(**facts)
