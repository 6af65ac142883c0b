"""The receipt e-mail as a mail program shows it."""

import pytest

from courseflow_admin.models.mail.emails import EmailKind, Recipient
from courseflow_admin.models.school.settings import SchoolSettings
from courseflow_admin.services.mail import outbox

FACTS = {
    "course": "Python for Analysts",
    "number": "SANDBOX-2026-01268",
    "date": "27 November 2026",
    "method": "Visa ending 4242",
    "amount": "₹2,499.00",
    "link": "https://school.example/my/payments/pay_1",
}
OUTSIDE = """() => {
  const paper = document.querySelector('.paper'), {left, right} = paper.getBoundingClientRect();
  const inside = [...paper.querySelectorAll('*')].map(one => {
    const all = document.createRange();
    all.selectNodeContents(one);
    return [one, all.getBoundingClientRect()];
  });
  return inside.filter(([, box]) => box.left < left + 32 || box.right > right - 32)
    .map(([one]) => one.textContent);
}"""


# 0 black, 1 white: of the text, and of what it is printed on.
LIGHTNESS = """one => {
  const [red, green, blue] = getComputedStyle(one).color.match(/[0-9.]+/g).map(Number);
  return (red + green + blue) / 765;
}"""
PAPER = """one => {
  let here = one, said = null;
  for (; here; here = here.parentElement) {
    said = getComputedStyle(here).backgroundColor.match(/[0-9.]+/g).map(Number);
    if (said.length < 4 || said[3] > 0) break;
  }
  return here ? (said[0] + said[1] + said[2]) / 765 : 1;
}"""


@pytest.mark.parametrize("width", [390, 800])
def test_a_name_without_a_break_stays_within_the_receipt(visitor, width):
    name = "Ä" * 80
    seller = SchoolSettings(
        name="School", support_email="help@school.example", seller_lines=["Third Floor, 14 Lake"]
    )
    to = Recipient("acc_1", "ada@school.example", name)
    receipt = outbox.compose(EmailKind.RECEIPT, to, "key", {**FACTS, "billed_to": name}, seller)
    page = visitor(width=width)

    page.set_content(receipt.html)

    assert page.get_by_role("cell").count() == 0  # a table for layout only
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    amount = page.get_by_text("₹2,499.00").bounding_box()
    assert amount["height"] < 50


def test_a_receipt_is_printed_black_on_white_also_where_screens_are_dark(visitor):
    to = Recipient("acc_1", "ada@school.example", "Ada Lovelace")
    school = SchoolSettings(name="School", support_email="help@school.example")
    facts = {**FACTS, "billed_to": "Ada Lovelace, India"}
    receipt = outbox.compose(EmailKind.RECEIPT, to, "key", facts, school)
    page = visitor(width=800)
    page.set_content(receipt.html)

    page.emulate_media(media="print", color_scheme="dark")

    amount = page.get_by_text("₹2,499.00").first
    assert amount.is_visible()
    assert amount.evaluate(LIGHTNESS) < 0.4
    assert page.locator(".paper").evaluate(PAPER) > 0.9
