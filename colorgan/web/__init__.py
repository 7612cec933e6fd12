"""The pages: Colorize, Compare, and the study's. They own no logic; Gradio is imported when `server` is.

gradio_import.py  Gradio without what it writes at each import
server.py         the server: pages, theme, and the folder that is gone when it stops
colorize.py       the Colorize page: its parts, and which event does what
film.py           the Film page, likewise
filming.py        one film after the other, whoever looks
compare.py        the Compare page, likewise
events.py         what all need to answer events
colorize_view.py  the HTML of the Colorize page
film_view.py      the HTML of the Film page, and what it is told
compare_view.py   the HTML of the Compare page
templating.py     the one template engine, over templates/
session.py        one person's photos, from file to picture
decoding.py       decoded photos of all visits, within one budget of memory
seen.py           what a model said, which may be forgotten
arranging.py      turning, cutting and leafing through them
places.py         what was said of a photo that is turned or cut
own_colours.py    the colours that a photo has already
taking.py         taking pictures home, in the format that is wished
visits.py         who is here: sessions, until nobody has touched them for long enough
visited.py        what a page that photos are brought to is made with
gate.py           what every request passes: who asks, by what name, from whose page, for what
sent.py           what a visitor sends with an event, checked
masks.py          folders of this machine and the names that the world knows
uploads.py        files on their way to a visit, and whose they are
quota.py          how much visitors may keep
pages.py          Gradio's blocks, whose events are touches of a visit, and fail in one line
history.py        what was said of a photo's colours, step by step
edits.py          one change of it, as a browser sends it
retouch.py        the colours that follow from it: pictures, palettes, drawings
telling.py        the events and answers that change and show it
describing.py     colours and places in words
comparison.py     one photo through several models
models.py         the models in memory, the same for every session
gpu.py            a graphics card that is borrowed for a moment
examples.py       photographs to try the page with
demonstration.py  the built-in study beside the page
messages.py       what people are told when something does not work
names.py          names of files
navigation.py     the pages that a header lists
limits.py         what the pages take from one visitor, and from all
address.py        where a server may listen, and who asks
space.py          the page as a Hugging Face Space
study/            the real-or-fake study over HTTP, without Gradio and torch
templates/        HTML
assets/           scripts, styles and the icon, served as they are
"""
