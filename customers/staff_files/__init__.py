"""The staff register as a file: read, understood, planned, written."""
