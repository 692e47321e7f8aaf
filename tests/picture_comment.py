"""Draw docs/comment.png, the README's picture: a pull request's comment as GitHub shows it.

By `make picture`; needs a Chromium on the PATH. What GitHub puts around a comment is as plain as it can be.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cmarkgfm
from cmarkgfm.cmark import Options

from runner.config import from_bytes
from runner.config.difference import difference
from runner.reports.comment import merge_section
from runner.reports.plan import difference_lines
from runner.reports.report import DifferenceLine
from runner.reports.section import section
from tests.conftest import EXAMPLE, ROOT
from tests.unit.report_samples import NOON, real

PICTURE = ROOT / "docs" / "comment.png"
MODULES = Path(__file__).parent / "node" / "node_modules"
# As wide as GitHub's comments are, with the frame that they have there.
WIDTH = 900
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PAGE = """<!doctype html><meta charset="utf-8">
<link rel="stylesheet" href="{modules}/@fontsource/noto-color-emoji/emoji.css">
<link rel="stylesheet" href="{modules}/github-markdown-css/github-markdown-light.css">
<style>
  body {{ margin: 0; padding: 16px; background: #fff; }}
  .comment {{ border: 1px solid #d1d9e0; border-radius: 6px; }}
  .author {{ padding: 8px 16px; border-bottom: 1px solid #d1d9e0; background: #f6f8fa;
             border-radius: 6px 6px 0 0; color: #59636e; }}
  .author, .markdown-body {{
    font: 14px/1.5 "Helvetica Neue", Helvetica, Arial, "Noto Color Emoji", sans-serif; }}
  .body {{ padding: 16px; }}
  .markdown-body pre.mermaid {{ background: #fff; text-align: center; padding: 0; }}
  .pl-i {{ color: #116329; background: #dafbe1; }} .pl-d {{ color: #82071e; background: #ffebe9; }}
</style>
<div class="comment">
<div class="author markdown-body"><b>github-actions</b> bot commented 2 minutes ago</div>
<article class="body markdown-body">{body}</article>
</div>
<script src="{modules}/mermaid/dist/mermaid.min.js"></script>
<script>
  mermaid.initialize({{ startOnLoad: false, securityLevel: "strict", fontFamily: "Arial, Noto Color Emoji" }});
  const fonts = Promise.all([...document.fonts].map((font) => font.load()));
  const article = document.querySelector("article");
  fonts.then(() => {{
    article.innerHTML = article.innerHTML; // what was laid out without the fonts keeps other ones
    return mermaid.run();
  }}).finally(() => {{
    document.body.dataset.height = Math.ceil(document.documentElement.scrollHeight);
  }});
</script>"""


def main() -> None:
    body = merge_section(None, section(real("ci_failed", difference=changed_jobs())))
    assert body is not None
    draw(body, PICTURE)


def changed_jobs() -> tuple[DifferenceLine, ...]:
    """The example's jobs file against one with another schedule and a secret more."""
    text = (EXAMPLE / "dbt_jobs.yml").read_text()
    schema = 'schema: "dbt_ci_pr_{pr_number}"'
    head = text.replace("23 * * * *", "53 6-20 * * *")
    head = head.replace(schema, f"{schema}\n    secrets: [DBT_ENV_SECRET_TOKEN]")
    before, after = (from_bytes(EXAMPLE / "x.yml", each.encode()).config for each in (text, head))
    assert before
    assert after
    return difference_lines(difference(before, after, NOON))


def draw(markdown: str, picture: Path, width: int = WIDTH) -> None:
    """The page's whole height; raises CalledProcessError where the browser fails."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(PAGE.format(modules=MODULES.as_uri(), body=html(markdown)), "utf-8")
        found = re.search(r'data-height="(\d+)"', _browse(page, width, 1000, "--dump-dom"))
        assert found, "mermaid didn't come to its end"
        _browse(page, width, int(found[1]), f"--screenshot={picture}")


def html(markdown: str) -> str:
    """By GitHub's own parser; what GitHub makes of some blocks of code is made of them."""
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_HARDBREAKS
    text = str(cmarkgfm.github_flavored_markdown_to_html(markdown, options))
    drawn = r'<pre lang="mermaid"><code>(.*?)</code>'
    text = re.sub(drawn, r'<pre class="mermaid">\1', text, flags=re.DOTALL)
    return re.sub(r'<pre lang="diff"><code>(.*?)</code>', _diff, text, flags=re.DOTALL)


def _diff(block: re.Match[str]) -> str:
    lines = [
        f'<span class="pl-{"i" if line[0] == "+" else "d"}">{line}</span>'
        if line[:1] in ("+", "-")
        else line
        for line in block[1].split("\n")
    ]
    return f"<pre><code>{chr(10).join(lines)}</code>"


def _browse(page: Path, width: int, height: int, *options: str) -> str:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit(f"needs one of {', '.join(BROWSERS)} on the PATH")
    command = [
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--allow-file-access-from-files",
        "--virtual-time-budget=20000",
        f"--window-size={width},{height}",
        *options,
        page.as_uri(),
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
