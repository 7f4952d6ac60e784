"""Builds the package. With ALIMI_PLATFORM and the library in alimi/ it makes the wheel of that platform, see build_wheels."""
import os

from setuptools import Distribution, setup

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:
    from wheel.bdist_wheel import bdist_wheel

HERE = os.path.dirname(os.path.abspath(__file__))
PLATFORM = os.environ.get("ALIMI_PLATFORM")


class PlatformDistribution(Distribution):
    """A package with a library belongs to its platform, though nothing is compiled here."""

    def has_ext_modules(self):
        return PLATFORM is not None


class platform_wheel(bdist_wheel):
    def get_tag(self):
        # No extension module: one wheel serves every Python.
        return ("py2.py3", "none", PLATFORM or "any")


def version():
    with open(os.path.join(HERE, "alimi", "__init__.py")) as file:
        return [line for line in file if line.startswith("__version__")][0].split('"')[1]


with open(os.path.join(HERE, "README.md"), "rb") as file:
    README = file.read().decode("utf-8")

setup(
    name="alimi",
    version=version(),
    description="KakaoTalk AlimTalk for hospital programs, with SMS, LMS or MMS where one cannot be delivered",
    long_description=README,
    long_description_content_type="text/markdown",
    license="MIT OR Apache-2.0",
    packages=["alimi"],
    package_data={"alimi": ["py.typed", "*.pyi", "*.so", "*.dll"]},
    python_requires=">=2.7, !=3.0.*, !=3.1.*, !=3.2.*, !=3.3.*, !=3.4.*, !=3.5.*",
    distclass=PlatformDistribution,
    cmdclass={"bdist_wheel": platform_wheel},
    license_files=["LICENSE*", "THIRD-PARTY.txt"],
    zip_safe=False,
)
