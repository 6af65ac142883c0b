"""Text beyond a field's length is never cut off without a word: forms, address and API say it."""

import ast
from pathlib import Path

import pytest

import courseflow_admin
from courseflow_admin.components.forms import field
from courseflow_admin.errors import Invalid
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.services.identity import accounts
from courseflow_admin.services.teaching import catalog
from courseflow_admin.state.identity.people import PeopleState
from courseflow_admin.state.money.payment_detail import PaymentDetailState, RefundForm, ReviewForm
from courseflow_admin.state.teaching.catalog import CatalogState
from tests.api.identity.test_accounts import sign_in
from tests.builders import acting, an_account
from tests.state.conftest import run, said
from tests.state.money.money_tabs import ADMIN, a_tab_of

PACKAGE = Path(courseflow_admin.__file__).parent


def test_no_field_lets_the_browser_cut_off_what_is_pasted():
    cut = []
    for path in [*(PACKAGE / "pages").rglob("*.py"), *(PACKAGE / "components").rglob("*.py")]:
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("rx."):
                names = [one.arg for one in call.keywords]
                cut += [f"{path.name}:{call.lineno}"] * ("max_length" in names)
    scripts = "".join(one.read_text() for one in (PACKAGE / "components" / "js").glob("*.js"))

    assert cut == []
    assert "maxLength" not in scripts
    for multiline in (False, True):
        drawn = str(field("Name", "name", max_length=80, multiline=multiline))
        assert "At most 80 characters" in drawn
        assert "maxLength" not in drawn
        assert ("{0,80}" in drawn) is not multiline


def test_a_length_on_screen_is_that_of_the_model_and_never_a_number_of_its_own():
    bare = [
        f"{path.name}:{call.lineno}"
        for layer in ("pages", "components", "state")
        for path in (PACKAGE / layer).rglob("*.py")
        if path.name != "edge.py"  # what Reflex itself sends
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        for given in call.keywords
        if given.arg in {"max_length", "min_length"} and isinstance(given.value, ast.Constant)
    ]

    assert bare == []


@pytest.mark.parametrize(
    ("form", "fields", "sentence"),
    [
        (RefundForm, {"reason": "x" * 301}, "Reason: Use at most 300 characters."),
        (ReviewForm, {"note": "x" * 501}, "Note: Use at most 500 characters."),
    ],
)
async def test_a_form_that_holds_too_much_is_told_which_field_and_how_much(
    database, form, fields, sentence
):
    root = await a_tab_of(ADMIN, "/payments/pay_1")
    handler = "refund" if form is RefundForm else "resolve_review"

    await run(root, PaymentDetailState, handler, form=fields)

    assert await said(root) == [("error", sentence)]


async def test_a_search_that_is_too_long_is_refused_and_not_cut(database):
    admin = acting(await an_account("root@demo.test", "admin"))

    for long in ({"q": "x" * 255}, {"email_prefix": "x" * 255}):
        with pytest.raises(Invalid, match="at most 254 characters"):
            await accounts.search(admin, PageRequest(), **long)
    with pytest.raises(Invalid, match="at most 100 characters"):
        await catalog.search("x" * 101, "", "", PageRequest())


@pytest.mark.parametrize(
    ("state", "path", "sentence"),
    [
        (PeopleState, f"/people?q={'x' * 255}", "Use at most 254 characters to filter by."),
        (CatalogState, f"/?q={'x' * 101}", "Use at most 100 characters to search."),
    ],
)
async def test_an_address_that_is_too_long_says_so_on_its_page(database, state, path, sentence):
    root = await a_tab_of(ADMIN, path)

    await run(root, state, "load")

    shown = await root.get_state(state)
    assert (shown.view, shown.error) == ("error", sentence)


async def test_over_http_it_is_refused_with_the_field(api):
    await an_account("admin@demo.test", "admin")
    await sign_in(api, "admin@demo.test")

    name = await api.patch("/api/v1/me", json={"name": "x" * 81})
    search = await api.get("/api/v1/catalog", params={"q": "x" * 101})

    assert [one.status_code for one in (name, search)] == [422, 422]
    assert [one.json()["field"] for one in (name, search)] == ["name", "q"]
    assert [one.json()["detail"] for one in (name, search)] == [
        "Use at most 80 characters.",
        "Use at most 100 characters.",
    ]
