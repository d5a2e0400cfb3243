"""`id__among=[…]`: membership in a long list of UUIDs as one parameter.

Django's `in` sends a placeholder per value: for a batch of a thousand, parsing them costs more
than the query, and databases limit how many there may be.
"""

import json
from typing import Any

from django.db.models import Lookup


class Among(Lookup):
    """PostgreSQL: = ANY(array). SQLite, which stores a UUID as its hex digits: json_each."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, parameters = self.process_lhs(compiler, connection)
        hexes = [value.hex for value in self.rhs]
        if connection.vendor == "postgresql":
            return f"{left} = ANY(%s::uuid[])", [*parameters, "{" + ",".join(hexes) + "}"]
        members = "(SELECT value FROM json_each(%s))"
        return f"{left} IN {members}", [*parameters, json.dumps(hexes)]
