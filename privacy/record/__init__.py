"""The article 30 record and its relatives, made from the declarations in the reader's language."""
