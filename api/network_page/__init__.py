"""The folder that `rongan city network` writes: the network as GeoJSON, findings, census, and a page with a map."""

from api.network_page.folder import write_network_folder

__all__ = ["write_network_folder"]
