import pytest

from customers.organisation_number import normalise


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("5560160680", "556016-0680"),
        (" 556016-0680 ", "556016-0680"),
        ("811228-9874", "811228-9874"),
        ("198112289874", "19811228-9874"),
        ("701063-2391", "701063-2391"),  # a samordningsnummer: day 3 + 60
    ],
)
def test_a_number_is_kept_in_one_form(given: str, kept: str) -> None:
    assert normalise(given) == kept


@pytest.mark.parametrize(
    "given",
    ["", "5560160681", "556016068", "55601606800", "811232-9874", "701093-2391", "701063-2392",
     "abcdef-ghij", "811328-9874", "٥٥٦٠١٦٠٦٨٠", "-", "x" * 300],
)  # fmt: skip
def test_what_is_no_number_is_refused_and_not_repeated(given: str) -> None:
    with pytest.raises(ValueError, match=r"^Not an organisationsnummer or personnummer\.$"):
        normalise(given)
