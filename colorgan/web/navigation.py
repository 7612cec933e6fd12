"""The pages of a server, as its header lists them: name and address."""

COLORIZE, COMPARE, VOTE, RESULTS = "Colorize", "Compare", "Real or fake?", "Results"
STUDY_PAGES = ((VOTE, "/vote"), (RESULTS, "/results"))
APP_PAGES = ((COLORIZE, "/"), (COMPARE, "/compare"), *STUDY_PAGES)
