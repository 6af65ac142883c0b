"""Telling people by e-mail that someone signed in from a device they have not used before.

What a device is known by is in models/identity/known_devices.py.
"""

from courseflow_admin.db.identity import known_devices as known_devices_db
from courseflow_admin.models.core import calendar
from courseflow_admin.models.identity.devices import device_of
from courseflow_admin.models.identity.known_devices import marks_of
from courseflow_admin.models.identity.sessions import Session
from courseflow_admin.models.mail.emails import EmailKind, Recipient
from courseflow_admin.services.mail import outbox


async def note(session: Session, cookie: str, *, first: bool) -> bool:
    """Know the device of a new session from now on; whether its owner was told of it.

    In the transaction of the session. Of the `first` sign-in of an account no one is told.
    """
    marks = marks_of(session.account_id, session.user_agent, session.ip, cookie)
    is_new = not first and not await known_devices_db.any_known(session.account_id, marks)
    device, at = device_of(session.user_agent), session.created_at
    await known_devices_db.learn(session.account_id, marks, device, at)
    if is_new:
        school = calendar.school()
        await outbox.queue(
            EmailKind.NEW_DEVICE,
            to=Recipient(session.account_id, session.email, session.name),
            dedupe_key=f"new-device-{session.account_id}-{marks[0][:32]}-{school.date_of(at)}",
            facts={
                "time": school.long(at),
                "device": device,
                "place": session.ip or "unknown",
            },
        )
    return is_new
