"""The pages of a server, as its header lists them: name and address.

All pages lie in one folder, and addresses are relative to it: a proxy may serve it below any path.
"""

COLORIZE, FILM, COMPARE, VOTE, RESULTS = "Colorize", "Film", "Compare", "Real or fake?", "Results"
STUDY_PAGES = ((VOTE, "vote"), (RESULTS, "results"))
APP_PAGES = ((COLORIZE, "./"), (FILM, "film"), (COMPARE, "compare"), *STUDY_PAGES)
