"""What caja does, one module per function; collaborators are parameters."""
