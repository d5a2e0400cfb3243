"""Call recordings: received, listed, played, and gone on time."""
