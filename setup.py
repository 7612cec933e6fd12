"""What pyproject.toml cannot say: the wheel carries model_card.md, which lives at the top for people to read."""

from typing import Any

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithCard(build_py):
    """Copies model_card.md into the package; sdist asks here for its files, too."""

    def _get_data_files(self) -> list[Any]:
        card = ("colorgan", ".", f"{self.build_lib}/colorgan", ["model_card.md"])
        return [*super()._get_data_files(), card]


setup(cmdclass={"build_py": BuildWithCard})
