"""What sets up, checks and ships the project; nothing here runs inside the application."""
