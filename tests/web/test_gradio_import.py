"""Gradio is imported without the stubs that it would write, and makes one application of all pages."""

import subprocess
import sys


def test_no_stub_is_written_and_inspect_is_as_it_was() -> None:
    program = (
        "import inspect, importlib.util, sys\n"
        "found, wrote = inspect.getfile, []\n"
        "sys.addaudithook(lambda event, values: wrote.append(values[0]) if event == 'open' and "
        "str(values[0]).endswith('.pyi') else None)\n"
        "from colorgan.web.gradio_import import gradio\n"
        "assert inspect.getfile is found and inspect.getfile(gradio.Textbox).endswith('textbox.py')\n"
        "print(len(wrote))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"


def test_the_server_imports_it_first() -> None:
    """Whoever comes first decides: no module of the pages may import Gradio before."""
    program = (
        "import sys\n"
        "class Seen:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'gradio': assert 'colorgan.web.gradio_import' in sys.modules\n"
        "sys.meta_path.insert(0, Seen())\n"
        "import colorgan.web.demonstration, colorgan.web.server\n"
        "assert 'gradio' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_one_application_is_made_of_all_pages() -> None:
    """Gradio would make one a page, one at `queue`, and then the one that serves."""
    program = (
        "from fastapi import FastAPI\n"
        "from colorgan import DEFAULT_WEIGHTS\n"
        "from colorgan.web.gradio_import import App, gradio\n"
        "made, create = [], App.create_app\n"
        "def counted(*rest, **named):\n"
        "    made.append(create(*rest, **named))\n"
        "    return made[-1]\n"
        "App.create_app = staticmethod(counted)\n"
        "from colorgan.web.models import Models\n"
        "from colorgan.web.server import build\n"
        "demo = build(Models([DEFAULT_WEIGHTS]))\n"
        "assert made == []\n"
        "gradio.mount_gradio_app(FastAPI(), demo, '/')\n"
        "assert len(made) == 1\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
