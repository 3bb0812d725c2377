# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Debian's Chromium without a window, for tests of pages: spoken to over a pipe, so that nothing listens and no other package is needed.

A page is looked at as people do: at a width, in a language and a theme, with the keyboard; and as an auditor would (AUDIT).
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any

AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
CHROMIUM = shutil.which("chromium")
WHY_NOT = "Debian's package chromium is not installed (apt install chromium fonts-nanum): nobody has looked at the pages"
WAIT = 20.0             # seconds for anything that a page is waited for

# What is wrong with the page for people who do not see well or have no mouse: text too faint for its ground (WCAG AA), things to press or to look
# at without a name, headings that skip a level, an id twice, a page without a language, and what reaches beyond the screen.
AUDIT = r"""
(() => {
  const wrong = [], parse = text => (text.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [.2126, .7152, .0722][at], 0);
  const over = (top, under) => { const a = top[3] ?? 1; return [0, 1, 2].map(at => top[at] * a + under[at] * (1 - a)); };
  const ground = node => { const layers = []; for (let at = node; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((under, top) => top.length ? over(top, under) : under, [255, 255, 255]); };
  const seen = node => { const box = node.getBoundingClientRect(), style = getComputedStyle(node);
    return box.width > 0 && box.height > 0 && style.visibility !== 'hidden' && box.right > 0; };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !node || ['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(node.tagName) || !seen(node)) continue;
    const style = getComputedStyle(node), svg = node instanceof SVGElement;
    const back = ground(node), ink = over(parse(svg ? style.fill : style.color), back), [a, b] = [light(ink), light(back)];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) wrong.push(`contrast ${ratio.toFixed(2)}: "${walk.currentNode.data.trim().slice(0, 40)}"`);
    const box = node.getBoundingClientRect();
    if (!node.closest('.scroll, .chart') && box.right > innerWidth + 1) wrong.push(`beyond the screen: "${node.textContent.trim().slice(0, 40)}"`);
  }
  if (document.documentElement.scrollWidth > innerWidth) wrong.push(`the page is ${document.documentElement.scrollWidth} wide on ${innerWidth}`);
  const all = what => [...document.querySelectorAll(what)], named = each => each.textContent.trim() || each.getAttribute('aria-label');
  for (const each of all('button, a, summary')) if (!named(each)) wrong.push('no name: ' + each.outerHTML);
  for (const each of all('[role=img], [role=region]')) if (!each.getAttribute('aria-label')) wrong.push('no name: ' + each.tagName);
  for (const each of all('button')) if (seen(each) && each.getBoundingClientRect().height < 24) wrong.push('small: ' + each.textContent);
  let level = 0;
  for (const each of all('h1, h2, h3, h4')) {
    const now = +each.tagName[1];
    if (now > level + 1) wrong.push('heading skips: ' + each.textContent);
    level = now;
  }
  const ids = all('[id]').map(each => each.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push('id twice: ' + id);
  if (!document.documentElement.lang || !document.title) wrong.push('no language or title');
  if (!document.querySelector('main, [role=main]')) wrong.push('no main part');
  return [...new Set(wrong)];
})()
"""


class Page:
    """One tab. `errors`: what its scripts threw or the browser complained about; `asked`: every address that was asked for."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session
        self.errors: list[str] = []
        self.asked: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **given: Any) -> dict[str, Any]:
        return self._browser.send(method, self._session, **given)

    def look_like(self, wide: int, tall: int = 900, *, theme: str = "light", language: str = "en-GB") -> None:
        """A screen, and what its owner has set."""
        self.send("Emulation.setDeviceMetricsOverride", width=wide, height=tall, deviceScaleFactor=1, mobile=wide < 600)
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
        agent = self.send("Runtime.evaluate", expression="navigator.userAgent")["result"]["value"]
        self.send("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=language)

    def open(self, url: str) -> None:
        self.send("Page.navigate", url=url)
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression. Raises AssertionError with what it threw."""
        said = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    def wait(self, expression: str, seconds: float = WAIT) -> None:
        """Until it is true. Raises AssertionError."""
        until = time.monotonic() + seconds
        while not self.ask(expression):
            assert time.monotonic() < until, f"never true: {expression}; the page says: {self.ask('document.body.innerText')[:2000]}"
            self._browser.listen(0.05)

    def faults(self) -> list[str]:
        """What is wrong with it for people who do not see well or have no mouse: what AUDIT finds, and what axe calls serious or critical."""
        self.ask(f"{AXE};undefined")
        found = self.ask("axe.run().then(said => said.violations.filter(each => ['serious', 'critical'].includes(each.impact))"
                         ".map(each => `${each.id}: ${each.nodes[0].html.slice(0, 200)}`))")
        return [*self.ask(AUDIT), *found]

    def press(self, key: str) -> None:
        """A key: Tab, Enter or a space."""
        code, text = {"Tab": (9, ""), "Enter": (13, "\r"), " ": (32, " ")}[key]
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, code="Space" if key == " " else key, windowsVirtualKeyCode=code,
                      **({"text": text} if text and kind == "keyDown" else {}))

    def picture(self, path: Path) -> None:
        """The whole page, as tall as it is, as PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        size = self.send("Page.getLayoutMetrics")["cssContentSize"]
        shot = self.send("Page.captureScreenshot", captureBeyondViewport=True,
                         clip={"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1})
        path.write_bytes(base64.b64decode(shot["data"]))

    def hear(self, method: str, told: dict[str, Any]) -> None:
        """An event of this tab."""
        if method == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(told["exceptionDetails"])[:500])
        elif method == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.errors.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
        elif method == "Network.requestWillBeSent":
            self.asked.append(told["request"]["url"])


class Browser:
    """One Chromium, with `with`. Its profile goes with it."""

    def __enter__(self) -> Browser:
        assert CHROMIUM, WHY_NOT
        self._home = tempfile.TemporaryDirectory(prefix="mcdr-browser-")
        to_read, self._to = os.pipe()
        self._from, to_write = os.pipe()
        command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
                   "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-default-browser-check",
                   f"--user-data-dir={self._home.name}", "--remote-debugging-pipe", "about:blank"]
        self._process = subprocess.Popen(["bash", "-c", f'exec "$0" "$@" 3<&{to_read} 4>&{to_write}', *command], pass_fds=(to_read, to_write),
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(to_read)
        os.close(to_write)
        self._heard, self._number = b"", 0
        self._answers: dict[int, dict[str, Any]] = {}
        self._pages: dict[str, Page] = {}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)        # it, and the processes it has started: a session of their own
        self._process.wait()
        os.close(self._to)
        os.close(self._from)
        shutil.rmtree(self._home.name, ignore_errors=True)

    def page(self) -> Page:
        target = self.send("Target.createTarget", None, url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", None, targetId=target, flatten=True)["sessionId"]
        made = Page(self, session)
        self._pages[session] = made
        return made

    def send(self, method: str, session: str | None, **given: Any) -> dict[str, Any]:
        """One command, and its answer. Raises AssertionError when it is refused or none comes."""
        self._number += 1
        mine = self._number
        text = json.dumps({"id": mine, "method": method, "params": given, **({"sessionId": session} if session else {})})
        os.write(self._to, text.encode() + b"\0")
        until = time.monotonic() + WAIT * 2
        while mine not in self._answers:
            assert time.monotonic() < until, f"no answer to {method}"
            self.listen(0.2)
        answer = self._answers.pop(mine)
        assert "error" not in answer, f"{method}: {answer.get('error')}"
        found = answer["result"]
        assert isinstance(found, dict)
        return found

    def listen(self, seconds: float) -> None:
        """Take in what it says within so many seconds, at least once."""
        if not select.select([self._from], [], [], seconds)[0]:
            return
        more = os.read(self._from, 1 << 20)
        assert more, "Chromium has ended"
        *whole, self._heard = (self._heard + more).split(b"\0")
        for text in whole:
            told = json.loads(text)
            if "id" in told:
                self._answers[told["id"]] = told
            elif told.get("sessionId") in self._pages:
                self._pages[told["sessionId"]].hear(told["method"], told["params"])
