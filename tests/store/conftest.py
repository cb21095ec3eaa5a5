"""The store's fixtures, for every test in this folder."""

from tests.store_case import clock, cluster, database_url, store

__all__ = ["clock", "cluster", "database_url", "store"]
