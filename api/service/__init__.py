"""The running service: its settings and clock, publishing, the watch loop, delivery to subscribers, supervision."""
