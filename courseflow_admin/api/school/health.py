"""Two answers for whoever runs us: the process lives; it can do its work."""

from fastapi import APIRouter
from pydantic import BaseModel

from courseflow_admin.services.school import health

router = APIRouter(prefix="/api/health", tags=["health"])


class Health(BaseModel):
    status: str = "ok"


@router.get("/live")
async def live() -> Health:
    return Health()


@router.get("/ready")
async def ready() -> Health:
    """503 as long as the database is not responding."""
    await health.ready()
    return Health()
