"""The audit log in words: every action, and the codes among its facts."""

from courseflow_admin.models.core import clock
from courseflow_admin.models.school.audit import Act, AuditEntry
from courseflow_admin.state.school.audit import details_of
from courseflow_admin.state.school.audit_words import ACTS


def test_every_action_has_words_of_its_own():
    assert set(ACTS) == set(Act)
    assert len(set(ACTS.values())) == len(Act)
    assert [text for text in ACTS.values() if "_" in text or "." in text] == []


def test_facts_and_their_codes_are_shown_as_words():
    entry = AuditEntry(
        _id="aud_1",
        at=clock.business(),
        actor_id="acc_1",
        act=Act.PAYMENT_REFUNDED,
        object_id="pay_1",
        facts={"before": "needs_review", "after": "paid", "cause": "second_payment", "left": 3},
    )

    assert details_of(entry).splitlines()[:3] == [
        "Status: needs review → paid",
        "Cause: second payment",
        "Codes left: 3",
    ]
