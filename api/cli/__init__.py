"""The `rongan` command."""
