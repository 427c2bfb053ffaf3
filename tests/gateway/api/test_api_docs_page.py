"""The documentation page can draw the document it is given."""

from __future__ import annotations

import re

from gateway.api import openapi
from gateway.api.routes_service import _bundled


def test_the_browser_knows_the_openapi_version_we_write() -> None:
    """OpenAPI 3.1 needs Swagger UI 5; version 4 says "Unable to render this definition"."""
    assert openapi.document([], "0").get("openapi", "").startswith("3.1")
    found = re.search(rb'PACKAGE_VERSION:"(\d+)\.', _bundled("swagger-ui-bundle.js"))
    assert found is not None
    assert int(found[1]) >= 5
