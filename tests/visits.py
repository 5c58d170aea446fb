"""A map page opened in a browser without a network, with everything kept that it asks for or complains of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import folium

from resight import maps


class Visit:
    """A page opened from its file, with every request refused and everything it complains of kept."""

    def __init__(self, browser: Any, path: Path, page: folium.Map, *, width: int = 1280) -> None:
        maps.write_html(page, path)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.route("**", self._refuse)
        self.page.add_init_script(
            "window.violations = [];"
            "addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective))"
        )
        self.address = path.as_uri()
        self.page.goto(self.address)
        self.page.wait_for_selector("#data", timeout=5000)
        # Labels take their places in the next frame.
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def _refuse(self, route: Any) -> None:
        if route.request.url == self.address:
            route.continue_()
        else:
            self.requests.append(route.request.url)
            route.abort()

    def assert_quiet(self) -> None:
        """Nothing was asked for, nothing failed and no rule of the page's policy was broken."""
        assert self.requests == []
        assert self.complaints == []
        assert self.page.evaluate("violations") == []
