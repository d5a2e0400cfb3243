"""Exports (registerutdrag): asked for, collected and frozen as ids and hashes, streamed as ZIP."""
