"""Surface flow: local inertial shallow water on a raster, with rain, losses, structures and its own water book."""
