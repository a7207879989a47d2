"""Who has a name, and how many certificates may be ordered."""

import pytest

from allswell.domain.hostname_claim import OrderBudget, OrderCount, ProofOutcome


@pytest.mark.parametrize("verdict", ProofOutcome)
def test_a_page_has_a_name_that_it_was_granted_or_holds(verdict: ProofOutcome) -> None:
    assert verdict.has == (verdict in {ProofOutcome.GRANTED, ProofOutcome.HELD})


@pytest.mark.parametrize(
    ("ordered", "why"),
    [
        (OrderCount(1, 3, 2), ""),
        (OrderCount(2, 3, 2), "2 certificates were ordered for it within an hour"),
        (OrderCount(1, 4, 2), "4 certificates were ordered within three hours"),
        (OrderCount(1, 3, 3), "3 certificates were ordered for its domain within a week"),
        (OrderCount(1, 3, 2, 3), ""),
        (OrderCount(1, 3, 2, 1, alone=False), ""),
        (
            OrderCount(1, 3, 2, 2, alone=False),
            "2 orders of this namespace in three hours are its share",
        ),
    ],
)
def test_one_more_order_must_fit_in_every_budget(ordered: OrderCount, why: str) -> None:
    assert ordered.exceeds(OrderBudget(per_host=2, in_all=4, per_domain=3)) == why
