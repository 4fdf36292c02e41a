"""The two tables: keys, conditional writes, items and what they stand for."""
