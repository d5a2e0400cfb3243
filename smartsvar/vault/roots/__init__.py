"""Root keys (KEK): providers, which one seals, and whether they fit what is stored."""
