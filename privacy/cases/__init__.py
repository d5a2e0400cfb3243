"""Requests and the time to answer them: the clock, the steps of a case, its answer."""
