"""A double click on Pay is one purchase, at either gateway."""

import pytest
from playwright.sync_api import expect

from courseflow_admin.db.core.client import collection
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
    school.sign_in(page, email, next_path=f"/checkout/{slug}")
    page.get_by_label("Country").select_option("IN")
    page.get_by_role("radio", name=gateway).check()
    page.get_by_role("button", name="Pay ₹4,999.00").dblclick()

    page.wait_for_url(f"{school.sandbox(port)}/**")
    (payment,) = school.run(payments)
    assert payment["amount"] == {"minor": 499_900, "currency": "INR"}


def test_who_is_billed_is_asked_once(school, visitor):
    email = "firma@demo.test"
    school.account(email)

    async def courses_on_sale():
        author = await an_instructor("author-of-two@demo.test")
        for title in ("Billed the First Time", "Billed the Second Time"):
            await a_course(author, title)

    school.run(courses_on_sale)
    page = visitor()
    school.sign_in(page, email, next_path="/checkout/billed-the-first-time")
    page.get_by_label("Name on the receipt").fill("Firma Ü")
    page.get_by_label("Country").select_option("DE")
    page.get_by_role("radio", name="Stripe").check()
    page.get_by_role("button", name="Pay ₹4,999.00").click()
    page.wait_for_url(f"{school.sandbox(1)}/**")

    page.goto(f"{school.address}/courses/billed-the-second-time")
    page.get_by_role("link", name="Buy").click()
    expect(page.get_by_role("button", name="Pay ₹4,999.00")).to_be_visible()
    expect(page.get_by_role("link", name="Billed the Second Time").last).to_be_visible()

    expect(page.get_by_label("Name on the receipt")).to_have_value("Firma Ü")
    expect(page.get_by_label("Country")).to_have_value("DE")
