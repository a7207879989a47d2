"""Who has a name, and how many certificates may be ordered."""

import pytest

from allswell.domain.hostname_claim import OrderBudget, OrderCount, ProofOutcome


@pytest.mark.parametrize("outcome", ProofOutcome)
def test_a_page_has_a_name_that_it_was_granted_or_holds(outcome: ProofOutcome) -> None:
    assert outcome.is_holder == (outcome in {ProofOutcome.GRANTED, ProofOutcome.HELD})


@pytest.mark.parametrize(
    ("ordered", "why"),
    [
        (OrderCount(1, 3, 2), ""),
        (OrderCount(2, 3, 2), "2 certificates were ordered for it within an hour"),
        (OrderCount(1, 4, 2), "4 certificates were ordered within three hours"),
        (OrderCount(1, 3, 3), "3 certificates were ordered for its domain within a week"),
        (OrderCount(1, 3, 2, 3), ""),
        (OrderCount(1, 3, 2, 1, only_namespace=False), ""),
        (
            OrderCount(1, 3, 2, 2, only_namespace=False),
            "2 certificates were ordered for this namespace within three hours, which is its share",
        ),
    ],
)
def test_one_more_order_must_fit_in_every_budget(ordered: OrderCount, why: str) -> None:
    assert ordered.excess(OrderBudget(per_host=2, total=4, per_domain=3)) == why
