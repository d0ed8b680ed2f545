"""The status page: one HTML file that needs no server and no network."""

from tableferry.report.page.document import render_page

__all__ = ["render_page"]
