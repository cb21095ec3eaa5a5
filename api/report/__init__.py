"""`report.html`: a finished drill told on one page that opens from disk without a network."""

from api.report.page import render_report, write_report

__all__ = ["render_report", "write_report"]
