"""Copy the front-end files that package.json names from node_modules to gig/static/vendor.

Afterwards the folder holds exactly those files, one sprite of the named icons and a manifest of hashes.
"""

import hashlib
import json
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "gig" / "static" / "vendor"
SYMBOL = (
    '<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
    ' stroke-linecap="round" stroke-linejoin="round">{body}</symbol>'
)


def symbol(icon: str) -> str:
    """One drawing as a symbol: `bolt`, `bank=building-bank` (other id) or `star-filled=filled/star`."""
    name, _, drawing = icon.partition("=")
    style, _, drawing = (drawing or name).rpartition("/")
    svg = (MODULES / "@tabler/icons/icons" / (style or "outline") / f"{drawing}.svg").read_text("utf-8")
    body = re.sub(r"\s+", " ", svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")])
    body = body.replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "").strip()
    if style == "filled":
        body = f'<g fill="currentColor" stroke="none">{body}</g>'
    return SYMBOL.format(name=name, body=body)


def main() -> None:
    wanted = json.loads((ROOT / "package.json").read_text("utf-8"))["gig"]
    shutil.rmtree(VENDOR, ignore_errors=True)
    for target, source in wanted["vendor"].items():
        (VENDOR / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(MODULES / source, VENDOR / target)
    symbols = "\n".join(symbol(name) for name in sorted(wanted["icons"]))
    sprite = f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'
    (VENDOR / "icons.svg").write_text(sprite, "utf-8")
    files = sorted(path for path in VENDOR.rglob("*") if path.is_file())
    hashes = {str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    (VENDOR / "manifest.json").write_text(json.dumps(hashes, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
