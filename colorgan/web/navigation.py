"""The pages of a server, as its header lists them: name and address.

All pages lie in one folder, and addresses are relative to it: a proxy may serve it below any path.
"""

COLORIZE, COMPARE, VOTE, RESULTS = "Colorize", "Compare", "Real or fake?", "Results"
STUDY_PAGES = ((VOTE, "vote"), (RESULTS, "results"))
APP_PAGES = ((COLORIZE, "./"), (COMPARE, "compare"), *STUDY_PAGES)
