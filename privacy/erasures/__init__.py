"""Erasures (article 17): what goes and what stays, the request, the work, the certificate."""
