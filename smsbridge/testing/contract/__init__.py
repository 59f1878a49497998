"""The contract that every backend must keep: numbered clauses, and what plays them."""
