"""An app that no code knows: one model of a customer's, and one that bookkeeping keeps."""
