"""A wheel for one platform and every Python 3: the library inside is called by ctypes."""

import os

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel


class PlatformDistribution(Distribution):
    """Has files of one platform, though none that Python compiles."""

    def has_ext_modules(self):
        return True


class PlatformWheel(bdist_wheel):
    """Names the platform, but no version of Python."""

    def get_tag(self):
        return ("py3", "none", os.environ.get("TESSERA_WHEEL_PLATFORM") or super().get_tag()[2])


setup(cmdclass={"bdist_wheel": PlatformWheel}, distclass=PlatformDistribution)
