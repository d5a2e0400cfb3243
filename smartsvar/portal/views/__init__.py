"""Pages composed of several apps. One module per page."""
