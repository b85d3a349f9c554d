#!/usr/bin/env python3
"""The page of a running tessera-serve in a headless browser: page-tests.py URL [--shots FOLDER] [--full]

Serve Models/shapes first (a second time with --precision int8 under another name, to compare). Needs playwright from PyPI and the program
chromium. With --full every target is generated, otherwise one picture in a few steps and a caption. Exit code 1 if something is not as it
should be; screenshots of all states, light and dark, large and small, are in FOLDER."""
import argparse
import json
import pathlib
import shutil
import sys
import urllib.request

from playwright.sync_api import expect, sync_playwright

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("url")
parser.add_argument("--shots", type=pathlib.Path)
parser.add_argument("--full", action="store_true")
parser.add_argument("--wait", type=float, default=240, help="seconds that a generation may take")
options = parser.parse_args()
photo = pathlib.Path(__file__).parent.parent / "Models/shapes/images/007_rgb.png"
expect.set_options(timeout=20_000)
sizes = {"wide": (1280, 800), "phone": (390, 844)}


class Visit:
    """One size and colour scheme: what was said on the console, and what was asked of other servers."""

    def __init__(self, browser, size, scheme):
        width, height = sizes[size]
        self.name, self.said = f"{size}-{scheme}", []
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, accept_downloads=True, permissions=["camera"],
            has_touch=size == "phone")
        self.page = context.new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.ask(request.url))
        self.page.goto(options.url)
        expect(self.page.locator("#targets button").first).to_be_visible()

    def ask(self, url):
        if not url.startswith((options.url, "data:", "blob:")):
            self.said.append(f"another server was asked: {url}")

    def shot(self, state):
        if options.shots:
            options.shots.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=options.shots / f"{self.name}-{state}.png", timeout=90_000)

    def fits(self):
        width = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width <= 0, f"{self.name}: {width} pixels wider than the screen"

    def choose(self, names):
        self.page.click("#none")
        for name in names:
            self.page.click(f'#targets button[data-target="{name}"]')

    def run(self):
        """What shows while it goes on is noted in the page: small models end between two looks of this program."""
        self.page.evaluate("""() => {
          window.seen = { stop: false, step: false };
          window.watch?.disconnect();
          window.watch = new MutationObserver(() => {
            window.seen.stop ||= !document.getElementById('stop').hidden;
            window.seen.step ||= [...document.querySelectorAll('.card-head span')].some(e => e.textContent.includes('step'));
          });
          window.watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
        }""")
        self.page.locator("#generate").click()

    def ended(self):
        self.page.wait_for_function("window.seen.stop", timeout=options.wait * 1000)
        expect(self.page.locator("#stop")).to_be_hidden(timeout=options.wait * 1000)
        problem = self.page.locator("#problem")
        assert problem.is_hidden(), f"{self.name}: {problem.inner_text()}"

    def settings(self, **values):
        self.page.evaluate("document.querySelector('#settings').open = true")
        for name, value in values.items():
            self.page.fill(f"#{name}", str(value))


def card(visit, name):
    return visit.page.locator("article.result", has=visit.page.locator("h3", has_text=name)).first


def generates(visit):
    """A photo in, tokens step by step, a picture out, and that picture as an input."""
    page = visit.page
    visit.shot("empty")
    visit.fits()
    page.set_input_files("#file", photo)
    expect(page.locator("#given li")).to_have_count(1)
    targets = page.locator("#targets button").evaluate_all("list => list.map(b => b.dataset.target)")
    grid = "tok_semseg@224" if "tok_semseg@224" in targets else targets[-1]
    if not options.full:
        visit.choose([grid])
    visit.settings(steps=3, seed=5)
    visit.run()
    visit.shot("running")
    visit.ended()
    assert page.evaluate("window.seen.step")
    expect(page.locator("#status")).to_have_text("Done.")
    expect(card(visit, grid).locator(".card-head span")).to_contain_text("tokens")
    visit.shot("done")
    visit.fits()
    slider = card(visit, grid).locator("input[type=range]")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert "step" in slider.get_attribute("aria-valuetext")
    page.click('[data-show="tokens"]')
    visit.shot("tokens")
    page.click('[data-show="picture"]')
    with page.expect_download() as download:
        card(visit, grid).locator("button", has_text="Tokens").click()
    saved = json.loads(pathlib.Path(download.value.path()).read_text())
    assert saved["modality"] == grid and len(saved["tokens"]) == saved["shape"][0] * saved["shape"][1], saved["shape"]
    with page.expect_download() as download:
        card(visit, grid).locator("button", has_text="Save").click()
    assert pathlib.Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
    give = card(visit, grid).locator("button", has_text="Give")
    if give.is_visible():
        give.click()
        expect(page.locator("#given li")).to_have_count(2)
        page.locator("#given li button[aria-label^=Remove]").first.click()
        expect(page.locator("#given li")).to_have_count(1)


def hidden(visit):
    """How many tokens the open dialog says are hidden."""
    return int(visit.page.locator("#mask-state").inner_text().split(": ")[-1].split(". ")[-1].split(" of ")[0])


def paints(visit):
    """What is painted of a photo is generated, with a pointer or with keys; the rest stays."""
    page, name = visit.page, "tok_rgb@224"
    targets = page.locator("#targets button").evaluate_all("list => list.map(b => b.dataset.target)")
    if name not in targets:
        return print("no pictures can be filled in here")
    for button in page.locator("#given li button[aria-label^=Remove]").all()[::-1]:
        button.click()
    page.select_option("#photo-modality", "rgb@224")
    page.set_input_files("#file", photo)
    visit.choose(["caption"])
    page.click("#paint")
    expect(page.locator("#mask-dialog")).to_be_visible()
    assert hidden(visit) == 0
    # A stroke of a brush of one token along a row: from the third to the sixth column.
    page.locator("#mask-size").fill("1")
    box = page.locator("#mask").bounding_box()
    def at(column, row):
        return box["x"] + (column + 0.5) * box["width"] / 14, box["y"] + (row + 0.5) * box["height"] / 14
    page.mouse.move(*at(2, 4))
    page.mouse.down()
    page.mouse.move(*at(5, 4), steps=3)
    page.mouse.up()
    assert hidden(visit) == 4, page.locator("#mask-state").inner_text()
    visit.shot("painted")
    visit.fits()
    # The eraser, by its key, takes one away; the brush adds one at the keyboard's place, the middle, and one below it.
    page.keyboard.press("e")
    page.mouse.click(*at(5, 4))
    assert hidden(visit) == 3
    page.keyboard.press("b")
    for key in ["Space", "ArrowDown", "Enter", "ArrowDown"]:
        page.keyboard.press(key)
    assert hidden(visit) == 5 and "Row 10, column 8: seen" in page.locator("#mask-state").inner_text()
    page.click("#mask-invert")
    assert hidden(visit) == 191
    page.click("#mask-invert")
    # Closing it otherwise changes nothing.
    page.keyboard.press("Escape")
    expect(page.locator("#given li")).not_to_contain_text("hidden")
    page.click("#paint")
    assert hidden(visit) == 0
    page.locator("#mask-size").fill("4")
    if page.evaluate("navigator.maxTouchPoints"):
        page.touchscreen.tap(*at(7, 7))
    else:
        page.mouse.click(*at(7, 7))
    painted = hidden(visit)
    assert painted == 13, painted
    page.locator("#mask-dialog button[value=ok]").click()
    expect(page.locator("#given li")).to_contain_text(f"{name}: {painted} hidden, 007_rgb.png")
    expect(page.locator("#photo-mask")).to_be_visible()
    assert page.input_value("#photo-modality") == name
    expect(page.locator(f'#targets button[data-target="{name}"]')).to_have_attribute("aria-pressed", "true")
    visit.shot("given-painted")
    visit.choose([name])
    visit.settings(steps=2, seed=3)
    with page.expect_request("**/v1/generate") as request:
        visit.run()
    body = (request.value.post_data_buffer or b"").decode("latin-1")
    visit.ended()
    steps = card(visit, name).locator(".card-head span")
    expect(steps).to_contain_text("196 tokens")
    if body:
        mask = json.loads(body[body.index('{"inputs"'):body.index("\r\n", body.index('{"inputs"'))])["masks"][name]
        assert sum(mask["values"]) == painted and mask["shape"] == [14, 14], mask
    visit.shot("filled-in")
    # Nothing is hidden any more: it is given whole, and no target.
    page.locator("#given li button.word").click()
    page.click("#mask-clear")
    page.locator("#mask-dialog button[value=ok]").click()
    expect(page.locator("#photo-mask")).to_be_hidden()
    expect(page.locator(f'#targets button[data-target="{name}"]')).to_be_disabled()
    page.select_option("#photo-modality", "rgb@224")
    expect(page.locator(f'#targets button[data-target="{name}"]')).to_be_enabled()


def stops(visit):
    """Leaving stops the work: the next request is not refused."""
    page = visit.page
    visit.settings(steps=60, variations=3)
    page.click("#all")
    visit.run()
    page.keyboard.press("Escape")
    expect(page.locator("#stop")).to_be_hidden()
    expect(page.locator("#status")).to_have_text("Stopped.")
    visit.settings(steps=2, variations=1)


def says_what_is_wrong(visit):
    page = visit.page
    page.click("#none")
    page.click("#generate")
    expect(page.locator("#problem")).to_contain_text("Choose what to generate")
    visit.shot("problem")
    page.set_input_files("#file", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"no picture"})
    expect(page.locator("#problem")).to_contain_text("no PNG")


def takes_photos(visit):
    page = visit.page
    page.click("#camera")
    expect(page.locator("#shoot")).to_be_visible()
    page.wait_for_timeout(500)
    page.click("#shoot")
    expect(page.locator("#photo")).to_be_visible()
    expect(page.locator("#camera")).to_be_visible()


def has_keys(visit):
    page = visit.page
    before = page.evaluate("document.documentElement.dataset.theme")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("t")
    assert page.evaluate("document.documentElement.dataset.theme") != before
    page.keyboard.press("t")
    page.keyboard.press("?")
    expect(page.locator("#help-dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.click("#models-button")
    expect(page.locator("#models a").first).to_be_visible()
    visit.shot("models")
    page.keyboard.press("Escape")


def compares(visit):
    page = visit.page
    if page.locator("#other-field").is_hidden():
        return print("one pipeline is served: nothing to compare")
    page.locator("#other").select_option(index=2 if page.locator("#other option").nth(1).is_disabled() else 1)
    targets = page.locator("#targets button").evaluate_all("list => list.map(b => b.dataset.target)")
    visit.choose([targets[-1]])
    visit.settings(steps=2)
    visit.run()
    visit.ended()
    expect(page.locator("#status")).to_contain_text("in common")
    expect(page.locator(".model-run")).to_have_count(2)
    visit.shot("compared")


def shows_graphs(browser):
    """The page of every model opens, and has something on it."""
    with urllib.request.urlopen(options.url + "/v1/models") as answer:
        models = json.load(answer)["models"]
    for model in models:
        page = browser.new_page()
        said = []
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(options.url + model["inspect"], timeout=options.wait * 1000)
        expect(page.locator("#title")).to_have_text(model["name"])
        assert not said, f"{model['name']}: {said}"
        page.close()


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(
        executable_path=shutil.which("chromium"),
        args=["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"])
    options.url = options.url.rstrip("/")
    failures = []
    for size, scheme, steps in [
        ("wide", "light", [generates, paints, says_what_is_wrong, takes_photos, has_keys, stops, compares]),
        ("wide", "dark", [paints, has_keys]),
        ("phone", "light", [has_keys]),
        ("phone", "dark", [generates, paints, says_what_is_wrong]),
    ]:
        visit = Visit(browser, size, scheme)
        for step in steps:
            try:
                step(visit)
                print(f"{visit.name}: {step.__name__}: ok", flush=True)
            except Exception as error:
                failures.append(f"{visit.name}: {step.__name__}: {error}")
                print(failures[-1], flush=True)
        if visit.said:
            failures.append(f"{visit.name}: the console says {visit.said}")
            print(failures[-1], flush=True)
        visit.page.context.close()
    try:
        shows_graphs(browser)
        print("graphs: ok")
    except Exception as error:
        failures.append(f"graphs: {error}")
        print(failures[-1])
    browser.close()
sys.exit(1 if failures else 0)
