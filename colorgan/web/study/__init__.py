"""The real-or-fake study over HTTP: its pages and its JSON, as plain Starlette routes. Knows neither Gradio nor torch.

studies.py   which studies are served; more may come while the server runs
guards.py    what every request must pass: rate, origin, size, form; what an error looks like
api.py       the JSON that the pages speak, and the pictures
pages.py     the HTML pages and their scripts and styles
results.py   what the results page shows
connections.py  an end for connections that stall
routes.py    all of it together, as routes, as an app, as a server
"""

from colorgan.web.study.routes import study_app, study_routes, study_server
from colorgan.web.study.studies import Studies

__all__ = ["Studies", "study_app", "study_routes", "study_server"]
