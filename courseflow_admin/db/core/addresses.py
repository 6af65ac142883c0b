"""How a query finds an e-mail address by its beginning."""

import re

from courseflow_admin.db.core.client import Row
from courseflow_admin.models.core.addresses import normalized


def starting(text: str) -> Row:
    """Anchored and escaped, so that an index on the address serves it."""
    return {"$regex": f"^{re.escape(normalized(text))}"}
