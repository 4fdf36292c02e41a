"""What an amount of money is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caja.money import CURRENCY_OF_SITE, DECIMALS, decimals_flaw, read_amount, show_amount

PLAIN = "Write the amount as digits with an optional point"


@pytest.mark.parametrize(
    "text", ["0", "1500", "1500.50", "0.01", "00012", "9" * 12 + ".99", "000" + "9" * 12]
)
def test_plain_digits_are_an_amount(text: str) -> None:
    assert read_amount(text) == Decimal(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("NaN", "NaN and Infinity"),
        ("-Infinity", "NaN and Infinity"),
        ("+inf", "NaN and Infinity"),
        (" nan ", "NaN and Infinity"),
        ("\uff11\uff15", "ASCII digits"),
        ("\u0661\u0665", "ASCII digits"),
        ("1e3", "exponent"),
        ("1.5E-3", "exponent"),
        ("-1e3", "exponent"),
        ("1e400", "exponent"),
        ("-1", "negative"),
        ("", PLAIN),
        ("+1", PLAIN),
        (" 1", PLAIN),
        ("1\n", PLAIN),
        ("1_000", PLAIN),
        ("1,5", PLAIN),
        (".5", PLAIN),
        ("1.", PLAIN),
        ("1.5.0", PLAIN),
        ("0x10", PLAIN),
        ("1" * 13, "at most 12 digits"),
    ],
)
def test_everything_else_is_refused_with_a_sentence_of_its_own(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_amount(text)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("10.50", "ARS"), ("10.5", "BRL"), ("10", "UYU"), ("10", "CLP"), ("10", "COP"), ("0.01", "PEN")],
)
def test_an_amount_may_have_the_decimals_of_its_currency(amount: str, currency: str) -> None:
    assert decimals_flaw(Decimal(amount), currency) is None


@pytest.mark.parametrize(
    ("amount", "currency", "sentence"),
    [
        ("10.50", "CLP", "CLP has no decimals: send whole units."),
        ("10.0", "COP", "COP has no decimals: send whole units."),
        ("10.505", "MXN", "MXN has 2 decimals: 10.505 has more."),
        ("10.000", "ARS", "ARS has 2 decimals: 10.000 has more."),
    ],
)
def test_more_decimals_than_the_currency_has_are_refused(amount: str, currency: str, sentence: str) -> None:
    assert decimals_flaw(Decimal(amount), currency) == sentence


def test_what_is_no_number_has_no_decimals_to_judge() -> None:
    assert decimals_flaw(Decimal("NaN"), "ARS") is None


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("1500.5", "ARS", "1500.50"),
        ("1500", "CLP", "1500"),
        ("0", "COP", "0"),
        ("0", "BRL", "0.00"),
        ("1E+3", "CLP", "1000"),
    ],
)
def test_an_amount_is_shown_with_the_decimals_of_its_currency(amount: str, currency: str, shown: str) -> None:
    assert show_amount(Decimal(amount), currency) == shown


def test_every_site_has_a_currency_with_decimals() -> None:
    assert set(CURRENCY_OF_SITE.values()) == set(DECIMALS)
    assert {DECIMALS[CURRENCY_OF_SITE[site]] for site in ("mlc", "mco")} == {0}
    assert {DECIMALS[CURRENCY_OF_SITE[site]] for site in ("mla", "mlb", "mlm", "mpe", "mlu")} == {2}


@given(currency=st.sampled_from(sorted(DECIMALS)), cents=st.integers(0, 10**12 - 1))
def test_what_is_shown_is_read_as_the_same_amount(currency: str, cents: int) -> None:
    amount = Decimal(cents).scaleb(-DECIMALS[currency])
    shown = show_amount(amount, currency)
    assert read_amount(shown) == amount
    assert decimals_flaw(read_amount(shown), currency) is None


@given(st.text(alphabet="0123456789.eE+-_ ,nNaAiIfF\u0663", max_size=20))
def test_whatever_is_sent_is_a_finite_amount_or_refused(text: str) -> None:
    try:
        amount = read_amount(text)
    except ValueError:
        return
    assert amount.is_finite()
    assert 0 <= amount < 10**12
