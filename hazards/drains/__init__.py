"""Sewers under the street: the engine, the places of exchange, the exchange itself."""
