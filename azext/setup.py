"""The `keyroll` extension of the Azure CLI. `azext/build` makes its wheels; this file is for azdev and for the version."""

from setuptools import find_packages, setup

VERSION = '0.1.0'

setup(
    name='keyroll',
    version=VERSION,
    description='Roll the access keys of storage accounts without breaking what depends on them.',
    long_description='Finds what holds a key, moves it to a fresh one, proves that it works, and only then retires the old key.',
    license='MIT',
    author='keyroll',
    classifiers=[
        'Development Status :: 4 - Beta',
        'Intended Audience :: System Administrators',
        'Programming Language :: Python :: 3',
    ],
    packages=find_packages(exclude=['tests']),
    install_requires=[],
    package_data={'azext_keyroll': ['azext_metadata.json', 'bin/*']},
)
