"""Facts are added to a payment with everything that follows from them, in one transaction.

This is the only place where a payment changes: its row, the entries of the books, the grant, the
receipt, the e-mails and the audit entries come from the same fold (docs/decisions/0021). Killed at
any line, all of it has happened or nothing has; the same facts told again add nothing.
"""

from collections.abc import Mapping, Sequence

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import require_transaction, transaction
from courseflow_admin.db.money import facts as facts_db
from courseflow_admin.db.money import ledger as ledger_db
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.db.teaching import courses as courses_db
from courseflow_admin.errors import Conflict
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.permissions import SYSTEM, Actor
from courseflow_admin.models.money.decisions import Circumstances, decide
from courseflow_admin.models.money.facts import CheckoutStatus, Fact, FactKind
from courseflow_admin.models.money.fold import captured, fold
from courseflow_admin.models.money.from_slots import facts_from_slots
from courseflow_admin.models.money.ledger import difference, wanted
from courseflow_admin.models.money.observing import Seen
from courseflow_admin.models.money.payment_parts import Capture
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.services.money import consequences, looks
from courseflow_admin.services.teaching import enrollments


class Overtaken(Conflict):
    """The payment has changed since the gateway was asked: what it said may be old."""

    code = "overtaken"

    def __init__(self) -> None:
        super().__init__("This payment has just changed. Try again.")


async def known(payment: Payment) -> list[Fact]:
    """All facts of a payment; of one from before there were facts, what its row says."""
    return await facts_db.of_payment(payment.id) if payment.revision else facts_from_slots(payment)


async def add(
    payment_id: str,
    told: Sequence[Fact],
    *,
    actor: Actor = SYSTEM,
    seen_revision: int | None = None,
    doubts: Mapping[str, str] | None = None,
) -> Payment:
    """Add what is new of `told`, and what it leads to; the payment afterwards.

    `seen_revision`: the one that the payment had when the gateway was asked, else Overtaken.
    `doubts`: charge -> why its money cannot open the course.
    """

    async def body() -> Payment:
        before = await payments_db.get(payment_id)
        if seen_revision is not None and before.revision != seen_revision:
            raise Overtaken
        return await _add(before, told, actor, doubts or {})

    return await transaction(body)


async def _add(
    before: Payment, told: Sequence[Fact], actor: Actor, doubts: Mapping[str, str]
) -> Payment:
    require_transaction()
    facts = await known(before)
    old = [] if before.revision else facts
    if old:  # so that nothing follows a second time from what it was
        before = fold(before, old)
    identities = {fact.identity for fact in facts}
    new = list({one.identity: one for one in told if one.identity not in identities}.values())
    account = await accounts_db.find(before.account_id)
    came = captured(fact for fact in [*facts, *new] if fact.kind is FactKind.CHARGE) is not None
    around = Circumstances(
        at=clock.business(),
        standing=account.standing if account else "deleted",
        taken=came and await enrollments.another_gives_access(before.access),
        doubts=doubts,
    )
    decisions = decide(before, [*facts, *new], around)
    if not (new or decisions):
        return before
    facts = [*facts, *new, *decisions]
    after = fold(before, facts).model_copy(
        update={
            "revision": before.revision + 1,
            "updated_at": around.at,
            "owner_id": await _owner(before),
        }
    )
    await facts_db.add([*old, *new, *decisions])
    posted = await ledger_db.of_payment(before.id)
    await ledger_db.post(difference(after, wanted(after, facts), posted, around.at))
    await payments_db.store(before, after)
    await consequences.follow(before, after, [*new, *decisions], actor)
    await consequences.ask_for_looks(before, after)
    if after.accepted_minor and not before.accepted_minor:
        await _close_others(after)
    return after


async def _owner(payment: Payment) -> str:
    """As of now: the course may have been given away since the checkout was opened."""
    if payment.capture is Capture.PAID:
        return payment.owner_id
    course = await courses_db.find(payment.course_id)
    return course.owner_id if course else payment.owner_id


async def _close_others(bought: Payment) -> None:
    """What else is open for the same course is not to be paid any more; late money is judged."""
    for other in await payments_db.of_learner(bought.account_id, bought.course_id):
        if other.id != bought.id and other.open and other.capture not in looks.ON_ITS_WAY:
            await close(other, CheckoutStatus.BOUGHT)
            await looks.ask(other.id, other.provider, clock.business())


async def close(
    payment: Payment, status: CheckoutStatus, *, actor: Actor = SYSTEM, reason: str = ""
) -> Payment:
    """Its checkout takes no money any more from a new click; late money is still judged."""
    instant = clock.business()
    seen = Seen(payment, (), instant, "decision")
    return await add(payment.id, seen.closed(status, reason), actor=actor)
