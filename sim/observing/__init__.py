"""What sensors say: observations, their quality, rain between gauges, wetness of the ground."""
