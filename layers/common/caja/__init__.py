"""Everything that decides: what a box is offered, what a customer owes, and when an order is paid."""
