"""Draw the app's icons for home screens and notifications from the same few lines as gig/static/icon.svg.

Browsers draw the SVG themselves; phones want bitmaps. They are made, never kept in git.
"""

from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parent.parent / "gig" / "static" / "vendor" / "app"
Colour = tuple[int, int, int, int]
GREEN, WHITE, CLEAR = (10, 122, 75, 255), (255, 255, 255, 255), (0, 0, 0, 0)
BOX, ROUND, STROKE, FINER = 64, 16, 4, 4
BUBBLE = [(15, 18), (49, 18), (49, 40), (28, 40), (18, 48), (18, 40), (15, 40), (15, 18)]
LINES = [[(24, 27), (40, 27)], [(24, 33), (33, 33)]]


def draw(size: int, *, corner: float = 0, share: float = 1, ground: Colour = GREEN) -> Image.Image:
    """The drawing at this size: on a ground with so round corners, the bubble scaled about the middle."""
    edge = size * FINER
    scale, middle = edge / BOX, BOX / 2
    image = Image.new("RGBA", (edge, edge), CLEAR)
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((0, 0, edge - 1, edge - 1), corner * scale, fill=ground)
    reach = STROKE * share * scale / 2
    for line in (BUBBLE, *LINES):
        points = [tuple(((at - middle) * share + middle) * scale for at in point) for point in line]
        pen.line(points, fill=WHITE, width=round(2 * reach), joint="curve")
        for x, y in points:
            pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=WHITE)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    draw(192, corner=ROUND).save(FOLDER / "icon-192.png")
    draw(180).save(FOLDER / "touch-180.png")
    draw(512, share=0.8).save(FOLDER / "maskable-512.png")
    draw(96, share=1.3, ground=CLEAR).save(FOLDER / "badge-96.png")
    draw(512, corner=ROUND).save(FOLDER / "icon-512.png")


if __name__ == "__main__":
    main()
