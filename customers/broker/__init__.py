"""The door for people whom a broker of electronic identities (BankID, say) has identified.

The broker speaks OpenID Connect. It says who somebody is in its own terms; which of our people that
is follows only from what that person has connected at “My account”. docs/adr/0013 says why.
"""
