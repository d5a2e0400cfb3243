"""Pages of the customer's own affairs. One module per concept."""
