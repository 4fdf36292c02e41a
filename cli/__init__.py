"""The `caja` command."""
