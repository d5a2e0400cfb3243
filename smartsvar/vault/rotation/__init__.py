"""Keys changed while the service runs: a new root, a next epoch of customer keys, new indexes."""
