"""What is measured; a figure for speed lives here, not in a timed test."""
