"""Find the packages of the wheel: setup.cfg can't name some of them and find the others."""

from setuptools import find_namespace_packages, setup

setup(packages=[*find_namespace_packages(include=["smsbridge", "smsbridge.*"]), "smsbridge.wsdl"])
