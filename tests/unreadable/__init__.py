"""What every door says when something cannot be opened: for now, or for good."""
