"""What stands in the water and acts on it: pumping stations, gates, and walls that give way."""

from hazards.structures.breach import Breach
from hazards.structures.faces import Faces, line_faces, nearest_faces
from hazards.structures.gate import Gate
from hazards.structures.protocol import Interval, Structure
from hazards.structures.pump import PumpStation

__all__ = ["Breach", "Faces", "Gate", "Interval", "PumpStation", "Structure", "line_faces", "nearest_faces"]
