"""Make the README's two pictures from the shipped logbook: ``python tests/pictures.py`` (needs resight[browser])."""

from pathlib import Path
from tempfile import TemporaryDirectory

from click.testing import CliRunner
from playwright.sync_api import sync_playwright

from resight.cli import main

ROOT = Path(__file__).parents[1]
PICTURES = {"readme-map.png": "dunay.html", "readme-report.png": "report-2025-vs-2024.html"}


def make() -> None:
    """Write the pages into a scratch folder and photograph the top of each with the network off."""
    with TemporaryDirectory() as scratch, sync_playwright() as playwright:
        for command in ("report", "map"):
            done = CliRunner().invoke(main, ["--logbook", str(ROOT), command, "--output", scratch])
            assert done.exit_code == 0, done.output
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for picture, page_name in PICTURES.items():
            context = browser.new_context(
                viewport={"width": 1100, "height": 760}, device_scale_factor=0.8, offline=True
            )
            page = context.new_page()
            page.goto((Path(scratch) / page_name).as_uri())
            page.wait_for_timeout(500)
            page.screenshot(path=ROOT / "maps" / picture)
            context.close()
        browser.close()


if __name__ == "__main__":
    make()
