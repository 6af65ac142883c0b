"""A double click on Pay is one purchase, at either gateway."""

import pytest

from courseflow_admin.db.client import collection
from tests.browser.conftest import sign_in
from tests.course_builders import a_course, an_instructor


@pytest.mark.parametrize(("gateway", "port"), [("Stripe", 1), ("Razorpay", 2)])
def test_a_double_click_on_pay_opens_one_payment(school, visitor, gateway, port):
    email, slug = f"hasty-{gateway.lower()}@demo.test", f"haste-with-{gateway.lower()}"
    account_id = school.account(email)

    async def course_on_sale():
        await a_course(await an_instructor(f"calm-{email}"), f"Haste with {gateway}")

    async def payments():
        return await collection("payments").find({"account_id": account_id})

    school.run(course_on_sale)
    page = visitor()
    sign_in(page, email, next_path=f"/checkout/{slug}")
    page.get_by_label("Country").select_option("IN")
    page.get_by_role("radio", name=gateway).check()
    page.get_by_role("button", name="Pay ₹4,999.00").dblclick()

    page.wait_for_url(f"{school.sandbox(port)}/**")
    (payment,) = school.run(payments)
    assert payment["amount"] == {"minor": 499_900, "currency": "INR"}
