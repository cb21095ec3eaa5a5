"""How fast: each module measures one thing with `run() -> list[dict]`; `python -m benchmarks.run` runs all."""
