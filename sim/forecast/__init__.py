"""One early-warning cycle: rain ahead, floods of the members, probability per area and level, verification."""
