"""What a city is and where it is kept: schema, readers, checks, rules, packs and run folders."""
