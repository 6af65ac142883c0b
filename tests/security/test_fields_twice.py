"""Forms and JSON that name a field twice: refused, whichever of the two is the good one."""

import inspect
from urllib.parse import urlencode

import pytest
from fastapi.routing import APIRoute

from courseflow_admin.api.app import ROUTERS
from tests.builders import PASSWORD, an_account
from tests.course_builders import a_course, an_instructor
from tests.security.matrix import everything_stored

AUTH = "/api/v1/auth"
# What each form of a page sends; the routes of the API that read one.
FORMS = {
    f"{AUTH}/sign-in": {"email": "ada@demo.test", "password": PASSWORD, "next": "/studio"},
    f"{AUTH}/sign-out": {"next": "/studio"},
    f"{AUTH}/sign-in/code": {"code": "123456", "next": "/studio", "by": "recovery"},
    f"{AUTH}/sign-up": {"email": "new@demo.test", "name": "New", "password": PASSWORD, "next": ""},
    f"{AUTH}/forgot": {"email": "ada@demo.test"},
    f"{AUTH}/reset": {"token": "x" * 43, "password": PASSWORD},
    f"{AUTH}/verify": {"token": "x" * 43},
    "/api/v1/invitations/sign-up": {"token": "x" * 43, "name": "New", "password": PASSWORD},
    "/api/v1/invitations/accept": {"token": "x" * 43},
    "/api/v1/payments/checkout": {
        "course_id": "",
        "slug": "bees",
        "provider": "stripe",
        "billing_name": "Ada",
        "billing_country": "IN",
        "agreed_terms": "0",
        "agreed_refunds": "0",
    },
    "/api/v1/checkout/return/{provider}": {"razorpay_payment_id": "pay_1", "razorpay_order_id": ""},
}


@pytest.mark.parametrize(
    ("path", "field"), [(path, field) for path, fields in FORMS.items() for field in fields]
)
async def test_a_form_that_names_a_field_twice_is_refused_and_does_nothing(api, path, field):
    ada = await an_account()
    course = await a_course(await an_instructor())
    signed_in = await api.post(f"{AUTH}/sign-in", data={"email": ada.email, "password": PASSWORD})
    fields = FORMS[path] | ({"course_id": course.id} if "course_id" in FORMS[path] else {})
    before = await everything_stored()

    answer = await api.post(
        path.format(provider="razorpay"),
        content=urlencode([*fields.items(), (field, "another")]),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert (signed_in.status_code, answer.status_code) == (303, 422)
    assert answer.json()["detail"] == "A field is given more than once. Send it once."
    assert "set-cookie" not in answer.headers
    assert await everything_stored() == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/me", '{"name": "Ada", "name": "Root"}'),
        ("/me", '{"name": "Root", "n\\u0061me": "Ada"}'),
        ("/courses/{id}", '{"revision": 0, "fields": {"title": "Bees", "title": "Wasps"}}'),
        (
            "/courses/{id}",
            '{"revision": 0, "fields": {"price": {"minor": 1, "minor": 2, "currency": "INR"}}}',
        ),
        ("/courses/{id}", '{"revision": 0, "fields": {}, "revision": 0}'),
    ],
)
async def test_json_that_names_a_field_twice_is_refused_and_does_nothing(api, path, body):
    course = await a_course(await an_instructor())
    await api.post(f"{AUTH}/sign-in", data={"email": "ines@demo.test", "password": PASSWORD})
    before = await everything_stored()

    answer = await api.patch(
        f"/api/v1{path.format(id=course.id)}",
        content=body,
        headers={"Content-Type": "application/json"},
    )

    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "A field is given more than once. Send it once.",
    )
    assert await everything_stored() == before


def test_every_route_that_reads_a_form_is_tried_above():
    reading = {
        route.path
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and "read_form(" in inspect.getsource(route.endpoint)
    }

    assert reading == set(FORMS)


async def test_of_two_places_in_the_address_a_form_was_sent_from_none_counts(api):
    await an_account()
    sent_from = "http://localhost:3000/sign-in?next=%2Fstudio&next=%2Fmy%2Femails"

    answer = await api.post(
        f"{AUTH}/sign-in",
        data={"email": "ada@demo.test", "password": PASSWORD},
        headers={"Referer": sent_from},
    )

    assert (answer.status_code, answer.headers["location"]) == (303, "/overview")
