"""Makes the pictures of README.md from a running demo school: `pictures.py ADDRESS PASSWORD`."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parent
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DESK, PHONE = (1440, 900), (390, 844)


@dataclass(frozen=True)
class Picture:
    """`path` is where it is taken; `open_first` goes on to the first link of the list there."""

    name: str
    path: str
    role: str = ""
    dark: bool = False
    size: tuple[int, int] = DESK
    open_first: str = ""


PICTURES = (
    Picture("sign-in-light", "/sign-in"),
    Picture("sign-in-dark", "/sign-in", dark=True),
    Picture("overview-light", "/overview", "admin"),
    Picture("overview-dark", "/overview", "admin", dark=True),
    Picture("payments-light", "/payments", "admin"),
    Picture("payments-dark", "/payments", "admin", dark=True),
    Picture(
        "payment-light", "/payments?state=partially_refunded", "admin", open_first="/payments/pay_"
    ),
    Picture(
        "payment-dark",
        "/payments?state=partially_refunded",
        "admin",
        dark=True,
        open_first="/payments/pay_",
    ),
    Picture("emails-light", "/emails", "admin"),
    Picture("emails-dark", "/emails", "admin", dark=True),
    Picture("studio-light", "/studio", "instructor", open_first="lesson"),
    Picture("studio-dark", "/studio", "instructor", dark=True, open_first="lesson"),
    Picture("catalog-light", "/", "student"),
    Picture("catalog-dark", "/", "student", dark=True),
    Picture("course-light", "/", "student", open_first="/courses/python-for-analysts"),
    Picture("course-dark", "/", "student", open_first="/courses/python-for-analysts", dark=True),
    Picture("lesson-light", "/my/courses", "student", open_first="/learn/"),
    Picture("lesson-dark", "/my/courses", "student", open_first="/learn/", dark=True),
    Picture("my-courses-light", "/my/courses", "student"),
    Picture("my-courses-dark", "/my/courses", "student", dark=True),
    Picture("overview-phone-light", "/overview", "admin", size=PHONE),
    Picture("my-courses-phone-light", "/my/courses", "student", size=PHONE),
)


def main(address: str, password: str, only: list[str]) -> None:
    with sync_playwright() as playwright:
        found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        people: dict[str, Page] = {}
        for picture in PICTURES:
            if only and picture.name not in only:
                continue
            if picture.role not in people:
                people[picture.role] = come(browser, address, picture.role, password)
            take(people[picture.role], picture)
        browser.close()


def come(browser: Browser, address: str, role: str, password: str) -> Page:
    context = browser.new_context(base_url=address, reduced_motion="reduce")
    page = context.new_page()
    if role:
        page.goto("/sign-in")
        page.get_by_label("E-mail").fill(f"{role}@demo.test")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


def take(page: Page, picture: Picture) -> None:
    width, height = picture.size
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if picture.dark else "light")
    page.goto(picture.path)
    settled(page)
    if picture.open_first == "lesson":
        page.get_by_role("table").get_by_role("link").first.click()
        page.wait_for_url("**/studio/crs_*")
        outline = page.get_by_role("region", name="Outline")
        outline.get_by_role("listitem").get_by_role("listitem").get_by_role("link").first.click()
        page.wait_for_url("**lesson=*")
        settled(page)
    elif picture.open_first:
        page.locator(f"main a[href*='{picture.open_first}']").first.click()
        page.wait_for_url(f"**{picture.open_first}**")
        settled(page)
    page.mouse.move(0, 0)
    page.wait_for_timeout(600)
    file = FOLDER / f"{picture.name}.png"
    page.screenshot(path=file)
    print(f"{file.name}: {file.stat().st_size // 1000} kB")  # noqa: T201 - a script says it


def settled(page: Page) -> None:
    page.wait_for_load_state("load")
    page.get_by_role("heading", level=1).first.wait_for()
    page.wait_for_timeout(300)
    page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
