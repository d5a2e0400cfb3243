"""What people fill in about the customer. One module per concept."""
