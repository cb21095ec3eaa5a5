"""The command of a drill: orders, injects, channels, crews and vehicles as events above the movement of people."""
