"""What people fill in to use their rights."""
