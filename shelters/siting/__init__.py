"""Which candidate sites to open: capacitated location with a proof, gains, and the front of cost against people."""

from shelters.siting.choose import Choice, choose_sites
from shelters.siting.fill import Filling
from shelters.siting.front import FrontPoint, pareto_front
from shelters.siting.gains import Gains, marginal_gains
from shelters.siting.problem import SitingProblem, siting_problem

__all__ = [
    "Choice", "Filling", "FrontPoint", "Gains", "SitingProblem", "choose_sites", "marginal_gains", "pareto_front",
    "siting_problem",
]  # fmt: skip
