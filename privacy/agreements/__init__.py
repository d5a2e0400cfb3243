"""The agreement under article 28(3): its text and versions, signing it, telling of it."""
