"""What a warning says and how it is written: CAP 1.2, GB/T 35965.1, GeoJSON, Atom, spoken and short text."""
